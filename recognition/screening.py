"""A quick look at a large gallery that can err only on the safe side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from onnx import TensorProto, helper, numpy_helper

from recognition.faces import FloatArray
from recognition.onnx import OnnxModel

_OPSET = 13
_IR_VERSION = 9
_ZERO_POINT = 128
_LARGEST_INT8 = 127.0
_SMALLEST_SCALE = 1e-12
_ROUNDING = 1e-5
"""What float32 sums over a few hundred products may be off by."""


@dataclass(frozen=True, eq=False)
class Quantised:
    """Embeddings in 8-bit whole numbers: row i is about `numbers[i] * scales[i]`.

    Attributes:
        numbers: int8[n, d].
        scales: float32[n].
        errors: float32[n], the length of what the rounding of each row left out.
    """

    numbers: npt.NDArray[np.int8]
    scales: FloatArray
    errors: FloatArray

    @staticmethod
    def of(matrix: FloatArray) -> Quantised:
        """Round rows of length 1, float32[n, d]."""
        numbers, scales = _quantise(matrix)
        return Quantised(
            numbers.astype(np.int8), scales[:, 0], _row_lengths(matrix - numbers * scales)
        )

    @staticmethod
    def joined(parts: Sequence[Quantised]) -> Quantised:
        """The rows of all parts in one."""
        return Quantised(
            np.concatenate([part.numbers for part in parts]),
            np.concatenate([part.scales for part in parts]),
            np.concatenate([part.errors for part in parts]),
        )

    def part(self, start: int, end: int) -> Quantised:
        """Rows `start` (included) to `end` (excluded)."""
        return Quantised(self.numbers[start:end], self.scales[start:end], self.errors[start:end])

    def __len__(self) -> int:
        return len(self.numbers)

    def estimates(
        self, queries: FloatArray, rows: npt.NDArray[np.intp]
    ) -> tuple[FloatArray, FloatArray]:
        """As `Int8Screen.estimates`, of some rows only; quicker than that where they are few."""
        few = self.numbers[rows].astype(np.float32)
        estimates: FloatArray = (queries @ few.T) * self.scales[rows]
        radii = np.outer(_row_lengths(queries), self.errors[rows]) + np.float32(_ROUNDING)
        return estimates, radii.astype(np.float32)


class Int8Screen:
    """Upper bounds of cosines, from a copy of the gallery in 8-bit whole numbers.

    A product with a large gallery takes as long as reading it from memory, and the copy is a
    quarter as long. For q ≈ q̂ and p ≈ p̂, q·p = q̂·p̂ + (q − q̂)·p + q̂·(p − p̂), so the true cosine is
    at most q̂·p̂ + |q − q̂| + |q̂|·|p − p̂| (Cauchy-Schwarz): whoever is below a threshold by the bound
    is below it in truth, and only the others need the exact product.

    Args:
        gallery: rows of length 1, rounded.
        threads: computing threads.
    """

    def __init__(self, gallery: Quantised, threads: int = 1) -> None:
        self._scales, self._errors = gallery.scales, gallery.errors
        self._model = OnnxModel(_product_graph(gallery.numbers), threads)

    def upper_bounds(self, queries: FloatArray) -> FloatArray:
        """For each query and row the largest value that their cosine can have.

        Args:
            queries: float32[m, d], rows of length 1.

        Returns:
            float32[m, n].
        """
        bounds, radii = self.estimates(queries)
        bounds += radii
        return bounds

    def estimates(self, queries: FloatArray) -> tuple[FloatArray, FloatArray]:
        """For each query and row an estimate of their cosine, and how far it can be off.

        Args:
            queries: float32[m, d], rows of length 1.

        Returns:
            Two float32[m, n]: the true cosine lies within the second of the first.
        """
        quantised, scales = _quantise(queries)
        rounded = quantised * scales
        unsigned = (quantised + _ZERO_POINT).astype(np.uint8)
        estimates: FloatArray = self._model.run({"queries": unsigned})[0].astype(np.float32)
        estimates *= self._scales
        estimates *= scales
        radii = np.outer(_row_lengths(rounded), self._errors)
        radii += (_row_lengths(queries - rounded) + np.float32(_ROUNDING))[:, None]
        return estimates, radii


def _quantise(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Whole numbers −127 to 127 (as floats) and each row's scale, float32[n, 1]."""
    largest = np.abs(rows).max(axis=1, keepdims=True)
    scales = np.maximum(largest / _LARGEST_INT8, _SMALLEST_SCALE).astype(np.float32)
    return np.rint(rows / scales).astype(np.float32), scales


def _row_lengths(rows: FloatArray) -> FloatArray:
    lengths: FloatArray = np.linalg.norm(rows, axis=1).astype(np.float32)
    return lengths


def _product_graph(matrix: npt.NDArray[np.int8]) -> bytes:
    """A network of one layer: 8-bit queries times the 8-bit gallery, in 32-bit whole numbers."""
    rows, dimension = matrix.shape
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["queries", "gallery", "zero"], ["products"])],
        "screen",
        [helper.make_tensor_value_info("queries", TensorProto.UINT8, ["m", dimension])],
        [helper.make_tensor_value_info("products", TensorProto.INT32, ["m", rows])],
        [
            numpy_helper.from_array(np.ascontiguousarray(matrix.T), "gallery"),
            numpy_helper.from_array(np.array(_ZERO_POINT, dtype=np.uint8), "zero"),
        ],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION
    )
    serialised: bytes = model.SerializeToString()
    return serialised
