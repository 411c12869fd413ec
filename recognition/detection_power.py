"""How likely a visit would have found somebody who passed its camera.

It is the product of four chances, each between 0 and 1:

* **looked**: the share of the window that was looked at, as the reading reports it;
* **turned**: that the face is turned to the camera while it passes;
* **large**: that it is large enough to be looked for, and
* **recognised**: that a face of this size, found and turned to the camera, reaches the threshold.

The last two come from the sizes of the faces that this camera did show and from measurements of
each recogniser (`python -m benchmarks face_size`): 199 LFW photos of 50 people were shrunk until
their face had a given height, found again by MTCNN and compared with the same person's other
photos. They hold for one picture, adults and good light. A track averages several pictures, which
helps; night, blur, masks and years between the photos are not in it, and hurt. So this is a number
to rank cameras by, and "not seen" with a low one says little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recognition.embedders.thresholds import DLIB_SHA256, W_MBF_SHA256

TURNED_SHARE = 0.5
"""Assumed, not measured: along a street half of all people walk towards a camera."""

ASSUMED_HEIGHTS_PX = (24, 32, 40, 56, 80)
"""Assumed for a camera that has shown no face yet: what street cameras at 4 to 15 m deliver.

A face 0.22 m high at 8 m fills about 40 of 720 rows under a vertical view of 35°.
"""
_ASSUMED_WEIGHT = 5.0

_HEIGHTS_PX = (0, 16, 20, 24, 28, 32, 36, 40, 48, 56, 64, 80, 96)
_RECOGNISED = {
    W_MBF_SHA256: (0, 0.06, 0.31, 0.57, 0.76, 0.84, 0.90, 0.93, 0.93, 0.95, 0.96, 0.96, 0.96),
    DLIB_SHA256: (0, 0.14, 0.32, 0.46, 0.63, 0.71, 0.77, 0.79, 0.81, 0.83, 0.84, 0.84, 0.84),
}


@dataclass(frozen=True)
class DetectionPower:
    """The chance that a visit finds somebody who passed, and what it is made of.

    Attributes:
        looked: share of the window looked at.
        turned: chance that the face is turned to the camera.
        large: chance that it is at least as large as the visit looked for.
        recognised: chance that such a face reaches the threshold, over the sizes seen here.
        is_measured: False where the recogniser or the camera's face sizes are only assumed.
    """

    looked: float
    turned: float
    large: float
    recognised: float
    is_measured: bool

    @property
    def probability(self) -> float:
        """Probability of detection, 0 to 1."""
        return self.looked * self.turned * self.large * self.recognised

    @property
    def sentence(self) -> str:
        """The same in words, for people who plan."""
        seen = f"{self.looked:.0%} of the window was looked at"
        size = f"{self.large:.0%} of faces here are large enough"
        known = f"of those turned to the camera, {self.recognised:.0%} would be recognised"
        doubt = "" if self.is_measured else " (partly assumed)"
        return f"{seen}; {size}; {known}{doubt}. Somebody who passed: {self.probability:.0%}."


def detection_power(
    looked_share: float,
    face_heights_px: Sequence[float],
    smallest_face_px: float,
    embedder_sha256: str,
    *,
    turned_share: float = TURNED_SHARE,
) -> DetectionPower:
    """Estimate a visit's power to find somebody who passed its camera.

    Args:
        looked_share: 0 to 1, from the reading's coverage.
        face_heights_px: largest height of each track this camera has shown, in any visit that
            looked for faces as small; few are mixed with the sizes assumed for any camera.
        smallest_face_px: smaller faces were not looked for.
        embedder_sha256: hash of the recogniser; one that was not measured is taken for the weaker.
        turned_share: chance that a passing face is turned to the camera.

    Raises:
        ValueError: a share outside 0 to 1.
    """
    for share in (looked_share, turned_share):
        if not 0.0 <= share <= 1.0:
            raise ValueError("A share must lie between 0 and 1.")
    heights = np.array([*face_heights_px, *ASSUMED_HEIGHTS_PX], np.float64)
    assumed = _ASSUMED_WEIGHT / len(ASSUMED_HEIGHTS_PX)
    weights = np.array([1.0] * len(face_heights_px) + [assumed] * len(ASSUMED_HEIGHTS_PX))
    is_large = heights >= smallest_face_px
    large = float(weights[is_large].sum() / weights.sum())
    curve = _RECOGNISED.get(embedder_sha256)
    rates = np.interp(heights, _HEIGHTS_PX, _weakest() if curve is None else curve)
    recognised = 0.0
    if is_large.any():
        recognised = float(np.average(rates[is_large], weights=weights[is_large]))
    is_measured = curve is not None and len(face_heights_px) >= _ASSUMED_WEIGHT
    return DetectionPower(looked_share, turned_share, large, recognised, is_measured)


def true_match_rate(embedder_sha256: str, face_height_px: float) -> float | None:
    """Share of faces of this height that are found and reach the threshold, in one picture.

    None for a recogniser that was not measured.
    """
    curve = _RECOGNISED.get(embedder_sha256)
    return None if curve is None else float(np.interp(face_height_px, _HEIGHTS_PX, curve))


def _weakest() -> tuple[float, ...]:
    return tuple(min(rates) for rates in zip(*_RECOGNISED.values(), strict=True))
