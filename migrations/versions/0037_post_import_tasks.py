"""Taking an import of posts back, and restoring it, are jobs like the import.

Revision: 0037, after 0036
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

TABLE = "post_import_jobs"
TASKS = ("import", "take back", "restore")
STEPS_BEFORE = ("reading the file", "reading posts", "keeping pictures", "working out signs")
STEPS = (*STEPS_BEFORE, "taking posts out", "bringing posts back")


def upgrade() -> None:
    task = sa.Column("task", sa.String(40), server_default="import", nullable=False)
    op.add_column(TABLE, task)
    op.create_check_constraint(op.f("ck_post_import_jobs_importtask"), TABLE, _one_of("task", TASKS))
    op.add_column(TABLE, sa.Column("step_done", sa.Integer(), server_default="0", nullable=False))
    op.alter_column(TABLE, "folder", nullable=True)
    op.create_check_constraint(
        op.f("ck_post_import_jobs_files_of_imports"),
        TABLE,
        "(task = 'import') = (folder IS NOT NULL)",
    )
    _admit_steps(STEPS)


def downgrade() -> None:
    # Imports that are being taken back or restored stay what they were.
    op.execute(
        f"UPDATE post_imports SET state = 'done' WHERE id IN "
        f"(SELECT import_id FROM {TABLE} WHERE task <> 'import')"
    )
    op.execute(f"DELETE FROM {TABLE} WHERE task <> 'import'")
    op.drop_constraint(op.f("ck_post_import_jobs_files_of_imports"), TABLE)
    op.alter_column(TABLE, "folder", nullable=False)
    op.drop_column(TABLE, "step_done")
    op.drop_constraint(op.f("ck_post_import_jobs_importtask"), TABLE)
    op.drop_column(TABLE, "task")
    _admit_steps(STEPS_BEFORE)


def _admit_steps(steps: Sequence[str]) -> None:
    name = op.f("ck_post_import_jobs_importstep")
    op.drop_constraint(name, TABLE)
    op.create_check_constraint(name, TABLE, _one_of("step", steps))


def _one_of(column: str, values: Sequence[str]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"
