"""With what each part of a visit was looked at, so that its faces can answer other cases.

Revision: 0019, after 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def _of_parts() -> list[sa.Column[object]]:
    return [
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("embedder_id", sa.Integer(), nullable=True),
        sa.Column("detector", sa.String(length=60), nullable=True),
        sa.Column("smallest_face_px", sa.Integer(), nullable=True),
        sa.Column("frames_per_second", sa.Double(), nullable=True),
        sa.Column("frame_side_px", sa.Integer(), nullable=True),
        sa.Column("faces_found", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_reused", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    ]


def upgrade() -> None:
    op.add_column("visits", sa.Column("detector", sa.String(length=60), nullable=True))
    for column in _of_parts():
        op.add_column("visit_parts", column)
    op.create_foreign_key(
        op.f("fk_visit_parts_embedder_id_embedders"),
        "visit_parts",
        "embedders",
        ["embedder_id"],
        ["id"],
    )


def downgrade() -> None:
    for column in reversed(_of_parts()):
        op.drop_column("visit_parts", column.name)
    op.drop_column("visits", "detector")
