"""A delivery whose sender did not compare the camera's clock: the camera's own checks count.

Revision: 0016, after 0015
"""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("footage_deliveries", "clock_offset_s", nullable=True)


def downgrade() -> None:
    op.execute("UPDATE footage_deliveries SET clock_offset_s = 0 WHERE clock_offset_s IS NULL")
    op.alter_column("footage_deliveries", "clock_offset_s", nullable=False)
