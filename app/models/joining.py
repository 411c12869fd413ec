"""How people come to an account: invitations, links to a new password, registrations."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.accounts import Role, User
from app.models.columns import LongText, UtcTime, choice, utc_now


class LinkKind(StrEnum):
    """What a link lets its holder do, once."""

    INVITATION = "invitation"
    PASSWORD = "password"  # noqa: S105 (a kind of link)


class AccountLink(Model):
    """A link that makes an account, or sets an account's password. Only its SHA-256 is kept.

    It is good until `expires_at`, once: `ended_at` is when it was used, withdrawn or replaced.
    """

    __tablename__ = "account_links"
    __table_args__ = (
        CheckConstraint("(kind = 'invitation') = (role IS NOT NULL)", name="invitation_role"),
        CheckConstraint("(kind = 'password') = (user_id IS NOT NULL)", name="password_user"),
        Index("ix_account_links_email", "email"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[LinkKind] = mapped_column(choice(LinkKind))
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    role: Mapped[Role | None] = mapped_column(choice(Role))
    organisation: Mapped[str] = mapped_column(String(200), default="", server_default="")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    expires_at: Mapped[UtcTime]
    used_at: Mapped[UtcTime | None]
    ended_at: Mapped[UtcTime | None]

    user: Mapped[User | None] = relationship(foreign_keys=[user_id])
    made_by: Mapped[User | None] = relationship(foreign_keys=[made_by_id])


class PasswordRequest(Model):
    """That somebody asked for a new password; the scheduler looks whether there is an account."""

    __tablename__ = "password_requests"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    address: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)


class RegistrationState(StrEnum):
    """An administrator approves with a role, or refuses."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"


class Registration(Model):
    """Somebody who asks for an account. Nothing of it counts before an administrator approves."""

    __tablename__ = "registrations"
    __table_args__ = (Index("ix_registrations_state_id", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[RegistrationState] = mapped_column(
        choice(RegistrationState), default=RegistrationState.WAITING
    )
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(200))
    organisation: Mapped[str] = mapped_column(String(200))
    remarks: Mapped[LongText]
    address: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    decided_at: Mapped[UtcTime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    decided_by: Mapped[User | None] = relationship()
