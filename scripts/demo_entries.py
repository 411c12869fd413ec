"""How the demonstrations hand in tips and found persons, and wait until these are compared."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from app.extensions import db
from app.inputs.tips import FoundInput, TipInput
from app.models import ContributedPhoto, PhotoState, Tip, User
from app.services.base.actors import Actor
from app.services.contributing import found, tips
from app.services.contributing.public_forms import FormStamp
from app.services.people.accounts import actor_for
from scripts.demo_steps import ZONE

Position = tuple[float, float] | None
"""Latitude and longitude in degrees, if known."""
EVERY_S = 0.5


def hand_in_tip(
    actor: Actor,
    form_id: str,
    photos: Sequence[bytes],
    *,
    remarks: str,
    place: str = "",
    position: Position = None,
    accuracy_m: float | None = None,
    seen_at: datetime | None = None,
    contact: str = "",
) -> Tip:
    """Hand in a tip. Raises Conflict if there is one of this form."""
    given = TipInput(
        place=place,
        latitude_deg=position[0] if position else None,
        longitude_deg=position[1] if position else None,
        accuracy_m=accuracy_m,
        seen_at=seen_at,
        timezone=ZONE,
        remarks=remarks,
        contact=contact,
    )
    return tips.hand_in(actor, FormStamp(form_id[:32]), given, photos).tip


def register_found(
    user: User,
    form_id: str,
    photo: bytes,
    *,
    found_at: datetime,
    place: str,
    position: Position,
    ages: tuple[int, int],
    **facts: str,
) -> None:
    """Register a found person for a partner. Raises Conflict if there is an entry of this form."""
    given = FoundInput.model_validate(
        {
            "found_at": found_at,
            "place": place,
            "latitude_deg": position[0] if position else None,
            "longitude_deg": position[1] if position else None,
            "age_from_years": ages[0],
            "age_to_years": ages[1],
            "timezone": ZONE,
            **facts,
        }
    )
    found.register(actor_for(user), user, FormStamp(form_id[:32]), given, [photo])


def wait_until_compared(timeout_s: float) -> bool:
    """Wait for the workers; whether they looked at all handed-in photos in time."""
    at_work = ContributedPhoto.state.in_((PhotoState.WAITING, PhotoState.RUNNING))
    deadline = time.monotonic() + timeout_s
    while db.session.scalar(select(ContributedPhoto.id).where(at_work).limit(1)) is not None:
        db.session.rollback()
        if time.monotonic() > deadline:
            return False
        time.sleep(EVERY_S)
    return True
