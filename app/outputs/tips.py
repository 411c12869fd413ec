"""Public tips as investigators' programs read them. Nothing of these goes to a sender."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Self

from app.models import ContributedMatch, ContributedPhoto, Tip, TipMessage
from app.models.contributions import MatchState, PhotoState
from app.models.tips import PlaceSource, TimeSource, TipState
from app.outputs.base import LEAD_NOTICE, Output, UtcInstant
from app.outputs.thresholds import AgeThresholdOut, by_age
from app.services.contributing.tip_queue import TriageEntry


class ContributedMatchOut(Output):
    """A face that is like a case's subject. A lead, not an identification.

    `threshold_by_age` is the measurement that the threshold rests on; null: the model's own.
    """

    id: int
    case_number: str
    similarity: float
    threshold_similarity: float
    threshold_by_age: AgeThresholdOut | None
    model: str
    face_sha256: str
    state: MatchState
    decided_by: str
    created_at: UtcInstant
    notice: str = LEAD_NOTICE

    @classmethod
    def of(cls, match: ContributedMatch) -> Self:
        """The output of a match."""
        return cls(
            id=match.id,
            case_number=match.case.number,
            similarity=match.similarity,
            threshold_similarity=match.threshold_similarity,
            threshold_by_age=by_age(match.age_threshold),
            model=match.embedder.name,
            face_sha256=match.face.crop_sha256,
            state=match.state,
            decided_by=match.decided_by_name,
            created_at=match.created_at,
        )


class ContributedPhotoOut(Output):
    """A photo; `taken_at` and the position are what its file said, if its sender let it be used."""

    sha256: str
    width_px: int
    height_px: int
    state: PhotoState
    problem: str
    faces: int
    taken_at: UtcInstant | None
    latitude_deg: float | None
    longitude_deg: float | None

    @classmethod
    def of(cls, photo: ContributedPhoto) -> Self:
        """The output of a photo."""
        return cls(
            sha256=photo.sha256,
            width_px=photo.width_px,
            height_px=photo.height_px,
            state=photo.state,
            problem=photo.problem,
            faces=len(photo.faces),
            taken_at=photo.taken_at,
            latitude_deg=photo.latitude_deg,
            longitude_deg=photo.longitude_deg,
        )


class TipMessageOut(Output):
    """A message about a tip; `author` is empty for the sender's, who has no name."""

    from_sender: bool
    author: str
    text: str
    created_at: UtcInstant

    @classmethod
    def of(cls, message: TipMessage) -> Self:
        """The output of a message."""
        return cls(
            from_sender=message.from_sender,
            author=message.author_name,
            text=message.text,
            created_at=message.created_at,
        )


class TipOut(Output):
    """A tip. Of cases, only those are named that the reader may see."""

    id: int
    number: str
    state: TipState
    poster_case: str | None
    decided_case: str | None
    decided_by: str
    decided_at: UtcInstant | None
    place: str
    place_source: PlaceSource
    latitude_deg: float | None
    longitude_deg: float | None
    uncertainty_m: float | None
    seen_at: UtcInstant | None
    time_source: TimeSource
    timezone: str
    remarks: str
    contact: str
    photos: list[ContributedPhotoOut]
    messages: list[TipMessageOut]
    received_at: UtcInstant
    expires_at: UtcInstant

    @classmethod
    def of(cls, tip: Tip, named: Collection[int]) -> Self:
        """The output of a tip; `named` are the ids of the cases that its reader may see."""
        poster_case = tip.case if tip.case_id in named else None
        decided_case = tip.decided_case if tip.decided_case_id in named else None
        return cls(
            id=tip.id,
            number=tip.number,
            state=tip.state,
            poster_case=poster_case.number if poster_case else None,
            decided_case=decided_case.number if decided_case else None,
            decided_by=tip.decided_by_name,
            decided_at=tip.decided_at,
            place=tip.place,
            place_source=tip.place_source,
            latitude_deg=tip.latitude_deg,
            longitude_deg=tip.longitude_deg,
            uncertainty_m=tip.uncertainty_m,
            seen_at=tip.seen_at,
            time_source=tip.time_source,
            timezone=tip.timezone,
            remarks=tip.remarks,
            contact=tip.contact,
            photos=[ContributedPhotoOut.of(photo) for photo in tip.photos],
            messages=[TipMessageOut.of(message) for message in tip.messages],
            received_at=tip.received_at,
            expires_at=tip.expires_at,
        )


class TriageEntryOut(Output):
    """A tip in the queue, beside the case it is held against.

    `distance_m` and `seconds` are to the case's nearest last-known location, in space and in time.
    """

    tip: TipOut
    match: ContributedMatchOut | None
    case_number: str | None
    distance_m: float | None
    seconds: float | None

    @classmethod
    def of(cls, entry: TriageEntry, named: Collection[int]) -> Self:
        """The output of an entry."""
        return cls(
            tip=TipOut.of(entry.tip, named),
            match=ContributedMatchOut.of(entry.best) if entry.best else None,
            case_number=entry.case.number if entry.case else None,
            distance_m=entry.distance_m,
            seconds=entry.seconds,
        )


class TipWithMatchesOut(Output):
    """A tip with everything that its photos are like, the most similar first."""

    tip: TipOut
    matches: list[ContributedMatchOut]

    @classmethod
    def of(cls, tip: Tip, matches: Sequence[ContributedMatch], named: Collection[int]) -> Self:
        """The output of a tip and its matches."""
        return cls(
            tip=TipOut.of(tip, named), matches=[ContributedMatchOut.of(one) for one in matches]
        )


class TipCodeOut(Output):
    """The case's code for posters, and the page that it leads to; both null without one."""

    code: str | None
    address: str | None
