"""Who may see a restricted case."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.accounts import User
from app.models.cases import Case
from app.models.columns import LongText, UtcTime, utc_now


class CaseMember(Model):
    """A person who sees a case while it is restricted.

    `ends_at` and `reason` belong to an administrator's emergency access; None is until removed.
    """

    __tablename__ = "case_members"
    __table_args__ = (
        UniqueConstraint("case_id", "user_id"),
        CheckConstraint("ends_at IS NULL OR reason <> ''", name="reason"),
        Index("ix_case_members_user_id", "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    ends_at: Mapped[UtcTime | None]
    reason: Mapped[LongText]

    case: Mapped[Case] = relationship()
    user: Mapped[User] = relationship(foreign_keys=[user_id])
    added_by: Mapped[User | None] = relationship(foreign_keys=[added_by_id])
