"""Alerts that are nothing to some accounts: they cannot do what is asked for.

Revision: 0039, after 0038
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('alerts', sa.Column('not_for_ids', postgresql.ARRAY(sa.Integer()), server_default='{}', nullable=False))


def downgrade() -> None:
    op.drop_column('alerts', 'not_for_ids')
