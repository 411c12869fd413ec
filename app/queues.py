"""Redis and RQ: the only file that knows how to reach them.

Redis carries ids of visits, photos, look-backs and imports, and wake-up calls, never state: that is
in PostgreSQL.
"""

from __future__ import annotations

from flask import Flask, current_app
from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry
from rq import Queue

from app.config import Settings

CONTRIBUTIONS_QUEUE = "contributions"
IMPORTS_QUEUE = "imports"
LOOK_BACKS_QUEUE = "look-backs"
VISIT_QUEUES = ("visits-urgent", "visits-high", "visits", "visits-low")
"""In the order in which workers take from them; one for each priority of a sweep."""
QUEUE_NAMES = (
    VISIT_QUEUES[0], CONTRIBUTIONS_QUEUE, LOOK_BACKS_QUEUE, IMPORTS_QUEUE, *VISIT_QUEUES[1:]
)  # fmt: skip
"""All of them, in that order: a photo takes a second, a look-back some, an import a minute, a visit
hours."""
LIVE_CHANNEL = "lastseen-live"
SOCKET_TIMEOUT_S = 5.0

RedisDown = (RedisConnectionError, RedisTimeoutError)
"""What the client raises when Redis does not answer."""


def connect(settings: Settings, *, socket_timeout_s: float | None = SOCKET_TIMEOUT_S) -> Redis:
    """A client for the Redis of `settings`; connecting waits at most a few seconds."""
    return Redis.from_url(
        settings.redis_url.get_secret_value(),
        socket_connect_timeout=2.0,
        socket_timeout=socket_timeout_s,
        health_check_interval=30,
        retry=Retry(ExponentialBackoff(cap=0.2, base=0.05), 1),
    )


def install(application: Flask, settings: Settings) -> None:
    """Give the application one client, shared by its threads."""
    application.extensions["lastseen_redis"] = connect(settings)


def redis_client() -> Redis:
    """The current application's client."""
    client: Redis = current_app.extensions["lastseen_redis"]
    return client


def queue(name: str) -> Queue:
    """One of the queues."""
    return Queue(name, connection=redis_client())


def queue_lengths() -> dict[str, int]:
    """Waiting jobs by queue. Raises one of `RedisDown` when Redis does not answer."""
    return {name: queue(name).count for name in QUEUE_NAMES}
