"""Reports that were handed in as text, and the marks found in them.

Revision: 0015, after 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('reports',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('FIR', 'statement', 'message', name='reportkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('region', sa.String(length=2), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('file_name', sa.String(length=255), server_default='', nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('added_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['added_by_id'], ['users.id'], name=op.f('fk_reports_added_by_id_users')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_reports_case_id_cases'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reports'))
    )
    op.create_index('ix_reports_case_id', 'reports', ['case_id'], unique=False)
    op.create_table('report_marks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('report_id', sa.Integer(), nullable=False),
    sa.Column('ordinal', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('time', 'place', 'phone', 'vehicle', 'description', name='markkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('from_char', sa.Integer(), nullable=False),
    sa.Column('to_char', sa.Integer(), nullable=False),
    sa.Column('value', sa.String(length=300), nullable=False),
    sa.Column('field', sa.String(length=20), server_default='', nullable=False),
    sa.Column('day', sa.Date(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('latitude_deg', sa.Float(precision=53), nullable=True),
    sa.Column('longitude_deg', sa.Float(precision=53), nullable=True),
    sa.Column('uncertainty_m', sa.Double(), nullable=True),
    sa.Column('exact', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('state', sa.Enum('proposed', 'accepted', 'dismissed', name='markstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('location_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['decided_by_id'], ['users.id'], name=op.f('fk_report_marks_decided_by_id_users')),
    sa.ForeignKeyConstraint(['location_id'], ['last_known_locations.id'], name=op.f('fk_report_marks_location_id_last_known_locations'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['report_id'], ['reports.id'], name=op.f('fk_report_marks_report_id_reports'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report_marks')),
    sa.UniqueConstraint('report_id', 'ordinal', name=op.f('uq_report_marks_report_id_ordinal'))
    )
    op.create_index('ix_report_marks_kind_value', 'report_marks', ['kind', 'value'], unique=False)
    op.create_index('ix_report_marks_location_id', 'report_marks', ['location_id'], unique=False, postgresql_where=sa.text('location_id IS NOT NULL'))


def downgrade() -> None:
    op.drop_index('ix_report_marks_location_id', table_name='report_marks', postgresql_where=sa.text('location_id IS NOT NULL'))
    op.drop_index('ix_report_marks_kind_value', table_name='report_marks')
    op.drop_table('report_marks')
    op.drop_index('ix_reports_case_id', table_name='reports')
    op.drop_table('reports')
