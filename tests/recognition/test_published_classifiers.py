"""The classifiers that published systems used answer as their definitions say."""

import cv2
import numpy as np
import pytest

from benchmarks import published
from benchmarks.published_classifiers import (
    BY_EMBEDDING,
    LBPH_CELLS,
    LBPH_LEVELS,
    _patterns,
    lbph,
    nearest_histogram,
)
from recognition.embedders.normalise import unit_rows


@pytest.mark.parametrize("name", BY_EMBEDDING)
def test_each_finds_the_people_that_lie_apart(name):
    rng = np.random.default_rng(3)
    centres = unit_rows(rng.normal(size=(6, 32)).astype(np.float32))
    people = np.repeat(np.arange(10, 16), 4)
    rows = unit_rows(
        (np.repeat(centres, 4, axis=0) + 0.05 * rng.normal(size=(24, 32))).astype(np.float32)
    )
    enrolled = np.arange(24) % 4 > 0
    stranger = unit_rows(rng.normal(size=(1, 32)).astype(np.float32))
    queries = np.concatenate([rows[~enrolled], stranger])
    answers = BY_EMBEDDING[name](rows[enrolled], people[enrolled], queries)
    assert list(answers.person[:-1]) == [10, 11, 12, 13, 14, 15]
    assert answers.score[-1] < answers.score[:-1].min()


def test_a_local_binary_pattern_has_a_bit_for_each_neighbour_as_bright_as_the_middle():
    grey = np.array([[9, 1, 1], [1, 5, 5], [1, 1, 1]], np.uint8)
    assert _patterns(grey).tolist() == [[0b0000_1001]]


def test_photos_without_a_face_are_nobody(photo):
    image = cv2.resize(photo("biden.jpg"), None, fx=0.4, fy=0.4)
    rows = lbph([image, np.full((200, 200, 3), 90, np.uint8)])
    assert rows.shape == (2, LBPH_CELLS**2 * LBPH_LEVELS)
    assert rows[0].sum() == pytest.approx(LBPH_CELLS**2, rel=1e-4)
    answers = nearest_histogram(rows, np.array([4, 5]), rows)
    assert list(answers.person) == [4, -1]
    assert answers.score[0] == pytest.approx(0)


def test_a_draw_never_searches_for_an_enrolled_photo_and_strangers_are_not_enrolled():
    people = np.array([*np.repeat(np.arange(40), 5), *range(40, 70)])
    draw = published._draw_one_to_many(people, seed=1)
    assert not set(draw.enrolled) & set(draw.probes)
    assert set(people[draw.probes]) == set(people[draw.enrolled])
    assert not set(people[draw.strangers]) & set(people[draw.enrolled])
    assert len(draw.enrolled) + len(draw.probes) == 40 * published.PHOTOS_EACH


def test_where_everybody_is_on_several_photos_a_third_stands_for_strangers():
    draw = published._draw_one_to_many(np.repeat(np.arange(30), 3), seed=1)
    people = np.repeat(np.arange(30), 3)
    assert len(set(people[draw.strangers])) == 10
    assert len(set(people[draw.enrolled])) == 20
