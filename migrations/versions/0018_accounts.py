"""Sessions that can be ended, second factors, invitations, links to a new password, registrations.

Revision: 0018, after 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ROLES = ("investigator", "dispatcher", "analyst", "examiner", "partner", "administrator")


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _choice(name: str, kind: str, values: tuple[str, ...], *, nullable: bool = False) -> sa.Column:
    column_type = sa.Enum(*values, name=kind, native_enum=False, create_constraint=True, length=40)
    return sa.Column(name, column_type, nullable=nullable)


def _user(table: str, column: str, *, cascade: bool) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        ["users.id"],
        name=op.f(f"fk_{table}_{column}_users"),
        ondelete="CASCADE" if cascade else None,
    )


def upgrade() -> None:
    op.create_table(
        "user_sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("key_sha256", sa.String(64), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(64), nullable=True),
        sa.Column("device", sa.String(100), nullable=False),
        _at("created_at"),
        _at("last_used_at"),
        _at("ended_at", nullable=True),
        _user("user_sessions", "user_id", cascade=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_sessions")),
        sa.UniqueConstraint("key_sha256", name=op.f("uq_user_sessions_key_sha256")),
    )
    op.create_index("ix_user_sessions_user_id", "user_sessions", ["user_id"])
    op.create_table(
        "second_factors",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        _at("created_at"),
        _at("confirmed_at", nullable=True),
        sa.Column("last_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failed_attempts", sa.Integer(), server_default="0", nullable=False),
        _at("locked_until", nullable=True),
        _user("second_factors", "user_id", cascade=True),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("code_sha256", sa.String(64), nullable=False),
        _at("used_at", nullable=True),
        _user("recovery_codes", "user_id", cascade=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
    )
    op.create_index("ix_recovery_codes_user_id", "recovery_codes", ["user_id"])
    op.create_table(
        "account_links",
        sa.Column("id", sa.Integer(), nullable=False),
        _choice("kind", "linkkind", ("invitation", "password")),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(200), server_default="", nullable=False),
        _choice("role", "role", ROLES, nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        _at("created_at"),
        _at("expires_at"),
        _at("used_at", nullable=True),
        _at("ended_at", nullable=True),
        sa.CheckConstraint(
            "(kind = 'invitation') = (role IS NOT NULL)", name=op.f("ck_account_links_invitation_role")
        ),
        sa.CheckConstraint(
            "(kind = 'password') = (user_id IS NOT NULL)", name=op.f("ck_account_links_password_user")
        ),
        _user("account_links", "user_id", cascade=True),
        _user("account_links", "made_by_id", cascade=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_links")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_account_links_token_sha256")),
    )
    op.create_index("ix_account_links_email", "account_links", ["email"])
    op.create_table(
        "password_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("address", sa.String(64), nullable=True),
        _at("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_requests")),
    )
    op.create_table(
        "registrations",
        sa.Column("id", sa.Integer(), nullable=False),
        _choice("state", "registrationstate", ("waiting", "approved", "refused")),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("organisation", sa.String(200), nullable=False),
        sa.Column("remarks", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.String(64), nullable=True),
        _at("created_at"),
        _at("decided_at", nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        _user("registrations", "decided_by_id", cascade=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrations")),
    )
    op.create_index("ix_registrations_state_id", "registrations", ["state", "id"])


def downgrade() -> None:
    for table in (
        "registrations",
        "password_requests",
        "account_links",
        "recovery_codes",
        "second_factors",
        "user_sessions",
    ):
        op.drop_table(table)
