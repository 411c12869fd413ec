"""Comparisons of cameras' clocks, and how sure each offset is.

Revision: 0014, after 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_OPTIONAL = ("clock_uncertainty_s", "stated_clock_offset_s", "stated_clock_uncertainty_s")
_DRIFT = ("clock_drift_s_per_day", "clock_drift_uncertainty_s_per_day")


def upgrade() -> None:
    for name in _OPTIONAL:
        op.add_column("cameras", sa.Column(name, sa.Double(), nullable=True))
    for name in _DRIFT:
        op.add_column("cameras", sa.Column(name, sa.Double(), server_default="0", nullable=False))
    op.add_column(
        "cameras", sa.Column("clock_checked_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("footage", sa.Column("clock_uncertainty_s", sa.Double(), nullable=True))
    op.create_table(
        "clock_checks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("camera_id", sa.Integer(), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("true_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("precision_s", sa.Double(), nullable=False),
        sa.Column("remarks", sa.Text(), server_default="", nullable=False),
        sa.Column("checked_by_id", sa.Integer(), nullable=True),
        sa.Column("checked_by_name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["camera_id"],
            ["cameras.id"],
            name=op.f("fk_clock_checks_camera_id_cameras"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["checked_by_id"], ["users.id"], name=op.f("fk_clock_checks_checked_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_checks")),
    )
    op.create_index("ix_clock_checks_camera_id", "clock_checks", ["camera_id"])


def downgrade() -> None:
    op.drop_table("clock_checks")
    op.drop_column("footage", "clock_uncertainty_s")
    for name in ("clock_checked_at", *_DRIFT, *_OPTIONAL):
        op.drop_column("cameras", name)
