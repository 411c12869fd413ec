"""The application on a real, migrated database and a real Redis.

Most tests run inside one outer transaction that is rolled back (`app`, `session`, `client`). Tests
that need true commits (several processes, killed workers) take `committing_app`, which has a
database to itself.
"""

from __future__ import annotations

import itertools
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from werkzeug.test import TestResponse

from app.config import PROJECT_ROOT, Settings, load_settings
from app.extensions import db
from app.factory import create_app
from app.models.accounts import Role, User
from app.services.base import user_sessions
from app.services.base.actors import Actor
from app.services.people import passwords
from app.services.people.accounts import actor_for
from tests.private_database import Cluster

PASSWORD = "violet-harbour-42-lantern"
_PASSWORD_HASH = passwords.hash_password(PASSWORD)
_NUMBERS = itertools.count(1)


class Client(FlaskClient):
    """A browser. Each request has an application context, and so a database session, of its own.

    Without that it would share the test's context, and with it the logged-in user in `g`.
    """

    user: User | None = None

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        db.session.commit()
        with self.application.app_context():
            response = super().open(*args, **kwargs)
        db.session.expire_all()
        return response


def make_settings(database_url: str, redis_url: str, folder: Path, **changes: object) -> Settings:
    """Settings of a test application; everything that it writes lies under `folder`."""
    values: dict[str, object] = {
        "secret_key": secrets.token_hex(32),
        "database_url": database_url,
        "redis_url": redis_url,
        "media_dir": folder / "media",
        "footage_roots": str(folder / "footage"),
        "session_cookie_secure": False,
        "rate_limits_enabled": False,
        "tile_url": "",
        "geocoder": "",
        "face_pack": "",
        "plan_particles": 3000,
        # A copy in memory is read by a thread, which cannot share a test's one connection.
        "face_memory_mb": 0,
    }
    return load_settings(**{**values, **changes})


def make_app(settings: Settings) -> Flask:
    """An application for tests, its database migrated by the real migrations."""
    application = create_app(settings)
    application.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    application.test_client_class = Client
    with application.app_context():
        upgrade(str(PROJECT_ROOT / "migrations"))
        db.engine.dispose()
    return application


@pytest.fixture(scope="session")
def shared_app(
    database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Flask:
    """The application of this test process; take `app` instead."""
    folder = tmp_path_factory.mktemp("lastseen")
    (folder / "footage").mkdir()
    return make_app(make_settings(database_url, redis_url, folder))


@pytest.fixture
def app(shared_app: Flask) -> Iterator[Flask]:
    """The application, its context pushed, and all that it commits undone after the test."""
    db.session.session_factory.configure(join_transaction_mode="create_savepoint")
    with shared_app.app_context():
        engine = db.engines[None]
        connection = engine.connect()
        outer = connection.begin()
        db.engines[None] = connection  # type: ignore[assignment]
        try:
            yield shared_app
        finally:
            db.session.remove()
            outer.rollback()
            connection.close()
            db.engines[None] = engine
            db.session.session_factory.configure(join_transaction_mode="conditional_savepoint")


@pytest.fixture
def session(app: Flask) -> Any:
    """The test's own session; a request has another one on the same connection."""
    return db.session


@pytest.fixture
def client(app: Flask) -> Client:
    """A browser in which nobody is logged in."""
    made = app.test_client()
    assert isinstance(made, Client)
    return made


@pytest.fixture
def user_factory(app: Flask) -> Callable[..., User]:
    """Makes an account of a role; its password is `PASSWORD`."""

    def make(role: Role | str = Role.INVESTIGATOR, **values: object) -> User:
        number = next(_NUMBERS)
        given: dict[str, object] = {
            "email": f"{Role(role).value}-{number}@lastseen.example",
            "name": f"Made-up {Role(role).value} {number}",
            "role": Role(role),
            "password_hash": _PASSWORD_HASH,
            **values,
        }
        user = User(**given)
        db.session.add(user)
        db.session.commit()
        return user

    return make


@pytest.fixture
def actor_factory(user_factory: Callable[..., User]) -> Callable[..., Actor]:
    """Makes an account of a role and returns it as whoever acts."""
    return lambda role=Role.INVESTIGATOR: actor_for(user_factory(role), "192.0.2.1")


def log_in(client: Client, user: User) -> Client:
    """Give the client the session cookie that a login of `user` would have given it."""
    key = user_sessions.begin(user, "192.0.2.1", "a test")
    with client.session_transaction() as cookie:
        cookie["_user_id"] = user.get_id()
        cookie["_fresh"] = True
        cookie["session_key"] = key
    client.user = user
    return client


@pytest.fixture
def logged_in(app: Flask, user_factory: Callable[..., User]) -> Callable[..., Client]:
    """Makes a browser in which somebody of a role is logged in; `.user` says who."""

    def make(role: Role | str = Role.INVESTIGATOR) -> Client:
        made = app.test_client()
        assert isinstance(made, Client)
        return log_in(made, user_factory(role))

    return make


@pytest.fixture
def committing_app(cluster: Cluster, redis_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An application with a database of its own, in which commits are real. Context pushed."""
    name = f"lastseen_test_{os.getpid()}_{secrets.token_hex(4)}"
    (tmp_path / "footage").mkdir()
    application = make_app(make_settings(cluster.create(name), redis_url, tmp_path))
    try:
        with application.app_context():
            yield application
            db.session.remove()
            db.engine.dispose()
    finally:
        cluster.drop(name)
