"""Recordings that came by an upload link no longer name the request and the sender's file.

Their remarks are read by everybody who reads the registry, also where the request's case is
restricted. The request itself says what came, as what.

Revision: 0038, after 0037
"""

from __future__ import annotations

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        r"""
        UPDATE footage
        SET remarks = regexp_replace(
            remarks, '^Delivered for request R-\d+ as “.*”\.', 'Sent by an upload link.')
        WHERE remarks LIKE 'Delivered for request R-%'
        """
    )


def downgrade() -> None:
    """What the remarks said stands with the requests."""
