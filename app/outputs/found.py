"""Found, unidentified persons: as their partners' programs read them, and as investigators' do."""

from __future__ import annotations

from typing import Self

from app.models import FoundPerson
from app.models.found import FoundState, Sex
from app.outputs.base import Output, UtcInstant
from app.outputs.tips import ContributedMatchOut, ContributedPhotoOut
from app.services.contributing.found_matches import FoundView


class FoundFactsOut(Output):
    """What is said of a found person; nothing of where they are now."""

    id: int
    number: str
    state: FoundState
    organisation: str
    found_at: UtcInstant | None
    timezone: str
    place: str
    latitude_deg: float | None
    longitude_deg: float | None
    age_from_years: int
    age_to_years: int
    sex: Sex
    languages: str
    clothing: str
    marks: str
    condition: str
    created_at: UtcInstant
    closed_at: UtcInstant | None


class FoundEntryOut(Output):
    """An entry as its partner reads it. Of matches it says one thing and nothing of any case."""

    facts: FoundFactsOut
    whereabouts: str
    contact: str
    photos: list[ContributedPhotoOut]
    will_be_contacted: bool

    @classmethod
    def of(cls, entry: FoundPerson, *, will_be_contacted: bool) -> Self:
        """The output of an entry."""
        return cls(
            facts=FoundFactsOut.model_validate(entry),
            whereabouts=entry.whereabouts,
            contact=entry.contact,
            photos=[ContributedPhotoOut.of(photo) for photo in entry.photos],
            will_be_contacted=will_be_contacted,
        )


class FoundPersonOut(Output):
    """An entry in an investigator's list; `matches_a_case` of those that they may see."""

    facts: FoundFactsOut
    matches_a_case: bool

    @classmethod
    def of(cls, entry: FoundPerson, *, matches_a_case: bool) -> Self:
        """The output of an entry."""
        return cls(facts=FoundFactsOut.model_validate(entry), matches_a_case=matches_a_case)


class FoundViewOut(Output):
    """An entry beside the cases that it is like.

    `whereabouts` and `contact` are null until the person is like a subject of a case that the
    reader may see, or the reader has said why they need to know.
    """

    facts: FoundFactsOut
    whereabouts: str | None
    contact: str | None
    photos: list[ContributedPhotoOut]
    matches: list[ContributedMatchOut]

    @classmethod
    def of(cls, shown: FoundView) -> Self:
        """The output of a view."""
        entry = shown.entry
        return cls(
            facts=FoundFactsOut.model_validate(entry),
            whereabouts=entry.whereabouts if shown.shows_whereabouts else None,
            contact=entry.contact if shown.shows_whereabouts else None,
            photos=[ContributedPhotoOut.of(photo) for photo in entry.photos],
            matches=[ContributedMatchOut.of(match) for match in shown.matches],
        )
