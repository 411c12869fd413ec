"""Many embeddings in memory, asked for the nearest without missing any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from recognition.faces import FloatArray
from recognition.screening import Int8Screen, Quantised

_BLOCK_ROWS: Final = 65_536
_SMALL_BLOCK_ROWS: Final = 4_096
_MOST_SMALL_BLOCKS: Final = 8
_GROUP: Final = 64
_FEW_SHARE: Final = 0.1
"""Where fewer rows than this count, they are picked out first."""

_HIDDEN: Final = np.float32(-4.0)
"""Below every cosine: what is not allowed."""


@dataclass(frozen=True, eq=False)
class _Block:
    """Rows that no longer change, and the network that compares all of them."""

    rows: Quantised
    screen: Int8Screen


class EmbeddingMemory:
    """Embeddings of one model in the order in which they were added.

    They are screened in 8-bit numbers with a proven bound (`recognition.screening`), so the answer
    holds everything that an exact comparison would bring up, and a few more.

    Rows are kept in blocks: full ones are never touched again, new rows collect in small ones that
    are joined from time to time, so that adding a few does not copy the many.

    Args:
        dimension: length of an embedding.
        threads: computing threads for a question.
    """

    def __init__(self, dimension: int, threads: int = 1) -> None:
        self._dimension = dimension
        self._threads = threads
        self._blocks: tuple[_Block, ...] = ()

    def __len__(self) -> int:
        return sum(len(block.rows) for block in self._blocks)

    def add(self, rows: FloatArray | npt.NDArray[np.float16]) -> None:
        """Add embeddings [n, d] behind those that are there; only their direction counts.

        A question that is being answered meanwhile sees the state before.
        """
        if rows.ndim != 2 or rows.shape[1] != self._dimension:
            raise ValueError(f"{rows.shape} are no embeddings of {self._dimension} numbers.")
        if not len(rows):
            return
        blocks = list(self._blocks)
        pending = [Quantised.of(_unit(rows.astype(np.float32)))]
        if self._too_many_small(blocks):
            while blocks and len(blocks[-1].rows) < _BLOCK_ROWS:
                pending.insert(0, blocks.pop().rows)
        elif blocks and len(blocks[-1].rows) < _SMALL_BLOCK_ROWS:
            pending.insert(0, blocks.pop().rows)
        joined = Quantised.joined(pending)
        blocks.extend(
            self._block(joined.part(start, start + _BLOCK_ROWS))
            for start in range(0, len(joined), _BLOCK_ROWS)
        )
        self._blocks = tuple(blocks)

    def nearest(
        self, queries: FloatArray, take: int, allowed: npt.NDArray[np.bool_] | None = None
    ) -> npt.NDArray[np.intp]:
        """Numbers of rows among which the `take` nearest of every query are certain to be.

        Args:
            queries: float32[m, d]; only their direction counts.
            take: how many nearest rows of each query.
            allowed: bool[n], which rows count; all of them if not given. Rows that were added since
                it was made are left out.

        Returns:
            Rising row numbers: at least min(take, rows that count) of them, usually some more.
        """
        blocks = self._blocks
        if not blocks or take < 1:
            return np.empty(0, dtype=np.intp)
        directions = _unit(queries)
        if allowed is not None and np.count_nonzero(allowed) < _FEW_SHARE * len(self):
            rows = np.flatnonzero(allowed)
            estimates, radii = _estimates_of(blocks, directions, rows)
            found = [rows[_certain(*pair, take)] for pair in zip(estimates, radii, strict=True)]
        else:
            estimates, radii = _estimates_of_all(blocks, directions, allowed)
            found = [_certain(*pair, take) for pair in zip(estimates, radii, strict=True)]
        certain: npt.NDArray[np.intp] = np.unique(np.concatenate(found))
        return certain

    def _block(self, rows: Quantised) -> _Block:
        return _Block(rows, Int8Screen(rows, self._threads))

    @staticmethod
    def _too_many_small(blocks: list[_Block]) -> bool:
        return sum(len(block.rows) < _BLOCK_ROWS for block in blocks) > _MOST_SMALL_BLOCKS


def _estimates_of_all(
    blocks: tuple[_Block, ...], directions: FloatArray, allowed: npt.NDArray[np.bool_] | None
) -> tuple[FloatArray, FloatArray]:
    """Of every row, by the blocks' networks; rows that are not allowed are hidden."""
    parts = [block.screen.estimates(directions) for block in blocks]
    estimates = np.concatenate([part[0] for part in parts], axis=1)
    radii = np.concatenate([part[1] for part in parts], axis=1)
    if allowed is not None:
        count = min(len(allowed), estimates.shape[1])
        estimates, radii = estimates[:, :count], radii[:, :count]
        estimates[:, ~allowed[:count]] = _HIDDEN
    return estimates, radii


def _estimates_of(
    blocks: tuple[_Block, ...], directions: FloatArray, rows: npt.NDArray[np.intp]
) -> tuple[FloatArray, FloatArray]:
    """Of some rows only, given as rising numbers."""
    estimates, radii, start = [], [], 0
    for block in blocks:
        end = start + len(block.rows)
        inside = rows[np.searchsorted(rows, start) : np.searchsorted(rows, end)] - start
        pair = block.rows.estimates(directions, inside)
        estimates.append(pair[0])
        radii.append(pair[1])
        start = end
    return np.concatenate(estimates, axis=1), np.concatenate(radii, axis=1)


def _unit(rows: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: FloatArray = (rows / np.maximum(lengths, np.float32(1e-12))).astype(np.float32)
    return unit


def _certain(estimates: FloatArray, radii: FloatArray, take: int) -> npt.NDArray[np.intp]:
    """Rows that may be among the `take` largest, given how far each estimate may be off.

    A first bound comes from the largest of each group of rows: it is cheap, and at most as high as
    the bound that is wanted. Only what passes it is looked at closely.
    """
    widest = radii.max(initial=0)
    floor = _floor(estimates, take) - 2 * widest
    passing = np.flatnonzero((estimates >= floor) & (estimates > _HIDDEN))
    if len(passing) <= take:
        return passing
    lower = estimates[passing] - radii[passing]
    least = np.partition(lower, len(lower) - take)[len(lower) - take]
    certain: npt.NDArray[np.intp] = passing[estimates[passing] + radii[passing] >= least]
    return certain


def _floor(estimates: FloatArray, take: int) -> np.float32:
    """A value that at least `take` estimates reach; the lowest there is where rows are few."""
    groups = len(estimates) // _GROUP
    if groups < take:
        return _HIDDEN
    largest = estimates[: groups * _GROUP].reshape(groups, _GROUP).max(axis=1)
    reached: np.float32 = np.partition(largest, groups - take)[groups - take]
    return reached
