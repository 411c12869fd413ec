"""What one case's faces are compared with beside its subject: its persons of interest in force.

One gallery for each case and model, so that no comparison can reach a person of another case, and
none of them is ever in a gallery of missing persons.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from flask import current_app
from sqlalchemy import ColumnElement, func, select

from app.current import settings
from app.extensions import db
from app.models import (
    Case,
    Embedder,
    PersonAuthorisation,
    PersonEmbedding,
    PersonOfInterest,
    PersonPhoto,
)
from app.models.columns import utc_now
from app.services.embeddings import galleries
from app.services.embeddings.galleries import Changes
from app.services.persons.finding import in_force
from recognition.faces import FloatArray
from recognition.matching import Gallery, Reference

_CACHE: Final = "lastseen_person_galleries"
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PersonMatch:
    """A person of interest whose photo a face is this similar to, at or above their threshold."""

    person_id: int
    authorisation_id: int
    photo_id: int
    similarity: float
    threshold: float


class PersonGallery:
    """The persons of interest of one case that may be looked for now, as one model sees them.

    Args:
        references: photos, each under its person's id.
        raises: what each person asks for above the model's threshold and the installation's raise.
        authorisations: by person, what lets them be looked for.
    """

    def __init__(
        self,
        embedder: Embedder,
        references: Sequence[Reference],
        raises: Mapping[int, float],
        authorisations: Mapping[int, int],
    ) -> None:
        threshold = embedder.threshold_similarity + settings().poi_threshold_raise
        self._sha256 = embedder.sha256
        self._gallery = Gallery(embedder.sha256, references, threshold, raises=raises)
        known = {one.case_id for one in references}
        self.authorisations: Mapping[int, int] = {
            person_id: one for person_id, one in authorisations.items() if person_id in known
        }

    def __len__(self) -> int:
        """How many persons there are in it."""
        return len(self.authorisations)

    def match_all(self, embeddings: FloatArray) -> list[list[PersonMatch]]:
        """For each of float32[n, d] the persons that it is like, the most similar first."""
        # `recognition.matching` calls whatever it groups photos by a case; here it is a person.
        return [
            [
                PersonMatch(
                    person_id=one.case_id,
                    authorisation_id=self.authorisations[one.case_id],
                    photo_id=one.reference_id,
                    similarity=one.similarity,
                    threshold=one.threshold,
                )
                for one in matches
            ]
            for matches in self._gallery.match_all(np.asarray(embeddings), self._sha256)
        ]


@dataclass(frozen=True, eq=False)
class _Held:
    gallery: PersonGallery
    holds_until: datetime


class PersonGalleryCache:
    """The galleries of the cases that this process works for, read anew after any change."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changes: Changes | None = None
        self._held: dict[tuple[int, int], _Held] = {}

    def gallery_of(self, case_id: int, embedder: Embedder) -> PersonGallery:
        """The persons of interest of one case that may be looked for now."""
        changes, key = galleries.changes(), (case_id, embedder.id)
        with self._lock:
            if self._changes != changes:
                self._changes, self._held = changes, {}
            held = self._held.get(key)
        if held is None or held.holds_until <= utc_now():
            held = _read(Case.id == case_id, embedder)
            with self._lock:
                if self._changes == changes:
                    self._held[key] = held
        return held.gallery


def gallery_of(case: Case, embedder: Embedder) -> PersonGallery:
    """The persons of interest of a case that may be looked for at this moment.

    Kept in memory until something changes or the first authorisation ends.
    """
    cache: PersonGalleryCache = current_app.extensions.setdefault(_CACHE, PersonGalleryCache())
    return cache.gallery_of(case.id, embedder)


def of_authorisation(authorisation_id: int, embedder: Embedder) -> PersonGallery:
    """The one person whom this authorisation lets be looked for, read now; empty where it is over.

    For the transaction in hand alone: it is not kept in memory.
    """
    return _read(PersonAuthorisation.id == authorisation_id, embedder).gallery


def _read(wanted: ColumnElement[bool], embedder: Embedder) -> _Held:
    persons = db.session.execute(
        select(
            PersonOfInterest.id,
            PersonOfInterest.threshold_raise,
            PersonAuthorisation.id,
            PersonAuthorisation.expires_at,
            Case.legal_basis_expires_at,
        )
        .join(PersonAuthorisation, PersonAuthorisation.person_id == PersonOfInterest.id)
        .join(Case, Case.id == PersonOfInterest.case_id)
        .where(wanted, in_force())
    ).all()
    ends = [moment for row in persons for moment in (row[3], row[4])]
    gallery = PersonGallery(
        embedder,
        _references([row[2] for row in persons], embedder),
        {row[0]: row[1] for row in persons if row[1] > 0},
        {row[0]: row[2] for row in persons},
    )
    return _Held(gallery, min(ends, default=_NEVER))


def _references(authorisation_ids: Sequence[int], embedder: Embedder) -> list[Reference]:
    """The photos that these authorisations name."""
    rows = db.session.execute(
        select(PersonPhoto.person_id, PersonPhoto.id, galleries.sent(PersonEmbedding.embedding))
        .join(PersonEmbedding, PersonEmbedding.photo_id == PersonPhoto.id)
        .join(PersonAuthorisation, PersonAuthorisation.person_id == PersonPhoto.person_id)
        .where(
            PersonAuthorisation.id.in_(authorisation_ids),
            PersonPhoto.id == func.any(PersonAuthorisation.photo_ids),
            PersonPhoto.active,
            PersonEmbedding.embedder_id == embedder.id,
        )
        .order_by(PersonPhoto.id)
    )
    return [
        Reference(person_id, photo_id, galleries.numbers(raw)) for person_id, photo_id, raw in rows
    ]
