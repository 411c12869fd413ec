"""Real registries into PostGIS, and the ranking against geopy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask
from geopy.distance import great_circle
from sqlalchemy import func, select

from app.extensions import db
from app.inputs import LocationInput, RankingQuery
from app.models import CameraRow, LocationSource
from app.outputs import ImportReportOut
from app.services.base.actors import COMMAND_LINE
from app.services.inventory import cameras, registry
from app.services.places import locations
from app.services.prioritisation import ranking
from tests.app import footage_cases as given

BENGALURU = "bengaluru_safecity_3000.geojson"
REGISTRIES = [
    BENGALURU,
    "austin_traffic_cameras_2018.csv",
    "dakar_cameras.geojson",
    "thai_udonthani_bom.csv",
]


def _import(shared_dir: Path, name: str, **options: object) -> ImportReportOut:
    data = (shared_dir / "registries" / name).read_bytes()
    return registry.import_cameras(COMMAND_LINE, data, name, name, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", REGISTRIES)
def test_a_registry_imported_twice_changes_nothing(app: Flask, shared_dir: Path, name: str) -> None:
    first = _import(shared_dir, name)
    count = db.session.scalar(select(func.count()).select_from(CameraRow))
    second = _import(shared_dir, name)

    assert first.added > 0
    assert first.added + first.refused + len(first.problems) >= first.rows
    assert (second.added, second.changed) == (0, 0)
    assert second.unchanged == first.added
    assert db.session.scalar(select(func.count()).select_from(CameraRow)) == count


def test_a_dry_run_reports_the_same_and_keeps_nothing(app: Flask, shared_dir: Path) -> None:
    dry = _import(shared_dir, "dakar_cameras.geojson", dry_run=True)

    assert dry.added == _import(shared_dir, "dakar_cameras.geojson").added


def test_swapped_axes_are_kept_out_with_the_way_to_override(app: Flask, shared_dir: Path) -> None:
    _import(shared_dir, "dakar_cameras.geojson")
    report = _import(shared_dir, "dakar_cameras_SWAPPED_axes_2016.geojson")

    assert report.added == 0
    assert [problem.row_number for problem in report.problems if problem.severity == "refused"] == [
        1,
        2,
    ]
    assert "swap" in report.problems[0].reason.lower()

    swapped = _import(shared_dir, "dakar_cameras_SWAPPED_axes_2016.geojson", swap_axes=True)
    assert swapped.added == 2


def test_removed_and_planned_cameras_are_kept_and_never_ranked(
    app: Flask, shared_dir: Path
) -> None:
    report = _import(shared_dir, "austin_traffic_cameras_2018.csv")
    case = given.open_case("R-1")
    locations.add_location(
        COMMAND_LINE,
        case,
        LocationInput(
            latitude_deg=30.2672,
            longitude_deg=-97.7431,
            label="Made-up",
            source=LocationSource.OTHER,
        ),
    )

    entries = ranking.compute_ranking(case, RankingQuery(radius_m=50_000, limit=1000)).entries

    ranked = {entry.camera_id for entry in entries}
    inactive = set(
        db.session.scalars(select(CameraRow.id).where(CameraRow.status.in_(("removed", "planned"))))
    )
    assert len(inactive) == report.inactive > 0
    assert not ranked & inactive


def test_the_ranking_is_that_of_geopy_over_all_cameras(app: Flask, shared_dir: Path) -> None:
    _import(shared_dir, BENGALURU)
    case = given.open_case("R-2")
    second = LocationInput(
        latitude_deg=12.9352, longitude_deg=77.6245, label="Second", source=LocationSource.FAMILY
    )
    locations.add_location(COMMAND_LINE, case, second)

    entries = ranking.compute_ranking(case, RankingQuery(radius_m=3000, limit=200)).entries

    places = [(at.latitude_deg, at.longitude_deg) for at in locations.list_locations(case)]
    truth = {
        row.id: min(
            great_circle(place, (row.latitude_deg, row.longitude_deg)).m for place in places
        )
        for row in db.session.scalars(select(CameraRow))
    }
    nearest = sorted(truth.values())[:200]
    assert [entry.distance_m for entry in entries] == pytest.approx(nearest, rel=0.005, abs=0.01)
    for entry in entries:
        assert entry.distance_m == pytest.approx(truth[entry.camera_id], rel=0.005, abs=0.01)


def test_pages_of_the_ranking_continue_each_other(app: Flask, shared_dir: Path) -> None:
    _import(shared_dir, BENGALURU)
    case = given.open_case("R-3")

    def ids(**options: int) -> list[int]:
        query = RankingQuery(radius_m=5000, **options)
        return [entry.camera_id for entry in ranking.compute_ranking(case, query).entries]

    assert ids(limit=20) + ids(limit=20, offset=20) == ids(limit=40)


def test_without_a_location_nothing_is_ranked(app: Flask) -> None:
    given.add_camera()
    case = given.open_case("R-4")
    for location in locations.list_locations(case):
        locations.remove_location(COMMAND_LINE, case, location.id)

    assert ranking.compute_ranking(case, RankingQuery()).entries == ()


def test_a_camera_taken_out_is_neither_ranked_nor_drawn(app: Flask) -> None:
    camera = given.add_camera()
    case = given.open_case("R-5")
    assert ranking.compute_ranking(case, RankingQuery()).entries

    cameras.remove_camera(COMMAND_LINE, camera.id)

    assert ranking.compute_ranking(case, RankingQuery()).entries == ()
    assert cameras.camera_features(None)["features"] == []


def test_drawn_cameras_are_geojson_with_longitude_first(app: Flask) -> None:
    given.add_camera(stream_address="rtsp://user:secret@camera.example/1")

    drawn = json.dumps(cameras.camera_features((77.0, 12.0, 78.0, 13.0)))

    assert json.loads(drawn)["features"][0]["geometry"]["coordinates"] == [77.6063, 12.9757]
    assert "secret" not in drawn
    assert cameras.camera_features((0.0, 0.0, 1.0, 1.0))["features"] == []


def test_a_few_cameras_far_from_all_registered_ones_are_kept_out_until_accepted(
    app: Flask, shared_dir: Path
) -> None:
    _import(shared_dir, BENGALURU)

    report = _import(shared_dir, "dakar_cameras_SWAPPED_axes_2016.geojson")

    assert (report.added, report.refused) == (0, 2)
    assert "may be swapped" in report.problems[0].reason
    accepted = _import(
        shared_dir, "dakar_cameras_SWAPPED_axes_2016.geojson", accept_rows=frozenset({1, 2})
    )
    assert accepted.added == 2


def test_a_second_city_is_no_error(app: Flask, shared_dir: Path) -> None:
    _import(shared_dir, BENGALURU)

    assert _import(shared_dir, "thai_udonthani_bom.csv").added == 38
