"""Found, unidentified persons: what partners register, see, change and close.

A partner sees the entries of its own organisation and nothing of any case: of a match it learns
only that an investigator will contact it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload

from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.inputs.tips import CloseInput, FoundInput
from app.models import (
    ContributedFace,
    ContributedMatch,
    ContributedPhoto,
    FoundPerson,
    FoundState,
    MatchState,
    User,
)
from app.models.columns import utc_now
from app.services.base import audit
from app.services.base.actors import Actor
from app.services.base.pages import Page, paginate
from app.services.contributing import contributed_photos, contribution_matching, public_forms
from app.services.contributing.public_forms import FormStamp
from app.services.places import gazetteer
from geo.errors import GeoError
from geo.points import Point, parse_point


def list_entries(user: User, page: int, per_page: int) -> Page[FoundPerson]:
    """The entries of the partner's organisation, open ones first, the newest first."""
    statement = (
        select(FoundPerson)
        .options(selectinload(FoundPerson.photos).selectinload(ContributedPhoto.faces))
        .where(_is_own(user))
        .order_by(FoundPerson.state != FoundState.OPEN, FoundPerson.id.desc())
    )
    return paginate(statement, page, per_page)


def find_entry(user: User, found_id: int) -> FoundPerson:
    """An entry of the partner's organisation. Raises NotFound."""
    entry = db.session.scalar(
        select(FoundPerson)
        .options(selectinload(FoundPerson.photos).selectinload(ContributedPhoto.faces))
        .where(FoundPerson.id == found_id, _is_own(user))
    )
    if entry is None:
        raise NotFound("There is no such entry of your organisation.")
    return entry


def will_be_contacted(entries: Sequence[FoundPerson]) -> frozenset[int]:
    """Ids of the entries about which an investigator will contact the partner.

    That is all a partner learns of a match: while it is open or confirmed, and nothing of a case.
    """
    ids = db.session.scalars(
        select(ContributedPhoto.found_person_id)
        .join(ContributedFace, ContributedFace.photo_id == ContributedPhoto.id)
        .join(ContributedMatch, ContributedMatch.face_id == ContributedFace.id)
        .where(
            ContributedPhoto.found_person_id.in_([entry.id for entry in entries]),
            ContributedMatch.state != MatchState.REJECTED,
        )
    )
    return frozenset(found_id for found_id in ids if found_id is not None)


def register(
    actor: Actor, user: User, stamp: FormStamp, given: FoundInput, files: Sequence[bytes]
) -> FoundPerson:
    """Register a found person. At least one photo is needed: the comparison is by face.

    Raises Refused, PhotoRefused, TooLarge; Conflict for a form that was sent before.
    """
    if not files:
        raise Refused(
            "An entry needs at least one photo of the face.", {"photos": "choose a photo"}
        )
    photos = contributed_photos.read_all(files, given.timezone)
    entry = FoundPerson(
        number=public_forms.new_number("F"),
        form_id=stamp.form_id,
        organisation=user.organisation,
        registered_by_id=user.id,
        **_values(given),
    )
    db.session.add(entry)
    try:
        db.session.flush()
    except IntegrityError as error:
        db.session.rollback()
        raise Conflict("This form was sent already; its entry is in the list, once.") from error
    kept = contributed_photos.keep(photos, found_person_id=entry.id)
    _record(actor, "found.register", entry, photos=len(kept))
    db.session.commit()
    contributed_photos.hand_over(kept)
    return entry


def change(actor: Actor, user: User, found_id: int, given: FoundInput) -> FoundPerson:
    """Change what is said of a person; the audit log keeps which fields."""
    entry = find_entry(user, found_id)
    values = _values(given)
    changed = sorted(name for name, value in values.items() if getattr(entry, name) != value)
    for name in changed:
        setattr(entry, name, values[name])
    if changed:
        _record(actor, "found.change", entry, fields=changed)
        db.session.commit()
    return entry


def add_photos(actor: Actor, user: User, found_id: int, files: Sequence[bytes]) -> FoundPerson:
    """Add photos to an open entry; their faces are compared at once."""
    entry = find_entry(user, found_id)
    if entry.state is not FoundState.OPEN:
        raise Conflict("This entry is closed; open it again first.")
    if not files:
        raise Refused("Choose a photo first.", {"photos": "no photo was chosen"})
    if len(entry.photos) + len(files) > contributed_photos.MOST_PHOTOS:
        raise Refused(
            f"An entry holds at most {contributed_photos.MOST_PHOTOS} photos.",
            {"photos": "choose fewer"},
        )
    photos = contributed_photos.read_all(files, entry.timezone)
    kept = contributed_photos.keep(photos, found_person_id=entry.id)
    _record(actor, "found.add_photos", entry, photos=len(kept))
    db.session.commit()
    contributed_photos.hand_over(kept)
    return entry


def close(actor: Actor, user: User, found_id: int, given: CloseInput) -> FoundPerson:
    """Close an entry: it is compared with no case any more."""
    entry = find_entry(user, found_id)
    if given.state is FoundState.OPEN:
        raise Refused("Say how the entry ends.", {"state": "choose one"})
    contribution_matching.hold_lock()
    entry.state = given.state
    entry.closed_at = utc_now()
    _record(actor, "found.close", entry, state=given.state.value)
    db.session.commit()
    return entry


def reopen(actor: Actor, user: User, found_id: int) -> FoundPerson:
    """Undo the closing; the entry's faces are compared anew with all open cases."""
    entry = find_entry(user, found_id)
    if entry.state is FoundState.OPEN:
        raise Conflict("This entry is open.")
    entry.state, entry.closed_at = FoundState.OPEN, None
    contributed_photos.look_again(entry.photos)
    _record(actor, "found.reopen", entry)
    db.session.commit()
    contributed_photos.hand_over(entry.photos)
    return entry


def _point_of(place: str) -> Point | None:
    """Of the one imported place of that name, or of coordinates; None for other words."""
    try:
        return gazetteer.find_place(place) or parse_point(place)
    except GeoError:
        return None


def _is_own(user: User) -> ColumnElement[bool]:
    if user.organisation:
        return FoundPerson.organisation == user.organisation
    return FoundPerson.registered_by_id == user.id


def _values(given: FoundInput) -> dict[str, object]:
    """What is written of an entry; a place without a position is looked up."""
    values = given.model_dump()
    point = _point_of(given.place) if given.latitude_deg is None else None
    if point is not None:
        values.update(latitude_deg=point.latitude_deg, longitude_deg=point.longitude_deg)
    return values


def _record(actor: Actor, action: str, entry: FoundPerson, **details: object) -> None:
    audit.record(actor, action, subject=f"found person {entry.number}", details=details)
