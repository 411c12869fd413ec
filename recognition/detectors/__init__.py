"""Face detectors behind one Protocol."""

from __future__ import annotations

from typing import Protocol

from recognition.faces import DetectedFace, ImageBGR


class Detector(Protocol):
    """Finds faces in a frame."""

    @property
    def name(self) -> str:
        """Name for screens and records, such as "MTCNN"."""

    @property
    def smallest_face_px(self) -> int:
        """Faces under this size may be missed and are not reported."""

    def detect(self, image_bgr: ImageBGR) -> list[DetectedFace]:
        """All faces, best score first."""


__all__ = ["Detector"]
