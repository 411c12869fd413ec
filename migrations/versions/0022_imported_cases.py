"""Cases that came with a list, and wait until a person confirms their legal basis.

Revision: 0022, after 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def _admit_states(states: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{state}'" for state in states)
    name = op.f("ck_cases_casestate")
    op.drop_constraint(name, "cases", type_="check")
    op.create_check_constraint(name, "cases", f"state IN ({listed})")


def upgrade() -> None:
    _admit_states(("open", "closed", "imported"))
    op.create_table(
        "imported_cases",
        sa.Column("case_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("ref", sa.String(length=60), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("imported_by_id", sa.Integer(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_imported_cases_case_id_cases"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["imported_by_id"], ["users.id"], name=op.f("fk_imported_cases_imported_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["users.id"], name=op.f("fk_imported_cases_confirmed_by_id_users")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_imported_cases")),
        sa.UniqueConstraint("source", "ref", name=op.f("uq_imported_cases_source_ref")),
    )


def downgrade() -> None:
    op.drop_table("imported_cases")
    op.execute("UPDATE cases SET state = 'closed', closed_at = now() WHERE state = 'imported'")
    _admit_states(("open", "closed"))
