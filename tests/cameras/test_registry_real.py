"""Registries as cities publish them."""

import json
from pathlib import Path

from cameras.camera import CameraKind, CameraStatus
from cameras.registry import (
    Remedy,
)
from geo.points import Point
from tests.cameras.registries import of_row, read


def test_austin_is_read_whole_with_its_removed_and_desired_cameras_apart(shared_dir: Path) -> None:
    data = (shared_dir / "registries/austin_traffic_cameras_2018.csv").read_bytes()
    reading = read(data)
    assert len(reading.cameras) == 512
    assert not reading.refused
    counts = reading.status_counts
    assert counts[CameraStatus.PLANNED] == 95
    assert counts[CameraStatus.REMOVED] == 4
    assert counts[CameraStatus.ACTIVE] + counts[CameraStatus.OFFLINE] == 413
    first = reading.cameras[0]
    assert (first.ref, first.name) == ("134", "6TH ST / RED RIVER ST")
    assert first.position == Point(30.2664757, -97.7371902)
    assert any("95 cameras are planned" in problem.reason for problem in reading.problems)


def test_bengaluru_is_read_whole_without_its_html(shared_dir: Path) -> None:
    data = (shared_dir / "registries/bengaluru_safecity_3000.geojson").read_bytes()
    reading = read(data, "bengaluru.geojson")
    assert len(reading.cameras) == 3_000
    assert len({camera.ref for camera in reading.cameras}) == 3_000
    first = reading.cameras[0]
    assert first.position == Point(12.970459, 77.610357)
    assert first.remarks.startswith("Junction Code: 1; Division: CENTRAL; Police Station")
    assert "<" not in first.remarks
    assert first.kind is CameraKind.FIXED
    shared_positions = [p for p in reading.problems if "same position" in p.reason]
    assert len(shared_positions) == 2


def test_dakar_without_any_property_gets_stable_references(shared_dir: Path) -> None:
    data = (shared_dir / "registries/dakar_cameras.geojson").read_bytes()
    reading = read(data, "dakar.geojson")
    assert len(reading.cameras) == 103
    assert reading.cameras == read(data, "dakar.geojson").cameras


def test_swapped_dakar_is_kept_out_once_dakar_is_known(shared_dir: Path) -> None:
    folder = shared_dir / "registries"
    dakar = read((folder / "dakar_cameras.geojson").read_bytes(), "dakar.geojson")
    known = [camera.position for camera in dakar.cameras]
    data = (folder / "dakar_cameras_SWAPPED_axes_2016.geojson").read_bytes()
    reading = read(data, "swapped.geojson", known_positions=known)
    assert not reading.cameras
    assert [problem.row_number for problem in reading.refused] == [1, 2]
    assert {problem.remedy for problem in reading.refused} == {Remedy.SWAP_AXES}
    assert "2 of 2 rows" in of_row(reading, None)[0].reason
    mended = read(data, "swapped.geojson", known_positions=known, swap_axes=True)
    assert [camera.position for camera in mended.cameras] == [
        Point(14.69182379, -17.47420119),
        Point(14.68882162, -17.47285495),
    ]
    assert not mended.problems
    overruled = read(data, "swapped.geojson", known_positions=known, accept_rows=frozenset({1, 2}))
    assert len(overruled.cameras) == 2


def test_two_rows_and_nothing_to_compare_with_are_warned_about(shared_dir: Path) -> None:
    data = (shared_dir / "registries/dakar_cameras_SWAPPED_axes_2016.geojson").read_bytes()
    reading = read(data, "swapped.geojson")
    assert "check their places on the map" in of_row(reading, None)[0].reason


def test_udon_thani_is_read_with_thai_names_and_secret_streams(shared_dir: Path) -> None:
    data = (shared_dir / "registries/thai_udonthani_bom.csv").read_bytes()
    reading = read(data)
    assert len(reading.cameras) == 38
    assert reading.cameras[0].name.startswith("วงเวียน")
    assert str(reading.cameras[0].stream_address) == "https://cctv.example/…"
    assert reading.status_counts == {CameraStatus.ACTIVE: 38}


def test_a_whole_real_registry_with_swapped_axes_is_kept_out(shared_dir: Path) -> None:
    text = (shared_dir / "registries/bengaluru_safecity_3000.geojson").read_text()
    document = json.loads(text)
    for feature in document["features"]:
        feature["geometry"]["coordinates"][:2] = feature["geometry"]["coordinates"][1::-1]
    reading = read(json.dumps(document), "swapped.geojson")
    assert not reading.cameras
    assert "3000 of 3000 rows" in of_row(reading, None)[0].reason
    assert len(read(json.dumps(document), "swapped.geojson", swap_axes=True).cameras) == 3_000
