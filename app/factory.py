"""Puts the application together."""

from __future__ import annotations

from flask_openapi3.openapi import OpenAPI
from sqlalchemy.engine import URL, make_url

import app.models  # noqa: F401  (registers the tables with the metadata)
from app import api, cli, gate, problems, queues, recogniser, security, static_files, views
from app.config import PROJECT_ROOT, Settings, load_settings
from app.extensions import csrf, db, login_manager, migrate
from app.services.base import audit, live
from app.services.embeddings import face_memory
from app.services.prioritisation import search_models

DATABASE_POOL_SIZE = 10
DATABASE_POOL_OVERFLOW = 20
DATABASE_CONNECT_TIMEOUT_S = 5
STATEMENT_TIMEOUT_MS = 60_000


def create_app(settings: Settings | None = None) -> OpenAPI:
    """Build an application from `settings`, or from the environment.

    Raises ConfigurationError when a setting is missing or unsafe.
    """
    settings = settings or load_settings()
    application = OpenAPI(
        "app",
        static_folder=str(PROJECT_ROOT / "static"),
        template_folder=str(PROJECT_ROOT / "templates"),
        root_path=str(PROJECT_ROOT),
        **api.openapi_options(),
    )
    application.config.update(
        LASTSEEN=settings,
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SQLALCHEMY_DATABASE_URI=database_url(settings),
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(),
        MAX_CONTENT_LENGTH=settings.max_footage_bytes,
    )
    db.init_app(application)
    migrate.init_app(application, db, directory=str(PROJECT_ROOT / "migrations"))
    csrf.init_app(application)
    login_manager.init_app(application)
    queues.install(application, settings)
    recogniser.install(application, settings)
    audit.install()
    live.install(application, settings)
    search_models.install(application)
    face_memory.install(application)
    security.install(application)
    problems.install(application)
    gate.install(application)
    static_files.install(application)
    views.register(application)
    api.register(application)
    cli.register(application)
    return application


def database_url(settings: Settings) -> URL:
    """The database's address, always with the psycopg 3 driver."""
    url = make_url(settings.database_url.get_secret_value())
    if url.drivername in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    return url


def _engine_options() -> dict[str, object]:
    # Short queries by many: a query that starts helpers of its own takes longer, not less long.
    return {
        "pool_size": DATABASE_POOL_SIZE,
        "max_overflow": DATABASE_POOL_OVERFLOW,
        "pool_pre_ping": True,
        "pool_timeout": DATABASE_CONNECT_TIMEOUT_S,
        # Error messages would otherwise carry stream addresses and names into the logs.
        "hide_parameters": True,
        "connect_args": {
            "connect_timeout": DATABASE_CONNECT_TIMEOUT_S,
            "options": "-c timezone=UTC -c jit=off -c max_parallel_workers_per_gather=0"
            f" -c statement_timeout={STATEMENT_TIMEOUT_MS}",
        },
    }
