"""Alerts: raised once with what they tell of, open until somebody says that they saw it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.errors import NotFound
from app.extensions import db
from app.inputs import ReviewInput
from app.models import (
    Alert,
    AlertKind,
    AlertMode,
    AlertPreference,
    AlertUrgency,
    AuditEntry,
    Case,
    Sighting,
    SweepState,
    Verdict,
    Visit,
    VisitState,
)
from app.models.accounts import User
from app.services.base.actors import Actor
from app.services.casework import cases
from app.services.messages import alerts
from app.services.messages.alerts import raise_alert
from app.services.people.accounts import actor_for
from app.services.reviews import sightings
from app.services.sweeping import visits
from tests.app import factories


def raised(case: Case, key: str = "tip 7 match 1", **values: Any) -> Alert:
    given: dict[str, Any] = {"title": "A tip may fit", "path": "/cases", "dedupe_key": key}
    alert_id = raise_alert(case, AlertKind.TIP_MATCH, **{**given, **values})
    db.session.commit()
    assert alert_id is not None
    return db.session.get_one(Alert, alert_id)


def alert_of(sighting: Sighting) -> Alert:
    alerts.raise_for_sighting(sighting)
    db.session.commit()
    return db.session.scalars(select(Alert).where(Alert.sighting_id == sighting.id)).one()


def test_an_alert_is_raised_once_and_only_with_its_transaction(app: Flask) -> None:
    case = factories.make_case()
    raise_alert(case, AlertKind.TIP_MATCH, title="x", path="/", dedupe_key="never")
    db.session.rollback()
    assert db.session.scalars(select(Alert)).all() == []
    alert = raised(case, title="Two\nlines " + "x" * 400)
    assert alert.title.startswith("Two lines x")
    assert len(alert.title) == 300
    again = raise_alert(case, AlertKind.TIP_MATCH, title="x", path="/", dedupe_key="tip 7 match 1")
    assert again is None


@pytest.mark.parametrize("path", ["https://elsewhere.example/", "//elsewhere.example", "", "x"])
def test_an_alert_leads_to_a_page_of_this_installation(app: Flask, path: str) -> None:
    with pytest.raises(ValueError, match="no path"):
        raised(factories.make_case(), path=path)


def test_a_candidates_alert_names_the_camera_and_not_the_subject(app: Flask) -> None:
    case = factories.make_case(subject_name="Made-up Subject")
    sighting = factories.make_sighting(case)
    alert = alert_of(sighting)
    assert alert.title == f"Possible sighting at {sighting.camera.name}"
    assert alert.path == f"/sightings/{sighting.id}"
    assert alert.urgency is AlertUrgency.NORMAL
    assert alert.crop_sha256 == sighting.face.crop_sha256
    marked = factories.make_sighting(case, like_rejected=True)
    assert alert_of(marked).urgency is AlertUrgency.LOW


def test_acknowledging_stands_in_the_audit_log_with_the_first_who_did(
    app: Flask, actor_factory: Callable[..., Actor]
) -> None:
    first, second = actor_factory(), actor_factory()
    alert = raised(factories.make_case())
    alerts.acknowledge(first, alert.id)
    alerts.acknowledge(second, alert.id)
    assert alert.acknowledged_by_name == first.name
    entries = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "alert.acknowledge")
    ).all()
    assert [entry.actor_name for entry in entries] == [first.name]
    with pytest.raises(NotFound):
        alerts.acknowledge(first, 10**9)


def test_open_alerts_are_counted_until_acknowledged_withdrawn_or_the_case_is_closed(
    app: Flask, user_factory: Callable[..., User]
) -> None:
    user = user_factory()
    actor = actor_for(user)
    one, other = factories.make_case(), factories.make_case()
    first = raised(one, "a")
    raised(one, "b")
    raised(other, "c")
    assert alerts.count_open(user.id) == len(alerts.list_open(user.id)) == 3
    alerts.acknowledge(actor, first.id)
    assert alerts.count_open(user.id) == 2
    cases.close_case(actor, other)
    assert alerts.count_open(user.id) == 1
    db.session.add(
        AlertPreference(
            user_id=user.id,
            case_id=one.id,
            mode=AlertMode.OFF,
            channels=[],
            least_urgency=AlertUrgency.LOW,
            timezone="Asia/Kolkata",
            urgent_breaks_quiet=False,
            group_minutes=0,
        )
    )
    db.session.commit()
    assert alerts.count_open(user.id) == 0
    assert alerts.count_open(user_factory().id) == 1
    assert alerts.acknowledge_case(actor, one) == 1


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_verdict_acknowledges_and_a_rejection_withdraws_until_it_is_taken_back(
    app: Flask, actor_factory: Callable[..., Actor], verdict: Verdict
) -> None:
    actor = actor_factory()
    sighting = factories.make_sighting(factories.make_case())
    alert = alert_of(sighting)
    sightings.review_sighting(actor, sighting.id, ReviewInput(verdict=verdict))
    assert alert.acknowledged_by_name == actor.name
    assert (alert.withdrawn_at is not None) is (verdict is Verdict.REJECTED)
    sightings.undo_review(actor, sighting.id)
    assert alert.withdrawn_at is None


def running_visit() -> Visit:
    sweep = factories.make_sweep(factories.make_case(), state=SweepState.RUNNING)
    return factories.make_visit(sweep, factories.make_camera(), state=VisitState.RUNNING)


def test_a_sweep_that_ends_with_failed_visits_raises_one_alert(app: Flask) -> None:
    visit = running_visit()
    visits.fail_running(visit.id, "The recording is broken.")
    alert = db.session.scalars(select(Alert)).one()
    assert alert.kind is AlertKind.SWEEP_FAILED
    assert alert.title == f"Sweep {visit.sweep.ordinal}: 1 of 1 visits could not look"
    assert alert.path == f"/sweeps/{visit.sweep.id}"


def test_a_sweep_without_failures_raises_none(app: Flask) -> None:
    visit = running_visit()
    visit.state = VisitState.DONE
    visits.settle_sweep(visit.sweep)
    db.session.commit()
    assert db.session.scalars(select(Alert)).all() == []
