"""Comparing small grey frames: has the picture been cut, has anything moved?"""

from __future__ import annotations

import cv2
import numpy as np

from recognition.faces import FloatArray, ImageBGR

_WIDTH_PX = 160
_CUT_DIFFERENCE = 20.0
_CUT_CORRELATION = 0.35
_CUT_SHARED_TONES = 0.85
_TONES = 32
_MOVED_GREY_LEVELS = 5.0


def small_grey(image_bgr: ImageBGR) -> FloatArray:
    """The frame averaged down to 160 px width, grey, float32; noise averages away."""
    height, width = image_bgr.shape[:2]
    size = (_WIDTH_PX, max(1, round(height * _WIDTH_PX / width)))
    small = cv2.resize(image_bgr, size, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)


def is_cut(before: FloatArray, now: FloatArray) -> bool:
    """Whether two frames that follow each other show different scenes.

    Three things must speak for it: the mean difference (not mere noise in the dark), the lost
    correlation (not a lamp switched on) and the changed tones (not a camera that pans, which keeps
    its tones; a pan shares 0.94 and more of them in our clips, a cut 0.62 to 0.83).
    """
    if before.shape != now.shape:
        return True
    if float(np.abs(now - before).mean()) < _CUT_DIFFERENCE:
        return False
    if _shared_tones(before, now) > _CUT_SHARED_TONES:
        return False
    a, b = before - before.mean(), now - now.mean()
    length = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) < _CUT_CORRELATION * length


def _shared_tones(before: FloatArray, now: FloatArray) -> float:
    """Share of pixels that two histograms have in common, 0 to 1."""
    one, two = (np.histogram(grey, _TONES, (0, 256))[0] / grey.size for grey in (before, now))
    return float(np.minimum(one, two).sum())


def has_moved(before: FloatArray, now: FloatArray) -> bool:
    """Whether any small part of the picture changed by more than noise.

    Averaging over 3 × 3 small pixels (about 12 px of a frame 640 px wide) drowns sensor noise and
    keeps anything as large as a face.
    """
    if before.shape != now.shape:
        return True
    return float(np.abs(cv2.blur(now - before, (3, 3))).max()) > _MOVED_GREY_LEVELS
