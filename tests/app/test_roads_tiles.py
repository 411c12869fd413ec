"""Tiles of streets, of cameras, and of what the cameras see, decoded and compared with the rows."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from app.extensions import db
from app.models import Role
from app.services.base.actors import COMMAND_LINE
from app.services.inventory import roads
from app.services.mapping.tiles import TileCache
from geo.distance import destination
from geo.points import Point
from tests.app.conftest import Client
from tests.app.factories import SEEN_AT, make_camera, make_footage
from tests.app.statements import queries_of
from tests.app.test_roads import geojson
from tests.app.vector_tiles import Feature, read_tile

LogIn = Callable[..., Client]
EXTENT = 4096
MG_ROAD = (12.9755, 77.6066)


def tile_at(latitude_deg: float, longitude_deg: float, z: int) -> tuple[int, int]:
    """The tile that holds a position, by the formulas of the slippy map."""
    size = 1 << z
    y = (1 - math.asinh(math.tan(math.radians(latitude_deg))) / math.pi) / 2
    return int((longitude_deg + 180) / 360 * size), int(y * size)


def place_in(z: int, x: int, y: int, at: tuple[int, int]) -> tuple[float, float]:
    """Latitude and longitude of a point of a tile."""
    size = 1 << z
    north = math.pi * (1 - 2 * (y + at[1] / EXTENT) / size)
    return math.degrees(math.atan(math.sinh(north))), (x + at[0] / EXTENT) / size * 360 - 180


def fetch(
    client: Client, layer: str, z: int, x: int, y: int, query: str = ""
) -> dict[str, list[Feature]]:
    answer = client.get(f"/tiles/{layer}/{z}/{x}/{y}.mvt{query}")
    assert answer.status_code == 200
    assert answer.mimetype == "application/vnd.mapbox-vector-tile"
    return read_tile(answer.data)


# ----------------------------------------------------------------------------------- streets


def test_streets_and_stations_lie_where_they_are_and_have_their_names(
    app: Flask, logged_in: LogIn, shared_dir: Path
) -> None:
    folder = shared_dir / "roads"
    for name in ("central_bengaluru.graphml", "bengaluru_metro_lines_stations.geojson"):
        roads.import_roads(COMMAND_LINE, (folder / name).read_bytes(), name, source="Made-up")
    client = logged_in(Role.ANALYST)
    x, y = tile_at(*MG_ROAD, 15)
    tile = fetch(client, "roads", 15, x, y)
    names = {street.properties["name"] for street in tile["streets"]}
    assert {"Church Street", "Residency Road"} & names
    assert {street.kind for street in tile["streets"]} == {2}
    stations = {place.properties["name"]: place for place in tile["places"]}
    (at,) = stations["Mahatma Gandhi Road"].parts[0]
    latitude_deg, longitude_deg = place_in(15, x, y, at)
    row = db.session.execute(
        text("SELECT latitude_deg, longitude_deg FROM places WHERE name = 'Mahatma Gandhi Road'")
    ).one()
    assert (latitude_deg, longitude_deg) == pytest.approx(tuple(row), abs=1e-5)


def test_far_out_only_the_wide_streets_are_in_a_tile(
    app: Flask, logged_in: LogIn, shared_dir: Path
) -> None:
    path = shared_dir / "roads" / "central_bengaluru.graphml"
    roads.import_roads(COMMAND_LINE, path.read_bytes(), path.name)
    client = logged_in(Role.INVESTIGATOR)
    sizes, classes = [], []
    for z in (9, 11, 13):
        answer = client.get(f"/tiles/roads/{z}/{{}}/{{}}.mvt".format(*tile_at(*MG_ROAD, z)))
        sizes.append(len(answer.data))
        streets = read_tile(answer.data)["streets"]
        classes.append({street.properties["class"] for street in streets})
    assert "minor" not in classes[0] | classes[1]
    assert {"primary", "minor"} <= classes[2]
    assert sizes == sorted(sizes)
    assert sizes[-1] < 100_000


def test_a_tile_of_streets_is_kept_by_its_version_and_changes_with_an_import(
    app: Flask, logged_in: LogIn
) -> None:
    client = logged_in(Role.DISPATCHER)
    x, y = tile_at(12.97, 77.595, 15)
    address = f"/tiles/roads/15/{x}/{y}.mvt"
    assert client.get(address).data == b""
    report = roads.import_roads(COMMAND_LINE, geojson(), "a.geojson")
    layer = roads.road_layer()
    assert layer is not None
    first = client.get(f"{address}?v={layer.version}")
    assert first.cache_control.private
    assert first.cache_control.max_age > 86_400
    assert "streets" in read_tile(first.data)
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(f"{address}?v=older").cache_control.no_cache
    roads.remove_source(COMMAND_LINE, report.source_id)
    assert client.get(address, headers={"If-None-Match": first.headers["ETag"]}).data == b""


@pytest.mark.parametrize("address", ["17/0/0", "3/8/0", "3/0/8", "40/1/1"])
def test_a_tile_that_no_map_has_is_not_found(logged_in: LogIn, address: str) -> None:
    client = logged_in(Role.ANALYST)
    for layer in ("roads", "cameras", "coverage"):
        assert client.get(f"/tiles/{layer}/{address}.mvt").status_code == 404


# ----------------------------------------------------------------------------------- cameras


def test_near_each_camera_is_there_with_what_is_drawn_of_it(app: Flask, logged_in: LogIn) -> None:
    camera = make_camera(headings_deg=[10.0, 200.5], field_of_view_deg=60.0, range_m=35.0)
    gone = make_camera()
    client = logged_in(Role.INVESTIGATOR)
    x, y = tile_at(camera.latitude_deg, camera.longitude_deg, 16)
    db.session.execute(
        text("UPDATE cameras SET deleted_at = now() WHERE id = :id"), {"id": gone.id}
    )
    db.session.commit()
    (found,) = fetch(client, "cameras", 16, x, y)["cameras"]
    assert found.properties == {
        "id": camera.id,
        "name": camera.name,
        "status": "active",
        "kind": "fixed",
        "headings": "10,200.5",
        "width": 60.0,
        "range": 35.0,
    }
    latitude_deg, longitude_deg = place_in(16, x, y, found.parts[0][0])
    expected = (camera.latitude_deg, camera.longitude_deg)
    assert (latitude_deg, longitude_deg) == pytest.approx(expected, abs=3e-6)


def test_no_camera_is_lost_or_counted_twice_at_any_zoom(app: Flask, logged_in: LogIn) -> None:
    for step in range(60):
        make_camera(
            latitude_deg=12.90 + 0.0031 * step, longitude_deg=77.50 + 0.0047 * (step * 7 % 60)
        )
    make_camera(latitude_deg=12.9, longitude_deg=90.0)  # on the edge between two tiles
    client = logged_in(Role.ANALYST)
    for z in (2, 7, 10, 12, 14):
        found = 0
        spans = [tile_at(12.89, 77.49, z), tile_at(13.10, 90.0, z)]
        for y in range(spans[1][1], spans[0][1] + 1):
            columns = range(spans[0][0], tile_at(12.9, 77.8, z)[0] + 1)
            for x in sorted({*columns, spans[1][0] - 1, spans[1][0]}):
                tile = fetch(client, "cameras", z, x, y)
                assert "cameras" in tile or "clusters" in tile or not tile
                found += len(tile.get("cameras", []))
                found += sum(one.properties["count"] for one in tile.get("clusters", []))
        assert found == 61, z


def test_too_many_cameras_in_a_tile_are_counted_and_a_count_says_where_to_look(
    app: Flask, logged_in: LogIn
) -> None:
    db.session.execute(
        text(
            "INSERT INTO cameras (source, ref, name, latitude_deg, longitude_deg, headings_deg,"
            " status, created_at, updated_at) SELECT 'dense', n::text, 'Made-up ' || n,"
            " 12.9735 + (n % 60) * 0.00003, 77.6055 + (n / 60) * 0.00002, '{90}', 'active', now(),"
            " now() FROM generate_series(0, 3599) AS n"
        )
    )
    db.session.commit()
    client = logged_in(Role.INVESTIGATOR)
    z14 = fetch(client, "cameras", 14, *tile_at(*MG_ROAD, 14))
    assert "cameras" not in z14
    assert sum(one.properties["count"] for one in z14["clusters"]) == 3600
    assert len(z14["clusters"]) < 64
    some = z14["clusters"][0].properties
    assert some["west"] <= some["east"]
    assert some["south"] <= some["north"]
    x, y = tile_at(*MG_ROAD, 16)
    near = [fetch(client, "cameras", 16, x + i, y - j) for i in (0, 1) for j in (0, 1)]
    assert sum(len(tile.get("cameras", [])) for tile in near) == 3600


def test_a_changed_registry_is_seen_at_once(app: Flask, logged_in: LogIn) -> None:
    camera = make_camera()
    client = logged_in(Role.ANALYST)
    address = (16, *tile_at(camera.latitude_deg, camera.longitude_deg, 16))
    assert len(fetch(client, "cameras", *address)["cameras"]) == 1
    make_camera()
    assert len(fetch(client, "cameras", *address)["cameras"]) == 2


def test_the_number_of_queries_is_the_same_for_few_and_many_cameras(
    app: Flask, logged_in: LogIn
) -> None:
    client = logged_in(Role.ANALYST)
    x, y = tile_at(12.9767, 77.6073, 15)
    asked = []
    for count in (1, 60):
        for _ in range(count):
            make_camera()
        asked.append(queries_of(lambda: fetch(client, "cameras", 15, x, y)))
    assert asked[0] == asked[1] > 0


# ---------------------------------------------------------------------------------- coverage


def shoelace(ring: list[tuple[int, int]]) -> float:
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in itertools.pairwise(ring)) / 2


def area_m2(features: list[Feature], latitude_deg: float, z: int) -> float:
    unit_m = 40_075_016.686 / (1 << z) / EXTENT * math.cos(math.radians(latitude_deg))
    rings = [ring for feature in features for ring in feature.parts]
    return abs(sum(shoelace(ring) for ring in rings)) * unit_m**2


def coverage_of(
    client: Client, latitude_deg: float, longitude_deg: float, query: str = ""
) -> dict[str, list[Feature]]:
    return fetch(client, "coverage", 15, *tile_at(latitude_deg, longitude_deg, 15), query)


def by_kind(tile: dict[str, list[Feature]], kind: str) -> list[Feature]:
    return [one for one in tile.get("coverage", []) if one.properties["kind"] == kind]


def test_coverage_is_the_union_of_true_wedges(app: Flask, logged_in: LogIn) -> None:
    at = (12.9700, 77.5990)
    for _ in range(2):  # one over the other: the union is no larger
        make_camera(
            latitude_deg=at[0], longitude_deg=at[1], headings_deg=[90.0, 270.0], range_m=60.0
        )
    tile = coverage_of(logged_in(Role.ANALYST), *at)
    wedges = 2 * 70 / 360 * math.pi * 60**2
    assert area_m2(by_kind(tile, "seen"), at[0], 15) == pytest.approx(wedges, rel=0.03)
    assert by_kind(tile, "perhaps") == by_kind(tile, "held") == []
    x, y = tile_at(*at, 15)
    corners = [
        place_in(15, x, y, point) for ring in by_kind(tile, "seen")[0].parts for point in ring
    ]
    east = destination(Point(*at), 90.0, 60.0)
    assert max(longitude for _, longitude in corners) == pytest.approx(east.longitude_deg, abs=5e-6)


def test_where_the_direction_is_unknown_the_whole_range_counts_as_perhaps(
    app: Flask, logged_in: LogIn
) -> None:
    at = (12.9700, 77.5990)
    make_camera(latitude_deg=at[0], longitude_deg=at[1], headings_deg=[], range_m=None)
    tile = coverage_of(logged_in(Role.ANALYST), *at)
    assert by_kind(tile, "seen") == []
    circle = area_m2(by_kind(tile, "perhaps"), at[0], 15)
    assert circle == pytest.approx(math.pi * 40**2, rel=0.05)


def test_held_is_only_what_was_recorded_in_the_window(app: Flask, logged_in: LogIn) -> None:
    at = (12.9700, 77.5990)
    camera = make_camera(latitude_deg=at[0], longitude_deg=at[1])
    make_footage(camera)  # ten minutes from SEEN_AT
    client = logged_in(Role.ANALYST)

    def asked(start_min: int, end_min: int) -> list[Feature]:
        start, end = (SEEN_AT + timedelta(minutes=m) for m in (start_min, end_min))
        query = f"?window_start={start:%Y-%m-%dT%H:%M:%SZ}&window_end={end:%Y-%m-%dT%H:%M:%SZ}"
        return by_kind(coverage_of(client, *at, query), "held")

    assert len(asked(5, 8)) == 1
    assert asked(60, 120) == []
    assert by_kind(coverage_of(client, *at), "held") == []
    wrong = client.get(
        "/tiles/coverage/15/1/1.mvt?window_start=2026-11-18T10:00Z&window_end=2026-11-18T09:00Z"
    )
    assert wrong.status_code == 422


def test_gaps_are_the_streets_that_no_camera_sees(app: Flask, logged_in: LogIn) -> None:
    # A made-up street of about 1,085 m along a parallel, one camera in its middle looking east.
    roads.import_roads(COMMAND_LINE, geojson(), "a.geojson")
    at = (12.9700, 77.5990)
    client = logged_in(Role.ANALYST)
    before = coverage_of(client, *at)["gaps"][0].properties
    assert before["gap_m"] == pytest.approx(before["street_m"])
    make_camera(latitude_deg=at[0], longitude_deg=at[1], headings_deg=[90.0], range_m=50.0)
    after = coverage_of(client, *at)["gaps"][0].properties
    assert after["street_m"] == pytest.approx(before["street_m"])
    assert after["street_m"] - after["gap_m"] == pytest.approx(50.0, abs=1.0)


# ------------------------------------------------------------------------------------- cache


def test_a_cache_makes_a_tile_once_and_forgets_the_least_used_first() -> None:
    made: list[str] = []

    def make(name: str) -> Callable[[], bytes]:
        return lambda: made.append(name) or bytes(400)  # type: ignore[func-returns-value]

    cache = TileCache(kept_bytes=1000)
    for name in ("a", "b", "a", "c", "a", "b"):
        cache.get(name, 60.0, make(name))
    assert made == ["a", "b", "c", "b"]
    cache.get("a", -1.0, make("a"))
    assert made[-1] == "a", "older than its lifetime"
