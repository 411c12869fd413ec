"""Persons of interest: authorisations, photos, comparisons, faces proposed, and who may see them.

Revision: 0033, after 0032
"""

from __future__ import annotations

import pgvector.sqlalchemy
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

ALERT_KINDS_BEFORE = (
    "sighting", "tip match", "found-person match", "post match", "review disagreement",
    "sweep failed",
)
GALLERY_TRIGGERS = {
    "persons_of_interest": "INSERT OR DELETE OR UPDATE OF threshold_raise ON persons_of_interest",
    "person_authorisations": "INSERT OR DELETE OR UPDATE ON person_authorisations",
    "person_photos": "INSERT OR DELETE OR UPDATE OF active ON person_photos",
    "person_embeddings": "INSERT OR DELETE OR UPDATE ON person_embeddings",
}
"""Galleries in memory are read anew after these."""


def _admit_kinds(kinds: tuple[str, ...]) -> None:
    name = op.f("ck_alerts_alertkind")
    op.drop_constraint(name, "alerts", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(name, "alerts", f"kind IN ({listed})")


def upgrade() -> None:
    
    op.create_table('persons_of_interest',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('label', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=200), server_default='', nullable=False),
    sa.Column('description', sa.Text(), server_default='', nullable=False),
    sa.Column('reason', sa.Text(), server_default='', nullable=False),
    sa.Column('threshold_raise', sa.Double(), server_default=sa.text('0'), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('created_by_name', sa.String(length=254), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('purged_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("label <> ''", name=op.f('ck_persons_of_interest_label')),
    sa.CheckConstraint('threshold_raise >= 0 AND threshold_raise <= 0.5', name=op.f('ck_persons_of_interest_threshold_raise')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_persons_of_interest_case_id_cases'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_persons_of_interest_created_by_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_persons_of_interest')),
    sa.UniqueConstraint('case_id', 'label', name=op.f('uq_persons_of_interest_case_id_label'))
    )
    op.create_table('person_authorisations',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('requested', 'granted', 'refused', 'withdrawn', 'expired', 'ended', name='authorisationstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('legal_basis', sa.Text(), nullable=False),
    sa.Column('order_reference', sa.String(length=200), nullable=False),
    sa.Column('photo_ids', postgresql.ARRAY(sa.Integer()), server_default='{}', nullable=False),
    sa.Column('requested_by_id', sa.Integer(), nullable=False),
    sa.Column('requested_by_name', sa.String(length=254), nullable=False),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.Column('decided_by_name', sa.Text(), server_default='', nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decision_remarks', sa.Text(), server_default='', nullable=False),
    sa.Column('ended_by_name', sa.Text(), server_default='', nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('end_reason', sa.Text(), server_default='', nullable=False),
    sa.CheckConstraint("legal_basis <> '' AND order_reference <> ''", name=op.f('ck_person_authorisations_rests_on_something')),
    sa.CheckConstraint("state NOT IN ('granted', 'refused') OR decided_by_id IS NOT NULL", name=op.f('ck_person_authorisations_decided')),
    sa.CheckConstraint('decided_by_id <> requested_by_id', name=op.f('ck_person_authorisations_two_people')),
    sa.CheckConstraint('expires_at > requested_at', name=op.f('ck_person_authorisations_expires_later')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['users.id'], name=op.f('fk_person_authorisations_decided_by_id_users')),
    sa.ForeignKeyConstraint(['person_id'], ['persons_of_interest.id'], name=op.f('fk_person_authorisations_person_id_persons_of_interest'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['requested_by_id'], ['users.id'], name=op.f('fk_person_authorisations_requested_by_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person_authorisations'))
    )
    op.create_index('ix_person_authorisations_person_id', 'person_authorisations', ['person_id'], unique=False)
    op.create_index('uq_person_authorisations_granted', 'person_authorisations', ['person_id'], unique=True, postgresql_where=sa.text("state = 'granted'"))
    op.create_index('uq_person_authorisations_requested', 'person_authorisations', ['person_id'], unique=True, postgresql_where=sa.text("state = 'requested'"))
    op.create_table('person_photos',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('face_sha256', sa.String(length=64), nullable=False),
    sa.Column('width_px', sa.Integer(), nullable=False),
    sa.Column('height_px', sa.Integer(), nullable=False),
    sa.Column('quality', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('purged_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('added_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['added_by_id'], ['users.id'], name=op.f('fk_person_photos_added_by_id_users')),
    sa.ForeignKeyConstraint(['person_id'], ['persons_of_interest.id'], name=op.f('fk_person_photos_person_id_persons_of_interest'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person_photos')),
    sa.UniqueConstraint('person_id', 'sha256', name=op.f('uq_person_photos_person_id_sha256'))
    )
    op.create_index('ix_person_photos_face_sha256', 'person_photos', ['face_sha256'], unique=False)
    op.create_index('ix_person_photos_sha256', 'person_photos', ['sha256'], unique=False)
    op.create_table('person_receipts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('purged_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('photos', sa.Integer(), nullable=False),
    sa.Column('embeddings', sa.Integer(), nullable=False),
    sa.Column('pictures', sa.Integer(), nullable=False),
    sa.Column('picture_bytes', sa.BigInteger(), nullable=False),
    sa.Column('receipt_sha256', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['persons_of_interest.id'], name=op.f('fk_person_receipts_person_id_persons_of_interest'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person_receipts')),
    sa.UniqueConstraint('receipt_sha256', name=op.f('uq_person_receipts_receipt_sha256'))
    )
    op.create_index('ix_person_receipts_person_id', 'person_receipts', ['person_id'], unique=False)
    op.create_table('person_comparisons',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('authorisation_id', sa.Integer(), nullable=False),
    sa.Column('faces', sa.Integer(), nullable=False),
    sa.Column('proposed', sa.Integer(), nullable=False),
    sa.Column('first_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['authorisation_id'], ['person_authorisations.id'], name=op.f('fk_person_comparisons_authorisation_id_person_authorisations'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['persons_of_interest.id'], name=op.f('fk_person_comparisons_person_id_persons_of_interest'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_person_comparisons_visit_id_visits'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person_comparisons')),
    sa.UniqueConstraint('visit_id', 'authorisation_id', name=op.f('uq_person_comparisons_visit_id_authorisation_id'))
    )
    op.create_index('ix_person_comparisons_first_at', 'person_comparisons', ['first_at'], unique=False)
    op.create_index('ix_person_comparisons_person_id', 'person_comparisons', ['person_id'], unique=False)
    op.create_table('person_embeddings',
    sa.Column('photo_id', sa.Integer(), nullable=False),
    sa.Column('embedder_id', sa.Integer(), nullable=False),
    sa.Column('embedding', pgvector.sqlalchemy.HALFVEC(), nullable=False),
    sa.ForeignKeyConstraint(['embedder_id'], ['embedders.id'], name=op.f('fk_person_embeddings_embedder_id_embedders')),
    sa.ForeignKeyConstraint(['photo_id'], ['person_photos.id'], name=op.f('fk_person_embeddings_photo_id_person_photos'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('photo_id', 'embedder_id', name=op.f('pk_person_embeddings'))
    )
    op.create_table('person_sightings',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('authorisation_id', sa.Integer(), nullable=False),
    sa.Column('face_id', sa.BigInteger(), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('camera_id', sa.Integer(), nullable=False),
    sa.Column('embedder_id', sa.Integer(), nullable=False),
    sa.Column('photo_id', sa.Integer(), nullable=True),
    sa.Column('similarity', sa.Double(), nullable=False),
    sa.Column('threshold_similarity', sa.Double(), nullable=False),
    sa.Column('state', sa.Enum('candidate', 'confirmed', 'rejected', 'unsure', name='sightingstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('is_lead', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('awaits', sa.Enum('first', 'second', 'third', name='reviewstage', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('latitude_deg', sa.Float(precision=53), nullable=False),
    sa.Column('longitude_deg', sa.Float(precision=53), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['authorisation_id'], ['person_authorisations.id'], name=op.f('fk_person_sightings_authorisation_id_person_authorisations'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['camera_id'], ['cameras.id'], name=op.f('fk_person_sightings_camera_id_cameras')),
    sa.ForeignKeyConstraint(['embedder_id'], ['embedders.id'], name=op.f('fk_person_sightings_embedder_id_embedders')),
    sa.ForeignKeyConstraint(['face_id'], ['faces.id'], name=op.f('fk_person_sightings_face_id_faces')),
    sa.ForeignKeyConstraint(['person_id'], ['persons_of_interest.id'], name=op.f('fk_person_sightings_person_id_persons_of_interest'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['photo_id'], ['person_photos.id'], name=op.f('fk_person_sightings_photo_id_person_photos'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_person_sightings_visit_id_visits'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person_sightings')),
    sa.UniqueConstraint('person_id', 'face_id', name=op.f('uq_person_sightings_person_id_face_id'))
    )
    op.create_index('ix_person_sightings_face_id', 'person_sightings', ['face_id'], unique=False)
    op.create_index('ix_person_sightings_photo_id', 'person_sightings', ['photo_id'], unique=False)
    op.create_table('person_verdicts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('sighting_id', sa.BigInteger(), nullable=False),
    sa.Column('reviewer_id', sa.Integer(), nullable=False),
    sa.Column('reviewer_name', sa.String(length=254), nullable=False),
    sa.Column('verdict', sa.Enum('confirmed', 'rejected', 'unsure', name='verdict', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('remarks', sa.Text(), server_default='', nullable=False),
    sa.Column('blind', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['reviewer_id'], ['users.id'], name=op.f('fk_person_verdicts_reviewer_id_users')),
    sa.ForeignKeyConstraint(['sighting_id'], ['person_sightings.id'], name=op.f('fk_person_verdicts_sighting_id_person_sightings'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person_verdicts'))
    )
    op.create_index('ix_person_verdicts_sighting_id', 'person_verdicts', ['sighting_id'], unique=False)
    op.add_column('alerts', sa.Column('person_id', sa.Integer(), nullable=True))
    op.create_index('ix_alerts_person_id', 'alerts', ['person_id'], unique=False)
    op.create_foreign_key(op.f('fk_alerts_person_id_persons_of_interest'), 'alerts', 'persons_of_interest', ['person_id'], ['id'], ondelete='CASCADE')
    op.add_column('users', sa.Column('may_see_persons', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    _admit_kinds((*ALERT_KINDS_BEFORE, "person of interest"))
    for table, events in GALLERY_TRIGGERS.items():
        op.execute(
            f"CREATE TRIGGER {table}_change_galleries AFTER {events} "
            "FOR EACH STATEMENT EXECUTE FUNCTION note_gallery_change()"
        )


def downgrade() -> None:
    op.execute("DELETE FROM alerts WHERE person_id IS NOT NULL")
    _admit_kinds(ALERT_KINDS_BEFORE)
    
    op.drop_column('users', 'may_see_persons')
    op.drop_constraint(op.f('fk_alerts_person_id_persons_of_interest'), 'alerts', type_='foreignkey')
    op.drop_index('ix_alerts_person_id', table_name='alerts')
    op.drop_column('alerts', 'person_id')
    op.drop_index('ix_person_verdicts_sighting_id', table_name='person_verdicts')
    op.drop_table('person_verdicts')
    op.drop_index('ix_person_sightings_photo_id', table_name='person_sightings')
    op.drop_index('ix_person_sightings_face_id', table_name='person_sightings')
    op.drop_table('person_sightings')
    op.drop_table('person_embeddings')
    op.drop_index('ix_person_comparisons_person_id', table_name='person_comparisons')
    op.drop_index('ix_person_comparisons_first_at', table_name='person_comparisons')
    op.drop_table('person_comparisons')
    op.drop_index('ix_person_receipts_person_id', table_name='person_receipts')
    op.drop_table('person_receipts')
    op.drop_index('ix_person_photos_sha256', table_name='person_photos')
    op.drop_index('ix_person_photos_face_sha256', table_name='person_photos')
    op.drop_table('person_photos')
    op.drop_index('uq_person_authorisations_requested', table_name='person_authorisations', postgresql_where=sa.text("state = 'requested'"))
    op.drop_index('uq_person_authorisations_granted', table_name='person_authorisations', postgresql_where=sa.text("state = 'granted'"))
    op.drop_index('ix_person_authorisations_person_id', table_name='person_authorisations')
    op.drop_table('person_authorisations')
    op.drop_table('persons_of_interest')
    
