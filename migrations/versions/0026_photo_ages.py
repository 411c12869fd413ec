"""When reference photos were taken, and which of them are artificial.

Revision: 0026, after 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TABLE = "reference_photos"
PRECISIONS = ("day", "month", "year")


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("taken_at_day", sa.Date()))
    op.add_column(TABLE, sa.Column("taken_precision", sa.String(length=40)))
    op.add_column(
        TABLE,
        sa.Column("artificial", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    listed = ", ".join(f"'{one}'" for one in PRECISIONS)
    op.create_check_constraint(
        op.f("ck_reference_photos_takenprecision"), TABLE, f"taken_precision IN ({listed})"
    )
    op.create_check_constraint(
        op.f("ck_reference_photos_taken_with_precision"),
        TABLE,
        "(taken_at_day IS NULL) = (taken_precision IS NULL)",
    )
    _note_changes_of("active, artificial")


def downgrade() -> None:
    _note_changes_of("active")
    for name in ("taken_with_precision", "takenprecision"):
        op.drop_constraint(op.f(f"ck_reference_photos_{name}"), TABLE, type_="check")
    for column in ("artificial", "taken_precision", "taken_at_day"):
        op.drop_column(TABLE, column)


def _note_changes_of(columns: str) -> None:
    """Galleries in memory are read anew after a change of these columns."""
    op.execute("DROP TRIGGER reference_photos_change_galleries ON reference_photos")
    op.execute(
        "CREATE TRIGGER reference_photos_change_galleries AFTER INSERT OR DELETE OR UPDATE OF "
        f"{columns} ON reference_photos FOR EACH STATEMENT EXECUTE FUNCTION note_gallery_change()"
    )
