"""Face embedders behind one Protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from recognition.embedders.thresholds import Threshold
from recognition.faces import FloatArray, ImageBGR


class Embedder(Protocol):
    """Turns aligned faces into vectors whose cosine says how alike two faces are.

    Embeddings of different embedders (a different `sha256`) are never compared.
    """

    @property
    def name(self) -> str:
        """Name for screens and records, such as "w600k_r50"."""

    @property
    def sha256(self) -> str:
        """Hash of the weight file, hexadecimal."""

    @property
    def dimension(self) -> int:
        """Length of an embedding."""

    @property
    def threshold(self) -> Threshold:
        """Least similarity for a candidate, and what is known about its false matches."""

    @property
    def licence(self) -> str:
        """The licence of the weights."""

    def align(self, image_bgr: ImageBGR, landmarks_xy: FloatArray) -> ImageBGR:
        """The face cut out as this model wants it: uint8[side, side, 3]."""

    def embed(self, aligned_bgr: Sequence[ImageBGR]) -> FloatArray:
        """float32[n, d], each row of length 1."""


__all__ = ["Embedder", "Threshold"]
