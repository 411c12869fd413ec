"""Outputs for pairs of cases that may be about one person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.models.cases import Case, ReferencePhoto
from app.models.distinctions import CaseDistinction
from app.outputs.base import LEAD_NOTICE, Output, UtcInstant, picture_address


class PairLike(Protocol):
    """What `services.exchange.duplicates` answers of one pair."""

    @property
    def first(self) -> Case: ...
    @property
    def second(self) -> Case: ...
    @property
    def first_photo(self) -> ReferencePhoto | None: ...
    @property
    def second_photo(self) -> ReferencePhoto | None: ...
    @property
    def similarity(self) -> float | None: ...
    @property
    def threshold_similarity(self) -> float | None: ...
    @property
    def model(self) -> str: ...


class DuplicatesLike(Protocol):
    """What `services.exchange.duplicates` answers."""

    @property
    def pairs(self) -> Sequence[PairLike]: ...
    @property
    def is_cut_off(self) -> bool: ...


class DistinctionLike(Protocol):
    """What `services.exchange.distinctions` answers of one pair that was told apart."""

    @property
    def row(self) -> CaseDistinction: ...
    @property
    def photos_since(self) -> bool: ...


class DistinctionOut(Output):
    """Two cases that a person told apart; `photos_since`: photos were added since."""

    id: int
    first: str
    second: str
    reason: str
    decided_by_name: str
    decided_at: UtcInstant
    undone_by_name: str
    undone_at: UtcInstant | None
    photos_since: bool

    @classmethod
    def of(cls, found: DistinctionLike) -> DistinctionOut:
        """From one that stands."""
        return cls.of_row(found.row, photos_since=found.photos_since)

    @classmethod
    def of_row(cls, row: CaseDistinction, *, photos_since: bool = False) -> DistinctionOut:
        """From a row."""
        return cls(
            id=row.id,
            first=row.first.number,
            second=row.second.number,
            reason=row.reason,
            decided_by_name=row.decided_by_name,
            decided_at=row.decided_at,
            undone_by_name=row.undone_by_name,
            undone_at=row.undone_at,
            photos_since=photos_since,
        )


class DistinctionsOut(Output):
    """All that stand, of cases that you see."""

    items: list[DistinctionOut]

    @classmethod
    def of(cls, found: Sequence[DistinctionLike]) -> DistinctionsOut:
        """From what the service lists."""
        return cls(items=[DistinctionOut.of(one) for one in found])


class PairOut(Output):
    """Two cases by their numbers. Without a similarity, it is the numbers that are alike."""

    first: str
    second: str
    first_face: str | None
    second_face: str | None
    similarity: float | None
    threshold_similarity: float | None
    model: str


class DuplicatesOut(Output):
    """All pairs; `is_cut_off`: not everything was compared or listed."""

    items: list[PairOut]
    is_cut_off: bool
    notice: str = LEAD_NOTICE

    @classmethod
    def of(cls, found: DuplicatesLike) -> DuplicatesOut:
        """From what the service found."""
        return cls(items=[_pair(one) for one in found.pairs], is_cut_off=found.is_cut_off)


def _pair(pair: PairLike) -> PairOut:
    first, second = pair.first_photo, pair.second_photo
    return PairOut(
        first=pair.first.number,
        second=pair.second.number,
        first_face=None if first is None else picture_address(first.face_sha256),
        second_face=None if second is None else picture_address(second.face_sha256),
        similarity=pair.similarity,
        threshold_similarity=pair.threshold_similarity,
        model=pair.model,
    )
