"""Live events: written with the change, in order, none lost, none twice."""

from __future__ import annotations

import queue
import threading

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.extensions import db
from app.inputs import LocationChange
from app.live_hub import LiveHub, Subscription
from app.models import Case, LiveEvent
from app.services.base import live, live_streams
from app.services.base.actors import COMMAND_LINE
from app.services.places import locations
from tests.app import footage_cases as given
from tests.private_redis import RedisServer


@pytest.fixture
def live_case(committing_app: Flask) -> Case:
    """A case in a database where commits are real."""
    return given.open_case("L-1")


def _hub(app: Flask) -> LiveHub:
    hub: LiveHub = app.extensions["lastseen_live_hub"]
    return hub


def _change(case: Case) -> None:
    location = locations.list_locations(case)[0]
    locations.change_location(
        COMMAND_LINE, case, location.id, LocationChange(label=f"{location.label}!")
    )


def _next(subscription: Subscription, timeout_s: float) -> bytes:
    return subscription.messages.get(timeout=timeout_s).wire


def test_an_event_that_was_not_committed_is_not_written(app: Flask) -> None:
    case = given.open_case("L-2")
    before = db.session.scalar(select(func.count()).select_from(LiveEvent))

    live.publish(case.id, "case", {})
    db.session.rollback()
    db.session.commit()

    assert db.session.scalar(select(func.count()).select_from(LiveEvent)) == before


def test_an_open_map_hears_of_a_change_at_once(committing_app: Flask, live_case: Case) -> None:
    subscription = _hub(committing_app).subscribe(live_case.id, COMMAND_LINE)
    _change(live_case)

    assert b"event: location" in _next(subscription, 2.0)
    _hub(committing_app).unsubscribe(subscription)


def test_an_open_map_hears_of_a_change_while_redis_is_down(
    committing_app: Flask, live_case: Case, redis_server: RedisServer
) -> None:
    subscription = _hub(committing_app).subscribe(live_case.id, COMMAND_LINE)
    redis_server.stop()
    try:
        _change(live_case)
        assert b"event: location" in _next(subscription, 5.0)
    finally:
        redis_server.start()
        _hub(committing_app).unsubscribe(subscription)


def test_other_cases_are_not_heard_of(committing_app: Flask, live_case: Case) -> None:
    other = given.open_case("L-3")
    subscription = _hub(committing_app).subscribe(other.id, COMMAND_LINE)
    _change(live_case)

    with pytest.raises(queue.Empty):
        subscription.messages.get(timeout=2.0)
    _hub(committing_app).unsubscribe(subscription)


def test_a_map_that_comes_back_gets_what_it_missed_and_nothing_twice(
    committing_app: Flask, live_case: Case
) -> None:
    cursor = live.newest_cursor()
    _change(live_case)

    stream = live_streams.open_stream(COMMAND_LINE, live_case, cursor)
    _change(live_case)
    heard = _read(stream, 6)

    stream.close()
    ids = [line for line in heard if line.startswith(b"id: ")]
    assert len(ids) == len(set(ids)) == 4
    assert ids == sorted(ids, key=lambda line: int(line[4:]))


def test_a_map_that_was_away_too_long_is_told_to_load_anew(
    committing_app: Flask, live_case: Case
) -> None:
    stream = live_streams.open_stream(COMMAND_LINE, live_case, live.newest_cursor() + 1000)
    heard = b"".join(_read(stream, 3))
    stream.close()

    assert b"event: reset" in heard


def test_cursors_of_many_writers_become_visible_in_their_own_order(
    committing_app: Flask, live_case: Case
) -> None:
    case_id = live_case.id  # the row itself belongs to this thread's session
    seen: list[int] = []
    over = threading.Event()

    def write() -> None:
        with committing_app.app_context():
            for number in range(40):
                live.publish(case_id, "case", {"number": number})
                db.session.commit()

    def read() -> None:
        with committing_app.app_context():
            while not over.is_set():
                cursor = seen[-1] if seen else 0
                seen.extend(event.id for event in live.events_after(case_id, cursor))
                db.session.rollback()

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write) for _ in range(4)]
    reader.start()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    over.set()
    reader.join()

    db.session.rollback()
    written = select(func.count()).select_from(LiveEvent).where(LiveEvent.case_id == case_id)
    assert (db.session.scalar(written) or 0) >= 4 * 40
    last = seen[-1]
    missed = db.session.scalar(
        select(func.count())
        .select_from(LiveEvent)
        .where(LiveEvent.id <= last, LiveEvent.id.not_in(seen))
    )
    assert missed == 0
    assert seen == sorted(set(seen))


def _read(stream: live_streams.LiveStream, messages: int) -> list[bytes]:
    """The lines of the first messages of a stream."""
    source = stream.messages()
    return [line for _ in range(messages) for line in next(source).splitlines()]
