"""Face detectors behind one Protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from recognition.faces import DetectedFace, ImageBGR


@dataclass(frozen=True)
class ScoreLimits:
    """What a detector's score must reach for a track to be believed.

    Attributes:
        least: at least once in a track that was seen in several frames.
        sure: in one that was seen only once.
    """

    least: float
    sure: float


class Detector(Protocol):
    """Finds faces in a frame."""

    @property
    def name(self) -> str:
        """Name for screens and records, such as "MTCNN"."""

    @property
    def smallest_face_px(self) -> int:
        """Faces under this size may be missed and are not reported."""

    @property
    def largest_face_px(self) -> int | None:
        """Faces above this size may be missed; None where any size is found."""

    @property
    def score_limits(self) -> ScoreLimits:
        """From which score on a find is no false alarm; scores of two detectors do not compare."""

    def from_size(self, smallest_face_px: int) -> Detector:
        """The same detector looking from another size on; the weights are shared, not loaded."""

    def detect(self, image_bgr: ImageBGR) -> list[DetectedFace]:
        """All faces, best score first."""


__all__ = ["Detector", "ScoreLimits"]
