"""Posters: what an investigator makes public of a case, and nothing more."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from app.current import settings
from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.inputs.posters import PosterInput, PosterName, PosterPicture, PosterTime
from app.models import Case, CaseState, ReferencePhoto
from app.services.base import audit, media, searchable
from app.services.base.actors import Actor
from app.services.papers.brief_fonts import unprintable
from app.services.papers.poster_content import Poster
from app.services.papers.poster_pdf import poster_pdf
from app.services.papers.poster_picture import poster_png
from app.services.places import locations
from app.services.places.routes import Export

FORMATS: Final = ("pdf", "png")
TIP_PATH: Final = "/tip"
_CALL: Final = "Have you seen this person? Scan the code, or open"
_PARTS_OF_DAY: Final = (
    (5, "night"),
    (12, "morning"),
    (17, "afternoon"),
    (21, "evening"),
    (24, "night"),
)
_ARTIFICIAL = "Artificial picture: computed, not a photo"


@dataclass(frozen=True)
class PublicFact:
    """One thing that becomes public, for the preview: what it is, and how it reads."""

    what: str
    text: str


def make_poster(case: Case, given: PosterInput, address: str) -> Poster:
    """The poster as it was chosen. `address` is the installation's own, for the tip form.

    Raises Conflict unless the case is open with its legal basis in force, Refused for a photo or
    place that is not the case's and for letters that no font here has, Unavailable without fonts.
    """
    if case.state is not CaseState.OPEN or searchable.basis_expired(case):
        raise Conflict(
            f"Case {case.number} is not open with a legal basis in force, so nothing of it is made "
            "public."
        )
    photo = _photo(case, given)
    poster = Poster(
        heading=given.heading,
        name=name_of(case.subject_name, given.name),
        facts=_facts(case, given),
        photo=None if photo is None else _picture(photo, given.picture),
        photo_note=_ARTIFICIAL if photo is not None and photo.artificial else "",
        call=_CALL,
        phone=settings().tip_phone if given.phone else "",
        code=case.tip_code or "",
        address=tip_address(case, address),
        made_up=case.made_up,
    )
    if missing := unprintable(poster.all_text(), settings().font_dir):
        raise Refused(
            f"No font here can print “{missing[:20]}”: write the name, place or clothing in other "
            "letters, or leave it out."
        )
    return poster


def tip_address(case: Case, address: str) -> str:
    """Where the code on the poster leads: the case's public code if it has one."""
    base = (settings().base_url or address).rstrip("/")
    if not base:
        raise Refused(
            "This installation does not know its own address (BASE_URL), so a poster could not "
            "lead to the tip form."
        )
    return f"{base}{TIP_PATH}/p/{case.tip_code}" if case.tip_code else f"{base}{TIP_PATH}"


def public_facts(poster: Poster) -> list[PublicFact]:
    """Exactly what goes public, for whoever decides about it."""
    listed = [("Heading", poster.heading), ("Name", poster.name), *poster.facts]
    if poster.photo is not None:
        listed.append(("Photo", "the picture as shown, without what its file said"))
    if poster.photo_note:
        listed.append(("Below the photo", poster.photo_note))
    if poster.phone:
        listed.append(("Telephone", poster.phone))
    listed.append(("Address behind the code", poster.address))
    return [PublicFact(what, text) for what, text in listed if text]


def export_poster(
    actor: Actor, case: Case, given: PosterInput, file_format: str, address: str
) -> Export:
    """The poster as `pdf` (A4) or `png` (square, for messengers). The audit log gets its hash,
    and which kinds of facts are on it.

    Raises as `make_poster`, and Unavailable where fonts are missing.
    """
    poster = make_poster(case, given, address)
    data = draw(poster, file_format)
    details = {
        "format": file_format,
        "sha256": hashlib.sha256(data).hexdigest(),
        "public": [fact.what for fact in public_facts(poster)],
        "photo_id": given.photo_id,
    }
    audit.record(
        actor, "poster.export", case=case, subject=f"poster of {case.number}", details=details
    )
    audit.commit()
    media_type = "application/pdf" if file_format == "pdf" else "image/png"
    return Export(data, media_type, f"poster-{case.tip_code or 'missing'}.{file_format}", 0)


def draw(poster: Poster, file_format: str) -> bytes:
    """The poster as a file. Raises Unavailable where fonts are missing."""
    layout = {"pdf": poster_pdf, "png": poster_png}[file_format]
    return layout(poster, settings().font_dir)


def name_of(name: str, chosen: PosterName) -> str:
    """The subject's name as chosen: whole, its first word, or the first letters of its words."""
    words = name.split()
    if chosen is PosterName.NONE or not words:
        return ""
    if chosen is PosterName.FULL:
        return " ".join(words)
    return words[0] if chosen is PosterName.FIRST else " ".join(f"{one[0]}." for one in words)


def time_of(seen_at: datetime, timezone: str, chosen: PosterTime) -> str:
    """A time on the case's clocks, as coarsely as chosen."""
    local = seen_at.astimezone(ZoneInfo(timezone))
    day = f"{local.day} {local:%B %Y}"
    if chosen is PosterTime.HOUR:
        part = next(name for before, name in _PARTS_OF_DAY if local.hour < before)
        return f"{day}, {part}"
    return f"{day}, {local:%H:%M}" if chosen is PosterTime.MINUTE else day


def _facts(case: Case, given: PosterInput) -> tuple[tuple[str, str], ...]:
    age = case.subject_age_years
    facts = [
        ("Age", f"{age} years" if given.age and age is not None else ""),
        ("Wearing", given.clothing),
        ("Last seen", _last_seen(case, given)),
    ]
    return tuple((what, text) for what, text in facts if text)


def _last_seen(case: Case, given: PosterInput) -> str:
    when = ""
    if given.time is not PosterTime.NONE and given.location_id is not None:
        try:
            seen_at = locations.find_location(case, given.location_id).seen_at
        except NotFound as error:
            raise Refused(str(error), {"location_id": "is not of this case"}) from error
        if seen_at is None:
            raise Refused(
                "This place has no time.", {"time": "the chosen last-known location has no time"}
            )
        when = time_of(seen_at, case.timezone, given.time)
    return ", ".join(part for part in (given.place, when) if part)


def _photo(case: Case, given: PosterInput) -> ReferencePhoto | None:
    if given.photo_id is None:
        return None
    photo = db.session.get(ReferencePhoto, given.photo_id)
    if photo is None or photo.case_id != case.id or not photo.active:
        raise Refused("This case has no such photo.", {"photo_id": "is not of this case"})
    return photo


def _picture(photo: ReferencePhoto, chosen: PosterPicture) -> Path:
    try:
        return media.path_of(photo.sha256 if chosen is PosterPicture.PHOTO else photo.face_sha256)
    except NotFound as error:
        sentence = "The file of this photo is no longer kept: choose another one."
        raise Refused(sentence, {"photo_id": "its file is gone"}) from error
