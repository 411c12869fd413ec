"""Putting visits into Redis, after their state is committed; what Redis loses is put in again."""

from __future__ import annotations

from collections.abc import Sequence

from app.current import settings
from app.models import Sweep, Visit
from app.queues import NORMAL_QUEUE, QUEUE_NAMES, URGENT_QUEUE, RedisDown, queue

VISIT_JOB = "app.jobs.run_visit"
RESULT_KEPT_S = 3600
REDIS_IS_DOWN = (
    "Redis does not answer: the visits are recorded, and the workers get them by themselves when "
    "it is back."
)


def enqueue(sweep: Sweep, visits: Sequence[Visit]) -> str:
    """Hand queued visits to the workers, in order. Returns what a person should know."""
    target = URGENT_QUEUE if sweep.urgent else NORMAL_QUEUE
    try:
        for visit in visits:
            _put(target, visit.id, visit.attempt)
    except RedisDown:
        return REDIS_IS_DOWN
    return ""


def put_again(visit_id: int, attempt: int, *, urgent: bool) -> None:
    """Put a visit in that Redis has lost. Raises one of `RedisDown`."""
    _put(URGENT_QUEUE if urgent else NORMAL_QUEUE, visit_id, attempt)


def waiting_visits() -> frozenset[int]:
    """Ids of the visits that wait in Redis or are being handed over. Raises one of `RedisDown`."""
    job_ids = [
        job_id
        for name in QUEUE_NAMES
        for source in (queue(name).job_ids, queue(name).intermediate_queue.get_job_ids())
        for job_id in source
    ]
    return frozenset(int(job_id.split("-")[1]) for job_id in job_ids)


def _put(queue_name: str, visit_id: int, attempt: int) -> None:
    queue(queue_name).enqueue(
        VISIT_JOB,
        visit_id,
        job_id=f"visit-{visit_id}-{attempt}",
        job_timeout=settings().visit_timeout_seconds,
        result_ttl=0,
        failure_ttl=RESULT_KEPT_S,
    )
