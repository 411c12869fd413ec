"""Searches of kept faces, explained matches, retention receipts, legal hold, evaluations.

Revision: 0002, after 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

NOTE_GALLERY_CHANGE = """
    CREATE FUNCTION note_gallery_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO gallery_changes DEFAULT VALUES;
        RETURN NULL;
    END;
    $$
    """
GALLERY_TRIGGERS = {
    "reference_photos": "INSERT OR DELETE OR UPDATE OF active ON reference_photos",
    "reference_embeddings": "INSERT OR DELETE OR UPDATE ON reference_embeddings",
    "cases": "DELETE OR UPDATE OF state, legal_basis_expires_at, threshold_raise ON cases",
    "embedders": "UPDATE OF threshold_similarity ON embedders",
    "sightings": "DELETE OR UPDATE OF state ON sightings",
}
"""Whatever decides what a face is compared with, and from which similarity on it is proposed."""


def upgrade() -> None:
    op.create_table('gallery_changes',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_gallery_changes'))
    )
    op.create_table('evaluations',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('embedder_id', sa.Integer(), nullable=False),
    sa.Column('folder_name', sa.String(length=255), nullable=False),
    sa.Column('detector', sa.String(length=120), nullable=False),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.Column('photos', sa.Integer(), nullable=False),
    sa.Column('photos_left_out', sa.Integer(), nullable=False),
    sa.Column('report', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('det_svg', sa.Text(), server_default='', nullable=False),
    sa.Column('roc_svg', sa.Text(), server_default='', nullable=False),
    sa.Column('evaluated_by_name', sa.String(length=254), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['embedder_id'], ['embedders.id'], name=op.f('fk_evaluations_embedder_id_embedders')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evaluations'))
    )
    op.create_index('ix_evaluations_embedder_id_id', 'evaluations', ['embedder_id', 'id'], unique=False)
    op.create_table('retention_receipts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('expired_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('embedder_id', sa.Integer(), nullable=False),
    sa.Column('faces', sa.Integer(), nullable=False),
    sa.Column('sightings', sa.Integer(), nullable=False),
    sa.Column('crops', sa.Integer(), nullable=False),
    sa.Column('crop_bytes', sa.BigInteger(), nullable=False),
    sa.Column('oldest_face_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('newest_face_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('receipt_sha256', sa.String(length=64), nullable=False),
    sa.Column('index_cleaned_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['embedder_id'], ['embedders.id'], name=op.f('fk_retention_receipts_embedder_id_embedders')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_retention_receipts')),
    sa.UniqueConstraint('receipt_sha256', name=op.f('uq_retention_receipts_receipt_sha256'))
    )
    op.create_index('ix_retention_receipts_expired_at', 'retention_receipts', ['expired_at'], unique=False)
    op.create_table('face_searches',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('embedder_id', sa.Integer(), nullable=False),
    sa.Column('occasion', sa.Enum('new photo', 'request', name='searchoccasion', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('searched_by_id', sa.Integer(), nullable=True),
    sa.Column('searched_by_name', sa.String(length=254), nullable=False),
    sa.Column('photo_ids', postgresql.ARRAY(sa.Integer()), nullable=False),
    sa.Column('radius_m', sa.Double(), nullable=True),
    sa.Column('seen_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('seen_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('face_limit', sa.Integer(), nullable=False),
    sa.Column('shows_below', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('threshold_similarity', sa.Double(), nullable=False),
    sa.Column('method', sa.Enum('exact', 'index', name='searchmethod', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('faces_searched', sa.Integer(), nullable=False),
    sa.Column('faces_of_other_models', sa.Integer(), nullable=False),
    sa.Column('cameras_searched', sa.Integer(), nullable=False),
    sa.Column('seconds_searched', sa.Double(), nullable=False),
    sa.Column('oldest_face_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('newest_face_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('above_threshold', sa.Integer(), nullable=False),
    sa.Column('proposed', sa.Integer(), nullable=False),
    sa.Column('is_cut_off', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('milliseconds', sa.Double(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_face_searches_case_id_cases'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['embedder_id'], ['embedders.id'], name=op.f('fk_face_searches_embedder_id_embedders')),
    sa.ForeignKeyConstraint(['searched_by_id'], ['users.id'], name=op.f('fk_face_searches_searched_by_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_face_searches'))
    )
    op.create_index('ix_face_searches_case_id_id', 'face_searches', ['case_id', 'id'], unique=False)
    op.create_table('face_search_results',
    sa.Column('search_id', sa.Integer(), nullable=False),
    sa.Column('rank', sa.Integer(), nullable=False),
    sa.Column('face_id', sa.BigInteger(), nullable=False),
    sa.Column('photo_id', sa.Integer(), nullable=True),
    sa.Column('similarity', sa.Double(), nullable=False),
    sa.Column('distance_m', sa.Double(), nullable=True),
    sa.ForeignKeyConstraint(['face_id'], ['faces.id'], name=op.f('fk_face_search_results_face_id_faces'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['photo_id'], ['reference_photos.id'], name=op.f('fk_face_search_results_photo_id_reference_photos'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['search_id'], ['face_searches.id'], name=op.f('fk_face_search_results_search_id_face_searches'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('search_id', 'rank', name=op.f('pk_face_search_results'))
    )
    op.create_index('ix_face_search_results_face_id', 'face_search_results', ['face_id'], unique=False)
    op.create_table('sighting_similarities',
    sa.Column('sighting_id', sa.BigInteger(), nullable=False),
    sa.Column('photo_id', sa.Integer(), nullable=False),
    sa.Column('similarity', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['photo_id'], ['reference_photos.id'], name=op.f('fk_sighting_similarities_photo_id_reference_photos'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['sighting_id'], ['sightings.id'], name=op.f('fk_sighting_similarities_sighting_id_sightings'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('sighting_id', 'photo_id', name=op.f('pk_sighting_similarities'))
    )
    op.create_index('ix_sighting_similarities_photo_id', 'sighting_similarities', ['photo_id'], unique=False)
    op.add_column('cases', sa.Column('threshold_raise', sa.Double(), server_default=sa.text('0'), nullable=False))
    op.add_column('cases', sa.Column('legal_hold', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('cases', sa.Column('legal_hold_reason', sa.Text(), server_default='', nullable=False))
    op.add_column('cases', sa.Column('legal_hold_at', sa.DateTime(timezone=True), nullable=True))
    op.drop_index(op.f('ix_faces_camera_id_best_at'), table_name='faces')
    op.create_index('ix_faces_embedder_id_camera_id_best_at', 'faces', ['embedder_id', 'camera_id', 'best_at'], unique=False, postgresql_include=['expires_at'])
    op.add_column('sightings', sa.Column('like_rejected', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('sightings', sa.Column('rejected_similarity', sa.Double(), nullable=True))
    op.add_column('sightings', sa.Column('rejected_sighting_id', sa.BigInteger(), nullable=True))
    op.create_index('ix_sightings_face_id', 'sightings', ['face_id'], unique=False)
    op.create_foreign_key(op.f('fk_sightings_rejected_sighting_id_sightings'), 'sightings', 'sightings', ['rejected_sighting_id'], ['id'], ondelete='SET NULL')
    op.create_index('ix_sightings_rejected_sighting_id', 'sightings', ['rejected_sighting_id'], unique=False, postgresql_where=sa.text('rejected_sighting_id IS NOT NULL'))
    op.create_index('ix_cameras_position', 'cameras', ['position'], unique=False, postgresql_using='gist')
    op.create_check_constraint(op.f('ck_cases_threshold_raise'), 'cases', 'threshold_raise >= 0 AND threshold_raise <= 0.5')
    op.execute(NOTE_GALLERY_CHANGE)
    for table, events in GALLERY_TRIGGERS.items():
        op.execute(
            f"CREATE TRIGGER {table}_change_galleries AFTER {events} "
            "FOR EACH STATEMENT EXECUTE FUNCTION note_gallery_change()"
        )


def downgrade() -> None:
    for table in GALLERY_TRIGGERS:
        op.execute(f"DROP TRIGGER {table}_change_galleries ON {table}")
    op.execute("DROP FUNCTION note_gallery_change()")
    op.drop_constraint(op.f('ck_cases_threshold_raise'), 'cases', type_='check')
    op.drop_index('ix_cameras_position', table_name='cameras', postgresql_using='gist')
    op.drop_index('ix_sightings_rejected_sighting_id', table_name='sightings')
    op.drop_constraint(op.f('fk_sightings_rejected_sighting_id_sightings'), 'sightings', type_='foreignkey')
    op.drop_index('ix_sightings_face_id', table_name='sightings')
    op.drop_column('sightings', 'rejected_sighting_id')
    op.drop_column('sightings', 'rejected_similarity')
    op.drop_column('sightings', 'like_rejected')
    op.drop_index('ix_faces_embedder_id_camera_id_best_at', table_name='faces', postgresql_include=['expires_at'])
    op.create_index(op.f('ix_faces_camera_id_best_at'), 'faces', ['camera_id', 'best_at'], unique=False)
    op.drop_column('cases', 'legal_hold_at')
    op.drop_column('cases', 'legal_hold_reason')
    op.drop_column('cases', 'legal_hold')
    op.drop_column('cases', 'threshold_raise')
    op.drop_index('ix_sighting_similarities_photo_id', table_name='sighting_similarities')
    op.drop_table('sighting_similarities')
    op.drop_index('ix_face_search_results_face_id', table_name='face_search_results')
    op.drop_table('face_search_results')
    op.drop_index('ix_face_searches_case_id_id', table_name='face_searches')
    op.drop_table('face_searches')
    op.drop_index('ix_retention_receipts_expired_at', table_name='retention_receipts')
    op.drop_table('retention_receipts')
    op.drop_index('ix_evaluations_embedder_id_id', table_name='evaluations')
    op.drop_table('evaluations')
    op.drop_table('gallery_changes')
