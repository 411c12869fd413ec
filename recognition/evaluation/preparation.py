"""What the literature puts before detection, so that it can be measured: contrast, tones, noise.

None of it helps on good photos (docs/models.md); the product applies only `FOOTAGE`, and only to
dark, noisy frames of footage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType

import cv2
import numpy as np

from recognition.faces import ImageBGR
from recognition.night import cleared

Prepare = Callable[[ImageBGR], ImageBGR]


class Preparation(StrEnum):
    """What is done to each photo before faces are looked for in it."""

    NONE = "none"
    CLAHE = "clahe"
    BILATERAL = "bilateral"
    NON_LOCAL_MEANS = "non-local-means"
    GAMMA = "gamma"
    GAMMA_BILATERAL = "gamma-bilateral"
    FOOTAGE = "footage"


def clahe(image_bgr: ImageBGR) -> ImageBGR:
    """Contrast-limited adaptive histogram equalisation of the lightness."""
    lab = cv2.cvtColor(image_bgr, cv2.COLOR_BGR2LAB)
    lab[..., 0] = cv2.createCLAHE(clipLimit=2.0, tileGridSize=(8, 8)).apply(lab[..., 0])
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2BGR), np.uint8)


def bilateral(image_bgr: ImageBGR) -> ImageBGR:
    """Bilateral filter: smooths noise and keeps edges."""
    return np.asarray(cv2.bilateralFilter(image_bgr, 5, 30, 3), np.uint8)


def non_local_means(image_bgr: ImageBGR) -> ImageBGR:
    """Non-local means."""
    return np.asarray(cv2.fastNlMeansDenoisingColored(image_bgr, None, 6, 6, 5, 15), np.uint8)


def gamma(image_bgr: ImageBGR) -> ImageBGR:
    """A power of the tones that brings their mean to the middle."""
    mean = max(float(image_bgr.mean()), 1.0) / 255
    power = np.clip(np.log(0.5) / np.log(min(mean, 0.99)), 0.3, 1.5)
    table = (255 * (np.arange(256) / 255) ** power).astype(np.uint8)
    return np.asarray(cv2.LUT(image_bgr, table), np.uint8)


def _as_it_is(image_bgr: ImageBGR) -> ImageBGR:
    return image_bgr


def _gamma_then_bilateral(image_bgr: ImageBGR) -> ImageBGR:
    return bilateral(gamma(image_bgr))


PREPARE: Mapping[Preparation, Prepare] = MappingProxyType(
    {
        Preparation.NONE: _as_it_is,
        Preparation.CLAHE: clahe,
        Preparation.BILATERAL: bilateral,
        Preparation.NON_LOCAL_MEANS: non_local_means,
        Preparation.GAMMA: gamma,
        Preparation.GAMMA_BILATERAL: _gamma_then_bilateral,
        Preparation.FOOTAGE: cleared,
    }
)
