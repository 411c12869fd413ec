"""Accounts: who may log in, as what, and how an administrator changes that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError

from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.inputs.accounts import UserChange, UserInput, UserQuery
from app.models.accounts import ApiToken, Role, User
from app.models.columns import utc_now
from app.services.base import audit
from app.services.base.actors import Actor
from app.services.base.pages import Page, paginate
from app.services.base.rights import RIGHTS
from app.services.people import passwords, second_factors
from app.services.people.lockout import lock_after
from app.services.people.tokens import user_of_token

__all__ = [
    "NewAccount",
    "actor_for",
    "authenticate",
    "authenticate_second",
    "change_own_password",
    "change_user",
    "check_own_password",
    "create_user",
    "find_by_email",
    "find_user",
    "half_logged_in",
    "list_users",
    "lock_after",
    "record_logout",
    "reset_password",
    "search_users",
    "sign_out_everywhere",
    "user_of_token",
]

LOGIN_REFUSED: Final = (
    "E-mail address or password is wrong, or the account is locked for a while after too many "
    "attempts. Check both; if it goes on, ask an administrator."
)
"""One sentence for every reason, so that nobody learns from it which accounts exist."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account and the password made for it, which is shown once and never again."""

    user: User
    password: str

    def __repr__(self) -> str:
        return f"NewAccount(user={self.user.email!r}, password='…')"


def authenticate(email: str, password: str, address: str | None) -> User:
    """The user behind the two, or Refused with a sentence that tells nothing about accounts.

    Each wrong password counts; from the fifth in a row on the account is locked, each time for
    twice as long, at most half an hour. While it is locked even the right password is refused.
    """
    user: User | None = db.session.scalar(
        select(User).where(User.email == email.strip().lower()).with_for_update()
    )
    if user is None:
        passwords.spend_the_same_time(password)
        _record_refusal(Actor(None, "not logged in", "public", address), None, "unknown account")
        raise Refused(LOGIN_REFUSED)
    right = passwords.matches(user.password_hash, password)
    actor = actor_for(user, address)
    reason = _reason_to_refuse(user, right)
    if reason:
        _record_refusal(actor, user, reason)
        raise Refused(LOGIN_REFUSED)
    if passwords.needs_rehash(user.password_hash):
        user.password_hash = passwords.hash_password(password)
    user.failed_logins, user.locked_until = 0, None
    if second_factors.is_enrolled(user.id):
        audit.record(actor, "login.password", subject=user.email)
    else:
        _note_login(actor, user)
    db.session.commit()
    return user


def authenticate_second(user: User, code: str, address: str | None) -> None:
    """The second step of a login, after `authenticate`. Raises Refused."""
    actor = actor_for(user, address)
    second_factors.check(actor, user, code)
    _note_login(actor, user)
    db.session.commit()


def half_logged_in(user_id: int, epoch: int) -> User | None:
    """The account whose password was right a moment ago; None if it has changed since."""
    user: User | None = db.session.get(User, user_id)
    if user is None or not user.active or user.session_epoch != epoch:
        return None
    return user


def _note_login(actor: Actor, user: User) -> None:
    user.last_login_at = utc_now()
    audit.record(actor, "login.accept", subject=user.email)


def actor_for(user: User, address: str | None = None) -> Actor:
    """The user as whoever acts."""
    return Actor(user.id, user.email, user.role.value, address)


def list_users() -> Sequence[User]:
    """All accounts by address; those that were deactivated come last."""
    return db.session.scalars(select(User).order_by(User.active.desc(), User.email)).all()


def organisations() -> Sequence[str]:
    """The organisations of all accounts, by name; for administrators."""
    named = select(User.organisation).where(User.organisation != "").distinct()
    return db.session.scalars(named.order_by(User.organisation)).all()


def search_users(query: UserQuery) -> Page[User]:
    """Accounts by part of name or address and by role, one page of them."""
    statement = select(User).order_by(User.active.desc(), User.email)
    if query.role is not None:
        statement = statement.where(User.role == query.role)
    if query.active is not None:
        statement = statement.where(User.active == query.active)
    if query.text:
        statement = statement.where(
            or_(
                User.email.icontains(query.text, autoescape=True),
                User.name.icontains(query.text, autoescape=True),
            )
        )
    return paginate(statement, query.page, query.per_page)


def find_user(user_id: int) -> User:
    """The account with this id. Raises NotFound."""
    user: User | None = db.session.get(User, user_id)
    if user is None:
        raise NotFound("There is no such account.")
    return user


def find_by_email(email: str) -> User:
    """The account with this address. Raises NotFound."""
    user: User | None = db.session.scalar(select(User).where(User.email == email.strip().lower()))
    if user is None:
        raise NotFound(f"There is no account with the address {email}.")
    return user


def create_user(actor: Actor, wanted: UserInput, password: str | None = None) -> NewAccount:
    """Make an account; without `password` one is made and returned. Raises Conflict, Refused."""
    chosen = passwords.generate() if password is None else password
    if password is not None:
        passwords.check_strength(password, email=wanted.email, name=wanted.name)
    user = User(
        email=wanted.email,
        name=wanted.name,
        role=wanted.role,
        organisation=wanted.organisation,
        password_hash=passwords.hash_password(chosen),
    )
    db.session.add(user)
    audit.record(actor, "account.create", subject=wanted.email, details={"role": wanted.role.value})
    try:
        db.session.commit()
    except IntegrityError as error:
        db.session.rollback()
        raise Conflict(f"There is already an account with the address {wanted.email}.") from error
    return NewAccount(user, chosen)


def change_user(actor: Actor, user: User, change: UserChange) -> User:
    """Change name, role, organisation, rights beside the role, or whether it is active.

    A new role ends its sessions, and these rights unless they are given anew.

    Raises Conflict where it would leave no active administrator.
    """
    before = _changeable(user)
    _keep_an_administrator(user, change)
    if change.name is not None:
        user.name = change.name
    if change.role is not None and change.role is not user.role:
        user.role = change.role
        for column in RIGHTS:
            setattr(user, column, False)
        user.session_epoch += 1
    if change.active is not None and change.active != user.active:
        user.active = change.active
        user.session_epoch += 1
    if change.organisation is not None:
        user.organisation = change.organisation
    _change_rights(user, change)
    after = _changeable(user)
    changed = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
    if changed:
        audit.record(actor, "account.change", subject=user.email, details=changed)
    db.session.commit()
    return user


def _changeable(user: User) -> dict[str, object]:
    """What an administrator may change, for the audit log."""
    return {
        "name": user.name,
        "role": user.role.value,
        "active": user.active,
        "organisation": user.organisation,
        **{column: getattr(user, column) for column in RIGHTS},
    }


def _change_rights(user: User, change: UserChange) -> None:
    for column, right in RIGHTS.items():
        wanted: bool | None = getattr(change, column)
        if wanted and user.role not in right.roles:
            roles = " or ".join(sorted(role.value for role in right.roles))
            reason = f"only an {roles} can be given this right"
            raise Refused(f"This role does not work with {right.what}.", {column: reason})
        if wanted is not None:
            setattr(user, column, wanted)


def change_own_password(actor: Actor, user: User, current: str, new: str) -> None:
    """Change one's own password; every session of the account ends, the caller renews its own.

    Raises Refused if `current` is wrong or `new` is weak.
    """
    if not passwords.matches(user.password_hash, current):
        audit.record(actor, "password.refuse", subject=user.email)
        db.session.commit()
        reason = "is not your present password"
        raise Refused("The present password is wrong.", {"current_password": reason})
    if passwords.matches(user.password_hash, new):
        raise Refused("The new password is the present one.", {"password": "is the present one"})
    passwords.check_strength(new, email=user.email, name=user.name)
    _set_password(actor, user, new, "password.change")


def check_own_password(actor: Actor, user: User, typed: str) -> None:
    """Check the password of somebody who is logged in. Wrong ones lock as at a login; no commit.

    Raises Refused with one sentence for a wrong password and for a lock.
    """
    db.session.refresh(user, with_for_update=True)
    reason = _reason_to_refuse(user, passwords.matches(user.password_hash, typed))
    if reason:
        _record_refusal(actor, user, reason)
        sentence = "The password is wrong, or too many wrong ones were typed: wait a while."
        raise Refused(sentence, {"proof": "is not taken"})
    user.failed_logins, user.locked_until = 0, None


def reset_password(actor: Actor, user: User, new: str | None = None) -> NewAccount:
    """Give the account a new password, made here unless given.

    Ends its sessions and tokens, and lifts a lock.
    """
    chosen = passwords.generate() if new is None else new
    if new is not None:
        passwords.check_strength(new, email=user.email, name=user.name)
    db.session.execute(
        update(ApiToken)
        .where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=utc_now())
    )
    _set_password(actor, user, chosen, "password.reset")
    return NewAccount(user, chosen)


def sign_out_everywhere(actor: Actor, user: User) -> None:
    """End every session of the account, in every browser."""
    user.session_epoch += 1
    audit.record(actor, "session.end", subject=user.email)
    db.session.commit()


def record_logout(actor: Actor) -> None:
    """Write down that somebody logged out."""
    audit.record(actor, "logout", subject=actor.name)
    audit.commit()


def _reason_to_refuse(user: User, right: bool) -> str:
    """Why this login is refused, empty if it is not; counts a wrong password."""
    now = utc_now()
    if user.locked_until is not None and user.locked_until > now:
        return "account is locked"
    if not right:
        user.failed_logins += 1
        user.locked_until = lock_after(user.failed_logins, now)
        return "wrong password"
    return "" if user.active else "account is not active"


def _record_refusal(actor: Actor, user: User | None, reason: str) -> None:
    details: dict[str, str | int] = {"reason": reason}
    if user is not None:
        details["failed_logins"] = user.failed_logins
    subject = user.email if user is not None else None
    audit.record(actor, "login.refuse", subject=subject, details=details)
    db.session.commit()


def _set_password(actor: Actor, user: User, new: str, action: str) -> None:
    user.password_hash = passwords.hash_password(new)
    user.session_epoch += 1
    user.failed_logins, user.locked_until = 0, None
    audit.record(actor, action, subject=user.email)
    db.session.commit()


def _keep_an_administrator(user: User, change: UserChange) -> None:
    """Refuse to take away the last active administrator, also when two do it at once."""
    stays = change.role in (None, Role.ADMINISTRATOR) and change.active is not False
    if stays or user.role is not Role.ADMINISTRATOR or not user.active:
        return
    administrators = db.session.scalars(
        select(User.id)
        .where(User.role == Role.ADMINISTRATOR, User.active)
        .order_by(User.id)
        .with_for_update()
    ).all()
    if set(administrators) <= {user.id}:
        raise Conflict(
            "This is the last active administrator. Make another account an administrator first."
        )
