"""Alerts, whom they are told to, and how people want to be told; urgent cases.

Revision: 0008, after 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('alert_preferences',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=True),
    sa.Column('mode', sa.Enum('off', 'pages', 'account', 'own', name='alertmode', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('channels', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('least_urgency', sa.Enum('low', 'normal', 'high', name='alerturgency', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('quiet_from', sa.Time(), nullable=True),
    sa.Column('quiet_until', sa.Time(), nullable=True),
    sa.Column('timezone', sa.String(length=60), nullable=False),
    sa.Column('urgent_breaks_quiet', sa.Boolean(), nullable=False),
    sa.Column('group_minutes', sa.Integer(), nullable=False),
    sa.CheckConstraint('group_minutes BETWEEN 0 AND 240', name=op.f('ck_alert_preferences_group_minutes')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_alert_preferences_case_id_cases'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_alert_preferences_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert_preferences'))
    )
    op.create_index('ix_alert_preferences_case_id', 'alert_preferences', ['case_id'], unique=False)
    op.create_index('uq_alert_preferences_user_id', 'alert_preferences', ['user_id'], unique=True, postgresql_where=sa.text('case_id IS NULL'))
    op.create_index('uq_alert_preferences_user_id_case_id', 'alert_preferences', ['user_id', 'case_id'], unique=True, postgresql_where=sa.text('case_id IS NOT NULL'))
    op.create_table('alerts',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('sighting', 'tip match', 'found-person match', 'review disagreement', 'sweep failed', name='alertkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('urgency', sa.Enum('low', 'normal', 'high', name='alerturgency', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('path', sa.String(length=300), nullable=False),
    sa.Column('crop_sha256', sa.String(length=64), nullable=True),
    sa.Column('sighting_id', sa.BigInteger(), nullable=True),
    sa.Column('dedupe_key', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('acknowledged_by_id', sa.Integer(), nullable=True),
    sa.Column('acknowledged_by_name', sa.String(length=254), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('escalated_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['acknowledged_by_id'], ['users.id'], name=op.f('fk_alerts_acknowledged_by_id_users')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_alerts_case_id_cases'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['sighting_id'], ['sightings.id'], name=op.f('fk_alerts_sighting_id_sightings'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alerts')),
    sa.UniqueConstraint('dedupe_key', name=op.f('uq_alerts_dedupe_key'))
    )
    op.create_index('ix_alerts_case_id_id', 'alerts', ['case_id', 'id'], unique=False)
    op.create_index('ix_alerts_open', 'alerts', ['created_at'], unique=False, postgresql_where=sa.text('acknowledged_at IS NULL AND withdrawn_at IS NULL'))
    op.create_index('ix_alerts_sighting_id', 'alerts', ['sighting_id'], unique=False)
    op.create_index('ix_alerts_untold', 'alerts', ['id'], unique=False, postgresql_where=sa.text('told_at IS NULL'))
    op.create_table('alert_notices',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('alert_id', sa.BigInteger(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('channel', sa.String(length=80), nullable=False),
    sa.Column('state', sa.Enum('pending', 'queued', 'left out', name='noticestate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('message_id', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['alert_id'], ['alerts.id'], name=op.f('fk_alert_notices_alert_id_alerts'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['message_id'], ['outgoing_messages.id'], name=op.f('fk_alert_notices_message_id_outgoing_messages'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_alert_notices_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert_notices')),
    sa.UniqueConstraint('alert_id', 'user_id', 'channel', name=op.f('uq_alert_notices_alert_id_user_id_channel'))
    )
    op.create_index('ix_alert_notices_due_at', 'alert_notices', ['due_at'], unique=False, postgresql_where=sa.text("state = 'pending'"))
    op.create_index('ix_alert_notices_message_id', 'alert_notices', ['message_id'], unique=False)
    op.create_index('ix_alert_notices_user_id', 'alert_notices', ['user_id'], unique=False)
    op.add_column('cases', sa.Column('urgent', sa.Boolean(), server_default=sa.text('false'), nullable=False))


def downgrade() -> None:
    op.drop_column('cases', 'urgent')
    op.drop_index('ix_alert_notices_user_id', table_name='alert_notices')
    op.drop_index('ix_alert_notices_message_id', table_name='alert_notices')
    op.drop_index('ix_alert_notices_due_at', table_name='alert_notices', postgresql_where=sa.text("state = 'pending'"))
    op.drop_table('alert_notices')
    op.drop_index('ix_alerts_untold', table_name='alerts', postgresql_where=sa.text('told_at IS NULL'))
    op.drop_index('ix_alerts_sighting_id', table_name='alerts')
    op.drop_index('ix_alerts_open', table_name='alerts', postgresql_where=sa.text('acknowledged_at IS NULL AND withdrawn_at IS NULL'))
    op.drop_index('ix_alerts_case_id_id', table_name='alerts')
    op.drop_table('alerts')
    op.drop_index('uq_alert_preferences_user_id_case_id', table_name='alert_preferences', postgresql_where=sa.text('case_id IS NOT NULL'))
    op.drop_index('uq_alert_preferences_user_id', table_name='alert_preferences', postgresql_where=sa.text('case_id IS NULL'))
    op.drop_index('ix_alert_preferences_case_id', table_name='alert_preferences')
    op.drop_table('alert_preferences')
