"""Comparisons of cameras' clocks, and what follows for footage, sightings and legs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from app.errors import Refused
from app.extensions import db
from app.inputs import ClockCheckInput
from app.models import AuditEntry, CameraRow, SightingState
from app.models.accounts import Role
from app.models.footage import FootageKind
from app.outputs import ImportReportOut
from app.outputs.clocks import uncertainty_s_of, words_of
from app.services.base.actors import COMMAND_LINE
from app.services.inventory import clocks, registry
from app.services.places import timeline, travel
from tests.app import factories, footage_cases
from tests.app.conftest import Client

SPEECH = "video/speech/short_hamilton_clip.mp4"
AT = factories.SEEN_AT


def _check(camera: CameraRow, offset_s: float, *, days: float = 0.0, precision_s: float = 1.0):
    true_at = AT + timedelta(days=days)
    given = ClockCheckInput(
        shown_at=true_at + timedelta(seconds=offset_s), true_at=true_at, precision_s=precision_s
    )
    return clocks.add_check(COMMAND_LINE, camera, given)


def test_a_comparison_gives_the_camera_its_offset_and_how_sure_that_is(app: Flask) -> None:
    camera = factories.make_camera()
    _check(camera, 95.0, precision_s=2.0)

    assert camera.clock_offset_s == pytest.approx(95.0)
    assert camera.clock_uncertainty_s == pytest.approx(2.0)
    entry = db.session.query(AuditEntry).filter_by(action="camera.clock_check").one()
    assert entry.subject == f"camera {camera.id}"


def test_two_comparisons_give_the_drift_by_which_footage_is_timed(
    app: Flask, shared_dir: Path
) -> None:
    camera = footage_cases.add_camera()
    _check(camera, 10.0, days=-10)
    _check(camera, 30.0)
    app.config["LASTSEEN"] = app.config["LASTSEEN"].model_copy(
        update={"footage_roots": str(shared_dir)}
    )

    shown_at = AT - timedelta(days=5)
    footage_cases.add_footage(camera, shared_dir / SPEECH, shown_at)

    (recording,) = footage_cases.footage.list_footage(camera.id)
    assert recording.clock_offset_s == pytest.approx(20.0, abs=0.01)
    assert recording.started_at == shown_at - timedelta(seconds=recording.clock_offset_s)
    assert recording.clock_uncertainty_s == pytest.approx(1.0 + 0.2 * 5, abs=0.01)


def test_a_comparison_taken_back_no_longer_counts_and_the_registry_s_word_returns(
    app: Flask,
) -> None:
    camera = factories.make_camera(clock_offset_s=12.0, clock_uncertainty_s=3.0)
    check = _check(camera, 95.0)
    clocks.take_back_check(COMMAND_LINE, check.id)

    assert (camera.clock_offset_s, camera.clock_uncertainty_s) == (12.0, 3.0)
    assert [one.id for one in clocks.checks_of(camera)] == [check.id]


def test_an_import_states_offset_and_uncertainty_and_leaves_a_compared_clock_alone(
    app: Flask,
) -> None:
    def take(offset_s: int) -> ImportReportOut:
        rows = f"id,name,lat,lon,clock_offset,clock_uncertainty\nC1,Gate,12.97,77.6,{offset_s},±4\n"
        return registry.import_cameras(COMMAND_LINE, rows.encode(), "city.csv", "city")

    take(20)
    camera = db.session.query(CameraRow).filter_by(source="city").one()
    assert (camera.clock_offset_s, camera.clock_uncertainty_s) == (20.0, 4.0)
    _check(camera, 90.0)
    assert take(20).unchanged == 1
    assert take(25).changed == 1
    db.session.refresh(camera)
    assert (camera.clock_offset_s, camera.clock_uncertainty_s) == (90.0, 1.0)
    assert camera.stated_clock_offset_s == 25.0


def test_a_sighting_says_how_far_its_time_is_to_be_trusted(app: Flask) -> None:
    case = factories.make_case()
    unchecked = factories.make_sighting(case)
    assert uncertainty_s_of(unchecked) == 60.0
    assert words_of(unchecked) == "Nobody has compared this camera's clock."

    camera = factories.make_camera()
    _check(camera, 40.0, precision_s=2.0)
    footage = {"clock_offset_s": 40.0, "clock_uncertainty_s": 2.0}
    compared = factories.make_sighting(case, camera=camera, face={"footage": footage})
    assert uncertainty_s_of(compared) == pytest.approx(2.0)
    assert "off by +40 s; that is taken off" in words_of(compared)

    _check(camera, 70.0, precision_s=1.0, days=0.01)
    assert uncertainty_s_of(compared) > 10, "the later comparison tells another offset"
    assert "may be off by" in words_of(compared)

    live = factories.make_sighting(
        case, camera=camera, face={"footage": {"kind": FootageKind.STREAM}}
    )
    assert uncertainty_s_of(live) == 15.0


@pytest.mark.parametrize(
    ("uncertainty_s", "possible", "borrowed"), [(2.0, False, False), (90.0, True, True)]
)
def test_a_leg_that_is_possible_only_within_the_clocks_uncertainty_says_so(
    app: Flask, uncertainty_s: float, possible: bool, borrowed: bool
) -> None:
    case = factories.make_case()
    for north_deg, minutes in ((0.0, 0.0), (0.04, 1.0)):  # 4.4 km in one minute
        camera = factories.make_camera(
            latitude_deg=factories.CENTRE_LATITUDE_DEG + north_deg,
            clock_offset_s=10.0,
            clock_uncertainty_s=uncertainty_s,
        )
        factories.make_sighting(
            case,
            camera=camera,
            seen_at=AT + timedelta(minutes=minutes),
            state=SightingState.CONFIRMED,
            face={"footage": {"clock_offset_s": 10.0, "clock_uncertainty_s": uncertainty_s}},
        )
    found = timeline.timeline_of(case)
    assert (found.exclusion_count == 0) is possible
    if borrowed:
        (passage,) = found.routes[0].passages
        assert passage.leg.possible
        assert passage.leg.borrowed_s == pytest.approx(4448 / 35 - 55, abs=4)
        assert "only if the clocks are wrong" in passage.leg.remark


def test_a_candidate_s_travel_check_counts_the_clocks_of_both_cameras(app: Flask) -> None:
    case = factories.make_case()
    verdicts = []
    for uncertainty_s in (1.0, 600.0):
        made = [
            factories.make_sighting(
                case,
                camera=factories.make_camera(
                    latitude_deg=factories.CENTRE_LATITUDE_DEG + north_deg
                ),
                seen_at=AT,
                state=state,
                face={"footage": {"clock_uncertainty_s": uncertainty_s}},
            )
            for north_deg, state in (
                (0.0, SightingState.CONFIRMED),
                (0.1, SightingState.CANDIDATE),
            )
        ]
        verdicts.append(travel.checks_of([made[1]])[made[1].id].is_possible)
        made[0].state = SightingState.REJECTED
        db.session.commit()
    assert verdicts == [False, True]


def test_a_dispatcher_compares_a_clock_on_the_camera_s_page(
    logged_in: Callable[..., Client],
) -> None:
    camera_id = factories.make_camera().id
    client = logged_in(Role.DISPATCHER)
    typed = {"shown_at": "2026-11-18 14:10:05", "true_at": "2026-11-18 14:08:31"}
    wrong = client.post(f"/cameras/{camera_id}/clock", data={**typed, "precision_s": "-1"})
    assert wrong.status_code == 422
    right = client.post(f"/cameras/{camera_id}/clock", data={**typed, "precision_s": "1"})
    assert right.status_code == 302
    page = client.get(f"/cameras/{camera_id}").get_data(as_text=True)
    assert "+94 s ± 1.0 s" in page
    assert "1 min 34 s fast" in page
    (check,) = client.get(f"/api/cameras/{camera_id}/clock-checks").get_json()["items"]
    assert check["offset_s"] == 94.0
    undone = client.post(f"/clock-checks/{check['id']}/take-back")
    assert undone.status_code == 302
    assert "taken to be right" in client.get(f"/cameras/{camera_id}").get_data(as_text=True)


def test_a_true_time_in_the_future_is_refused(app: Flask) -> None:
    with pytest.raises(Refused, match="future"):
        _check(factories.make_camera(), 0.0, days=4000)
