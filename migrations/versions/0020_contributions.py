"""Contributions: public tips, found persons, their photos, the faces in them, matches.

Revision: 0020, after 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geography
from pgvector.sqlalchemy import HALFVEC
from sqlalchemy.dialects import postgresql
revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None

SOURCES_BEFORE = ("family", "witness", "police", "transport", "phone", "confirmed sighting", "other")


def _admit_sources(sources: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{source}'" for source in sources)
    for table in ("last_known_locations", "traces"):
        name = op.f(f"ck_{table}_locationsource")
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"source IN ({listed})")


def upgrade() -> None:
    op.create_table('contribution_receipts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('purged_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('tips', sa.Integer(), nullable=False),
    sa.Column('found_persons', sa.Integer(), nullable=False),
    sa.Column('photos', sa.Integer(), nullable=False),
    sa.Column('faces', sa.Integer(), nullable=False),
    sa.Column('pictures', sa.Integer(), nullable=False),
    sa.Column('picture_bytes', sa.BigInteger(), nullable=False),
    sa.Column('receipt_sha256', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contribution_receipts')),
    sa.UniqueConstraint('receipt_sha256', name=op.f('uq_contribution_receipts_receipt_sha256'))
    )
    op.create_table('found_persons',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=12), nullable=False),
    sa.Column('form_id', sa.String(length=32), nullable=False),
    sa.Column('organisation', sa.String(length=200), nullable=False),
    sa.Column('registered_by_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('open', 'reunited', 'transferred', 'withdrawn', name='foundstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('found_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('timezone', sa.String(length=60), nullable=False),
    sa.Column('place', sa.Text(), server_default='', nullable=False),
    sa.Column('latitude_deg', sa.Float(precision=53), nullable=True),
    sa.Column('longitude_deg', sa.Float(precision=53), nullable=True),
    sa.Column('position', Geography(geometry_type='POINT', srid=4326, dimension=2, spatial_index=False, from_text='ST_GeogFromText', name='geography'), sa.Computed('(ST_SetSRID(ST_MakePoint(longitude_deg, latitude_deg), 4326))::geography', persisted=True), nullable=True),
    sa.Column('age_from_years', sa.Integer(), nullable=False),
    sa.Column('age_to_years', sa.Integer(), nullable=False),
    sa.Column('sex', sa.Enum('female', 'male', 'unknown', name='sex', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('languages', sa.Text(), server_default='', nullable=False),
    sa.Column('clothing', sa.Text(), server_default='', nullable=False),
    sa.Column('marks', sa.Text(), server_default='', nullable=False),
    sa.Column('condition', sa.Text(), server_default='', nullable=False),
    sa.Column('whereabouts', sa.Text(), server_default='', nullable=False),
    sa.Column('contact', sa.Text(), server_default='', nullable=False),
    sa.Column('whereabouts_asked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(latitude_deg IS NULL) = (longitude_deg IS NULL)', name=op.f('ck_found_persons_whole_position')),
    sa.CheckConstraint('age_from_years <= age_to_years', name=op.f('ck_found_persons_age_range')),
    sa.CheckConstraint('latitude_deg BETWEEN -90 AND 90', name=op.f('ck_found_persons_latitude')),
    sa.CheckConstraint('longitude_deg BETWEEN -180 AND 180', name=op.f('ck_found_persons_longitude')),
    sa.ForeignKeyConstraint(['registered_by_id'], ['users.id'], name=op.f('fk_found_persons_registered_by_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_found_persons')),
    sa.UniqueConstraint('form_id', name=op.f('uq_found_persons_form_id')),
    sa.UniqueConstraint('number', name=op.f('uq_found_persons_number'))
    )
    op.create_index('ix_found_persons_organisation_id', 'found_persons', ['organisation', 'id'], unique=False)
    op.create_index('ix_found_persons_state', 'found_persons', ['state'], unique=False)
    op.create_table('tips',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=12), nullable=False),
    sa.Column('secret_hash', sa.String(length=255), nullable=False),
    sa.Column('form_id', sa.String(length=32), nullable=False),
    sa.Column('poster_code', sa.String(length=20), server_default='', nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=True),
    sa.Column('state', sa.Enum('waiting', 'asked back', 'accepted', 'rejected', 'spam', name='tipstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('latitude_deg', sa.Float(precision=53), nullable=True),
    sa.Column('longitude_deg', sa.Float(precision=53), nullable=True),
    sa.Column('position', Geography(geometry_type='POINT', srid=4326, dimension=2, spatial_index=False, from_text='ST_GeogFromText', name='geography'), sa.Computed('(ST_SetSRID(ST_MakePoint(longitude_deg, latitude_deg), 4326))::geography', persisted=True), nullable=True),
    sa.Column('uncertainty_m', sa.Double(), nullable=True),
    sa.Column('place', sa.Text(), server_default='', nullable=False),
    sa.Column('place_source', sa.Enum('pointed out on the map', 'position of the device', 'typed', 'from the photo', 'not known', name='placesource', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('time_source', sa.Enum('from the sender', 'from the photo', 'not known', name='timesource', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('timezone', sa.String(length=60), nullable=False),
    sa.Column('remarks', sa.Text(), server_default='', nullable=False),
    sa.Column('contact', sa.Text(), server_default='', nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state_before', sa.String(length=40), nullable=True),
    sa.Column('decided_case_id', sa.Integer(), nullable=True),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.Column('decided_by_name', sa.Text(), server_default='', nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(latitude_deg IS NULL) = (longitude_deg IS NULL)', name=op.f('ck_tips_whole_position')),
    sa.CheckConstraint('latitude_deg BETWEEN -90 AND 90', name=op.f('ck_tips_latitude')),
    sa.CheckConstraint('longitude_deg BETWEEN -180 AND 180', name=op.f('ck_tips_longitude')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_tips_case_id_cases'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['decided_by_id'], ['users.id'], name=op.f('fk_tips_decided_by_id_users')),
    sa.ForeignKeyConstraint(['decided_case_id'], ['cases.id'], name=op.f('fk_tips_decided_case_id_cases'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tips')),
    sa.UniqueConstraint('form_id', name=op.f('uq_tips_form_id')),
    sa.UniqueConstraint('number', name=op.f('uq_tips_number'))
    )
    op.create_index('ix_tips_case_id', 'tips', ['case_id'], unique=False)
    op.create_index('ix_tips_decided_case_id', 'tips', ['decided_case_id'], unique=False)
    op.create_index('ix_tips_expires_at', 'tips', ['expires_at'], unique=False)
    op.create_index('ix_tips_state_received_at', 'tips', ['state', 'received_at'], unique=False)
    op.create_table('contributed_photos',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('tip_id', sa.Integer(), nullable=True),
    sa.Column('found_person_id', sa.Integer(), nullable=True),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('width_px', sa.Integer(), nullable=False),
    sa.Column('height_px', sa.Integer(), nullable=False),
    sa.Column('size_bytes', sa.Integer(), nullable=False),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('latitude_deg', sa.Float(precision=53), nullable=True),
    sa.Column('longitude_deg', sa.Float(precision=53), nullable=True),
    sa.Column('state', sa.Enum('waiting', 'running', 'done', 'failed', name='photostate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('attempt', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('queued_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('problem', sa.Text(), server_default='', nullable=False),
    sa.Column('embedder_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(tip_id IS NULL) <> (found_person_id IS NULL)', name=op.f('ck_contributed_photos_one_owner')),
    sa.ForeignKeyConstraint(['embedder_id'], ['embedders.id'], name=op.f('fk_contributed_photos_embedder_id_embedders')),
    sa.ForeignKeyConstraint(['found_person_id'], ['found_persons.id'], name=op.f('fk_contributed_photos_found_person_id_found_persons'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tip_id'], ['tips.id'], name=op.f('fk_contributed_photos_tip_id_tips'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contributed_photos'))
    )
    op.create_index('ix_contributed_photos_found_person_id', 'contributed_photos', ['found_person_id'], unique=False)
    op.create_index('ix_contributed_photos_sha256', 'contributed_photos', ['sha256'], unique=False)
    op.create_index('ix_contributed_photos_state_queued_at', 'contributed_photos', ['state', 'queued_at'], unique=False)
    op.create_index('ix_contributed_photos_tip_id', 'contributed_photos', ['tip_id'], unique=False)
    op.create_table('tip_messages',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('tip_id', sa.Integer(), nullable=False),
    sa.Column('from_sender', sa.Boolean(), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=True),
    sa.Column('author_name', sa.Text(), server_default='', nullable=False),
    sa.Column('text', sa.Text(), server_default='', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_tip_messages_author_id_users')),
    sa.ForeignKeyConstraint(['tip_id'], ['tips.id'], name=op.f('fk_tip_messages_tip_id_tips'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tip_messages'))
    )
    op.create_index('ix_tip_messages_tip_id_id', 'tip_messages', ['tip_id', 'id'], unique=False)
    op.create_table('contributed_faces',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('photo_id', sa.Integer(), nullable=False),
    sa.Column('embedder_id', sa.Integer(), nullable=False),
    sa.Column('ordinal', sa.Integer(), nullable=False),
    sa.Column('embedding', HALFVEC(), nullable=False),
    sa.Column('box_xyxy', postgresql.ARRAY(sa.Float(precision=53)), nullable=False),
    sa.Column('crop_sha256', sa.String(length=64), nullable=False),
    sa.Column('quality', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('face_height_px', sa.Double(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['embedder_id'], ['embedders.id'], name=op.f('fk_contributed_faces_embedder_id_embedders')),
    sa.ForeignKeyConstraint(['photo_id'], ['contributed_photos.id'], name=op.f('fk_contributed_faces_photo_id_contributed_photos'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contributed_faces')),
    sa.UniqueConstraint('photo_id', 'embedder_id', 'ordinal', name=op.f('uq_contributed_faces_photo_id_embedder_id_ordinal'))
    )
    op.create_index('ix_contributed_faces_crop_sha256', 'contributed_faces', ['crop_sha256'], unique=False)
    op.create_index('ix_contributed_faces_embedder_id', 'contributed_faces', ['embedder_id'], unique=False)
    op.create_table('contributed_matches',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('face_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('embedder_id', sa.Integer(), nullable=False),
    sa.Column('reference_photo_id', sa.Integer(), nullable=True),
    sa.Column('similarity', sa.Double(), nullable=False),
    sa.Column('threshold_similarity', sa.Double(), nullable=False),
    sa.Column('state', sa.Enum('candidate', 'confirmed', 'rejected', name='matchstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.Column('decided_by_name', sa.Text(), server_default='', nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_contributed_matches_case_id_cases'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['decided_by_id'], ['users.id'], name=op.f('fk_contributed_matches_decided_by_id_users')),
    sa.ForeignKeyConstraint(['embedder_id'], ['embedders.id'], name=op.f('fk_contributed_matches_embedder_id_embedders')),
    sa.ForeignKeyConstraint(['face_id'], ['contributed_faces.id'], name=op.f('fk_contributed_matches_face_id_contributed_faces'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['reference_photo_id'], ['reference_photos.id'], name=op.f('fk_contributed_matches_reference_photo_id_reference_photos'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contributed_matches')),
    sa.UniqueConstraint('face_id', 'case_id', name=op.f('uq_contributed_matches_face_id_case_id'))
    )
    op.create_index('ix_contributed_matches_case_id_state', 'contributed_matches', ['case_id', 'state'], unique=False)
    op.add_column('cases', sa.Column('tip_code', sa.String(length=20), nullable=True))
    op.create_unique_constraint(op.f('uq_cases_tip_code'), 'cases', ['tip_code'])
    op.add_column('last_known_locations', sa.Column('tip_id', sa.Integer(), nullable=True))
    op.create_index('ix_last_known_locations_tip_id', 'last_known_locations', ['tip_id'], unique=False)
    op.create_foreign_key(op.f('fk_last_known_locations_tip_id_tips'), 'last_known_locations', 'tips', ['tip_id'], ['id'], ondelete='SET NULL', use_alter=True)
    _admit_sources((*SOURCES_BEFORE, "tip"))
    op.add_column('users', sa.Column('organisation', sa.String(length=200), server_default='', nullable=False))


def downgrade() -> None:
    op.drop_column('users', 'organisation')
    op.execute("UPDATE last_known_locations SET source = 'other' WHERE source = 'tip'")
    _admit_sources(SOURCES_BEFORE)
    op.drop_constraint(op.f('fk_last_known_locations_tip_id_tips'), 'last_known_locations', type_='foreignkey')
    op.drop_index('ix_last_known_locations_tip_id', table_name='last_known_locations')
    op.drop_column('last_known_locations', 'tip_id')
    op.drop_constraint(op.f('uq_cases_tip_code'), 'cases', type_='unique')
    op.drop_column('cases', 'tip_code')
    op.drop_index('ix_contributed_matches_case_id_state', table_name='contributed_matches')
    op.drop_table('contributed_matches')
    op.drop_index('ix_contributed_faces_embedder_id', table_name='contributed_faces')
    op.drop_index('ix_contributed_faces_crop_sha256', table_name='contributed_faces')
    op.drop_table('contributed_faces')
    op.drop_index('ix_tip_messages_tip_id_id', table_name='tip_messages')
    op.drop_table('tip_messages')
    op.drop_index('ix_contributed_photos_tip_id', table_name='contributed_photos')
    op.drop_index('ix_contributed_photos_state_queued_at', table_name='contributed_photos')
    op.drop_index('ix_contributed_photos_sha256', table_name='contributed_photos')
    op.drop_index('ix_contributed_photos_found_person_id', table_name='contributed_photos')
    op.drop_table('contributed_photos')
    op.drop_index('ix_tips_state_received_at', table_name='tips')
    op.drop_index('ix_tips_expires_at', table_name='tips')
    op.drop_index('ix_tips_decided_case_id', table_name='tips')
    op.drop_index('ix_tips_case_id', table_name='tips')
    op.drop_table('tips')
    op.drop_index('ix_found_persons_state', table_name='found_persons')
    op.drop_index('ix_found_persons_organisation_id', table_name='found_persons')
    op.drop_table('found_persons')
    op.drop_table('contribution_receipts')
