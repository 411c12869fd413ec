"""Outputs for persons of interest; each face says that it is a lead."""

from __future__ import annotations

from collections.abc import Sequence

from app.models import (
    AuthorisationState,
    LookBackState,
    PersonAuthorisation,
    PersonLookBack,
    PersonOfInterest,
    PersonPhoto,
    PersonSighting,
    PersonVerdict,
    SightingState,
    Verdict,
)
from app.outputs.base import LEAD_NOTICE, Output, UtcInstant


class PersonPhotoOut(Output):
    """A photo; `is_authorised` where an authorisation that is granted names it."""

    id: int
    picture: str
    face: str
    width_px: int
    height_px: int
    is_authorised: bool
    added_at: UtcInstant


class PersonAuthorisationOut(Output):
    """One request and what became of it."""

    id: int
    state: AuthorisationState
    legal_basis: str
    order_reference: str
    requested_by: str
    requested_at: UtcInstant
    expires_at: UtcInstant
    decided_by: str | None
    decided_at: UtcInstant | None
    decision_remarks: str
    ended_by: str | None
    ended_at: UtcInstant | None
    end_reason: str

    @classmethod
    def of(cls, row: PersonAuthorisation) -> PersonAuthorisationOut:
        """From the row; empty names are none."""
        return cls(
            id=row.id,
            state=row.state,
            legal_basis=row.legal_basis,
            order_reference=row.order_reference,
            requested_by=row.requested_by_name,
            requested_at=row.requested_at,
            expires_at=row.expires_at,
            decided_by=row.decided_by_name or None,
            decided_at=row.decided_at,
            decision_remarks=row.decision_remarks,
            ended_by=row.ended_by_name or None,
            ended_at=row.ended_at,
            end_reason=row.end_reason,
        )


class PersonLookBackOut(Output):
    """How far kept faces of the case's sweeps were compared with the person, and what came of it.

    `faces_of_other_models` cannot be compared: no photo has an embedding of their model.
    """

    id: int
    state: LookBackState
    asked_by: str
    asked_at: UtcInstant
    finished_at: UtcInstant | None
    faces_kept: int
    faces: int
    faces_of_other_models: int
    proposed: int
    oldest_at: UtcInstant | None
    newest_at: UtcInstant | None
    problem: str

    @classmethod
    def of(cls, row: PersonLookBack) -> PersonLookBackOut:
        """From the row."""
        return cls(
            id=row.id,
            state=row.state,
            asked_by=row.asked_by_name,
            asked_at=row.asked_at,
            finished_at=row.finished_at,
            faces_kept=row.faces_kept,
            faces=row.faces,
            faces_of_other_models=row.faces_of_other_models,
            proposed=row.proposed,
            oldest_at=row.oldest_at,
            newest_at=row.newest_at,
            problem=row.problem,
        )


class PersonOut(Output):
    """A person of interest. `is_in_force`: faces are compared with them at this moment."""

    id: int
    label: str
    name: str
    description: str
    reason: str
    threshold_raise: float
    is_in_force: bool
    in_force_until: UtcInstant | None
    created_by: str
    created_at: UtcInstant
    purged_at: UtcInstant | None
    photos: list[PersonPhotoOut]
    authorisations: list[PersonAuthorisationOut]
    look_backs: list[PersonLookBackOut]
    notice: str = LEAD_NOTICE

    @classmethod
    def of(
        cls,
        person: PersonOfInterest,
        *,
        is_in_force: bool,
        look_backs: Sequence[PersonLookBack],
    ) -> PersonOut:
        """From the row, and what the services of persons say of it; look-backs newest first."""
        granted = person.granted
        named = set(granted.photo_ids) if granted is not None else set()
        number = person.case.number
        return cls(
            id=person.id,
            label=person.label,
            name=person.name,
            description=person.description,
            reason=person.reason,
            threshold_raise=person.threshold_raise,
            is_in_force=is_in_force,
            in_force_until=granted.expires_at if granted is not None and is_in_force else None,
            created_by=person.created_by_name,
            created_at=person.created_at,
            purged_at=person.purged_at,
            photos=[
                _photo(number, photo, photo.id in named) for photo in person.photos if photo.active
            ],
            authorisations=[PersonAuthorisationOut.of(one) for one in person.authorisations],
            look_backs=[PersonLookBackOut.of(one) for one in look_backs],
        )


class PersonVerdictOut(Output):
    """One person's word on a face."""

    reviewer: str
    verdict: Verdict
    remarks: str
    blind: bool
    created_at: UtcInstant
    undone_at: UtcInstant | None

    @classmethod
    def of(cls, row: PersonVerdict) -> PersonVerdictOut:
        """From the row."""
        return cls(
            reviewer=row.reviewer_name,
            verdict=row.verdict,
            remarks=row.remarks,
            blind=row.blind,
            created_at=row.created_at,
            undone_at=row.undone_at,
        )


class PersonSightingOut(Output):
    """A face proposed for a person of interest.

    What the recogniser measured and what others said is None for whoever has still to judge it.
    """

    id: int
    person_id: int
    label: str
    camera_id: int
    camera: str
    seen_at: UtcInstant
    latitude_deg: float
    longitude_deg: float
    face: str
    made_up_footage: bool
    similarity: float | None
    threshold_similarity: float | None
    model: str | None
    state: SightingState | None
    is_lead: bool | None
    verdicts: list[PersonVerdictOut] | None
    notice: str = LEAD_NOTICE

    @classmethod
    def of(cls, row: PersonSighting, *, is_known: bool) -> PersonSightingOut:
        """From the row; `is_known` says whether more than face, place and time may be told."""
        return cls(
            id=row.id,
            person_id=row.person_id,
            label=row.person.label,
            camera_id=row.camera_id,
            camera=row.camera.name,
            seen_at=row.seen_at,
            latitude_deg=row.latitude_deg,
            longitude_deg=row.longitude_deg,
            face=picture_of(row.person.case.number, row.face.crop_sha256),
            made_up_footage=row.face.footage.made_up,
            similarity=row.similarity if is_known else None,
            threshold_similarity=row.threshold_similarity if is_known else None,
            model=row.embedder.name if is_known else None,
            state=row.state if is_known else None,
            is_lead=row.is_lead if is_known else None,
            verdicts=[PersonVerdictOut.of(one) for one in row.verdicts] if is_known else None,
        )


class PersonMarkOut(Output):
    """A face on the map: a lead, or one that the reader has still to judge."""

    id: int
    label: str
    camera: str
    seen_at: UtcInstant
    latitude_deg: float
    longitude_deg: float
    is_lead: bool
    page: str


class PersonMarksOut(Output):
    """The map's layer of persons of interest."""

    items: list[PersonMarkOut]
    notice: str = f"Person of interest: {LEAD_NOTICE.lower()}"


def picture_of(number: str, sha256: str) -> str:
    """Where a picture of a case's persons of interest is served."""
    return f"/cases/{number}/persons/pictures/{sha256}.jpg"


def _photo(number: str, photo: PersonPhoto, is_authorised: bool) -> PersonPhotoOut:
    return PersonPhotoOut(
        id=photo.id,
        picture=picture_of(number, photo.sha256),
        face=picture_of(number, photo.face_sha256),
        width_px=photo.width_px,
        height_px=photo.height_px,
        is_authorised=is_authorised,
        added_at=photo.created_at,
    )
