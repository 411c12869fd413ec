"""Searches of kept faces may be answered from a process's memory.

Revision: 0021, after 0020
"""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _allow("'exact', 'memory', 'index'")


def downgrade() -> None:
    op.execute("UPDATE face_searches SET method = 'exact' WHERE method = 'memory'")
    _allow("'exact', 'index'")


def _allow(methods: str) -> None:
    op.execute("ALTER TABLE face_searches DROP CONSTRAINT ck_face_searches_searchmethod")
    op.execute(
        "ALTER TABLE face_searches ADD CONSTRAINT ck_face_searches_searchmethod"
        f" CHECK (method IN ({methods}))"
    )
