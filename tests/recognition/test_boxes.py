"""Laws of the arithmetic on boxes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recognition.detectors.boxes import overlap, squared, suppress

_corner = st.integers(0, 200)
_side = st.integers(1, 100)
_box = st.tuples(_corner, _corner, _side, _side).map(
    lambda b: np.array([b[0], b[1], b[0] + b[2], b[1] + b[3]], np.float32)
)
_boxes = st.lists(_box, min_size=1, max_size=12).map(np.stack)


@given(_box, _box)
def test_overlap_is_symmetric_and_between_0_and_1(one, two):
    for of_smaller in (False, True):
        forth = overlap(one, two[None], of_smaller=of_smaller)[0]
        back = overlap(two, one[None], of_smaller=of_smaller)[0]
        assert np.isclose(forth, back, atol=1e-6)
        assert -1e-6 <= forth <= 1 + 1e-5


@given(_box)
def test_a_box_overlaps_itself_fully(box):
    assert np.isclose(overlap(box, box[None], of_smaller=False)[0], 1, atol=1e-5)


@given(_boxes, st.floats(0.1, 0.9))
def test_suppression_keeps_the_best_box_and_no_two_that_overlap_more_than_allowed(boxes, limit):
    scores = np.linspace(0.5, 1, len(boxes), dtype=np.float32)
    kept = suppress(boxes, scores, limit)
    assert kept[0] == int(np.argmax(scores))
    for place, index in enumerate(kept):
        others = kept[place + 1 :]
        assert (overlap(boxes[index], boxes[others], of_smaller=False) <= limit + 1e-6).all()


@given(_boxes, st.floats(0.1, 0.9))
def test_every_suppressed_box_overlaps_a_kept_one(boxes, limit):
    scores = np.linspace(0.5, 1, len(boxes), dtype=np.float32)
    kept = suppress(boxes, scores, limit)
    for index in set(range(len(boxes))) - set(kept.tolist()):
        assert (overlap(boxes[index], boxes[kept], of_smaller=False) > limit - 1e-6).any()


@given(_boxes)
def test_squares_keep_the_centre_and_the_longer_side(boxes):
    squares = squared(boxes)
    sides = squares[:, 2:] - squares[:, :2]
    assert np.allclose(sides[:, 0], sides[:, 1], atol=1e-3)
    assert np.allclose(sides[:, 0], (boxes[:, 2:] - boxes[:, :2]).max(axis=1), atol=1e-3)
    assert np.allclose(squares[:, :2] + squares[:, 2:], boxes[:, :2] + boxes[:, 2:], atol=1e-2)
