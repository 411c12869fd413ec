"""What is still to be done for an import of posts; the row goes when its import has ended."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.columns import UtcTime, choice, utc_now
from app.models.posts import PostImport


class ImportTask(StrEnum):
    """What a job is to do with its import."""

    IMPORT = "import"
    TAKE_BACK = "take back"
    RESTORE = "restore"


class ImportStep(StrEnum):
    """What is being done; its value is what pages say."""

    FILE = "reading the file"
    POSTS = "reading posts"
    PICTURES = "keeping pictures"
    OUT = "taking posts out"
    BACK = "bringing posts back"
    SIGNS = "working out signs"


STEPS_OF: Final = {
    ImportTask.IMPORT: (
        ImportStep.FILE, ImportStep.POSTS, ImportStep.PICTURES, ImportStep.SIGNS,
    ),
    ImportTask.TAKE_BACK: (ImportStep.OUT, ImportStep.SIGNS),
    ImportTask.RESTORE: (ImportStep.BACK, ImportStep.SIGNS),
}  # fmt: skip
"""The steps of each task, in order."""


class PostImportJob(Model):
    """What is to be done with an import, and how far a worker is with it.

    `folder` names the folder in which table and pictures lie until the import has ended; there is
    none where a finished import is taken back or restored. `platform` is taken where the file
    names none. `confirmed` is false while the file is only to be checked. `rows_done` rows of the
    table are committed, and `pictures_done` posts that name pictures; whoever takes the work up
    goes on there. `step_done` counts in steps that are one transaction, and begins anew with the
    next worker. `attempt` is that of the worker who has it: what another one writes is void.
    `pictures` are those that were read and are not yet kept, `preview` the first posts that would
    be added.
    """

    __tablename__ = "post_import_jobs"
    __table_args__ = (
        CheckConstraint("(task = 'import') = (folder IS NOT NULL)", name="files_of_imports"),
    )

    import_id: Mapped[int] = mapped_column(
        ForeignKey("post_imports.id", ondelete="CASCADE"), primary_key=True
    )
    task: Mapped[ImportTask] = mapped_column(
        choice(ImportTask), default=ImportTask.IMPORT, server_default="import"
    )
    folder: Mapped[str | None] = mapped_column(String(64), unique=True)
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
    step_done: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    rows_done: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    pictures_done: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    pictures: Mapped[list[Any]] = mapped_column(JSONB)
    preview: Mapped[list[Any]] = mapped_column(JSONB)

    imported: Mapped[PostImport] = relationship(back_populates="job")

    @property
    def files(self) -> str:
        """The folder of an import's files. Raises ValueError for a job without files."""
        if self.folder is None:
            raise ValueError(f"There are no files to {self.task.value} an import.")
        return self.folder
