"""An application over a throw-away database of the tests' cluster, for benchmarks."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade

from app.config import PROJECT_ROOT, Settings, load_settings
from app.extensions import db
from app.factory import create_app
from tests.private_database import find_cluster


@contextmanager
def benchmark_app(**changes: object) -> Iterator[Flask]:
    """An application with a migrated database of its own, dropped at the end.

    Redis is the one of the environment (REDIS_URL). Raises SystemExit where no cluster runs.
    """
    cluster = find_cluster(PROJECT_ROOT)
    if cluster is None:
        raise SystemExit("No cluster runs for benchmarks: scripts/services.sh start --test")
    name = f"lastseen_bench_{secrets.token_hex(4)}"
    address = cluster.create(name)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "footage").mkdir()
        values: dict[str, object] = {
            "secret_key": secrets.token_hex(32),
            "database_url": address,
            "media_dir": Path(folder) / "media",
            "footage_roots": str(Path(folder) / "footage"),
            "session_cookie_secure": False,
            "rate_limits_enabled": False,
        }
        application = create_app(load_settings(**{**values, **changes}))
        try:
            with application.app_context():
                upgrade(str(PROJECT_ROOT / "migrations"))
                db.engine.dispose()
            yield application
        finally:
            with application.app_context():
                db.session.remove()
                db.engine.dispose()
            cluster.drop(name)


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment from which another process reads exactly these settings."""
    values = {name: getattr(settings, name) for name in type(settings).model_fields}
    return {
        name.upper(): value.get_secret_value() if hasattr(value, "get_secret_value") else str(value)
        for name, value in values.items()
    }
