"""Where in a frame faces are worth looking for, and when: the detector is the dearest part.

Faces that are being followed are looked for near where they should be now. Where nobody is
followed, a newcomer must have changed the picture since it was last found empty, so only the
changed part is searched. The whole frame is searched every so often whatever happens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recognition.detectors import Detector
from recognition.faces import DetectedFace, FloatArray, ImageBGR
from recognition.scenes import changed_part

_TOLERANCE_S = 1e-3


@dataclass(frozen=True)
class AttentionSettings:
    """How often is looked.

    Someone in view for a second is searched for at least twice as long as `newcomer_every_s` is
    under half a second.

    Attributes:
        newcomer_every_s: time between two searches while something moves and nobody is followed.
        whole_every_s: the whole frame is searched this often while somebody is followed,
        moving_whole_every_s: this often while something moves,
        still_whole_every_s: and this often while nothing does.
        largest_part: a part larger than this share of the frame is not worth cutting out.
        reach: how far beyond its own box a followed face is looked for, in heights of the face.
        margin: how far beyond what has changed, in smallest faces.
    """

    newcomer_every_s: float = 0.4
    whole_every_s: float = 0.6
    moving_whole_every_s: float = 2.0
    still_whole_every_s: float = 10.0
    largest_part: float = 0.5
    reach: float = 1.2
    margin: float = 2.0


@dataclass(frozen=True, eq=False)
class Part:
    """A rectangle of a frame: columns x1 to x2 and rows y1 to y2, whole pixels."""

    x1: int
    y1: int
    x2: int
    y2: int

    def share_of(self, image_bgr: ImageBGR) -> float:
        """Its share of the frame's area, 0 to 1."""
        height, width = image_bgr.shape[:2]
        return float((self.x2 - self.x1) * (self.y2 - self.y1) / (width * height))

    def limits_in(self, image_bgr: ImageBGR) -> FloatArray:
        """float32[4], its edges; infinite where they are the frame's own."""
        height, width = image_bgr.shape[:2]
        return np.array(
            [
                self.x1 if self.x1 > 0 else -np.inf,
                self.y1 if self.y1 > 0 else -np.inf,
                self.x2 if self.x2 < width else np.inf,
                self.y2 if self.y2 < height else np.inf,
            ],
            np.float32,
        )


class Attention:
    """Decides for one frame after another, and forgets with the pipeline that owns it.

    Args:
        smallest_face_px: the detector's.
        settings: times and sizes.
    """

    def __init__(self, smallest_face_px: int, settings: AttentionSettings) -> None:
        self._settings = settings
        self._smallest_px = smallest_face_px
        self._empty_scene: FloatArray | None = None
        self._searched_at_s = self._whole_at_s = -np.inf

    def near(self, at_s: float, boxes_xyxy: FloatArray, image_bgr: ImageBGR) -> Part | None:
        """Where to look for followed faces expected in these boxes; None for the whole frame."""
        if at_s - self._whole_at_s >= self._settings.whole_every_s - _TOLERANCE_S:
            return None
        reach = self._settings.reach * (boxes_xyxy[:, 3] - boxes_xyxy[:, 1])[:, None]
        spread = np.hstack([boxes_xyxy[:, :2] - reach, boxes_xyxy[:, 2:] + reach])
        return self._worthwhile(spread, image_bgr)

    def is_resting(self, at_s: float) -> bool:
        """Whether the last search is so recent that no newcomer can have been missed."""
        return bool(at_s - self._searched_at_s < self._settings.newcomer_every_s - _TOLERANCE_S)

    def is_idle(self, at_s: float, scene: FloatArray) -> bool:
        """Whether this frame need not be searched, as nobody is followed."""
        if self.is_resting(at_s):
            return True
        if self._empty_scene is None:
            return False
        is_long_ago = at_s - self._whole_at_s >= self._settings.still_whole_every_s - _TOLERANCE_S
        return not is_long_ago and changed_part(self._empty_scene, scene) is None

    def changed(self, at_s: float, scene: FloatArray, image_bgr: ImageBGR) -> Part | None:
        """Where a newcomer may be; None for the whole frame."""
        is_long_ago = at_s - self._whole_at_s >= self._settings.moving_whole_every_s - _TOLERANCE_S
        if self._empty_scene is None or is_long_ago:
            return None
        shares = changed_part(self._empty_scene, scene)
        if shares is None:
            return None
        height, width = image_bgr.shape[:2]
        margin = self._settings.margin * self._smallest_px
        box = np.asarray(shares) * (width, height, width, height)
        box += margin * np.array([-1, -1, 1, 1])
        return self._worthwhile(box[None], image_bgr)

    def note(self, at_s: float, part: Part | None, scene: FloatArray, *, found: bool) -> None:
        """Remember a search and whether it found anybody."""
        self._searched_at_s = at_s
        if part is None:
            self._whole_at_s = at_s
        self._empty_scene = None if found else scene

    def _worthwhile(self, boxes_xyxy: npt.NDArray[np.floating], image_bgr: ImageBGR) -> Part | None:
        """The rectangle around some boxes, inside the frame; None where it is most of it."""
        height, width = image_bgr.shape[:2]
        low = np.clip(np.floor(boxes_xyxy[:, :2].min(axis=0)), 0, (width - 1, height - 1))
        high = np.clip(np.ceil(boxes_xyxy[:, 2:].max(axis=0)), low + 1, (width, height))
        part = Part(int(low[0]), int(low[1]), int(high[0]), int(high[1]))
        return part if part.share_of(image_bgr) <= self._settings.largest_part else None


def faces_in(detector: Detector, image_bgr: ImageBGR, part: Part | None) -> Sequence[DetectedFace]:
    """Faces of the frame, or of a part of it, in pixels of the frame.

    A face cut by an edge that is not the frame's own is left out: its box would be wrong.
    """
    if part is None:
        return detector.detect(image_bgr)
    found = detector.detect(image_bgr[part.y1 : part.y2, part.x1 : part.x2])
    corner = np.array([part.x1, part.y1], np.float32)
    moved = [
        DetectedFace(face.box_xyxy + np.tile(corner, 2), face.landmarks_xy + corner, face.score)
        for face in found
    ]
    limits = part.limits_in(image_bgr)
    return [face for face in moved if _lies_within(face.box_xyxy, limits)]


def _lies_within(box_xyxy: FloatArray, limits_xyxy: FloatArray) -> bool:
    low, high = box_xyxy[:2] >= limits_xyxy[:2], box_xyxy[2:] <= limits_xyxy[2:]
    return bool(low.all() and high.all())
