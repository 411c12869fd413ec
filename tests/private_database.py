"""The tests' throw-away PostgreSQL cluster, and the databases made in it."""

from __future__ import annotations

import os
import re
import shlex
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

TEMPLATE = "lastseen"
"""The empty database with PostGIS and pgvector that scripts/services.sh makes."""

OWN_NAME = re.compile(r"lastseen_test_(\d+)_\w+")
COPY_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Cluster:
    """A cluster that answers. Its role may create databases and is no superuser."""

    url: URL

    def _connect(self) -> psycopg.Connection:
        plain = self.url.set(drivername="postgresql", database="postgres")
        address = plain.render_as_string(hide_password=False)
        return psycopg.connect(address, autocommit=True, connect_timeout=5)

    def answers(self) -> bool:
        """Whether a connection can be made now."""
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def create(self, name: str) -> str:
        """Copy the template to a new database and return its SQLAlchemy address."""
        self.drop(name)
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        deadline = time.monotonic() + COPY_TIMEOUT_S
        with self._connect() as connection:
            while True:
                try:
                    connection.execute(
                        command.format(sql.Identifier(name), sql.Identifier(TEMPLATE))
                    )
                except psycopg.errors.ObjectInUse:  # somebody is connected to the template
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.2)
                else:
                    return self.url.set(database=name).render_as_string(hide_password=False)

    def drop(self, name: str) -> None:
        """Drop a database and end whatever is still connected to it.

        A vacuum of the server's own in it is not ours to end; it is waited for.
        """
        command = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        deadline = time.monotonic() + COPY_TIMEOUT_S
        with self._connect() as connection:
            while True:
                try:
                    connection.execute(command)
                except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.2)
                else:
                    return

    def drop_abandoned(self) -> None:
        """Drop the databases of test processes that no longer live."""
        with self._connect() as connection:
            names = [row[0] for row in connection.execute("SELECT datname FROM pg_database")]
        for name in names:
            own = OWN_NAME.fullmatch(name)
            if own and not psutil.pid_exists(int(own.group(1))):
                self.drop(name)


def find_cluster(repository: Path) -> Cluster | None:
    """The cluster of TEST_DATABASE_URL, else of var/test/env; None where none answers."""
    address = os.environ.get("TEST_DATABASE_URL") or _written_address(repository)
    if not address:
        return None
    cluster = Cluster(make_url(address))
    return cluster if cluster.answers() else None


def _written_address(repository: Path) -> str:
    path = repository / "var" / "test" / "env"
    if not path.exists():
        return ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("TEST_DATABASE_URL="):
            return "".join(shlex.split(line.partition("=")[2]))
    return ""
