"""Public tips: handing one in, and how its sender comes back to it. The sender learns no result.

A tip number and a secret word open a tip again. Unknown numbers take as long to refuse as wrong
secrets and are refused with the same sentence.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from app.current import settings
from app.errors import Conflict, NotFound, Refused, Unavailable
from app.extensions import db
from app.inputs.tips import MessageInput, TipInput
from app.models import (
    Case,
    CaseState,
    ContributedPhoto,
    PlaceSource,
    TimeSource,
    Tip,
    TipMessage,
    TipState,
)
from app.models.columns import utc_now
from app.services.base import audit
from app.services.base.actors import Actor
from app.services.contributing import contributed_photos, public_forms
from app.services.contributing.contributed_photos import ReadPhoto
from app.services.contributing.public_forms import FormStamp
from app.services.messages import contribution_alerts
from app.services.people import passwords
from app.services.places import gazetteer
from geo.errors import GeoError
from geo.points import Point, parse_point

MOST_MESSAGES = 60
"""From the sender, about one tip."""
MAP_ACCURACY_M = 50.0
TYPED_ACCURACY_M = 300.0
"""A place that was named, such as a station or a market."""
PHOTO_ACCURACY_M = 50.0
NOT_OPENED = (
    "Tip number or secret word is wrong. Check both; they were shown when the tip was sent."
)
_LOCK = 7_201_004
"""Key of the advisory lock under which waiting tips are counted."""


@dataclass(frozen=True)
class NewTip:
    """A tip, and its secret word, of which only a hash is kept."""

    tip: Tip
    secret: str

    @property
    def age_s(self) -> float:
        """For how many seconds the tip has been here."""
        return (utc_now() - self.tip.received_at).total_seconds()

    def __repr__(self) -> str:
        return f"NewTip(tip={self.tip.number!r}, secret='…')"


@dataclass(frozen=True)
class _Place:
    """Where a tip is about, and how that is known."""

    source: PlaceSource
    point: Point | None = None
    accuracy_m: float | None = None


def is_full() -> bool:
    """Whether more tips wait than this installation holds, in number or in bytes."""
    waiting = (TipState.WAITING, TipState.ASKED)
    count = db.session.scalar(select(func.count(Tip.id)).where(Tip.state.in_(waiting))) or 0
    held_bytes = db.session.scalar(
        select(func.coalesce(func.sum(ContributedPhoto.size_bytes), 0)).where(
            ContributedPhoto.tip_id.is_not(None)
        )
    )
    return (
        count >= settings().tip_waiting_limit
        or int(held_bytes or 0) >= settings().tip_media_mb * 2**20
    )


def is_sent(stamp: FormStamp) -> bool:
    """Whether the form with this stamp has made its tip."""
    return db.session.scalar(select(Tip.id).where(Tip.form_id == stamp.form_id)) is not None


def find_sent(form_id: str, secret: str) -> NewTip | None:
    """The tip that a form made, if this is its secret word."""
    tip = db.session.scalar(select(Tip).where(Tip.form_id == form_id))
    if tip is None or not passwords.matches(tip.secret_hash, secret):
        return None
    return NewTip(tip, secret)


def full_sentence() -> str:
    """What the form says when no more tips are taken."""
    phone = settings().tip_phone
    instead = f" Please call {phone} instead." if phone else " Please call the police instead."
    return "So many tips are waiting that no more can be taken here at the moment." + instead


def case_of_code(code: str) -> Case | None:
    """The open case that a poster's code stands for; None for any other text."""
    plain = public_forms.plain_number(code)
    if not plain:
        return None
    return db.session.scalar(
        select(Case).where(Case.tip_code == plain, Case.state == CaseState.OPEN)
    )


def hand_in(
    actor: Actor, stamp: FormStamp, given: TipInput, files: Sequence[bytes], secret: str = ""
) -> NewTip:
    """Take a tip. Its photos are committed with it and then given to the workers.

    `secret` is the word that opens it again (see `app.senders`); a random one if none is given.
    The same form with the same word is the same tip.

    Raises Refused, PhotoRefused, TooLarge; Conflict for a form that somebody else sent before;
    Unavailable while too many tips wait.
    """
    if not files and not given.remarks:
        raise Refused(
            "A tip needs a photo, or a few words.", {"remarks": "say what you saw, or add a photo"}
        )
    _refuse_when_full()
    photos = [
        one.with_origin(time=given.use_photo_time, place=given.use_photo_place)
        for one in contributed_photos.read_all(files, given.timezone)
    ]
    secret = secret or public_forms.new_secret()
    tip = _new_tip(stamp, given, photos, passwords.hash_password(secret))
    db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    _refuse_when_full()
    db.session.add(tip)
    try:
        db.session.flush()
    except IntegrityError as error:
        db.session.rollback()
        before = find_sent(stamp.form_id, secret)
        if before is not None:
            return before
        raise Conflict("This form was sent already; its tip is here, once.") from error
    kept = contributed_photos.keep(photos, tip_id=tip.id)
    case = tip.case
    details = {"photos": len(kept), "has_place": tip.latitude_deg is not None}
    audit.record(actor, "tip.hand_in", case=case, subject=f"tip {tip.number}", details=details)
    if case is not None:
        contribution_alerts.tell_of_tip(tip, case)
    db.session.commit()
    contributed_photos.hand_over(kept)
    return NewTip(tip, secret)


def open_with_secret(actor: Actor, number: str, secret: str) -> Tip:
    """The tip behind number and secret word. Raises Refused with one sentence for all reasons."""
    plain, word = public_forms.plain_number(number), public_forms.plain_secret(secret)
    tip = db.session.scalar(select(Tip).where(Tip.number == plain))
    if tip is None:
        passwords.spend_the_same_time(word)
        is_right = False
    else:
        is_right = passwords.matches(tip.secret_hash, word)
    if tip is None or not is_right:
        audit.record(actor, "tip.refuse_secret", details={"known": tip is not None})
        audit.commit()
        raise Refused(NOT_OPENED)
    return tip


def find_own(tip_id: int, key: str) -> Tip:
    """The tip that a sender's cookie names. Raises NotFound."""
    tip = db.session.get(Tip, tip_id)
    if tip is None or not hmac.compare_digest(cookie_key(tip), key):
        raise NotFound("This tip is no longer kept, or was opened too long ago. Open it again.")
    return tip


def cookie_key(tip: Tip) -> str:
    """What a sender's cookie holds beside the id; it tells nothing of the secret."""
    return hashlib.sha256(tip.secret_hash.encode()).hexdigest()[:24]


def state_for_sender(tip: Tip) -> str:
    """What the sender is told. Nobody outside learns what became of a tip."""
    if tip.state is TipState.ASKED:
        return "We have a question for you."
    if tip.state is TipState.WAITING:
        return "Received. It waits for a person to read it."
    return "Read by a person. Thank you."


def say_more(actor: Actor, tip: Tip, given: MessageInput) -> TipMessage:
    """Add a message of the sender; a tip that was asked about waits for a person again."""
    sent = db.session.scalar(
        select(func.count(TipMessage.id)).where(TipMessage.tip_id == tip.id, TipMessage.from_sender)
    )
    if (sent or 0) >= MOST_MESSAGES:
        raise Conflict("No more messages can be added to this tip. Send a new tip instead.")
    message = TipMessage(tip_id=tip.id, from_sender=True, text=given.text)
    db.session.add(message)
    if tip.state is TipState.ASKED:
        tip.state = TipState.WAITING
    audit.record(actor, "tip.message", subject=f"tip {tip.number}", details={"by": "sender"})
    db.session.commit()
    return message


def publish_code(actor: Actor, case: Case) -> str:
    """Give the case a public code for posters; an older one ends. Returns it."""
    if case.state is not CaseState.OPEN:
        raise Refused("Only an open case can ask the public for tips.")
    case.tip_code = public_forms.new_code()
    audit.record(actor, "case.publish_tip_code", case=case, details={"code": case.tip_code})
    db.session.commit()
    return case.tip_code


def withdraw_code(actor: Actor, case: Case) -> None:
    """Take the code back: tips with it are taken as tips about nobody in particular."""
    if case.tip_code is not None:
        audit.record(actor, "case.withdraw_tip_code", case=case, details={"code": case.tip_code})
        case.tip_code = None
        db.session.commit()


def _refuse_when_full() -> None:
    if is_full():
        db.session.rollback()
        raise Unavailable(full_sentence())


def _new_tip(
    stamp: FormStamp, given: TipInput, photos: Sequence[ReadPhoto], secret_hash: str
) -> Tip:
    place = _place_of(given, photos)
    taken_at = next((one.origin.taken_at for one in photos if one.origin.taken_at), None)
    if taken_at is not None and taken_at > utc_now() + timedelta(hours=1):
        taken_at = None  # a camera whose clock is wrong
    case = case_of_code(given.poster_code)
    return Tip(
        number=public_forms.new_number("T"),
        secret_hash=secret_hash,
        form_id=stamp.form_id,
        poster_code=public_forms.plain_number(given.poster_code),
        case_id=case.id if case else None,
        case=case,
        latitude_deg=place.point.latitude_deg if place.point else None,
        longitude_deg=place.point.longitude_deg if place.point else None,
        uncertainty_m=place.accuracy_m,
        place=given.place,
        place_source=place.source,
        seen_at=given.seen_at or taken_at,
        time_source=_time_source(given, has_photo_time=taken_at is not None),
        timezone=given.timezone,
        remarks=given.remarks,
        contact=given.contact,
        expires_at=utc_now() + timedelta(days=settings().tip_retention_days),
    )


def _time_source(given: TipInput, *, has_photo_time: bool) -> TimeSource:
    if given.seen_at is not None:
        return TimeSource.SENDER
    return TimeSource.PHOTO if has_photo_time else TimeSource.NONE


def _place_of(given: TipInput, photos: Sequence[ReadPhoto]) -> _Place:
    """What the sender pointed out goes before what they typed, and that before the photo's data."""
    if given.latitude_deg is not None and given.longitude_deg is not None:
        source = PlaceSource.DEVICE if given.by_device else PlaceSource.MAP
        accuracy_m = max(given.accuracy_m or 0.0, MAP_ACCURACY_M)
        return _Place(source, Point(given.latitude_deg, given.longitude_deg), accuracy_m)
    typed = _typed_point(given.place)
    if typed is not None:
        return _Place(PlaceSource.TYPED, typed, TYPED_ACCURACY_M)
    for photo in photos:
        origin = photo.origin
        if origin.latitude_deg is not None and origin.longitude_deg is not None:
            point = Point(origin.latitude_deg, origin.longitude_deg)
            return _Place(PlaceSource.PHOTO, point, PHOTO_ACCURACY_M)
    return _Place(PlaceSource.TYPED if given.place else PlaceSource.NONE)


def _typed_point(text: str) -> Point | None:
    """The one imported place of that name, or typed coordinates; None for any other text."""
    if not text:
        return None
    known = gazetteer.find_place(text)
    if known is not None:
        return known
    try:
        return parse_point(text)
    except GeoError:
        return None
