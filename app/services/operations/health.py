"""The state of the installation: what answers, who works on what, and what to do where it fails."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from rq import Worker
from rq.worker import BaseWorker
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.current import settings
from app.errors import NoRecogniser
from app.extensions import db
from app.models.columns import utc_now
from app.queues import RedisDown, queue_lengths, redis_client
from app.recogniser import holder
from app.services.messages import outbox
from app.services.operations import storage
from app.services.operations.health_parts import LITTLE_DISK_BYTES, Part

LATE_AFTER: Final = timedelta(minutes=5)
"""A message that waits for longer is worth a look."""


@dataclass(frozen=True, slots=True)
class WorkerState:
    """A worker process: `job` is what it holds, None while it waits."""

    name: str
    host: str
    state: str
    job: str | None
    heartbeat_at: datetime | None
    visits_done: int


@dataclass(frozen=True, slots=True)
class Health:
    """All parts. `problems` says in words what is wrong and what to do; empty if all is well."""

    database: Part
    redis: Part
    media: Part
    recogniser: Part
    mail: Part
    workers: Sequence[WorkerState]
    queue_lengths: dict[str, int]
    disk_free_bytes: int
    looked_after: Sequence[Part]
    """Sizes, room, backup, what waits: nothing of it stops the search."""

    @property
    def all_parts(self) -> tuple[Part, ...]:
        """Database, Redis, media folder, recogniser and mail."""
        return (*self._needed, self.mail)

    @property
    def _needed(self) -> tuple[Part, ...]:
        return (self.database, self.redis, self.media, self.recogniser)

    @property
    def ok(self) -> bool:
        """Whether every part answers that the search needs.

        That no worker runs, or that mail waits, is a problem, but not a failure.
        """
        return all(part.ok for part in self._needed)

    @property
    def queue_length(self) -> int:
        """Visits that wait for a worker."""
        return sum(self.queue_lengths.values())

    @property
    def problems(self) -> list[str]:
        """What is wrong, in sentences."""
        parts = (*self.all_parts, *self.looked_after)
        found = [part.sentence for part in parts if not part.ok]
        if self.redis.ok and not self.workers:
            found.append("No worker runs, so no visit is done: start one with `flask worker`.")
        return found


def check() -> Health:
    """Ask every part. Takes a few milliseconds, or some seconds where a part does not answer."""
    redis, workers, lengths = _redis()
    media, free_bytes = _media()
    database = _database()
    mail = _mail() if database.ok else Part("mail", True, "unknown while the database is away")
    looked_after = storage.look_after(database_answers=database.ok)
    return Health(
        database, redis, media, _recogniser(), mail, workers, lengths, free_bytes, looked_after
    )


def database_answers() -> bool:
    """Whether the database answers at all: what a load balancer needs to know."""
    return _database().ok


def _database() -> Part:
    try:
        version, postgis, vector = db.session.execute(_VERSIONS).one()
    except (DBAPIError, PoolTimeout):
        db.session.rollback()
        sentence = "The database does not answer: see whether PostgreSQL runs, and DATABASE_URL."
        return Part("database", False, sentence)
    extensions = f"PostGIS {postgis or 'missing'}, pgvector {vector or 'missing'}"
    return Part("database", bool(postgis and vector), f"PostgreSQL {version}, {extensions}")


_VERSIONS: Final = text(
    "SELECT current_setting('server_version'),"
    " (SELECT extversion FROM pg_extension WHERE extname = 'postgis'),"
    " (SELECT extversion FROM pg_extension WHERE extname = 'vector')"
)


def _redis() -> tuple[Part, list[WorkerState], dict[str, int]]:
    try:
        client = redis_client()
        version = client.info("server")["redis_version"]
        workers = [_worker_state(worker) for worker in Worker.all(connection=client)]
        lengths = queue_lengths()
    except RedisDown:
        sentence = (
            "Redis does not answer: see whether it runs, and REDIS_URL. Sweeps wait; nothing is "
            "lost."
        )
        return Part("Redis", False, sentence), [], {}
    return Part("Redis", True, f"Redis {version}"), sorted(workers, key=lambda w: w.name), lengths


def _worker_state(worker: BaseWorker) -> WorkerState:
    heartbeat = worker.last_heartbeat
    if heartbeat is not None and heartbeat.tzinfo is None:
        heartbeat = heartbeat.replace(tzinfo=UTC)
    return WorkerState(
        name=worker.name,
        host=worker.hostname or "",
        state=str(worker.get_state() or "unknown"),
        job=worker.get_current_job_id(),
        heartbeat_at=heartbeat,
        visits_done=worker.successful_job_count or 0,
    )


def _media() -> tuple[Part, int]:
    folder = settings().media_dir
    existing = next((path for path in (folder, *folder.parents) if path.exists()), None)
    if existing is None or not os.access(existing, os.W_OK):
        sentence = "The media folder cannot be written: check MEDIA_DIR and its rights."
        return Part("media", False, sentence), 0
    free_bytes = shutil.disk_usage(existing).free
    gigabytes = f"{free_bytes / 1024**3:.1f} GiB free"
    if free_bytes < LITTLE_DISK_BYTES:
        sentence = f"The disk of the media folder is nearly full ({gigabytes}): make room."
        return Part("media", False, sentence), free_bytes
    return Part("media", True, gigabytes), free_bytes


def _mail() -> Part:
    """Mail is wrong when something waits that cannot go out, or was given up."""
    found = outbox.state()
    waits = f"{found.waiting} messages wait" if found.waiting != 1 else "1 message waits"
    if not settings().mail_is_configured:
        sentence = f"Mail is not configured (MAIL_HOST, MAIL_FROM); {waits}."
        return Part("mail", not found.waiting, sentence)
    if found.failed:
        sentence = (
            f"{found.failed} messages could not be delivered: see `flask messages list`, which "
            "says why, and `flask messages retry`."
        )
        return Part("mail", False, sentence)
    oldest = found.oldest_waiting_at
    if oldest is not None and utc_now() - oldest > LATE_AFTER:
        sentence = f"{waits}, the oldest since {oldest:%Y-%m-%d %H:%M} UTC: see whether the "
        return Part("mail", False, sentence + "mail server and the scheduler run.")
    return Part("mail", True, f"{settings().mail_host}; {waits}")


def _recogniser() -> Part:
    try:
        choice, detector = holder().choice(), holder().detector_in_words()
    except NoRecogniser as error:
        return Part("recogniser", False, str(error))
    except (DBAPIError, PoolTimeout):
        db.session.rollback()
        return Part("recogniser", False, "The database, which says which one is used, is away.")
    fallback = " (fallback)" if choice.pack.is_fallback else ""
    return Part(
        "recogniser",
        True,
        f"{choice.pack.name}{fallback}: {choice.reason} Faces are found by {detector}.",
    )
