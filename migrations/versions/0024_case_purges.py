"""Requests to purge cases, and their receipts.

Revision: 0024, after 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

COUNTS = ("photos", "faces", "faces_kept", "sightings", "tips", "reports", "locations", "messages")


def upgrade() -> None:
    op.create_table(
        "case_purges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("case_number", sa.String(length=60), nullable=False),
        sa.Column("was_restricted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "requested",
                "done",
                "withdrawn",
                name="purgestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("requested_by_id", sa.Integer(), nullable=False),
        sa.Column("requested_by_name", sa.String(length=254), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.Column("confirmed_by_name", sa.Text(), server_default="", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        *(
            sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)
            for name in (*COUNTS, "files")
        ),
        sa.Column("file_bytes", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("receipt_sha256", sa.String(length=64), nullable=True),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_case_purges_reason")),
        sa.CheckConstraint(
            "confirmed_by_id <> requested_by_id", name=op.f("ck_case_purges_two_people")
        ),
        sa.CheckConstraint(
            "(state = 'done') = (receipt_sha256 IS NOT NULL)", name=op.f("ck_case_purges_receipt")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_case_purges_case_id_cases"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["requested_by_id"], ["users.id"], name=op.f("fk_case_purges_requested_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["users.id"], name=op.f("fk_case_purges_confirmed_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_purges")),
        sa.UniqueConstraint("receipt_sha256", name=op.f("uq_case_purges_receipt_sha256")),
    )
    op.create_index("ix_case_purges_case_number", "case_purges", ["case_number"])
    op.create_index(
        "uq_case_purges_open",
        "case_purges",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("state = 'requested'"),
    )


def downgrade() -> None:
    op.drop_table("case_purges")
