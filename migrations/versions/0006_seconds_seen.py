"""How much of what a visit went through it really saw, and how likely it would have found someone.

Revision: 0006, after 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("visits", "visit_parts"):
        op.add_column(
            table, sa.Column("seconds_seen", sa.Double(), server_default="0", nullable=False)
        )
    op.add_column("visits", sa.Column("detection_probability", sa.Double(), nullable=True))
    op.execute("UPDATE visits SET seconds_seen = seconds_looked_at")
    op.execute("UPDATE visit_parts SET seconds_seen = checkpoint_s - from_s")


def downgrade() -> None:
    op.drop_column("visits", "detection_probability")
    for table in ("visit_parts", "visits"):
        op.drop_column(table, "seconds_seen")
