"""Putting visits, photos, look-backs and imports into Redis, after their state is committed.

What Redis loses is put in again by the scheduler.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from app.current import settings
from app.models import Sweep, SweepPriority, Visit
from app.models.columns import utc_now
from app.models.sweeps import PRIORITIES
from app.queues import (
    CONTRIBUTIONS_QUEUE,
    IMPORTS_QUEUE,
    LOOK_BACKS_QUEUE,
    VISIT_QUEUES,
    RedisDown,
    queue,
)

VISIT_JOB = "app.jobs.run_visit"
PHOTO_JOB = "app.jobs.analyse_contribution"
PHOTO_TIMEOUT_S = 240
LOOK_BACK_JOB = "app.jobs.look_back"
LOOK_BACK_TIMEOUT_S = 3600
IMPORT_JOB = "app.jobs.import_posts"
IMPORT_TIMEOUT_S = 7200
RESULT_KEPT_S = 3600
_QUEUE_OF = dict(zip(PRIORITIES, VISIT_QUEUES, strict=True))
REDIS_IS_DOWN = (
    "Redis does not answer: the visits are recorded, and the workers get them by themselves when "
    "it is back."
)

log = logging.getLogger(__name__)


def enqueue(sweep: Sweep, visits: Sequence[Visit]) -> str:
    """Hand queued visits to the workers, in order. Returns what a person should know."""
    try:
        for visit in visits:
            _put(_QUEUE_OF[sweep.priority], visit.id, visit.attempt, sweep.window_end)
    except RedisDown:
        return REDIS_IS_DOWN
    return ""


def move(sweep: Sweep, visits: Sequence[Visit], before: SweepPriority) -> str:
    """Let queued visits wait where their sweep's priority belongs now, in order.

    Returns what a person should know. A visit is out of one queue before it is in the other; where
    Redis fails in between, it is lost there, and is put in again like any other.
    """
    try:
        old = queue(_QUEUE_OF[before])
        for visit in visits:
            old.remove(_job_id(visit.id, visit.attempt))
            _put(_QUEUE_OF[sweep.priority], visit.id, visit.attempt, sweep.window_end)
    except RedisDown:
        return REDIS_IS_DOWN
    return ""


def put_again(visit_id: int, attempt: int, window_end: datetime, priority: SweepPriority) -> None:
    """Put a visit in that Redis has lost. Raises one of `RedisDown`."""
    _put(_QUEUE_OF[priority], visit_id, attempt, window_end)


def waiting_visits() -> frozenset[int]:
    """Ids of the visits that wait in Redis or are being handed over. Raises one of `RedisDown`."""
    return _waiting(VISIT_QUEUES)


def enqueue_photos(photos: Sequence[tuple[int, int]]) -> None:
    """Hand contributed photos (id and attempt) to the workers; without Redis they wait for it."""
    try:
        put_photos_again(photos)
    except RedisDown:
        log.warning("Redis does not answer; %d photos wait until it is back.", len(photos))


def put_photos_again(photos: Sequence[tuple[int, int]]) -> None:
    """Put contributed photos in that Redis has lost. Raises one of `RedisDown`."""
    for photo_id, attempt in photos:
        queue(CONTRIBUTIONS_QUEUE).enqueue(
            PHOTO_JOB,
            photo_id,
            job_id=f"contribution-{photo_id}-{attempt}",
            job_timeout=PHOTO_TIMEOUT_S,
            result_ttl=0,
            failure_ttl=RESULT_KEPT_S,
        )


def waiting_photos() -> frozenset[int]:
    """Ids of the contributed photos that wait in Redis. Raises one of `RedisDown`."""
    return _waiting((CONTRIBUTIONS_QUEUE,))


def enqueue_look_back(look_back_id: int, attempt: int) -> None:
    """Hand a look-back to the workers; without Redis it waits until it is back."""
    try:
        put_look_backs_again([(look_back_id, attempt)])
    except RedisDown:
        log.warning("Redis does not answer; a look-back waits until it is back.")


def put_look_backs_again(look_backs: Sequence[tuple[int, int]]) -> None:
    """Put look-backs (id and attempt) in that Redis has lost. Raises one of `RedisDown`."""
    for look_back_id, attempt in look_backs:
        queue(LOOK_BACKS_QUEUE).enqueue(
            LOOK_BACK_JOB,
            look_back_id,
            job_id=f"look_back-{look_back_id}-{attempt}",
            job_timeout=LOOK_BACK_TIMEOUT_S,
            result_ttl=0,
            failure_ttl=RESULT_KEPT_S,
        )


def waiting_look_backs() -> frozenset[int]:
    """Ids of the look-backs that wait in Redis. Raises one of `RedisDown`."""
    return _waiting((LOOK_BACKS_QUEUE,))


def enqueue_import(import_id: int, attempt: int) -> None:
    """Hand an import of posts to the workers; without Redis it waits until it is back."""
    try:
        put_imports_again([(import_id, attempt)])
    except RedisDown:
        log.warning("Redis does not answer; import %d waits until it is back.", import_id)


def put_imports_again(imports: Sequence[tuple[int, int]]) -> None:
    """Put imports (id and attempt) in that Redis has lost. Raises one of `RedisDown`."""
    for import_id, attempt in imports:
        queue(IMPORTS_QUEUE).enqueue(
            IMPORT_JOB,
            import_id,
            job_id=f"import-{import_id}-{attempt}",
            job_timeout=IMPORT_TIMEOUT_S,
            result_ttl=0,
            failure_ttl=RESULT_KEPT_S,
        )


def waiting_imports() -> frozenset[int]:
    """Ids of the imports that wait in Redis. Raises one of `RedisDown`."""
    return _waiting((IMPORTS_QUEUE,))


def _waiting(names: Sequence[str]) -> frozenset[int]:
    job_ids = [
        job_id
        for name in names
        for source in (queue(name).job_ids, queue(name).intermediate_queue.get_job_ids())
        for job_id in source
    ]
    return frozenset(int(job_id.split("-")[1]) for job_id in job_ids)


def _job_id(visit_id: int, attempt: int) -> str:
    return f"visit-{visit_id}-{attempt}"


def _put(queue_name: str, visit_id: int, attempt: int, window_end: datetime) -> None:
    # A live stream is watched until the window ends, however long that is.
    live_s = max(0.0, (window_end - utc_now()).total_seconds())
    queue(queue_name).enqueue(
        VISIT_JOB,
        visit_id,
        job_id=_job_id(visit_id, attempt),
        job_timeout=settings().visit_timeout_seconds + round(live_s),
        result_ttl=0,
        failure_ttl=RESULT_KEPT_S,
    )
