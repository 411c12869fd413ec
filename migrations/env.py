"""Runs the migrations inside the Flask application (`flask db upgrade`)."""

from __future__ import annotations

import logging
from logging.config import fileConfig

from alembic import context
from flask import current_app
from geoalchemy2 import alembic_helpers

config = context.config
if config.config_file_name is not None:
    fileConfig(config.config_file_name, disable_existing_loggers=False)
log = logging.getLogger("alembic.env")

database = current_app.extensions["migrate"].db

# PostGIS keeps tables of its own in the database; they are not ours to compare.
FOREIGN_TABLES = {"spatial_ref_sys"}


def include_object(item, name, kind, reflected, compare_to):
    """Leave out PostGIS' tables, and what GeoAlchemy2 creates by itself."""
    if kind == "table" and name in FOREIGN_TABLES:
        return False
    return alembic_helpers.include_object(item, name, kind, reflected, compare_to)


def run_migrations() -> None:
    """Upgrade or downgrade over a connection; each migration is one transaction."""
    with database.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            include_object=include_object,
            process_revision_directives=alembic_helpers.writer,
            render_item=alembic_helpers.render_item,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Migrations need a database; offline SQL is not supported.")
run_migrations()
