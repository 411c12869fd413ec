"""Thresholds by the years between photo and face, and which of them proposed what.

Revision: 0029, after 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

TABLE = "age_thresholds"
NAMED_BY = ("sighting_similarities", "contributed_matches")
HAVE_LIMITS = ("sighting_similarities", "face_search_results")
PHOTOS = "active, artificial"
MODELS = "threshold_similarity"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("embedder_id", sa.Integer(), nullable=False),
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("from_years", sa.Integer(), nullable=False),
        sa.Column("below_years", sa.Integer()),
        sa.Column("threshold_similarity", sa.Double(), nullable=False),
        sa.Column("false_match_rate", sa.Double(), nullable=False),
        sa.Column("measured_false_match_rate", sa.Double(), nullable=False),
        sa.Column("true_match_rate", sa.Double(), nullable=False),
        sa.Column("same_person_pairs", sa.Integer(), nullable=False),
        sa.Column("stranger_pairs", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("measured_by_name", sa.String(length=254), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by_name", sa.String(length=254), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "from_years >= 0 AND below_years > from_years", name=op.f("ck_age_thresholds_band")
        ),
        sa.CheckConstraint(
            "false_match_rate > 0 AND false_match_rate < 1", name=op.f("ck_age_thresholds_rate")
        ),
        sa.ForeignKeyConstraint(
            ["embedder_id"], ["embedders.id"], name=op.f("fk_age_thresholds_embedder_id_embedders")
        ),
        sa.ForeignKeyConstraint(
            ["evaluation_id"],
            ["evaluations.id"],
            name=op.f("fk_age_thresholds_evaluation_id_evaluations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_age_thresholds")),
    )
    op.create_index(
        "uq_age_thresholds_embedder_id_from_years_in_force",
        TABLE,
        ["embedder_id", "from_years"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index("ix_age_thresholds_evaluation_id", TABLE, ["evaluation_id"])
    for table in HAVE_LIMITS:
        op.add_column(table, sa.Column("threshold_similarity", sa.Double()))
    for table in NAMED_BY:
        op.add_column(table, sa.Column("age_threshold_id", sa.Integer()))
        op.create_foreign_key(
            op.f(f"fk_{table}_age_threshold_id_age_thresholds"),
            table,
            TABLE,
            ["age_threshold_id"],
            ["id"],
        )
    _note_changes(TABLE, "INSERT OR DELETE OR UPDATE", first=True)
    _note_changes_of(f"{PHOTOS}, taken_at_day, taken_precision", f"{MODELS}, false_match_rate")


def downgrade() -> None:
    _note_changes_of(PHOTOS, MODELS)
    for table in NAMED_BY:
        op.drop_constraint(
            op.f(f"fk_{table}_age_threshold_id_age_thresholds"), table, type_="foreignkey"
        )
        op.drop_column(table, "age_threshold_id")
    for table in HAVE_LIMITS:
        op.drop_column(table, "threshold_similarity")
    op.drop_table(TABLE)


def _note_changes_of(photos: str, models: str) -> None:
    """Galleries in memory are read anew after a change of these columns."""
    _note_changes("reference_photos", f"INSERT OR DELETE OR UPDATE OF {photos}")
    _note_changes("embedders", f"UPDATE OF {models}")


def _note_changes(table: str, events: str, *, first: bool = False) -> None:
    name = f"{table}_change_galleries"
    if not first:
        op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute(
        f"CREATE TRIGGER {name} AFTER {events} ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION note_gallery_change()"
    )
