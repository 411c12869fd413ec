"""Whether somebody asked where a found person is: the audit log says who, so the entry says no more.

Until now one person's reason opened it for all. Who asked before keeps what they were shown.

Revision: 0041, after 0040
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("found_persons", "whereabouts_asked_at")


def downgrade() -> None:
    op.add_column(
        "found_persons", sa.Column("whereabouts_asked_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.execute(
        """
        UPDATE found_persons SET whereabouts_asked_at = asked.first_at
        FROM (SELECT subject, min(at) AS first_at FROM audit_log
              WHERE action = 'found.ask_whereabouts' GROUP BY subject) AS asked
        WHERE asked.subject = 'found person ' || found_persons.number
        """
    )
