"""Vectors of length 1, so that a dot product is a cosine."""

from __future__ import annotations

import numpy as np

from recognition.faces import FloatArray


def unit_rows(rows: FloatArray) -> FloatArray:
    """float32[n, d] with each row divided by its length; a zero row stays zero."""
    rows = np.asarray(rows, np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: FloatArray = (rows / np.maximum(lengths, 1e-12)).astype(np.float32)
    return unit
