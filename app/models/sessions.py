"""Sessions of browsers, so that each can be seen and ended."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.accounts import User
from app.models.columns import UtcTime, utc_now


class UserSession(Model):
    """One browser in which somebody is logged in. Only the SHA-256 of its key is kept.

    It holds while `epoch` is the account's `session_epoch`, it was not ended, and neither of the
    two time-outs has passed. `proved_at` is when a password or a code was last typed in it.
    """

    __tablename__ = "user_sessions"
    __table_args__ = (Index("ix_user_sessions_user_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    key_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    epoch: Mapped[int]
    address: Mapped[str | None] = mapped_column(String(64))
    device: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    last_used_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    proved_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    ended_at: Mapped[UtcTime | None]

    user: Mapped[User] = relationship()
