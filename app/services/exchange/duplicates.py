"""Cases that may be about one person: alike numbers, or reference photos that are alike.

Only cases that whoever asks may see are compared, on both sides: a pair with a case that they do
not see does not exist for them. A pair is a lead for people, and nothing is merged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.extensions import db
from app.models import Case, Embedder, ReferenceEmbedding, ReferencePhoto
from app.models.cases import TakenPrecision, span_of
from app.services.base import audit
from app.services.base.access import visible_cases
from app.services.base.actors import Actor
from app.services.embeddings import age_thresholds
from app.services.embeddings.galleries import numbers, sent
from app.services.exchange import distinctions
from recognition.age_gaps import Days, GapThresholds, day_columns
from recognition.faces import FloatArray

MOST_PAIRS: Final = 200
MOST_PHOTOS: Final = 20_000
"""So many photos of one model at most are compared; that more were left out is said."""
_BLOCK: Final = 1024


@dataclass(frozen=True, eq=False)
class Pair:
    """Two cases that may be one. `similarity` (a cosine) and its threshold are None by number."""

    first: Case
    second: Case
    first_photo: ReferencePhoto | None
    second_photo: ReferencePhoto | None
    similarity: float | None
    threshold_similarity: float | None
    model: str

    @property
    def by_number(self) -> bool:
        """Whether the numbers are alike; else the faces are."""
        return self.similarity is None


@dataclass(frozen=True, eq=False)
class Duplicates:
    """All pairs, alike numbers first, then by similarity; `is_cut_off`: not all were compared."""

    pairs: list[Pair]
    is_cut_off: bool


@dataclass(frozen=True, eq=False)
class _Known:
    """One reference photo with its embedding as the database sends it."""

    photo_id: int
    case_id: int
    threshold_raise: float
    embedding: bytes
    taken_at_day: date | None
    taken_precision: TakenPrecision | None


@dataclass(frozen=True, eq=False)
class _Columns:
    """The same of many photos, for comparing all with all."""

    case_ids: npt.NDArray[np.int64]
    raises: npt.NDArray[np.float64]
    faces: FloatArray
    first: Days
    last: Days

    @staticmethod
    def of(rows: Sequence[_Known]) -> _Columns:
        """From rows of one model."""
        return _Columns(
            np.array([row.case_id for row in rows], np.int64),
            np.array([row.threshold_raise for row in rows], np.float64),
            np.stack([numbers(row.embedding) for row in rows]),
            *day_columns([span_of(row.taken_at_day, row.taken_precision) for row in rows]),
        )


@dataclass(frozen=True)
class _Near:
    """Two photos of different cases, the one with the smaller case id first."""

    case_ids: tuple[int, int]
    first_photo: int
    second_photo: int
    similarity: float
    threshold: float
    model: str


def find_duplicates(actor: Actor, case: Case | None = None) -> Duplicates:
    """Pairs among the cases that `actor` may see; with `case`, only those that it is in.

    Those that a person told apart are left out (`distinctions`).
    """
    apart = distinctions.standing_pairs()
    near, is_cut_off = _near_by_face(actor, case)
    near = [one for one in near if one.case_ids not in apart]
    pairs = _by_number(actor, case, apart) + _as_pairs(near[:MOST_PAIRS])
    return Duplicates(pairs, is_cut_off or len(near) > MOST_PAIRS)


def look_at_duplicates(actor: Actor) -> Duplicates:
    """All pairs that `actor` may see; that they were looked at is in the audit log."""
    audit.record(actor, "duplicates.view")
    audit.commit()
    return find_duplicates(actor)


def _by_number(actor: Actor, case: Case | None, apart: set[tuple[int, int]]) -> list[Pair]:
    """Numbers that differ only in case, blanks and punctuation."""
    alike = [
        pair
        for ids in _alike_numbers(actor, case)
        for pair in combinations(ids, 2)
        if pair not in apart and (case is None or case.id in pair)
    ]
    rows = sorted(alike)[:MOST_PAIRS]
    cases = _cases({one for row in rows for one in row})
    return [Pair(cases[a], cases[b], None, None, None, None, "") for a, b in rows]


def _alike_numbers(actor: Actor, case: Case | None) -> list[list[int]]:
    """Ids of the cases whose numbers are alike, together; each number is looked at once."""
    plain = func.regexp_replace(func.lower(Case.number), "[^a-z0-9]", "", "g")
    seen = select(Case.id, plain.label("plain")).where(visible_cases(actor), plain != "")
    if case is not None:
        wanted = select(plain).where(Case.id == case.id).scalar_subquery()
        seen = seen.where(plain == wanted)
    every = seen.subquery()
    together = func.array_agg(aggregate_order_by(every.c.id, every.c.id))
    groups = select(together).group_by(every.c.plain).having(func.count() > 1)
    return [list(ids) for ids in db.session.scalars(groups)]


def _near_by_face(actor: Actor, case: Case | None) -> tuple[list[_Near], bool]:
    found: list[_Near] = []
    is_cut_off = False
    for embedder in db.session.scalars(select(Embedder).order_by(Embedder.id)).all():
        rows = db.session.execute(
            select(
                ReferencePhoto.id,
                ReferencePhoto.case_id,
                Case.threshold_raise,
                sent(ReferenceEmbedding.embedding),
                ReferencePhoto.taken_at_day,
                ReferencePhoto.taken_precision,
            )
            .join(ReferencePhoto, ReferencePhoto.id == ReferenceEmbedding.photo_id)
            .join(Case, Case.id == ReferencePhoto.case_id)
            .where(ReferenceEmbedding.embedder_id == embedder.id, ReferencePhoto.active)
            .where(~ReferencePhoto.artificial)
            .where(visible_cases(actor))
            .order_by(ReferencePhoto.id)
            .limit(MOST_PHOTOS + 1)
        ).all()
        is_cut_off = is_cut_off or len(rows) > MOST_PHOTOS
        found += _best_of_model(embedder, [_Known(*row) for row in rows[:MOST_PHOTOS]], case)
    found.sort(key=lambda one: -one.similarity)
    return found, is_cut_off


def _best_of_model(embedder: Embedder, rows: list[_Known], case: Case | None) -> list[_Near]:
    """The most alike photos of each pair of cases, at or above the higher of their thresholds."""
    if len(rows) < 2:
        return []
    columns = _Columns.of(rows)
    thresholds = age_thresholds.thresholds_of(embedder)
    wanted = np.arange(len(rows)) if case is None else np.flatnonzero(columns.case_ids == case.id)
    best: dict[tuple[int, int], _Near] = {}
    for start in range(0, len(wanted), _BLOCK):
        for at, other, similarity, limit in _alike(
            columns, wanted[start : start + _BLOCK], thresholds
        ):
            one, two = sorted((rows[at], rows[other]), key=lambda row: row.case_id)
            key = (one.case_id, two.case_id)
            if key not in best or best[key].similarity < similarity:
                photos = (one.photo_id, two.photo_id)
                best[key] = _Near(key, *photos, similarity, limit, embedder.name)
    return list(best.values())


def _alike(
    columns: _Columns, block: npt.NDArray[np.intp], thresholds: GapThresholds
) -> Iterator[tuple[int, int, float, float]]:
    """Rows of photos of different cases that reach their limit, with similarity and limit.

    Limits by the years between two photos are looked up only for pairs that reach the lowest.
    """
    similar = columns.faces[block] @ columns.faces.T
    raises = np.maximum(columns.raises[block][:, None], columns.raises)
    elsewhere = columns.case_ids[block][:, None] != columns.case_ids
    places, others = np.nonzero((similar >= thresholds.least + raises) & elsewhere)
    rows = block[places]
    limits = raises[places, others] + thresholds.between(
        columns.first[rows], columns.last[rows], columns.first[others], columns.last[others]
    )
    found = similar[places, others]
    for at in np.flatnonzero(found >= limits):
        yield int(rows[at]), int(others[at]), float(found[at]), float(limits[at])


def _as_pairs(near: list[_Near]) -> list[Pair]:
    wanted = {one for pair in near for one in (pair.first_photo, pair.second_photo)}
    rows = db.session.scalars(select(ReferencePhoto).where(ReferencePhoto.id.in_(wanted)))
    photos = {photo.id: photo for photo in rows}
    cases = _cases({photo.case_id for photo in photos.values()})
    return [
        Pair(
            cases[photos[one.first_photo].case_id],
            cases[photos[one.second_photo].case_id],
            photos[one.first_photo],
            photos[one.second_photo],
            one.similarity,
            one.threshold,
            one.model,
        )
        for one in near
    ]


def _cases(ids: set[int]) -> dict[int, Case]:
    return {case.id: case for case in db.session.scalars(select(Case).where(Case.id.in_(ids)))}
