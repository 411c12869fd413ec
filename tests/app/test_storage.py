"""What an administrator looks after: room, backup, what waits."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.extensions import db
from app.models import SchedulerBeat, VisitState
from app.models.accounts import Role
from app.models.columns import utc_now
from app.services.base import media
from app.services.operations import health, storage, upkeep
from app.services.operations.health_parts import Part
from tests.app import factories
from tests.app.answers import body


@pytest.fixture
def stamp(app: Flask, tmp_path: Path) -> Iterator[Path]:
    """BACKUP_STAMP_FILE, not touched yet."""
    before = app.config["LASTSEEN"]
    path = tmp_path / "backup.done"
    app.config["LASTSEEN"] = before.model_copy(update={"backup_stamp_file": str(path)})
    yield path
    app.config["LASTSEEN"] = before


def _part(name: str) -> Part:
    return next(one for one in health.check().looked_after if one.name == name)


def test_a_backup_that_nobody_told_of_is_not_known_and_no_problem(app: Flask) -> None:
    part = _part("last backup")
    assert part.ok
    assert part.sentence.startswith("not known to Lastseen")
    assert "BACKUP_STAMP_FILE" in part.sentence


def test_the_backups_age_is_shown_and_warned_of_after_a_day(stamp: Path) -> None:
    assert not _part("last backup").ok
    stamp.touch()
    assert _part("last backup").ok
    two_days_ago = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    os.utime(stamp, (two_days_ago, two_days_ago))
    state = health.check()
    assert [one for one in state.problems if "older than a day" in one]
    assert state.ok, "a late backup stops no search"


def test_sizes_and_room_are_told(app: Flask) -> None:
    media.store(b"x" * 3 * 1024**2)
    names = [one.name for one in health.check().looked_after]
    assert names[0] == "database size"
    said = _part("media folder").sentence
    assert said.startswith("holds ")
    assert " free" in said
    assert any(name.startswith("footage folder") for name in names)


def test_a_folder_too_large_to_count_says_at_least(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    media.store(b"a picture")
    monkeypatch.setattr(storage, "COUNTING_S", -1.0)
    assert "holds at least" in _part("media folder").sentence


def test_the_oldest_waiting_visit_and_messages_are_told(
    app: Flask, logged_in: Callable[..., FlaskClient]
) -> None:
    assert _part("oldest waiting visit").sentence == "none waits"
    sweep = factories.make_sweep(factories.make_case())
    factories.make_visit(
        sweep,
        factories.make_camera(),
        state=VisitState.QUEUED,
        queued_at=datetime.now(UTC) - timedelta(hours=2),
    )
    assert "2 h" in _part("oldest waiting visit").sentence
    assert _part("messages").sentence == "0 waiting, 0 failed"
    client = logged_in(Role.ADMINISTRATOR)
    page = client.get("/admin/health").text
    assert "Oldest waiting visit" in page
    told = body(client.get("/api/health"))
    assert "last backup" in [one["name"] for one in told["looked_after"]]


def test_a_scheduler_that_stands_still_is_told_of(app: Flask) -> None:
    never = _part("scheduler")
    assert not never.ok
    assert "flask scheduler run" in never.sentence
    upkeep.beat("one")
    assert _part("scheduler").ok
    upkeep.beat("one")
    past = utc_now() - storage.SCHEDULER_SILENT_AFTER - timedelta(seconds=1)
    db.session.execute(update(SchedulerBeat).values(seen_at=past))
    db.session.commit()
    state = health.check()
    assert [one for one in state.problems if "No scheduler has been heard of since" in one]
    assert state.ok, "searches go on without it"
    upkeep.beat("two")
    assert _part("scheduler").ok
    db.session.execute(update(SchedulerBeat).values(seen_at=past - upkeep.FORGOTTEN_AFTER))
    db.session.commit()
    upkeep.beat("two")
    assert db.session.scalars(select(SchedulerBeat.name)).all() == ["two"]
