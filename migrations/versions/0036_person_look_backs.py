"""Look-backs of persons of interest, and which sweeps hold what a purged case left.

Revision: 0036, after 0033
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0033"
branch_labels = None
depends_on = None

KEPT_NOTE = "Faces of an earlier look that sightings of this case rest on."
"""What a purge wrote into such a sweep until now."""


def upgrade() -> None:
    op.create_table('person_look_backs',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('authorisation_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'running', 'done', 'failed', 'ended', name='lookbackstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('asked_by_id', sa.Integer(), nullable=True),
    sa.Column('asked_by_name', sa.String(length=254), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('attempt', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('queued_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('beat_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('until_face_id', sa.BigInteger(), nullable=True),
    sa.Column('after_face_id', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('faces_kept', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('faces', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('faces_of_other_models', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('proposed', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('oldest_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('newest_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('problem', sa.Text(), server_default='', nullable=False),
    sa.ForeignKeyConstraint(['asked_by_id'], ['users.id'], name=op.f('fk_person_look_backs_asked_by_id_users')),
    sa.ForeignKeyConstraint(['authorisation_id'], ['person_authorisations.id'], name=op.f('fk_person_look_backs_authorisation_id_person_authorisations'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['persons_of_interest.id'], name=op.f('fk_person_look_backs_person_id_persons_of_interest'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person_look_backs'))
    )
    op.create_index('ix_person_look_backs_asked_at', 'person_look_backs', ['asked_at'], unique=False)
    op.create_index('ix_person_look_backs_person_id', 'person_look_backs', ['person_id'], unique=False)
    op.create_index('uq_person_look_backs_open', 'person_look_backs', ['authorisation_id'], unique=True, postgresql_where=sa.text("state IN ('waiting', 'running')"))
    op.add_column('person_sightings', sa.Column('look_back_id', sa.Integer(), nullable=True))
    op.create_index('ix_person_sightings_look_back_id', 'person_sightings', ['look_back_id'], unique=False)
    op.create_foreign_key(op.f('fk_person_sightings_look_back_id_person_look_backs'), 'person_sightings', 'person_look_backs', ['look_back_id'], ['id'], ondelete='SET NULL')
    op.add_column('sweeps', sa.Column('is_inherited', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    sweeps = sa.table("sweeps", sa.column("note"), sa.column("created_by_id"), sa.column("is_inherited"))
    op.execute(
        sweeps.update()
        .where(sweeps.c.note == KEPT_NOTE, sweeps.c.created_by_id.is_(None))
        .values(is_inherited=True)
    )


def downgrade() -> None:
    op.drop_column('sweeps', 'is_inherited')
    op.drop_constraint(op.f('fk_person_sightings_look_back_id_person_look_backs'), 'person_sightings', type_='foreignkey')
    op.drop_index('ix_person_sightings_look_back_id', table_name='person_sightings')
    op.drop_column('person_sightings', 'look_back_id')
    op.drop_table('person_look_backs')
