"""Look-backs: what a case's sweeps kept before is compared with one person of interest."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.columns import LongText, UtcTime, choice, utc_now
from app.models.persons import PersonAuthorisation, PersonOfInterest


class LookBackState(StrEnum):
    """waiting → running → done. `ended`: the authorisation was over before it was through."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    ENDED = "ended"


OPEN_LOOK_BACKS = (LookBackState.WAITING, LookBackState.RUNNING)


class PersonLookBack(Model):
    """One comparison of kept faces with one person of interest, under one authorisation.

    What it has compared is committed with what it proposed: faces up to `after_face_id`, of those
    up to `until_face_id` (None until it has begun), `faces_kept` of them in all. `faces` were
    compared, and `faces_of_other_models` could not be: no photo has an embedding of their model.
    `oldest_at` and `newest_at` say when the first and the last of the compared faces were seen.
    `attempt` is that of the worker who has it: what another one writes is void.
    """

    __tablename__ = "person_look_backs"
    __table_args__ = (
        Index("ix_person_look_backs_person_id", "person_id"),
        Index("ix_person_look_backs_asked_at", "asked_at"),
        Index(
            "uq_person_look_backs_open",
            "authorisation_id",
            unique=True,
            postgresql_where=text("state IN ('waiting', 'running')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons_of_interest.id", ondelete="CASCADE"))
    authorisation_id: Mapped[int] = mapped_column(
        ForeignKey("person_authorisations.id", ondelete="CASCADE")
    )
    state: Mapped[LookBackState] = mapped_column(
        choice(LookBackState), default=LookBackState.WAITING
    )
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    asked_by_name: Mapped[str] = mapped_column(String(254))
    asked_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    attempt: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    queued_at: Mapped[UtcTime | None]
    beat_at: Mapped[UtcTime | None]
    until_face_id: Mapped[int | None] = mapped_column(BigInteger)
    after_face_id: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    faces_kept: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    faces: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    faces_of_other_models: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    proposed: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    oldest_at: Mapped[UtcTime | None]
    newest_at: Mapped[UtcTime | None]
    finished_at: Mapped[UtcTime | None]
    problem: Mapped[LongText]

    person: Mapped[PersonOfInterest] = relationship()
    authorisation: Mapped[PersonAuthorisation] = relationship()

    @property
    def is_open(self) -> bool:
        """Whether a worker has it, or will."""
        return self.state in OPEN_LOOK_BACKS

    @property
    def faces_passed(self) -> int:
        """How many of the kept faces it is through with."""
        return self.faces + self.faces_of_other_models
