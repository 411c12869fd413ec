"""Pairs of cases that a person found to be about two people.

Revision: 0030, after 0029
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

TABLE = "case_distinctions"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_case_id", sa.Integer(), nullable=False),
        sa.Column("second_case_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by_id", sa.Integer()),
        sa.Column("decided_by_name", sa.String(length=254), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("undone_by_id", sa.Integer()),
        sa.Column("undone_by_name", sa.String(length=254), server_default="", nullable=False),
        sa.Column("undone_at", MOMENT),
        sa.CheckConstraint(
            "first_case_id < second_case_id", name=op.f("ck_case_distinctions_in_order")
        ),
        *(
            sa.ForeignKeyConstraint(
                [column],
                ["cases.id"],
                name=op.f(f"fk_case_distinctions_{column}_cases"),
                ondelete="CASCADE",
            )
            for column in ("first_case_id", "second_case_id")
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], ["users.id"], name=op.f(f"fk_case_distinctions_{column}_users")
            )
            for column in ("decided_by_id", "undone_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_distinctions")),
    )
    op.create_index(
        "ix_case_distinctions_standing",
        TABLE,
        ["first_case_id", "second_case_id"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.create_index("ix_case_distinctions_second_case_id", TABLE, ["second_case_id"])


def downgrade() -> None:
    op.drop_table(TABLE)
