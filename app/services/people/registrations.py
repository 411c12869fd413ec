"""Registrations: people ask for an account, and an administrator invites or refuses them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import joinedload

from app.current import settings
from app.errors import Conflict, NotFound
from app.extensions import db
from app.inputs.accounts import ApprovalInput, InvitationInput, RegistrationInput
from app.models.accounts import User
from app.models.columns import utc_now
from app.models.joining import Registration, RegistrationState
from app.services.base import audit
from app.services.base.actors import Actor
from app.services.base.pages import Page, paginate
from app.services.people.joining import NewLink, account_of, new_invitation

MOST_WAITING_REGISTRATIONS: Final = 1000
"""Beyond this the form takes no more: nobody reads a thousand, and a robot writes them."""


def register(given: RegistrationInput, address: str | None) -> None:
    """Ask for an account. The same work and answer whether or not there is one already."""
    if not settings().registration_enabled:
        raise NotFound("Accounts are made by invitation here.")
    if waiting_count() >= MOST_WAITING_REGISTRATIONS:
        raise Conflict("Too many registrations wait at the moment. Try again another day.")
    db.session.add(Registration(**given.model_dump(), address=address))
    actor = Actor(None, "not logged in", "public", address)
    audit.record(actor, "account.register", subject=given.email)
    db.session.commit()


def waiting_count() -> int:
    """How many registrations wait for an administrator."""
    counted = select(func.count(Registration.id)).where(
        Registration.state == RegistrationState.WAITING
    )
    return db.session.scalar(counted) or 0


def list_registrations(
    state: RegistrationState | None, page: int, per_page: int
) -> Page[Registration]:
    """Registrations, the newest first."""
    statement = (
        select(Registration)
        .options(joinedload(Registration.decided_by))
        .order_by(Registration.id.desc())
    )
    if state is not None:
        statement = statement.where(Registration.state == state)
    return paginate(statement, page, per_page)


def known_addresses(emails: Sequence[str]) -> frozenset[str]:
    """Those of the addresses that have an account already; for administrators."""
    return frozenset(db.session.scalars(select(User.email).where(User.email.in_(emails))))


def approve(actor: Actor, registration_id: int, given: ApprovalInput) -> NewLink:
    """Invite who registered, for the organisation that they asked for unless another is given.

    Raises NotFound, and Conflict where that is decided or needless.
    """
    registration = _waiting(registration_id)
    if account_of(registration.email) is not None:
        raise Conflict("There is already an account with this address. Refuse the registration.")
    asked = registration.organisation
    organisation = asked if given.organisation is None else given.organisation
    wanted = InvitationInput(
        email=registration.email,
        name=registration.name,
        role=given.role,
        organisation=organisation,
    )
    made = new_invitation(actor, wanted)
    details = {"role": given.role.value, "organisation": organisation}
    _decide(actor, registration, RegistrationState.APPROVED, details)
    return made


def refuse(actor: Actor, registration_id: int) -> Registration:
    """Refuse a registration; nobody is told. Raises NotFound, Conflict."""
    registration = _waiting(registration_id)
    _decide(actor, registration, RegistrationState.REFUSED, {})
    return registration


def prune() -> None:
    """Delete registrations that were decided a quarter of a year ago."""
    decided = Registration.state != RegistrationState.WAITING
    oldest = utc_now() - timedelta(days=90)
    db.session.execute(delete(Registration).where(decided, Registration.decided_at < oldest))
    db.session.commit()


def _waiting(registration_id: int) -> Registration:
    registration = db.session.get(
        Registration, registration_id, with_for_update={"of": Registration}
    )
    if registration is None:
        raise NotFound("There is no such registration.")
    if registration.state is not RegistrationState.WAITING:
        raise Conflict(f"This registration was {registration.state.value} already.")
    return registration


def _decide(
    actor: Actor, registration: Registration, state: RegistrationState, details: dict[str, str]
) -> None:
    registration.state, registration.decided_at = state, utc_now()
    registration.decided_by_id = actor.user_id
    verb = "approve" if state is RegistrationState.APPROVED else "refuse"
    action = f"account.{verb}_registration"
    audit.record(actor, action, subject=registration.email, details=details)
    db.session.commit()
