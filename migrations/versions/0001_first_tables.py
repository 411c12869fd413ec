"""The first tables: accounts, cases, cameras, footage, sweeps, faces, sightings, audit, live events.

Revision: 0001, after 
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geography
from pgvector.sqlalchemy import HALFVEC
from sqlalchemy.dialects import postgresql
revision = '0001'
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY_AUDIT_LOG = (
    """
    CREATE FUNCTION audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'audit_log is append-only: % is refused', TG_OP
            USING ERRCODE = 'insufficient_privilege';
    END;
    $$
    """,
    """
    CREATE TRIGGER audit_log_refuses_change BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_log_is_append_only()
    """,
    """
    CREATE TRIGGER audit_log_refuses_truncate BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only()
    """,
)
"""Only INSERT is possible in the audit log, for the table's owner too."""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    op.create_table('audit_log',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('actor_name', sa.String(length=254), nullable=False),
    sa.Column('actor_role', sa.String(length=40), nullable=False),
    sa.Column('action', sa.String(length=80), nullable=False),
    sa.Column('case_number', sa.String(length=60), nullable=True),
    sa.Column('purpose', sa.Text(), nullable=True),
    sa.Column('subject', sa.String(length=200), nullable=True),
    sa.Column('details', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('address', sa.String(length=64), nullable=True),
    sa.Column('previous_hash', sa.String(length=64), nullable=False),
    sa.Column('entry_hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_log')),
    sa.UniqueConstraint('entry_hash', name=op.f('uq_audit_log_entry_hash'))
    )
    op.create_index('ix_audit_log_action_id', 'audit_log', ['action', 'id'], unique=False)
    op.create_index('ix_audit_log_case_number_id', 'audit_log', ['case_number', 'id'], unique=False)
    op.create_table('cameras',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('source', sa.String(length=120), nullable=False),
    sa.Column('ref', sa.String(length=200), nullable=False),
    sa.Column('name', sa.String(length=300), nullable=False),
    sa.Column('latitude_deg', sa.Float(precision=53), nullable=False),
    sa.Column('longitude_deg', sa.Float(precision=53), nullable=False),
    sa.Column('position', Geography(geometry_type='POINT', srid=4326, dimension=2, spatial_index=False, from_text='ST_GeogFromText', name='geography'), sa.Computed('(ST_SetSRID(ST_MakePoint(longitude_deg, latitude_deg), 4326))::geography', persisted=True), nullable=True),
    sa.Column('headings_deg', postgresql.ARRAY(sa.Float(precision=53)), server_default='{}', nullable=False),
    sa.Column('field_of_view_deg', sa.Double(), nullable=True),
    sa.Column('range_m', sa.Double(), nullable=True),
    sa.Column('kind', sa.String(length=40), server_default='unknown', nullable=False),
    sa.Column('status', sa.String(length=40), server_default='unknown', nullable=False),
    sa.Column('is_indoor', sa.Boolean(), nullable=True),
    sa.Column('owner', sa.Text(), server_default='', nullable=False),
    sa.Column('owner_contact', sa.Text(), server_default='', nullable=False),
    sa.Column('retention_hours', sa.Double(), nullable=True),
    sa.Column('clock_offset_s', sa.Double(), server_default=sa.text('0'), nullable=False),
    sa.Column('stream_address', sa.Text(), nullable=True),
    sa.Column('remarks', sa.Text(), server_default='', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('latitude_deg BETWEEN -90 AND 90', name=op.f('ck_cameras_latitude')),
    sa.CheckConstraint('longitude_deg BETWEEN -180 AND 180', name=op.f('ck_cameras_longitude')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cameras')),
    sa.UniqueConstraint('source', 'ref', name=op.f('uq_cameras_source_ref'))
    )
    op.create_index('ix_cameras_name', 'cameras', ['name'], unique=False)
    op.create_index('ix_cameras_position_ranked', 'cameras', ['position'], unique=False, postgresql_using='gist', postgresql_where=sa.text("deleted_at IS NULL AND status NOT IN ('removed', 'planned')"), postgresql_ops={})
    op.create_table('embedders',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('dimension', sa.Integer(), nullable=False),
    sa.Column('threshold_similarity', sa.Double(), nullable=False),
    sa.Column('false_match_rate', sa.Double(), nullable=True),
    sa.Column('threshold_measured_on', sa.Text(), nullable=False),
    sa.Column('licence', sa.Text(), nullable=False),
    sa.Column('fallback', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_embedders')),
    sa.UniqueConstraint('name', 'sha256', name=op.f('uq_embedders_name_sha256'))
    )
    op.create_table('registry_sources',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('column_mapping', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('file_name', sa.String(length=255), nullable=False),
    sa.Column('file_sha256', sa.String(length=64), nullable=False),
    sa.Column('imported_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registry_sources')),
    sa.UniqueConstraint('name', name=op.f('uq_registry_sources_name'))
    )
    op.create_table('users',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('role', sa.Enum('investigator', 'dispatcher', 'analyst', 'examiner', 'partner', 'administrator', name='role', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('password_hash', sa.String(length=255), nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('session_epoch', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('failed_logins', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('locked_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_login_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_users')),
    sa.UniqueConstraint('email', name=op.f('uq_users_email'))
    )
    op.create_table('api_tokens',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('label', sa.String(length=100), nullable=False),
    sa.Column('token_sha256', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_api_tokens_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_tokens')),
    sa.UniqueConstraint('token_sha256', name=op.f('uq_api_tokens_token_sha256'))
    )
    op.create_table('cases',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False),
    sa.Column('state', sa.Enum('open', 'closed', name='casestate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('legal_basis', sa.Text(), nullable=False),
    sa.Column('legal_basis_expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('subject_name', sa.String(length=200), nullable=False),
    sa.Column('subject_age_years', sa.Integer(), nullable=True),
    sa.Column('subject_category', sa.Enum('child 1-3', 'child 4-6', 'child 7-9', 'child 10-12', 'youth 13-15', 'adult', 'dementia', 'despondent', 'autistic', 'abduction', name='subjectcategory', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('subject_clothing', sa.Text(), server_default='', nullable=False),
    sa.Column('subject_remarks', sa.Text(), server_default='', nullable=False),
    sa.Column('timezone', sa.String(length=60), nullable=False),
    sa.Column('made_up', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_cases_created_by_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cases')),
    sa.UniqueConstraint('number', name=op.f('uq_cases_number'))
    )
    op.create_table('footage',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('camera_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('file', 'stream', name='footagekind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('path', sa.Text(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=True),
    sa.Column('size_bytes', sa.BigInteger(), nullable=True),
    sa.Column('duration_s', sa.Double(), nullable=True),
    sa.Column('frame_rate', sa.Double(), nullable=True),
    sa.Column('width_px', sa.Integer(), nullable=True),
    sa.Column('height_px', sa.Integer(), nullable=True),
    sa.Column('codec', sa.String(length=40), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('clock_offset_s', sa.Double(), server_default=sa.text('0'), nullable=False),
    sa.Column('made_up', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('remarks', sa.Text(), server_default='', nullable=False),
    sa.Column('added_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['added_by_id'], ['users.id'], name=op.f('fk_footage_added_by_id_users')),
    sa.ForeignKeyConstraint(['camera_id'], ['cameras.id'], name=op.f('fk_footage_camera_id_cameras'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_footage'))
    )
    op.create_index('ix_footage_camera_id_started_at', 'footage', ['camera_id', 'started_at'], unique=False)
    op.create_index('uq_footage_camera_id_path_started_at', 'footage', ['camera_id', 'path', 'started_at'], unique=True)
    op.create_table('last_known_locations',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('latitude_deg', sa.Float(precision=53), nullable=False),
    sa.Column('longitude_deg', sa.Float(precision=53), nullable=False),
    sa.Column('position', Geography(geometry_type='POINT', srid=4326, dimension=2, spatial_index=False, from_text='ST_GeogFromText', name='geography'), sa.Computed('(ST_SetSRID(ST_MakePoint(longitude_deg, latitude_deg), 4326))::geography', persisted=True), nullable=True),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('uncertainty_m', sa.Double(), nullable=False),
    sa.Column('label', sa.String(length=200), nullable=False),
    sa.Column('source', sa.Enum('family', 'witness', 'police', 'transport', 'phone', 'confirmed sighting', 'other', name='locationsource', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('reliability', sa.Enum('certain', 'likely', 'doubtful', name='reliability', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('remarks', sa.Text(), server_default='', nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('sighting_id', sa.BigInteger(), nullable=True),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('latitude_deg BETWEEN -90 AND 90', name=op.f('ck_last_known_locations_latitude')),
    sa.CheckConstraint('longitude_deg BETWEEN -180 AND 180', name=op.f('ck_last_known_locations_longitude')),
    sa.CheckConstraint('uncertainty_m >= 0', name=op.f('ck_last_known_locations_uncertainty')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_last_known_locations_case_id_cases'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_last_known_locations_created_by_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_last_known_locations')),
    sa.UniqueConstraint('sighting_id', name=op.f('uq_last_known_locations_sighting_id'))
    )
    op.create_index('ix_last_known_locations_case_id', 'last_known_locations', ['case_id'], unique=False)
    op.create_table('live_events',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('payload', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_live_events_case_id_cases'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_live_events'))
    )
    op.create_index('ix_live_events_case_id_id', 'live_events', ['case_id', 'id'], unique=False)
    op.create_table('reference_photos',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('face_sha256', sa.String(length=64), nullable=False),
    sa.Column('file_name', sa.String(length=255), nullable=False),
    sa.Column('width_px', sa.Integer(), nullable=False),
    sa.Column('height_px', sa.Integer(), nullable=False),
    sa.Column('quality', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('taken_on', sa.String(length=40), nullable=True),
    sa.Column('active', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('added_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['added_by_id'], ['users.id'], name=op.f('fk_reference_photos_added_by_id_users')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_reference_photos_case_id_cases'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reference_photos'))
    )
    op.create_index('uq_reference_photos_case_id_sha256', 'reference_photos', ['case_id', 'sha256'], unique=True)
    op.create_table('sweeps',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('ordinal', sa.Integer(), nullable=False),
    sa.Column('window_start', sa.DateTime(timezone=True), nullable=False),
    sa.Column('window_end', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.Enum('planned', 'running', 'stopped', 'finished', name='sweepstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('urgent', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('smallest_face_px', sa.Integer(), nullable=False),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('assigned_to_id', sa.Integer(), nullable=True),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['assigned_to_id'], ['users.id'], name=op.f('fk_sweeps_assigned_to_id_users')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_sweeps_case_id_cases'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_sweeps_created_by_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sweeps')),
    sa.UniqueConstraint('case_id', 'ordinal', name=op.f('uq_sweeps_case_id_ordinal'))
    )
    op.create_index('ix_sweeps_state', 'sweeps', ['state'], unique=False)
    op.create_table('reference_embeddings',
    sa.Column('photo_id', sa.Integer(), nullable=False),
    sa.Column('embedder_id', sa.Integer(), nullable=False),
    sa.Column('embedding', HALFVEC(), nullable=False),
    sa.ForeignKeyConstraint(['embedder_id'], ['embedders.id'], name=op.f('fk_reference_embeddings_embedder_id_embedders')),
    sa.ForeignKeyConstraint(['photo_id'], ['reference_photos.id'], name=op.f('fk_reference_embeddings_photo_id_reference_photos'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('photo_id', 'embedder_id', name=op.f('pk_reference_embeddings'))
    )
    op.create_table('visits',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('sweep_id', sa.Integer(), nullable=False),
    sa.Column('camera_id', sa.Integer(), nullable=False),
    sa.Column('rank', sa.Integer(), nullable=False),
    sa.Column('distance_m', sa.Double(), nullable=True),
    sa.Column('reason', sa.Text(), server_default='', nullable=False),
    sa.Column('state', sa.Enum('waiting', 'queued', 'running', 'done', 'failed', 'stopped', 'skipped', name='visitstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('outcome', sa.Text(), server_default='', nullable=False),
    sa.Column('attempt', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('worker', sa.String(length=200), nullable=True),
    sa.Column('heartbeat_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('queued_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('seconds_in_window', sa.Double(), nullable=False),
    sa.Column('seconds_held', sa.Double(), server_default=sa.text('0'), nullable=False),
    sa.Column('seconds_looked_at', sa.Double(), server_default=sa.text('0'), nullable=False),
    sa.Column('frames_looked_at', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('faces_found', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('sightings_found', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('median_face_px', sa.Double(), nullable=True),
    sa.Column('embedder_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['camera_id'], ['cameras.id'], name=op.f('fk_visits_camera_id_cameras')),
    sa.ForeignKeyConstraint(['embedder_id'], ['embedders.id'], name=op.f('fk_visits_embedder_id_embedders')),
    sa.ForeignKeyConstraint(['sweep_id'], ['sweeps.id'], name=op.f('fk_visits_sweep_id_sweeps'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visits')),
    sa.UniqueConstraint('sweep_id', 'camera_id', name=op.f('uq_visits_sweep_id_camera_id'))
    )
    op.create_index('ix_visits_camera_id', 'visits', ['camera_id'], unique=False)
    op.create_index('ix_visits_state', 'visits', ['state'], unique=False)
    op.create_index('ix_visits_sweep_id_rank', 'visits', ['sweep_id', 'rank'], unique=False)
    op.create_table('visit_parts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('footage_id', sa.Integer(), nullable=False),
    sa.Column('ordinal', sa.Integer(), nullable=False),
    sa.Column('from_s', sa.Double(), nullable=False),
    sa.Column('to_s', sa.Double(), nullable=False),
    sa.Column('checkpoint_s', sa.Double(), nullable=False),
    sa.Column('done', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('problem', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['footage_id'], ['footage.id'], name=op.f('fk_visit_parts_footage_id_footage'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_visit_parts_visit_id_visits'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit_parts')),
    sa.UniqueConstraint('visit_id', 'ordinal', name=op.f('uq_visit_parts_visit_id_ordinal'))
    )
    op.create_index('ix_visit_parts_footage_id', 'visit_parts', ['footage_id'], unique=False)
    op.create_table('faces',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('part_id', sa.Integer(), nullable=False),
    sa.Column('camera_id', sa.Integer(), nullable=False),
    sa.Column('footage_id', sa.Integer(), nullable=False),
    sa.Column('embedder_id', sa.Integer(), nullable=False),
    sa.Column('chunk_from_s', sa.Float(precision=53), nullable=False),
    sa.Column('ordinal', sa.Integer(), nullable=False),
    sa.Column('embedding', HALFVEC(), nullable=False),
    sa.Column('first_s', sa.Double(), nullable=False),
    sa.Column('last_s', sa.Double(), nullable=False),
    sa.Column('best_s', sa.Double(), nullable=False),
    sa.Column('first_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('best_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('box_xyxy', postgresql.ARRAY(sa.Float(precision=53)), nullable=False),
    sa.Column('crop_sha256', sa.String(length=64), nullable=False),
    sa.Column('quality', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('face_height_px', sa.Double(), nullable=False),
    sa.Column('frames_seen', sa.Integer(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['camera_id'], ['cameras.id'], name=op.f('fk_faces_camera_id_cameras')),
    sa.ForeignKeyConstraint(['embedder_id'], ['embedders.id'], name=op.f('fk_faces_embedder_id_embedders')),
    sa.ForeignKeyConstraint(['footage_id'], ['footage.id'], name=op.f('fk_faces_footage_id_footage')),
    sa.ForeignKeyConstraint(['part_id'], ['visit_parts.id'], name=op.f('fk_faces_part_id_visit_parts'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_faces_visit_id_visits'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_faces')),
    sa.UniqueConstraint('part_id', 'chunk_from_s', 'ordinal', name=op.f('uq_faces_part_id_chunk_from_s_ordinal'))
    )
    op.create_index('ix_faces_camera_id_best_at', 'faces', ['camera_id', 'best_at'], unique=False)
    op.create_index('ix_faces_crop_sha256', 'faces', ['crop_sha256'], unique=False)
    op.create_index('ix_faces_expires_at', 'faces', ['expires_at'], unique=False)
    op.create_index('ix_faces_visit_id', 'faces', ['visit_id'], unique=False)
    op.create_table('sightings',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('face_id', sa.BigInteger(), nullable=False),
    sa.Column('camera_id', sa.Integer(), nullable=False),
    sa.Column('embedder_id', sa.Integer(), nullable=False),
    sa.Column('reference_photo_id', sa.Integer(), nullable=True),
    sa.Column('similarity', sa.Double(), nullable=False),
    sa.Column('threshold_similarity', sa.Double(), nullable=False),
    sa.Column('state', sa.Enum('candidate', 'confirmed', 'rejected', 'unsure', name='sightingstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('latitude_deg', sa.Float(precision=53), nullable=False),
    sa.Column('longitude_deg', sa.Float(precision=53), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['camera_id'], ['cameras.id'], name=op.f('fk_sightings_camera_id_cameras')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_sightings_case_id_cases'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['embedder_id'], ['embedders.id'], name=op.f('fk_sightings_embedder_id_embedders')),
    sa.ForeignKeyConstraint(['face_id'], ['faces.id'], name=op.f('fk_sightings_face_id_faces')),
    sa.ForeignKeyConstraint(['reference_photo_id'], ['reference_photos.id'], name=op.f('fk_sightings_reference_photo_id_reference_photos'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sightings')),
    sa.UniqueConstraint('case_id', 'face_id', name=op.f('uq_sightings_case_id_face_id'))
    )
    op.create_index('ix_sightings_case_id_seen_at', 'sightings', ['case_id', 'seen_at'], unique=False)
    op.create_index('ix_sightings_case_id_state', 'sightings', ['case_id', 'state'], unique=False)
    op.create_table('reviews',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('sighting_id', sa.BigInteger(), nullable=False),
    sa.Column('reviewer_id', sa.Integer(), nullable=True),
    sa.Column('reviewer_name', sa.String(), nullable=False),
    sa.Column('verdict', sa.Enum('confirmed', 'rejected', 'unsure', name='verdict', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('remarks', sa.Text(), server_default='', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['reviewer_id'], ['users.id'], name=op.f('fk_reviews_reviewer_id_users')),
    sa.ForeignKeyConstraint(['sighting_id'], ['sightings.id'], name=op.f('fk_reviews_sighting_id_sightings'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reviews'))
    )
    op.create_index('ix_reviews_sighting_id_id', 'reviews', ['sighting_id', 'id'], unique=False)
    op.create_foreign_key(
        "fk_last_known_locations_sighting_id_sightings",
        "last_known_locations",
        "sightings",
        ["sighting_id"],
        ["id"],
        ondelete="CASCADE",
    )
    for statement in APPEND_ONLY_AUDIT_LOG:
        op.execute(statement)


def downgrade() -> None:
    op.drop_constraint(
        "fk_last_known_locations_sighting_id_sightings", "last_known_locations", type_="foreignkey"
    )
    op.drop_table("reviews")
    op.drop_table("sightings")
    op.drop_table("faces")
    op.drop_table("visit_parts")
    op.drop_table("visits")
    op.drop_table("reference_embeddings")
    op.drop_table("sweeps")
    op.drop_table("reference_photos")
    op.drop_table("live_events")
    op.drop_table("last_known_locations")
    op.drop_table("footage")
    op.drop_table("cases")
    op.drop_table("api_tokens")
    op.drop_table("users")
    op.drop_table("registry_sources")
    op.drop_table("embedders")
    op.drop_table("cameras")
    op.drop_table("audit_log")
    op.execute("DROP FUNCTION audit_log_is_append_only()")
