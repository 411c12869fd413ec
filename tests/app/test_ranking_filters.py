"""Filters of the ranking: what passes is ranked as in the whole, in pages and on the map."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask

from app.extensions import db
from app.inputs import RankingQuery
from app.models import CameraRow, Case, Role, User
from app.services.prioritisation import ranking
from app.services.prioritisation.ranking import Ranking
from tests.app.conftest import Client, log_in
from tests.app.factories import (
    CENTRE_LATITUDE_DEG,
    CENTRE_LONGITUDE_DEG,
    SEEN_AT,
    make_camera,
    make_case,
    make_footage,
    make_location,
    make_sighting,
    make_sweep,
    make_visit,
)

DEG_PER_M = 1 / 111_195
WINDOW = {"window_start": SEEN_AT, "window_end": SEEN_AT + timedelta(minutes=10)}


def north(metres: float, **values: object) -> CameraRow:
    """A camera north of the place, looking north (away) unless told otherwise."""
    given = {
        "latitude_deg": CENTRE_LATITUDE_DEG + metres * DEG_PER_M,
        "longitude_deg": CENTRE_LONGITUDE_DEG,
        "headings_deg": [0.0],
    }
    return make_camera(**{**given, **values})


@pytest.fixture
def case(app: Flask) -> Case:
    case = make_case()
    make_location(case, uncertainty_m=1.0)
    return case


@pytest.fixture
def investigator(client: Client, user_factory: Callable[..., User]) -> Client:
    return log_in(client, user_factory(Role.INVESTIGATOR))


def ranked(case: Case, **query: object) -> Ranking:
    return ranking.compute_ranking(case, RankingQuery(**{**WINDOW, **query}))


def ids(found: Ranking) -> list[int]:
    return [entry.camera_id for entry in found.entries]


def test_the_owner_is_found_by_a_part_of_the_name_whatever_its_case(case: Case) -> None:
    north(50, owner="Made-up Metro")
    bank = north(60, owner="Made-up Bank")

    found = ranked(case, owner="BANK")

    assert ids(found) == [bank.id]
    assert (found.matching, found.total_in_radius) == (1, 2)


def test_a_camera_keeps_its_rank_in_the_whole_order(case: Case) -> None:
    north(50)
    north(60)
    offline = north(70, status="offline")

    found = ranked(case, status="offline")

    assert [(entry.camera_id, entry.rank) for entry in found.entries] == [(offline.id, 3)]


def test_cameras_are_told_apart_by_where_they_look(case: Case) -> None:
    away = north(50)
    toward = north(60, headings_deg=[180.0], range_m=100.0)
    unknown = north(70, headings_deg=[])

    assert ids(ranked(case, facing="toward")) == [toward.id]
    assert ids(ranked(case, facing="away")) == [away.id]
    assert ids(ranked(case, facing="unknown")) == [unknown.id]


def test_cameras_are_told_apart_by_what_is_left_of_their_footage(case: Case) -> None:
    held = north(50)
    make_footage(held, started_at=SEEN_AT, ended_at=SEEN_AT + timedelta(minutes=5))
    recorder = north(60, retention_hours=24 * 3660)
    lost = north(70, retention_hours=0.01)

    assert ids(ranked(case, footage="at_hand")) == [held.id]
    assert ids(ranked(case, footage="on_recorder")) == [recorder.id]
    assert ids(ranked(case, footage="left")) == [held.id, recorder.id]
    assert ids(ranked(case, footage="gone")) == [lost.id]


def test_cameras_are_told_apart_by_what_this_case_has_seen_of_them(case: Case) -> None:
    looked_at, fresh, found, others = north(50), north(60), north(70), north(80)
    make_visit(make_sweep(case), looked_at)
    make_visit(make_sweep(make_case()), others)
    make_sighting(case, camera=found)

    assert ids(ranked(case, seen="seen")) == [looked_at.id, found.id]
    assert ids(ranked(case, seen="not_seen")) == [fresh.id, others.id]
    assert ids(ranked(case, seen="sightings")) == [found.id]


def test_filtered_pages_continue_each_other_and_the_map_has_all_of_them(case: Case) -> None:
    metro = [north(10 * number, owner="Made-up Metro").id for number in range(1, 8)]
    north(5, owner="Made-up Bank")

    first = ranked(case, owner="metro", limit=4, on_map=True)
    second = ranked(case, owner="metro", limit=4, offset=4)

    assert ids(first) + ids(second) == metro
    assert [camera.camera_id for camera in first.on_map or ()] == metro
    assert second.on_map is None


def test_the_map_is_told_when_footage_is_at_hand(case: Case) -> None:
    camera = north(50)

    def hold(start: datetime, minutes: int) -> None:
        make_footage(camera, started_at=start, ended_at=start + timedelta(minutes=minutes))

    hold(SEEN_AT, 5)
    hold(SEEN_AT + timedelta(minutes=5), 5)
    hold(SEEN_AT + timedelta(hours=3), 10)
    hold(SEEN_AT - timedelta(days=9), 10)

    on_map = ranked(case, on_map=True).on_map

    assert on_map is not None
    assert on_map[0].held == [
        (SEEN_AT, SEEN_AT + timedelta(minutes=10)),
        (SEEN_AT + timedelta(hours=3), SEEN_AT + timedelta(hours=3, minutes=10)),
    ]


def test_an_entry_says_that_its_footage_is_made_up(case: Case) -> None:
    make_footage(north(50), made_up=True)
    north(60)

    assert [entry.made_up_footage for entry in ranked(case).entries] == [True, False]


@pytest.mark.parametrize(
    "query",
    ["facing=sideways", "footage=some", "seen=perhaps", "status=removed", "owner=" + "x" * 201],
)
def test_a_filter_that_does_not_exist_is_refused(
    case: Case, investigator: Client, query: str
) -> None:
    answer = investigator.get(f"/api/cases/{case.number}/cameras?{query}")

    assert answer.status_code == 422


def test_empty_filters_are_none(case: Case, investigator: Client) -> None:
    north(50)
    empty = "owner=&status=&facing=&footage=&seen="
    answer = investigator.get(f"/api/cases/{case.number}/cameras?{empty}&on_map=true")

    assert answer.status_code == 200
    found = answer.get_json()
    assert found["matching"] == found["total"] == len(found["on_map"]) == 1
    db.session.rollback()
