"""Many embeddings in memory: whatever is asked, none of the nearest is missed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognition import embedding_memory
from recognition.embedding_memory import EmbeddingMemory
from recognition.faces import FloatArray

DIMENSION = 24


def unit(rows: np.ndarray) -> FloatArray:
    made: FloatArray = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return made


def people(count: int, seed: int) -> FloatArray:
    """Embeddings in clusters, as several shots of the same people are."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(max(1, count // 5), DIMENSION))
    shots = centres[rng.integers(0, len(centres), count)] + 0.4 * rng.normal(
        size=(count, DIMENSION)
    )
    return unit(shots)


def truth(rows: FloatArray, query: FloatArray, take: int, allowed: np.ndarray) -> set[int]:
    """The nearest by exact comparison of the rows as they are kept."""
    kept = unit(rows.astype(np.float16).astype(np.float64))
    cosines = np.where(allowed, kept @ query.astype(np.float64), -9.0)
    order = np.argsort(-cosines)[: min(take, int(allowed.sum()))]
    return set(order.tolist())


@settings(deadline=None, max_examples=40)
@given(
    count=st.integers(1, 900),
    pieces=st.integers(1, 12),
    take=st.integers(1, 30),
    seed=st.integers(0, 2**31),
    share=st.sampled_from([1.0, 0.5, 0.02]),
)
def test_the_nearest_are_always_among_what_comes_up(
    count: int, pieces: int, take: int, seed: int, share: float
) -> None:
    rows = people(count, seed)
    rng = np.random.default_rng(seed)
    memory = EmbeddingMemory(DIMENSION)
    for part in np.array_split(rows, pieces):
        memory.add(part)
    allowed = rng.random(count) < share
    queries = unit(rng.normal(size=(2, DIMENSION)) + rows[rng.integers(0, count, 2)])
    found = set(memory.nearest(queries, take, allowed).tolist())
    for query in queries:
        assert truth(rows, query, take, allowed) <= found
    assert all(allowed[row] for row in found)
    assert len(memory) == count


def test_blocks_are_joined_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding_memory, "_BLOCK_ROWS", 64)
    monkeypatch.setattr(embedding_memory, "_SMALL_BLOCK_ROWS", 8)
    rows = people(500, 3)
    memory = EmbeddingMemory(DIMENSION)
    for start in range(0, len(rows), 9):
        memory.add(rows[start : start + 9])
    everything = np.ones(len(rows), dtype=bool)
    query = unit(rows[:1].astype(np.float64))
    found = set(memory.nearest(query, 25).tolist())
    assert truth(rows, query[0], 25, everything) <= found
    assert len(memory) == 500


def test_few_more_come_up_than_are_asked_for() -> None:
    rows = people(20_000, 5)
    memory = EmbeddingMemory(DIMENSION)
    memory.add(rows)
    assert 10 <= len(memory.nearest(rows[:1], 10)) < 400


def test_rows_added_after_the_mask_was_made_are_left_out() -> None:
    memory = EmbeddingMemory(DIMENSION)
    memory.add(people(50, 1))
    assert memory.nearest(people(1, 2), 5, np.ones(20, dtype=bool)).max() < 20


def test_an_empty_memory_and_a_wrong_length_are_answered() -> None:
    memory = EmbeddingMemory(DIMENSION)
    assert len(memory.nearest(people(1, 2), 5)) == 0
    memory.add(people(0, 1).reshape(0, DIMENSION))
    assert len(memory) == 0
    with pytest.raises(ValueError, match="no embeddings"):
        memory.add(np.ones((3, DIMENSION + 1), dtype=np.float32))
