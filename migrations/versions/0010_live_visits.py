"""Visits that watch a live stream: where they stand, and when the stream was away.

Revision: 0010, after 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_PHASES = sa.Enum(
    "none",
    "waiting",
    "watching",
    name="livephase",
    native_enum=False,
    create_constraint=True,
    length=40,
)


def upgrade() -> None:
    op.add_column("visits", sa.Column("live", _PHASES, server_default="none", nullable=False))
    op.create_table(
        "stream_outages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("part_id", sa.Integer(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["part_id"],
            ["visit_parts.id"],
            name=op.f("fk_stream_outages_part_id_visit_parts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stream_outages")),
    )
    op.create_index("ix_stream_outages_part_id", "stream_outages", ["part_id"])


def downgrade() -> None:
    op.drop_table("stream_outages")
    op.drop_column("visits", "live")
