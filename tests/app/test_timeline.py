"""The timeline: order, legs that cannot be, competing routes, stays, and blind corridors."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.errors import NotFound, Refused
from app.extensions import db
from app.models import AuditEntry, CameraRow, Case, SightingState, VisitPart, VisitState
from app.models.cases import LocationSource, Reliability
from app.models.sweeps import SweepState
from app.services.base.actors import Actor
from app.services.places.corridors import Looked, Travel, corridor_between, covered_share
from app.services.places.timeline import Timeline, timeline_of
from tests.app import factories
from tests.app.answers import body, problem
from tests.app.conftest import Client
from tests.app.statements import queries_of

LogIn = Callable[..., Client]
SEEN_AT = factories.SEEN_AT


@pytest.fixture
def analyst(actor_factory: Callable[..., Actor]) -> Actor:
    return actor_factory("analyst")


@pytest.fixture
def case(app: Flask) -> Case:
    return factories.make_case()


def camera_at(east_m: float, **values: Any) -> CameraRow:
    made: CameraRow = factories.make_camera(
        latitude_deg=factories.CENTRE_LATITUDE_DEG,
        longitude_deg=factories.CENTRE_LONGITUDE_DEG + east_m / 108_355,
        range_m=20.0,
        **values,
    )
    return made


def seen(case: Case, camera: CameraRow, minutes: float, **values: Any) -> Any:
    return factories.make_sighting(
        case,
        camera=camera,
        seen_at=SEEN_AT + timedelta(minutes=minutes),
        state=SightingState.CONFIRMED,
        **values,
    )


def remarks(timeline: Timeline) -> list[str]:
    return [passage.leg.remark for passage in timeline.routes[0].passages]


def test_stops_are_confirmed_sightings_and_dated_places_in_order_of_time(case: Case) -> None:
    place = factories.make_location(case, seen_at=SEEN_AT - timedelta(minutes=30), label="Gate")
    undated = factories.make_location(case, seen_at=None, label="Flat")
    factories.make_location(case, active=False, label="Withdrawn")
    second, first = seen(case, camera_at(300), 10), seen(case, camera_at(0), 0)
    for state in (SightingState.CANDIDATE, SightingState.REJECTED, SightingState.UNSURE):
        factories.make_sighting(case, state=state)
    timeline = timeline_of(case)
    assert [stop.key for stop in timeline.stops] == [
        f"location-{place.id}",
        f"sighting-{first.id}",
        f"sighting-{second.id}",
    ]
    assert [stop.number for stop in timeline.stops] == [1, 2, 3]
    assert [row.id for row in timeline.undated] == [undated.id]
    assert timeline.confirmed == 2


def test_a_confirmed_sighting_and_its_own_location_are_one_stop(case: Case) -> None:
    sighting = seen(case, camera_at(0), 0)
    factories.make_location(case, sighting_id=sighting.id, source=LocationSource.SIGHTING)
    (stop,) = timeline_of(case).stops
    assert stop.sighting is not None
    assert stop.location is not None


def test_two_sightings_that_exclude_each_other_make_two_routes_and_none_is_dropped(
    case: Case,
) -> None:
    for east_m, minutes in ((0, 0), (400, 20), (20_000, 20), (900, 40)):
        seen(case, camera_at(east_m), minutes)
    timeline = timeline_of(case)
    assert [(one.from_number, one.to_number) for one in timeline.excluded] == [(2, 3)]
    assert "impossible" in timeline.excluded[0].leg.remark
    assert "m apart" in timeline.excluded[0].leg.reason
    assert {route.numbers for route in timeline.routes} == {(1, 2, 4), (1, 3, 4)}
    assert {route.left_out for route in timeline.routes} == {(2,), (3,)}
    assert timeline.routes_complete


def test_the_route_with_the_more_reliable_stops_comes_first(case: Case) -> None:
    far = {"latitude_deg": 13.4, "label": "far"}
    factories.make_location(case, reliability=Reliability.DOUBTFUL, **far)
    factories.make_location(case, reliability=Reliability.CERTAIN, label="here")
    timeline = timeline_of(case)
    here = next(stop.number for stop in timeline.stops if stop.label == "here")
    assert timeline.routes[0].numbers == (here,)
    assert len(timeline.routes) == 2


def test_a_witness_clock_is_trusted_less_than_a_compared_camera(case: Case) -> None:
    """4 km in one minute: a witness may be ten minutes off, two compared cameras may not."""
    factories.make_location(case, source=LocationSource.WITNESS)
    seen(case, camera_at(4000), 1)
    assert timeline_of(case).exclusion_count == 0
    other = factories.make_case()
    for east_m, minutes in ((0, 0), (4000, 1)):
        camera = camera_at(east_m, clock_offset_s=30.0)
        seen(other, camera, minutes, face={"footage": {"clock_offset_s": 30.0}})
    assert timeline_of(other).exclusion_count == 1


def test_an_offset_that_changed_since_counts_as_doubt(case: Case) -> None:
    camera = camera_at(0, clock_offset_s=95.0)
    seen(case, camera, 0, face={"footage": {"clock_offset_s": 5.0}})
    (stop,) = timeline_of(case).stops
    assert stop.sight.time_uncertainty_s == pytest.approx(95.0)
    assert "+5 s" in stop.clock
    assert "+95 s" in stop.clock


def test_sights_of_one_camera_are_a_stay_that_may_have_been_interrupted(case: Case) -> None:
    camera = camera_at(0)
    for minutes in (0, 4, 200):
        seen(case, camera, minutes)
    seen(case, camera_at(600), 220)
    stays = timeline_of(case).routes[0].stays
    assert [stay.numbers for stay in stays] == [(1, 2), (3,), (4,)]
    assert stays[0].seconds == pytest.approx(4 * 60 + 2 + 3)
    assert stays[0].seconds_in_view == pytest.approx(10)


def test_legs_say_what_they_demand_of_this_subject(case: Case) -> None:
    for east_m, minutes in ((0, 0), (500, 12), (4000, 22)):
        seen(case, camera_at(east_m), minutes)
    assert remarks(timeline_of(case)) == ["possible on foot", "possible only by vehicle"]


def test_the_timeline_takes_as_many_queries_for_many_stops_as_for_few(case: Case) -> None:
    def count() -> int:
        db.session.expire_all()
        assert case.number
        return queries_of(lambda: timeline_of(case))

    factories.make_confirmed_route(case, 2)
    factories.make_location(case)
    few = count()
    factories.make_confirmed_route(case, 12)
    for minutes in range(10):
        factories.make_location(case, seen_at=SEEN_AT + timedelta(minutes=minutes))
    assert count() == few


# ------------------------------------------------------------------------------------- corridors


def two_stops(case: Case, minutes: float = 20, east_m: float = 600) -> tuple[str, str]:
    first, last = seen(case, camera_at(0), 0), seen(case, camera_at(east_m), minutes)
    return f"sighting-{first.id}", f"sighting-{last.id}"


def looked_of(corridor: Any) -> dict[int, Looked]:
    return {one.camera_id: one.looked for one in corridor.cameras}


def test_a_corridor_holds_the_cameras_that_can_have_been_passed(case: Case, analyst: Actor) -> None:
    keys = two_stops(case)
    between, behind = camera_at(300), camera_at(-100)
    far, gone = camera_at(3000), camera_at(310, status="removed")
    corridor = corridor_between(analyst, case, *keys)
    found = looked_of(corridor)
    assert {between.id, behind.id} <= found.keys()
    assert not {far.id, gone.id} & found.keys()
    assert corridor.travel is Travel.FOOT
    assert corridor.total == len(found)
    (entry,) = db.session.scalars(db.select(AuditEntry).filter_by(action="corridor.view"))
    assert entry.case_number == case.number


def test_each_camera_has_its_own_time_of_passing(case: Case, analyst: Actor) -> None:
    keys = two_stops(case)
    near_start, near_end = camera_at(50), camera_at(550)
    corridor = corridor_between(analyst, case, *keys)
    times = {one.camera_id: (one.passing_from, one.passing_to) for one in corridor.cameras}
    assert times[near_start.id][0] < times[near_end.id][0]
    assert times[near_start.id][1] < times[near_end.id][1]
    assert corridor.window_start <= min(start for start, _ in times.values())
    assert corridor.window_end >= max(end for _, end in times.values())


def test_what_was_looked_at_in_the_time_of_passing_is_told_from_what_was_not(
    case: Case, analyst: Actor
) -> None:
    keys = two_stops(case)
    done, partly, elsewhere, planned, untouched, damaged = (
        camera_at(200 + 20 * n) for n in range(6)
    )
    sweep = factories.make_sweep(case)

    def look(
        camera: CameraRow,
        from_s: float,
        to_s: float,
        at_sweep: Any = sweep,
        seen_share: float = 1.0,
    ) -> None:
        footage = factories.make_footage(
            camera,
            started_at=SEEN_AT - timedelta(hours=1),
            ended_at=SEEN_AT + timedelta(hours=2),
            duration_s=10_800,
        )
        visit = factories.make_visit(at_sweep, camera)
        part = VisitPart(
            visit_id=visit.id, footage_id=footage.id, ordinal=1, from_s=from_s, to_s=to_s,
            checkpoint_s=to_s, done=True, seconds_seen=(to_s - from_s) * seen_share,
        )  # fmt: skip
        db.session.add(part)
        db.session.commit()

    look(done, 0, 10_800)
    look(partly, 3600, 3600 + 9 * 60)
    look(damaged, 0, 10_800, seen_share=0.4)
    look(elsewhere, 0, 10_800, factories.make_sweep(factories.make_case()))
    running = factories.make_sweep(
        case,
        state=SweepState.RUNNING,
        window_start=SEEN_AT - timedelta(hours=1),
        window_end=SEEN_AT + timedelta(hours=1),
    )
    factories.make_visit(running, planned, state=VisitState.QUEUED)
    corridor = corridor_between(analyst, case, *keys)
    found = looked_of(corridor)
    assert found[done.id] is Looked.DONE
    assert found[partly.id] is Looked.PARTLY
    assert found[elsewhere.id] is Looked.NOT
    assert found[planned.id] is Looked.PLANNED
    assert found[untouched.id] is Looked.NOT
    assert found[damaged.id] is not Looked.DONE
    assert {done.id, planned.id}.isdisjoint(one.camera_id for one in corridor.open_cameras)
    held = {one.camera_id: one.held_share for one in corridor.cameras}
    assert held[done.id] == pytest.approx(1.0)
    assert held[untouched.id] == 0.0


def test_a_faster_way_of_travelling_makes_a_wider_corridor(case: Case, analyst: Actor) -> None:
    keys = two_stops(case)
    on_foot = corridor_between(analyst, case, *keys)
    by_vehicle = corridor_between(analyst, case, *keys, Travel.VEHICLE)
    assert by_vehicle.area_m2 > on_foot.area_m2
    assert by_vehicle.radius_m > on_foot.radius_m


def test_a_corridor_that_cannot_be_is_refused_with_the_reason(case: Case, analyst: Actor) -> None:
    start, end = two_stops(case, minutes=20, east_m=5000)
    with pytest.raises(Refused, match="takes at least"):
        corridor_between(analyst, case, start, end, Travel.FOOT)
    with pytest.raises(Refused, match="not after the first"):
        corridor_between(analyst, case, end, start)
    with pytest.raises(NotFound, match="no stop"):
        corridor_between(analyst, case, start, "sighting-999999")
    far = seen(case, camera_at(90_000), 21)
    with pytest.raises(Refused, match="faster than any road vehicle"):
        corridor_between(analyst, case, start, f"sighting-{far.id}")


def test_a_share_counts_overlapping_stretches_once() -> None:
    at = [SEEN_AT + timedelta(minutes=n) for n in range(11)]
    assert covered_share((at[0], at[10]), [(at[0], at[4]), (at[2], at[5])]) == pytest.approx(0.5)
    assert covered_share((at[2], at[4]), [(at[0], at[10])]) == 1.0
    assert covered_share((at[2], at[4]), []) == 0.0
    assert covered_share((at[2], at[2]), [(at[0], at[10])]) == 1.0


def test_the_corridor_is_one_step_from_a_sweep(case: Case, logged_in: LogIn) -> None:
    """What the page sends: exactly the API's answer, into the API's plan of a sweep."""
    keys = two_stops(case)
    first = next(stop for stop in timeline_of(case).stops if stop.key == keys[0])
    factories.make_location(
        case,
        sighting_id=int(keys[0].split("-")[1]),
        source=LocationSource.SIGHTING,
        seen_at=first.sight.at,
    )
    camera_at(300), camera_at(320)
    client = logged_in("analyst")
    asked = {"from_key": keys[0], "to_key": keys[1]}
    corridor = body(client.get(f"/api/cases/{case.number}/corridor", query_string=asked))
    assert len(corridor["open_camera_ids"]) >= 2
    wanted = {
        "window_start": corridor["window_start"],
        "window_end": corridor["window_end"],
        "radius_m": corridor["radius_m"],
        "camera_ids": corridor["open_camera_ids"],
    }
    sweep = body(client.post(f"/api/cases/{case.number}/sweeps", json=wanted), 201)
    assert sweep["visits"] == len(corridor["open_camera_ids"])
    assert client.post(f"/api/sweeps/{sweep['id']}/start").status_code == 403


# ------------------------------------------------------------------------------------ the answers


def test_the_api_tells_the_whole_timeline(case: Case, logged_in: LogIn) -> None:
    two_stops(case)
    factories.make_location(case, seen_at=None)
    told = body(logged_in("analyst").get(f"/api/cases/{case.number}/timeline"))
    assert [stop["number"] for stop in told["stops"]] == [1, 2]
    assert told["routes"][0]["legs"][0]["remark"] == "possible on foot"
    assert told["stops"][0]["sighting"]["threshold_similarity"] == 0.36
    assert told["notice"] == "Investigative lead, not an identification."
    assert len(told["undated"]) == 1
    assert "confidence" not in json.dumps(told)


def test_a_wrong_question_about_a_corridor_is_answered_in_words(
    case: Case, logged_in: LogIn
) -> None:
    client = logged_in("analyst")
    address = f"/api/cases/{case.number}/corridor"
    assert "from_key" in problem(client.get(address), 422)["errors"]
    asked = {"from_key": "sighting-1", "to_key": "sighting-2", "travel": "swimming"}
    assert "travel" in problem(client.get(address, query_string=asked), 422)["errors"]
    problem(client.get(address, query_string={**asked, "travel": "auto"}), 404)


@pytest.mark.parametrize("role", ["investigator", "analyst", "administrator"])
def test_the_page_shows_stops_contradictions_and_exports(
    case: Case, logged_in: LogIn, role: str
) -> None:
    for east_m, minutes in ((0, 0), (20_000, 1)):
        seen(case, camera_at(east_m), minutes)
    page = logged_in(role).get(f"/cases/{case.number}/timeline")
    assert page.status_code == 200
    assert "1 pair of stops cannot both be the subject" in page.text
    assert page.text.count('name="route"') == 2
    assert ("evidence.zip" in page.text) == (role != "administrator")
    assert "Investigative lead, not an identification." in page.text


def test_an_empty_timeline_says_what_to_do(case: Case, logged_in: LogIn) -> None:
    page = logged_in("analyst").get(f"/cases/{case.number}/timeline")
    assert "Nothing to put in order yet" in page.text
    assert "timeline-data" not in page.text
