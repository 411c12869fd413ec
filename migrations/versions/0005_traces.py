"""Traces: imported files of positions, and which last-known locations came of each.

Revision: 0005, after 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('traces',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('label', sa.String(length=120), nullable=False),
    sa.Column('source', sa.Enum('family', 'witness', 'police', 'transport', 'phone', 'confirmed sighting', 'other', name='locationsource', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('reliability', sa.Enum('certain', 'likely', 'doubtful', name='reliability', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('format', sa.String(length=20), nullable=False),
    sa.Column('file_name', sa.String(length=255), nullable=False),
    sa.Column('file_sha256', sa.String(length=64), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('refused', sa.Integer(), nullable=False),
    sa.Column('added', sa.Integer(), nullable=False),
    sa.Column('thinned_within_m', sa.Float(), nullable=False),
    sa.Column('remarks', sa.Text(), server_default='', nullable=False),
    sa.Column('imported_by_id', sa.Integer(), nullable=True),
    sa.Column('imported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('taken_back_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_traces_case_id_cases'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['imported_by_id'], ['users.id'], name=op.f('fk_traces_imported_by_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_traces'))
    )
    op.create_index('ix_traces_case_id', 'traces', ['case_id'], unique=False)
    op.add_column('last_known_locations', sa.Column('trace_id', sa.Integer(), nullable=True))
    op.create_index('ix_last_known_locations_trace_id', 'last_known_locations', ['trace_id'], unique=False)
    op.create_foreign_key(op.f('fk_last_known_locations_trace_id_traces'), 'last_known_locations', 'traces', ['trace_id'], ['id'], ondelete='CASCADE', use_alter=True)


def downgrade() -> None:
    op.drop_constraint(op.f('fk_last_known_locations_trace_id_traces'), 'last_known_locations', type_='foreignkey')
    op.drop_index('ix_last_known_locations_trace_id', table_name='last_known_locations')
    op.drop_column('last_known_locations', 'trace_id')
    op.drop_index('ix_traces_case_id', table_name='traces')
    op.drop_table('traces')
