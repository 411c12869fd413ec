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
_LEAST_CHANGE, _MOST_CHANGE = 5.0, 12.0
"""Grey levels; the limit lies between, at `_NOISE_FACTOR` standard deviations of the noise."""
_NOISE_FACTOR = 7.0
_LARGEST_DIMMING = 6.0


def small_grey(image_bgr: ImageBGR) -> FloatArray:
    """The frame averaged down to 160 px width, grey, float32; noise averages away.

    In two steps, as averaging by a whole factor is several times faster than by any other.
    """
    height, width = image_bgr.shape[:2]
    grey = cv2.cvtColor(image_bgr, cv2.COLOR_BGR2GRAY)
    factor = max(1, min(width // _WIDTH_PX, height))
    whole = grey[: height // factor * factor, : width // factor * factor]
    coarse = cv2.resize(whole, (width // factor, height // factor), interpolation=cv2.INTER_AREA)
    size = (_WIDTH_PX, max(1, round(height * _WIDTH_PX / width)))
    return cv2.resize(coarse, size, interpolation=cv2.INTER_AREA).astype(np.float32)


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
    """Whether any small part of the picture changed by more than noise."""
    return changed_part(before, now) is not None


def changed_part(before: FloatArray, now: FloatArray) -> tuple[float, float, float, float] | None:
    """The rectangle that holds all change, in shares of width and height; None without change.

    Averaging over 3 × 3 small pixels (about 12 px of a frame 640 px wide) drowns sensor noise and
    keeps anything as large as a face. A change of light over the whole picture is taken out, and
    the limit rises with the noise of this very pair.
    """
    if before.shape != now.shape:
        return (0.0, 0.0, 1.0, 1.0)
    change = cv2.blur(now - before, (3, 3))
    if float(np.abs(change).max()) <= _LEAST_CHANGE:
        return None
    dimming = float(np.median(change))
    if abs(dimming) > _LARGEST_DIMMING:
        return (0.0, 0.0, 1.0, 1.0)
    change = np.abs(change - dimming)
    noise = 1.4826 * float(np.median(change))
    changed = change > min(_MOST_CHANGE, max(_LEAST_CHANGE, _NOISE_FACTOR * noise))
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    if not rows.size:
        return None
    height, width = changed.shape
    return (
        float(columns[0] / width),
        float(rows[0] / height),
        float((columns[-1] + 1) / width),
        float((rows[-1] + 1) / height),
    )
