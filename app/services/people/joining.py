"""How people come to an account by links: invitations, and links to a new password.

A link is 256 random bits; only its SHA-256 is kept, it is good once and for a while. Pages that the
public reaches do the same work whether or not there is an account: a request is written down, and
the scheduler looks afterwards.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import joinedload

from app.current import settings
from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.inputs.accounts import InvitationInput, UserInput
from app.models.accounts import ApiToken, User
from app.models.columns import utc_now
from app.models.joining import (
    AccountLink,
    LinkKind,
    PasswordRequest,
)
from app.services.base import audit
from app.services.base.actors import SCHEDULER, Actor
from app.services.base.links import link_to
from app.services.messages import outbox
from app.services.people import passwords

REQUESTS_AT_ONCE: Final = 100
MAILS_PER_ADDRESS: Final = 3
"""Mails with links to a new password, for one account and hour."""

LINK_ENDED: Final = (
    "This link is not good any more: it was used, it was withdrawn or it is too old. "
    "Ask for a new one."
)


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link that was just made; its token is shown or sent once and not kept."""

    link: AccountLink
    token: str
    was_mailed: bool

    def __repr__(self) -> str:
        return f"NewLink(email={self.link.email!r}, token='…')"


def invite(actor: Actor, wanted: InvitationInput) -> NewLink:
    """Invite somebody to an account of a role; an older invitation of theirs ends.

    Raises Conflict where there is an account with the address already.
    """
    if account_of(wanted.email) is not None:
        raise Conflict(f"There is already an account with the address {wanted.email}.")
    details = {
        "role": wanted.role.value,
        "organisation": wanted.organisation,
        "days": settings().invitation_days,
    }
    audit.record(actor, "account.invite", subject=wanted.email, details=details)
    made = new_invitation(actor, wanted)
    db.session.commit()
    return made


def open_invitations() -> Sequence[AccountLink]:
    """Invitations that can still be used, the newest first."""
    return db.session.scalars(
        select(AccountLink)
        .options(joinedload(AccountLink.made_by))
        .where(
            AccountLink.kind == LinkKind.INVITATION,
            AccountLink.ended_at.is_(None),
            AccountLink.expires_at > func.now(),
        )
        .order_by(AccountLink.id.desc())
    ).all()


def withdraw(actor: Actor, link_id: int) -> AccountLink:
    """Withdraw an invitation. Raises NotFound, and Conflict for one that was used."""
    link = db.session.get(AccountLink, link_id, with_for_update={"of": AccountLink})
    if link is None or link.kind is not LinkKind.INVITATION:
        raise NotFound("There is no such invitation.")
    if link.used_at is not None:
        raise Conflict("This invitation was used already; deactivate the account instead.")
    link.ended_at = utc_now()
    audit.record(actor, "account.withdraw_invitation", subject=link.email)
    db.session.commit()
    return link


def find_link(kind: LinkKind, token: str) -> AccountLink:
    """The link behind a token, for showing its form. Raises NotFound unless it is still good."""
    link = db.session.scalar(
        select(AccountLink).where(
            AccountLink.kind == kind,
            AccountLink.token_sha256 == _digest(token),
            AccountLink.ended_at.is_(None),
            AccountLink.expires_at > func.now(),
        )
    )
    if link is None:
        raise NotFound(LINK_ENDED)
    return link


def accept_invitation(token: str, name: str, password: str, address: str | None) -> User:
    """Make the account that an invitation promises. Raises NotFound, Refused, Conflict."""
    link = find_link(LinkKind.INVITATION, token)
    if link.role is None:
        raise NotFound(LINK_ENDED)
    wanted = UserInput.model_validate({"email": link.email, "name": name, "role": link.role})
    passwords.check_strength(password, email=wanted.email, name=wanted.name)
    if account_of(wanted.email) is not None:
        raise Conflict("There is already an account with this address. Log in with it.")
    _use(link)
    user = User(
        email=wanted.email,
        name=wanted.name,
        role=wanted.role,
        organisation=link.organisation,
        password_hash=passwords.hash_password(password),
    )
    db.session.add(user)
    db.session.flush()
    actor = Actor(user.id, user.email, user.role.value, address)
    audit.record(actor, "account.accept_invitation", subject=user.email)
    db.session.commit()
    return user


def ask_for_password(email: str, address: str | None) -> None:
    """Write down that somebody wants a new password. The same work for every address."""
    db.session.add(PasswordRequest(email=email, address=address))
    actor = Actor(None, "not logged in", "public", address)
    audit.record(actor, "password.ask", subject=email)
    db.session.commit()


def answer_password_requests() -> int:
    """Send links to those who asked and have an account; how many. The scheduler calls this."""
    waiting = db.session.scalars(
        select(PasswordRequest)
        .order_by(PasswordRequest.id)
        .limit(REQUESTS_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    sent = 0
    for request in waiting:
        user = account_of(request.email)
        if user is not None and user.active and _may_be_mailed(user):
            _password_link(SCHEDULER, user)
            sent += 1
        db.session.delete(request)
    db.session.commit()
    return sent


def make_password_link(actor: Actor, user: User) -> NewLink:
    """A link with which `user` sets a new password; for an administrator to send or hand over."""
    if not user.active:
        raise Refused("This account is not active. Activate it first.")
    made = _password_link(actor, user)
    db.session.commit()
    return made


def set_password(token: str, password: str, address: str | None) -> User:
    """Set the password that a link permits; ends all sessions and API tokens of the account."""
    link = find_link(LinkKind.PASSWORD, token)
    user = link.user
    if user is None or not user.active:
        raise NotFound(LINK_ENDED)
    passwords.check_strength(password, email=user.email, name=user.name)
    _use(link)
    now = utc_now()
    user.password_hash = passwords.hash_password(password)
    user.session_epoch += 1
    user.failed_logins, user.locked_until = 0, None
    db.session.execute(
        update(ApiToken)
        .where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    actor = Actor(user.id, user.email, user.role.value, address)
    audit.record(actor, "password.set_by_link", subject=user.email)
    db.session.commit()
    return user


def prune() -> None:
    """Delete links that ended a quarter of a year ago."""
    oldest = utc_now() - timedelta(days=90)
    db.session.execute(delete(AccountLink).where(AccountLink.expires_at < oldest))
    db.session.commit()


def new_invitation(actor: Actor, wanted: InvitationInput) -> NewLink:
    """Make the link and its mail. Does not commit."""
    days = settings().invitation_days
    text = (
        "You are invited to Lastseen, with the role of {role}.\n\n"
        "Choose your password here; the link is good once, for {days} days:\n\n{address}\n\n"
        "If you expect no invitation, ignore this message.\n"
    )
    link = AccountLink(
        kind=LinkKind.INVITATION,
        email=wanted.email,
        name=wanted.name,
        role=wanted.role,
        organisation=wanted.organisation,
        expires_at=utc_now() + timedelta(days=days),
    )
    return _make(
        actor, link, "accounts.invitation", "Your invitation to Lastseen",
        text.replace("{role}", wanted.role.value).replace("{days}", str(days)),
    )  # fmt: skip


def _password_link(actor: Actor, user: User) -> NewLink:
    minutes = settings().password_link_minutes
    text = (
        "Somebody asked for a new password for your account at Lastseen.\n\n"
        f"Choose it here; the link is good once, for {minutes} minutes:\n\n{{address}}\n\n"
        "It ends all of your sessions and API tokens. If it was not you, ignore this message: "
        "your password stays as it is.\n"
    )
    link = AccountLink(
        kind=LinkKind.PASSWORD,
        email=user.email,
        user_id=user.id,
        expires_at=utc_now() + timedelta(minutes=minutes),
    )
    audit.record(actor, "password.send_link", subject=user.email)
    return _make(actor, link, "accounts.new_password", "A new password for Lastseen", text)


def _make(actor: Actor, link: AccountLink, endpoint: str, subject: str, text: str) -> NewLink:
    """Add the link, end older ones of the same kind and address, and queue its mail."""
    now = utc_now()
    db.session.execute(
        update(AccountLink)
        .where(
            AccountLink.kind == link.kind,
            AccountLink.email == link.email,
            AccountLink.ended_at.is_(None),
        )
        .values(ended_at=now)
    )
    token = secrets.token_urlsafe(32)
    link.token_sha256, link.made_by_id = _digest(token), actor.user_id
    db.session.add(link)
    db.session.flush()
    is_mailed = settings().can_mail_links
    if is_mailed:
        body = text.replace("{address}", link_to(endpoint, token=token))
        outbox.queue_mail(to=link.email, subject=subject, text=body)
    return NewLink(link, token, is_mailed)


def _use(link: AccountLink) -> None:
    """Use a link up; of two who use it at once, one gets NotFound. Does not commit."""
    now = utc_now()
    used = db.session.execute(
        update(AccountLink)
        .where(
            AccountLink.id == link.id,
            AccountLink.ended_at.is_(None),
            AccountLink.expires_at > now,
        )
        .values(used_at=now, ended_at=now)
    )
    if not isinstance(used, CursorResult) or used.rowcount != 1:
        db.session.rollback()
        raise NotFound(LINK_ENDED)


def _may_be_mailed(user: User) -> bool:
    """Whether the account got few enough links of late: a mailbox is not flooded from here."""
    since = utc_now() - timedelta(hours=1)
    sent = db.session.scalar(
        select(func.count())
        .select_from(AccountLink)
        .where(AccountLink.user_id == user.id, AccountLink.created_at > since)
    )
    return (sent or 0) < MAILS_PER_ADDRESS


def account_of(email: str) -> User | None:
    """The account with an address, in any case of letters."""
    return db.session.scalar(select(User).where(User.email == email.strip().lower()))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
