"""Only dark and noisy frames are smoothed."""

import numpy as np
import pytest

from recognition.night import cleared, noise_levels
from recognition.pipeline import FacePipeline


def night(image, noise=6.0, seed=0):
    """The picture as a night camera gives it."""
    dark = 255 * 0.22 * (image / 255) ** 1.6
    return np.clip(dark + np.random.default_rng(seed).normal(0, noise, image.shape), 0, 255).astype(
        np.uint8
    )


def test_good_pictures_and_dark_ones_without_noise_are_left_alone(photo):
    image = photo("biden.jpg")
    dark = (image * 0.2).astype(np.uint8)
    assert cleared(image) is image
    assert cleared(dark) is dark


def test_noise_is_measured_and_edges_are_not(photo):
    rng = np.random.default_rng(0)
    flat = np.full((200, 300), 100.0)
    flat[:, 150:] = 180
    for levels in (2.0, 6.0):
        noisy = np.clip(flat + rng.normal(0, levels, flat.shape), 0, 255).astype(np.uint8)
        assert noise_levels(noisy) == pytest.approx(levels, rel=0.15)
    assert noise_levels(flat.astype(np.uint8)) == 0


def test_a_night_picture_loses_noise_and_keeps_its_face(photo, mtcnn):
    image = night(photo("obama.jpg"))
    smooth = cleared(image)
    assert noise_levels(smooth[..., 1]) < 0.5 * noise_levels(image[..., 1])
    assert mtcnn.detect(smooth)


def test_somebody_at_night_is_found_by_the_pipeline(mini, photo):
    image = photo("obama_small.jpg")
    pipeline = FacePipeline(mini.detector, mini.embedder)
    for index in range(6):
        pipeline.feed(index / 5, night(image, seed=index))
    (track,) = pipeline.flush()
    face = mini.detector.detect(image)[0]
    good = mini.embedder.embed([mini.embedder.align(image, face.landmarks_xy)])[0]
    assert float(track.embedding @ good) > mini.embedder.threshold.similarity
