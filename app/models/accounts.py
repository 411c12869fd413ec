"""Users, their roles, and the tokens with which programs act for them."""

from __future__ import annotations

from enum import StrEnum

from flask_login import UserMixin
from sqlalchemy import ForeignKey, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.columns import UtcTime, choice, utc_now


class Role(StrEnum):
    """What a person comes to do. `app.permissions` says what each may reach."""

    INVESTIGATOR = "investigator"
    DISPATCHER = "dispatcher"
    ANALYST = "analyst"
    EXAMINER = "examiner"
    PARTNER = "partner"
    ADMINISTRATOR = "administrator"


class User(Model, UserMixin):
    """A person with an account. `session_epoch` grows to end all of their sessions.

    Partners of one `organisation` see each other's entries; without one, only their own.
    `may_read_posts` and `may_see_persons` are rights of their own, beside the role: imported posts,
    and persons of interest.
    """

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role] = mapped_column(choice(Role))
    organisation: Mapped[str] = mapped_column(String(200), default="", server_default="")
    password_hash: Mapped[str] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    may_read_posts: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    may_see_persons: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    session_epoch: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    failed_logins: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    locked_until: Mapped[UtcTime | None]
    last_login_at: Mapped[UtcTime | None]
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)

    @property
    def is_active(self) -> bool:
        """Flask-Login's name for `active`."""
        return self.active

    def get_id(self) -> str:
        """The session's identity; it changes, and so ends the session, with `session_epoch`."""
        return f"{self.id}.{self.session_epoch}"


class ApiToken(Model):
    """A bearer token of one user for programs. Only its SHA-256 is kept."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    label: Mapped[str] = mapped_column(String(100))
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    expires_at: Mapped[UtcTime]
    last_used_at: Mapped[UtcTime | None]
    revoked_at: Mapped[UtcTime | None]

    user: Mapped[User] = relationship()
