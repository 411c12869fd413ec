"""When whoever is logged in last proved to be themselves.

Revision: 0032, after 0031
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

TABLE = "user_sessions"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("proved_at", sa.DateTime(timezone=True)))
    op.execute(f"UPDATE {TABLE} SET proved_at = created_at")
    op.alter_column(TABLE, "proved_at", nullable=False)


def downgrade() -> None:
    op.drop_column(TABLE, "proved_at")
