"""Imports of posts are jobs: their state, and what is still to be done for each.

Revision: 0028, after 0026
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0026"
branch_labels = None
depends_on = None

STATES = ("waiting", "running", "checked", "done", "failed", "cancelled")
STEPS = ("reading the file", "reading posts", "keeping pictures", "working out signs")


def upgrade() -> None:
    op.add_column(
        "post_imports",
        sa.Column("state", sa.String(length=40), server_default="done", nullable=False),
    )
    op.alter_column("post_imports", "state", server_default=None)
    listed = ", ".join(f"'{one}'" for one in STATES)
    op.create_check_constraint(
        op.f("ck_post_imports_postimportstate"), "post_imports", f"state IN ({listed})"
    )
    op.add_column(
        "post_imports",
        sa.Column("columns", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
    )
    op.alter_column("post_imports", "columns", server_default=None)
    op.add_column("post_imports", sa.Column("outcome", sa.Text(), server_default="", nullable=False))
    op.add_column("post_imports", sa.Column("finished_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE post_imports SET finished_at = imported_at")
    _create_jobs()


def downgrade() -> None:
    op.drop_table("post_import_jobs")
    op.execute("DELETE FROM post_imports WHERE state <> 'done'")
    op.drop_column("post_imports", "finished_at")
    op.drop_column("post_imports", "outcome")
    op.drop_column("post_imports", "columns")
    op.drop_constraint(op.f("ck_post_imports_postimportstate"), "post_imports", type_="check")
    op.drop_column("post_imports", "state")


def _create_jobs() -> None:
    moment = sa.DateTime(timezone=True)
    counters = ("step_began_with", "step_total", "rows_done", "pictures_done")
    listed = ", ".join(f"'{one}'" for one in STEPS)
    op.create_table(
        "post_import_jobs",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("folder", sa.String(length=64), nullable=False),
        sa.Column("platform", sa.String(length=100), nullable=False),
        sa.Column("with_pictures", sa.Boolean(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("worker", sa.String(length=200)),
        sa.Column("queued_at", moment),
        sa.Column("beat_at", moment, nullable=False),
        sa.Column("cancel_wanted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("step_began_at", moment, nullable=False),
        *(
            sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)
            for name in counters
        ),
        sa.Column("pictures", postgresql.JSONB(), nullable=False),
        sa.Column("preview", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(f"step IN ({listed})", name=op.f("ck_post_import_jobs_importstep")),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["post_imports.id"],
            name=op.f("fk_post_import_jobs_import_id_post_imports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_post_import_jobs")),
        sa.UniqueConstraint("folder", name=op.f("uq_post_import_jobs_folder")),
    )
