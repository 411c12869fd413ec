"""When reference photos of closed cases were purged, and receipts of it.

Revision: 0023, after 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("photos_purged_at", sa.DateTime(timezone=True)))
    op.add_column("reference_photos", sa.Column("purged_at", sa.DateTime(timezone=True)))
    op.create_table(
        "photo_receipts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("case_closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("photos", sa.Integer(), nullable=False),
        sa.Column("embeddings", sa.Integer(), nullable=False),
        sa.Column("pictures", sa.Integer(), nullable=False),
        sa.Column("picture_bytes", sa.BigInteger(), nullable=False),
        sa.Column("receipt_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_photo_receipts_case_id_cases"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo_receipts")),
        sa.UniqueConstraint("receipt_sha256", name=op.f("uq_photo_receipts_receipt_sha256")),
    )
    op.create_index("ix_photo_receipts_case_id", "photo_receipts", ["case_id"])


def downgrade() -> None:
    op.drop_table("photo_receipts")
    op.drop_column("reference_photos", "purged_at")
    op.drop_column("cases", "photos_purged_at")
