"""What is still to be done for an import of posts; the row goes when its import has ended."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.columns import UtcTime, choice, utc_now
from app.models.posts import PostImport


class ImportStep(StrEnum):
    """What is being done; its value is what pages say."""

    FILE = "reading the file"
    POSTS = "reading posts"
    PICTURES = "keeping pictures"
    SIGNS = "working out signs"


class PostImportJob(Model):
    """The files of an import, and how far a worker is with them.

    `folder` names the folder in which table and pictures lie until the import has ended.
    `platform` is taken where the file names none. `confirmed` is false while the file is only to
    be checked. `rows_done` rows of the table are committed, and `pictures_done` posts that name
    pictures; whoever takes the work up goes on there. `attempt` is that of the worker who has it:
    what another one writes is void. `pictures` are those that were read and are not yet kept,
    `preview` the first posts that would be added.
    """

    __tablename__ = "post_import_jobs"

    import_id: Mapped[int] = mapped_column(
        ForeignKey("post_imports.id", ondelete="CASCADE"), primary_key=True
    )
    folder: Mapped[str] = mapped_column(String(64), unique=True)
    platform: Mapped[str] = mapped_column(String(100))
    with_pictures: Mapped[bool]
    confirmed: Mapped[bool]
    attempt: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    worker: Mapped[str | None] = mapped_column(String(200))
    queued_at: Mapped[UtcTime | None]
    beat_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    cancel_wanted: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    step: Mapped[ImportStep] = mapped_column(choice(ImportStep), default=ImportStep.FILE)
    step_began_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    step_began_with: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    step_total: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    rows_done: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    pictures_done: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    pictures: Mapped[list[Any]] = mapped_column(JSONB)
    preview: Mapped[list[Any]] = mapped_column(JSONB)

    imported: Mapped[PostImport] = relationship(back_populates="job")
