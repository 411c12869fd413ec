"""Whether a loaded embedder answers as one should, before anything is searched with it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recognition.errors import BrokenPack
from recognition.faces import FloatArray, ImageBGR


def refuse_unusable(
    file_name: str, side_px: int, embed: Callable[[list[ImageBGR]], FloatArray]
) -> None:
    """Embed two made-up crops.

    Args:
        file_name: for the sentence.
        side_px: side of the model's crops.
        embed: the model's raw vectors or unit rows.

    Raises:
        BrokenPack: the numbers are not finite, all zero, or the same for both.
    """
    rng = np.random.default_rng(0)
    crops = [rng.integers(0, 255, (side_px, side_px, 3)).astype(np.uint8) for _ in range(2)]
    rows = embed(crops)
    if not np.isfinite(rows).all() or not np.abs(rows).max() > 0:
        raise BrokenPack(
            f"{file_name} gives no usable numbers: it is damaged, or not a face recognition "
            "network. Install the pack again."
        )
    if np.allclose(rows[0], rows[1], atol=1e-6):
        raise BrokenPack(
            f"{file_name} gives the same vector for different pictures: it is not a face "
            "recognition network, or is fed wrongly. Install the pack again."
        )
