"""Which face model an administrator chose.

Revision: 0017, after 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pack_uses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pack", sa.String(length=400), nullable=False),
        sa.Column("model", sa.String(length=120), nullable=False),
        sa.Column("model_sha256", sa.String(length=64), nullable=False),
        sa.Column("chosen_by_name", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack_uses")),
    )


def downgrade() -> None:
    op.drop_table("pack_uses")
