"""Second factors: codes of an authenticator app, and recovery codes."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.models.columns import UtcTime, utc_now


class SecondFactor(Model):
    """An account's authenticator app. The secret itself is not kept: it is derived from `salt` and
    the installation's SECRET_KEY, so that the database alone makes no codes.

    It counts from `confirmed_at` on. `last_step` is the newest period of 30 s whose code was taken:
    neither that nor an older one is taken again.
    """

    __tablename__ = "second_factors"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    confirmed_at: Mapped[UtcTime | None]
    last_step: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    failed_attempts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    locked_until: Mapped[UtcTime | None]


class RecoveryCode(Model):
    """A code that stands in for the app once. 80 random bits, of which the SHA-256 is kept."""

    __tablename__ = "recovery_codes"
    __table_args__ = (Index("ix_recovery_codes_user_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    code_sha256: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[UtcTime | None]
