"""Posts: imports, accounts, contacts, signs; their pictures among the contributed photos.

Revision: 0025, after 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None

OWNER = "ck_contributed_photos_one_owner"
KINDS_BEFORE = (
    "sighting", "tip match", "found-person match", "review disagreement", "sweep failed"
)


def _admit_kinds(kinds: tuple[str, ...]) -> None:
    name = op.f("ck_alerts_alertkind")
    op.drop_constraint(name, "alerts", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(name, "alerts", f"kind IN ({listed})")


def _set_owner(condition: str) -> None:
    op.drop_constraint(op.f(OWNER), "contributed_photos", type_="check")
    op.create_check_constraint(op.f(OWNER), "contributed_photos", condition)


def upgrade() -> None:
    op.create_table('post_accounts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('platform', sa.String(length=100), nullable=False),
    sa.Column('handle', sa.String(length=200), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_post_accounts')),
    sa.UniqueConstraint('platform', 'key', name=op.f('uq_post_accounts_platform_key'))
    )
    op.create_table('post_contacts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('phone', 'e-mail', 'address', 'vehicle', name='contactkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('value', sa.String(length=300), nullable=False),
    sa.Column('posts', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('accounts', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('places', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('busiest_posts', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('busiest_from', sa.DateTime(timezone=True), nullable=True),
    sa.Column('widest_places', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('widest_from', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_post_contacts')),
    sa.UniqueConstraint('kind', 'value', name=op.f('uq_post_contacts_kind_value'))
    )
    op.create_table('post_imports',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('label', sa.String(length=100), nullable=False),
    sa.Column('origin', sa.String(length=200), nullable=False),
    sa.Column('purpose', sa.Text(), server_default='', nullable=False),
    sa.Column('timezone', sa.String(length=60), nullable=False),
    sa.Column('region', sa.String(length=2), nullable=False),
    sa.Column('format', sa.String(length=60), nullable=False),
    sa.Column('file_name', sa.String(length=255), nullable=False),
    sa.Column('file_sha256', sa.String(length=64), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('added', sa.Integer(), nullable=False),
    sa.Column('already_there', sa.Integer(), nullable=False),
    sa.Column('refused', sa.Integer(), nullable=False),
    sa.Column('pictures', sa.Integer(), nullable=False),
    sa.Column('problems', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('imported_by_id', sa.Integer(), nullable=True),
    sa.Column('imported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('taken_back_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['imported_by_id'], ['users.id'], name=op.f('fk_post_imports_imported_by_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_post_imports'))
    )
    op.create_index('ix_post_imports_file_sha256', 'post_imports', ['file_sha256'], unique=False)
    op.create_table('posts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('import_id', sa.Integer(), nullable=False),
    sa.Column('row_number', sa.Integer(), nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('content_sha256', sa.String(length=64), nullable=False),
    sa.Column('text_key', sa.String(length=64), nullable=True),
    sa.Column('ref', sa.String(length=200), server_default='', nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('title', sa.Text(), server_default='', nullable=False),
    sa.Column('content', sa.Text(), server_default='', nullable=False),
    sa.Column('posted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('category', sa.String(length=100), server_default='', nullable=False),
    sa.Column('place', sa.String(length=200), server_default='', nullable=False),
    sa.Column('latitude_deg', sa.Float(precision=53), nullable=True),
    sa.Column('longitude_deg', sa.Float(precision=53), nullable=True),
    sa.Column('price', sa.Float(precision=53), nullable=True),
    sa.Column('currency', sa.String(length=3), server_default='', nullable=False),
    sa.Column('web_address', sa.Text(), server_default='', nullable=False),
    sa.Column('word_signs', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('tone_level', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('frequency_level', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('price_level', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('shared_level', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('price_peers', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('price_median', sa.Float(precision=53), nullable=True),
    sa.Column('price_deviation', sa.Float(precision=53), nullable=True),
    sa.Column('price_of_place', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('text_accounts', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(latitude_deg IS NULL) = (longitude_deg IS NULL)', name=op.f('ck_posts_whole_position')),
    sa.ForeignKeyConstraint(['account_id'], ['post_accounts.id'], name=op.f('fk_posts_account_id_post_accounts')),
    sa.ForeignKeyConstraint(['import_id'], ['post_imports.id'], name=op.f('fk_posts_import_id_post_imports'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_posts'))
    )
    op.create_index('ix_posts_account_id', 'posts', ['account_id'], unique=False)
    op.create_index('ix_posts_content_sha256', 'posts', ['content_sha256'], unique=True, postgresql_where=sa.text('active'))
    op.create_index('ix_posts_expires_at', 'posts', ['expires_at'], unique=False)
    op.create_index('ix_posts_import_id', 'posts', ['import_id'], unique=False)
    op.create_index('ix_posts_text_key', 'posts', ['text_key'], unique=False)
    op.create_table('post_contact_uses',
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.Column('contact_id', sa.Integer(), nullable=False),
    sa.Column('from_char', sa.Integer(), nullable=True),
    sa.Column('to_char', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['contact_id'], ['post_contacts.id'], name=op.f('fk_post_contact_uses_contact_id_post_contacts')),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_post_contact_uses_post_id_posts'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('post_id', 'contact_id', name=op.f('pk_post_contact_uses'))
    )
    op.create_index('ix_post_contact_uses_contact_id', 'post_contact_uses', ['contact_id'], unique=False)
    op.add_column('contributed_photos', sa.Column('post_id', sa.Integer(), nullable=True))
    op.create_index('ix_contributed_photos_post_id', 'contributed_photos', ['post_id'], unique=False)
    op.create_foreign_key(op.f('fk_contributed_photos_post_id_posts'), 'contributed_photos', 'posts', ['post_id'], ['id'], ondelete='CASCADE')
    op.add_column('contribution_receipts', sa.Column('posts', sa.Integer(), server_default=sa.text('0'), nullable=False))
    _set_owner("num_nonnulls(tip_id, found_person_id, post_id) = 1")
    _admit_kinds((*KINDS_BEFORE, "post match"))
    op.add_column('users', sa.Column('may_read_posts', sa.Boolean(), server_default=sa.text('false'), nullable=False))


def downgrade() -> None:
    op.drop_column('users', 'may_read_posts')
    op.execute("DELETE FROM alerts WHERE kind = 'post match'")
    _admit_kinds(KINDS_BEFORE)
    op.execute("DELETE FROM contributed_photos WHERE post_id IS NOT NULL")
    _set_owner("(tip_id IS NULL) <> (found_person_id IS NULL)")
    op.drop_column('contribution_receipts', 'posts')
    op.drop_constraint(op.f('fk_contributed_photos_post_id_posts'), 'contributed_photos', type_='foreignkey')
    op.drop_index('ix_contributed_photos_post_id', table_name='contributed_photos')
    op.drop_column('contributed_photos', 'post_id')
    op.drop_index('ix_post_contact_uses_contact_id', table_name='post_contact_uses')
    op.drop_table('post_contact_uses')
    op.drop_index('ix_posts_text_key', table_name='posts')
    op.drop_index('ix_posts_import_id', table_name='posts')
    op.drop_index('ix_posts_expires_at', table_name='posts')
    op.drop_index('ix_posts_content_sha256', table_name='posts', postgresql_where=sa.text('active'))
    op.drop_index('ix_posts_account_id', table_name='posts')
    op.drop_table('posts')
    op.drop_index('ix_post_imports_file_sha256', table_name='post_imports')
    op.drop_table('post_imports')
    op.drop_table('post_contacts')
    op.drop_table('post_accounts')
