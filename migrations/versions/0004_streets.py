"""Streets and places for the base map; an index for drawing cameras by map section.

Revision: 0004, after 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geography, Geometry
revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('road_sources',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('file_name', sa.String(length=255), nullable=False),
    sa.Column('file_sha256', sa.String(length=64), nullable=False),
    sa.Column('format', sa.String(length=40), nullable=False),
    sa.Column('licence', sa.Text(), server_default='', nullable=False),
    sa.Column('attribution', sa.Text(), server_default='', nullable=False),
    sa.Column('streets', sa.Integer(), nullable=False),
    sa.Column('named_streets', sa.Integer(), nullable=False),
    sa.Column('places', sa.Integer(), nullable=False),
    sa.Column('length_m', sa.Float(), nullable=False),
    sa.Column('west_deg', sa.Float(), nullable=False),
    sa.Column('south_deg', sa.Float(), nullable=False),
    sa.Column('east_deg', sa.Float(), nullable=False),
    sa.Column('north_deg', sa.Float(), nullable=False),
    sa.Column('network', sa.LargeBinary(), nullable=True),
    sa.Column('network_nodes', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('imported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('imported_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['imported_by_id'], ['users.id'], name=op.f('fk_road_sources_imported_by_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_road_sources')),
    sa.UniqueConstraint('file_sha256', name=op.f('uq_road_sources_file_sha256')),
    sa.UniqueConstraint('name', name=op.f('uq_road_sources_name'))
    )
    op.create_table('roads',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('source_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), server_default='', nullable=False),
    sa.Column('street_class', sa.String(length=20), nullable=False),
    sa.Column('line', Geometry('LINESTRING', srid=4326, spatial_index=False), nullable=False),
    sa.ForeignKeyConstraint(['source_id'], ['road_sources.id'], name=op.f('fk_roads_source_id_road_sources'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roads'))
    )
    op.create_index('ix_roads_line', 'roads', ['line'], unique=False, postgresql_using='gist')
    op.create_index('ix_roads_source_id', 'roads', ['source_id'], unique=False)
    op.create_table('places',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('source_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('latitude_deg', sa.Float(precision=53), nullable=False),
    sa.Column('longitude_deg', sa.Float(precision=53), nullable=False),
    sa.Column('position', Geography('POINT', srid=4326, spatial_index=False), sa.Computed('(ST_SetSRID(ST_MakePoint(longitude_deg, latitude_deg), 4326))::geography', persisted=True), nullable=True),
    sa.CheckConstraint('latitude_deg BETWEEN -90 AND 90', name=op.f('ck_places_latitude')),
    sa.CheckConstraint('longitude_deg BETWEEN -180 AND 180', name=op.f('ck_places_longitude')),
    sa.ForeignKeyConstraint(['source_id'], ['road_sources.id'], name=op.f('fk_places_source_id_road_sources'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_places'))
    )
    op.create_index('ix_places_plane', 'places', [sa.text('(position::geometry)')], unique=False, postgresql_using='gist')
    op.create_index('ix_places_source_id', 'places', ['source_id'], unique=False)
    op.create_index(
        'ix_cameras_plane', 'cameras', [sa.text('(position::geometry)')], unique=False,
        postgresql_using='gist', postgresql_where=sa.text('deleted_at IS NULL'),
    )
    op.create_index('ix_cameras_updated_at', 'cameras', ['updated_at'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_cameras_updated_at', table_name='cameras')
    op.drop_index('ix_cameras_plane', table_name='cameras')
    op.drop_table('places')
    op.drop_table('roads')
    op.drop_table('road_sources')
