"""What faces are compared with: the galleries of cases, from the database once per change."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from flask import current_app
from sqlalchemy import ColumnElement, LargeBinary, delete, func, select

from app.extensions import db
from app.models import (
    Case,
    CaseState,
    Embedder,
    Face,
    GalleryChange,
    ReferenceEmbedding,
    ReferencePhoto,
    Sighting,
    SightingState,
)
from app.models.cases import span_of
from app.models.columns import utc_now
from app.services.embeddings import age_thresholds
from recognition.faces import FloatArray
from recognition.matching import Gallery, Reference, RejectedFace

_CACHE = "lastseen_galleries"
_CHANGES_KEPT = timedelta(days=1)
_HEAD_BYTES = 4
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Changes:
    """What changes with every commit that changes a gallery; see `models.galleries`."""

    changes: int
    newest_id: int
    sum_of_ids: int


@dataclass(frozen=True, eq=False)
class _Held:
    """A gallery in memory, the state that it was read at, and when a legal basis in it ends."""

    gallery: Gallery
    state: Changes
    holds_until: datetime


class GalleryCache:
    """The galleries of this process, one per model, read anew when the database has changed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[int, _Held] = {}

    def gallery_of(self, embedder: Embedder) -> Gallery:
        """The galleries of all cases that may be searched for now, as this model sees them."""
        # Read before the gallery: a change in between makes the copy newer than its label, and so
        # only leads to one more reading.
        state = changes()
        with self._lock:
            held = self._held.get(embedder.id)
        if held is None or held.state != state or held.holds_until <= utc_now():
            held = _read(embedder, state)
            with self._lock:
                self._held[embedder.id] = held
        return held.gallery


def open_galleries(embedder: Embedder) -> Gallery:
    """The reference photos of all cases that may be searched for now, as this model sees them.

    Raised thresholds and rejected faces are in it. It is kept in memory: asking again costs one
    small query as long as nothing has changed.
    """
    cache: GalleryCache = current_app.extensions.setdefault(_CACHE, GalleryCache())
    return cache.gallery_of(embedder)


def case_gallery(case: Case, embedder: Embedder) -> Gallery:
    """The gallery of one case alone, read now, whatever its state."""
    return _load(embedder, Case.id == case.id)


def day_of(seen_at: datetime | None) -> date | None:
    """The day on which a face was seen, for `Gallery.match`: in UTC, for all cases alike."""
    return None if seen_at is None else seen_at.astimezone(UTC).date()


def prune_changes() -> int:
    """Delete old marks of change; each process reads its galleries once more after that."""
    oldest = utc_now() - _CHANGES_KEPT
    pruned = db.session.execute(delete(GalleryChange).where(GalleryChange.changed_at < oldest))
    db.session.commit()
    return int(pruned.rowcount)  # type: ignore[attr-defined]


def changes() -> Changes:
    """How many changes of galleries there were until now, in one small query."""
    row = db.session.execute(
        select(
            func.count(GalleryChange.id),
            func.coalesce(func.max(GalleryChange.id), 0),
            func.coalesce(func.sum(GalleryChange.id), 0),
        )
    ).one()
    return Changes(int(row[0]), int(row[1]), int(row[2]))


def _searchable() -> ColumnElement[bool]:
    return (Case.state == CaseState.OPEN) & (Case.legal_basis_expires_at > utc_now())


def _read(embedder: Embedder, state: Changes) -> _Held:
    ends_at = db.session.scalar(select(func.min(Case.legal_basis_expires_at)).where(_searchable()))
    return _Held(_load(embedder, _searchable()), state, ends_at or _NEVER)


def _load(embedder: Embedder, wanted: ColumnElement[bool]) -> Gallery:
    return Gallery(
        embedder.sha256,
        _references(embedder, wanted),
        age_thresholds.thresholds_of(embedder),
        rejected=_rejected(embedder, wanted),
        raises=_raises(wanted),
    )


def _references(embedder: Embedder, wanted: ColumnElement[bool]) -> Sequence[Reference]:
    rows = db.session.execute(
        select(
            ReferencePhoto.case_id,
            ReferencePhoto.id,
            sent(ReferenceEmbedding.embedding),
            ReferencePhoto.artificial,
            ReferencePhoto.taken_at_day,
            ReferencePhoto.taken_precision,
        )
        .join(ReferencePhoto, ReferencePhoto.id == ReferenceEmbedding.photo_id)
        .join(Case, Case.id == ReferencePhoto.case_id)
        .where(ReferenceEmbedding.embedder_id == embedder.id, ReferencePhoto.active, wanted)
        .order_by(ReferencePhoto.id)
    )
    return [
        Reference(case_id, photo_id, numbers(value), artificial, span_of(day, precision))
        for case_id, photo_id, value, artificial, day, precision in rows
    ]


def _rejected(embedder: Embedder, wanted: ColumnElement[bool]) -> Sequence[RejectedFace]:
    """Faces that a person rejected stay anchors for as long as the face itself is kept."""
    rows = db.session.execute(
        select(Sighting.case_id, Sighting.id, sent(Face.embedding))
        .join(Face, Face.id == Sighting.face_id)
        .join(Case, Case.id == Sighting.case_id)
        .where(
            Sighting.state == SightingState.REJECTED, Sighting.embedder_id == embedder.id, wanted
        )
        .order_by(Sighting.id)
    )
    return [RejectedFace(case_id, own_id, numbers(value)) for case_id, own_id, value in rows]


def _raises(wanted: ColumnElement[bool]) -> dict[int, float]:
    raised = select(Case.id, Case.threshold_raise).where(Case.threshold_raise > 0, wanted)
    return {row.id: row.threshold_raise for row in db.session.execute(raised)}


def sent(embedding: Any) -> ColumnElement[bytes]:
    """The column's binary form, for `numbers`."""
    return func.halfvec_send(embedding, type_=LargeBinary)


def numbers(sent: bytes) -> FloatArray:
    """An embedding as `halfvec_send` writes it (four bytes of head, then halves), as float32[d].

    pgvector's own text form takes fifty times as long to read.
    """
    return np.frombuffer(sent, dtype=">f2", offset=_HEAD_BYTES).astype(np.float32)
