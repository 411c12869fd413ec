"""Four priorities of sweeps, what each worker does and how fast, and requests to owners.

Revision: 0012, after 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

PRIORITIES = ("low", "normal", "high", "urgent")
REQUEST_STATES = ("requested", "received", "swept", "declined", "expired", "withdrawn")
DELIVERY_STATES = ("arriving", "received", "refused")


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.add_column(
        "sweeps",
        sa.Column(
            "priority",
            _choice("sweeppriority", *PRIORITIES),
            server_default="normal",
            nullable=False,
        ),
    )
    op.execute("UPDATE sweeps SET priority = 'urgent' WHERE urgent")
    op.drop_column("sweeps", "urgent")
    op.create_table(
        "workers",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_workers")),
    )
    op.create_table(
        "worker_minutes",
        sa.Column("worker", sa.String(200), nullable=False),
        sa.Column("minute_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("footage_s", sa.Double(), nullable=False),
        sa.Column("took_s", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("worker", "minute_at", name=op.f("pk_worker_minutes")),
    )
    _add_requests()


def _add_requests() -> None:
    op.create_table(
        "footage_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("state", _choice("requeststate", *REQUEST_STATES), nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("owner_email", sa.Text(), server_default="", nullable=False),
        sa.Column("contact", sa.Text(), server_default="", nullable=False),
        sa.Column("legal_basis", sa.Text(), server_default="", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        _time("window_start"),
        _time("window_end"),
        sa.Column("sweep_at_once", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        _time("link_expires_at"),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        _time("created_at"),
        _time("received_at", nullable=True),
        _time("finished_at", nullable=True),
        _time("swept_at", nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("sweep_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_footage_requests_case_id_cases"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["users.id"],
            name=op.f("fk_footage_requests_created_by_id_users"),
        ),
        sa.ForeignKeyConstraint(
            ["sweep_id"],
            ["sweeps.id"],
            name=op.f("fk_footage_requests_sweep_id_sweeps"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_footage_requests")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_footage_requests_token_sha256")),
    )
    op.create_index("ix_footage_requests_case_id", "footage_requests", ["case_id"])
    op.create_index("ix_footage_requests_state", "footage_requests", ["state"])
    op.create_table(
        "footage_request_cameras",
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("camera_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["footage_requests.id"],
            name=op.f("fk_footage_request_cameras_request_id_footage_requests"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["camera_id"],
            ["cameras.id"],
            name=op.f("fk_footage_request_cameras_camera_id_cameras"),
        ),
        sa.PrimaryKeyConstraint(
            "request_id", "camera_id", name=op.f("pk_footage_request_cameras")
        ),
    )
    op.create_index(
        "ix_footage_request_cameras_camera_id", "footage_request_cameras", ["camera_id"]
    )
    op.create_table(
        "footage_deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("camera_id", sa.Integer(), nullable=False),
        sa.Column("state", _choice("deliverystate", *DELIVERY_STATES), nullable=False),
        sa.Column("file_name", sa.String(255), nullable=False),
        sa.Column("part_name", sa.String(80), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("received_bytes", sa.BigInteger(), server_default="0", nullable=False),
        _time("shown_at"),
        sa.Column("clock_offset_s", sa.Double(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("footage_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(64), nullable=True),
        _time("created_at"),
        _time("moved_at"),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["footage_requests.id"],
            name=op.f("fk_footage_deliveries_request_id_footage_requests"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name=op.f("fk_footage_deliveries_camera_id_cameras")
        ),
        sa.ForeignKeyConstraint(
            ["footage_id"],
            ["footage.id"],
            name=op.f("fk_footage_deliveries_footage_id_footage"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_footage_deliveries")),
    )
    op.create_index("ix_footage_deliveries_request_id", "footage_deliveries", ["request_id"])


def downgrade() -> None:
    for table in ("footage_deliveries", "footage_request_cameras", "footage_requests"):
        op.drop_table(table)
    op.drop_table("worker_minutes")
    op.drop_table("workers")
    op.add_column(
        "sweeps", sa.Column("urgent", sa.Boolean(), server_default="false", nullable=False)
    )
    op.execute("UPDATE sweeps SET urgent = true WHERE priority IN ('high', 'urgent')")
    op.drop_column("sweeps", "priority")
