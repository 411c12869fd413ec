"""Search plans, and sweeps that follow the plan within a budget.

Revision: 0003, after 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_plans",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("question_sha256", sa.String(64), nullable=True),
        sa.Column("model_sha256", sa.String(64), nullable=True),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("built_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("build_seconds", sa.Double(), nullable=True),
        sa.Column("cameras", sa.Integer(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("settings", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name="fk_search_plans_case_id_cases", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_id", name="pk_search_plans"),
    )
    op.add_column(
        "sweeps",
        sa.Column("follows_plan", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("sweeps", sa.Column("budget_minutes", sa.Double(), nullable=True))
    op.add_column("sweeps", sa.Column("outcome", sa.Text(), server_default="", nullable=False))
    op.add_column("cases", sa.Column("prior_km", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("cases", "prior_km")
    op.drop_column("sweeps", "outcome")
    op.drop_column("sweeps", "budget_minutes")
    op.drop_column("sweeps", "follows_plan")
    op.drop_table("search_plans")
