"""Exports opened by other people's readers: GDAL, gpxpy, lxml with KML's own schema."""

from __future__ import annotations

import csv
import importlib.util
import io
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import gpxpy
import pytest
from flask import Flask
from lxml import etree

from app.models import Case, SightingState
from app.services.base.actors import Actor
from app.services.places import routes
from tests.app import factories

GX = "{http://www.google.com/kml/ext/2.2}"
KML = "{http://www.opengis.net/kml/2.2}"
GPX = "{http://www.topografix.com/GPX/1/1}"
HOSTILE = "=cmd|' /C calc'!A1 <b>&amp; \"x\" ಕನ್ನಡ\x0b"


@pytest.fixture
def analyst(actor_factory: Callable[..., Actor]) -> Actor:
    return actor_factory("analyst")


@pytest.fixture
def case(app: Flask) -> Case:
    """Four confirmed sightings; the last camera's name is made to hurt."""
    case = factories.make_case()
    factories.make_confirmed_route(case, 3)
    camera = factories.make_camera(name=HOSTILE, latitude_deg=12.98)
    factories.make_sighting(
        case,
        camera=camera,
        seen_at=factories.SEEN_AT.replace(hour=10),
        state=SightingState.CONFIRMED,
    )
    return case


def written(actor: Actor, case: Case, file_format: str, folder: Path) -> Path:
    export = routes.export_route(actor, case, file_format)
    path = folder / export.file_name
    path.write_bytes(export.data)
    return path


def ogrinfo(path: Path, *arguments: str) -> str:
    if shutil.which("ogrinfo") is None:
        pytest.skip("GDAL's programs are not installed (scripts/setup.sh --test: gdal-bin)")
    answer = subprocess.run(
        ["ogrinfo", "-ro", "-al", *arguments, str(path)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    assert "ERROR" not in answer.stderr
    return answer.stdout


@pytest.mark.parametrize(("file_format", "points"), [("geojson", 4), ("gpx", 8), ("kml", 4)])
def test_gdal_reads_every_place_and_time(
    case: Case, analyst: Actor, tmp_path: Path, file_format: str, points: int
) -> None:
    """GPX holds each place as a waypoint and as a track point."""
    told = ogrinfo(written(analyst, case, file_format, tmp_path))
    assert told.count("  POINT ") == points
    assert "2026/11/18 08:40:00" in told or "2026-11-18T08:40:00Z" in told
    assert "not an identification" in told


def test_gdal_reads_the_csv_as_points(case: Case, analyst: Actor, tmp_path: Path) -> None:
    path = written(analyst, case, "csv", tmp_path)
    options = ("-oo", "X_POSSIBLE_NAMES=longitude_deg", "-oo", "Y_POSSIBLE_NAMES=latitude_deg")
    assert ogrinfo(path, *options).count("POINT (77.6") == 4


def test_no_cell_of_the_csv_is_a_formula(case: Case, analyst: Actor, tmp_path: Path) -> None:
    text = written(analyst, case, "csv", tmp_path).read_text(encoding="utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert any(cell.startswith("'=cmd") for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))]


def test_gpxpy_reads_the_gpx_and_its_structure_is_that_of_1_1(
    case: Case, analyst: Actor, tmp_path: Path
) -> None:
    """No package carries GPX's own schema, so names, order and the fixed attributes are checked."""
    data = written(analyst, case, "gpx", tmp_path).read_bytes()
    document = gpxpy.parse(data.decode())
    assert document.version == "1.1"
    assert [point.time for point in document.waypoints] == sorted(
        point.time for point in document.tracks[0].segments[0].points if point.time
    )
    root = etree.fromstring(data)
    assert root.tag == f"{GPX}gpx"
    assert (root.get("version"), root.get("creator")) == ("1.1", "Lastseen")
    names = [str(child.tag).removeprefix(GPX) for child in root]
    assert names == sorted(names, key=["metadata", "wpt", "rte", "trk"].index)
    allowed = ["ele", "time", "name", "cmt", "desc", "src", "link", "sym", "type"]
    for point in [*root.iter(f"{GPX}wpt"), *root.iter(f"{GPX}trkpt")]:
        assert -90 <= float(point.get("lat", "x")) <= 90
        assert -180 <= float(point.get("lon", "x")) <= 180
        children = [str(child.tag).removeprefix(GPX) for child in point]
        assert children == sorted(children, key=allowed.index)


def kml_schema() -> etree.XMLSchema:
    """OGC's KML 2.2 with Google's extensions, as the package fastkml carries them."""
    found = importlib.util.find_spec("fastkml")
    assert found is not None
    assert found.submodule_search_locations is not None
    folder = Path(next(iter(found.submodule_search_locations))) / "schema"
    return etree.XMLSchema(etree.parse(str(folder / "kml22gx.xsd")))


def test_the_kml_is_valid_by_its_schema_and_plays_in_a_time_slider(
    case: Case, analyst: Actor, tmp_path: Path
) -> None:
    root = etree.parse(str(written(analyst, case, "kml", tmp_path))).getroot()
    schema = kml_schema()
    assert schema.validate(root), schema.error_log
    marks = [one for one in root.iter(f"{KML}Placemark") if one.find(f"{KML}Point") is not None]
    assert len(marks) == 4
    assert all(one.findtext(f"{KML}TimeStamp/{KML}when", "").endswith("Z") for one in marks)
    (track,) = root.iter(f"{GX}Track")
    whens = [one.text for one in track.findall(f"{KML}when")]
    assert len(whens) == len(track.findall(f"{GX}coord")) == 4
    assert whens == sorted(whens, key=str)
    assert "the way taken is not known" in etree.tostring(root, encoding="unicode")


def test_the_kml_schema_would_notice(tmp_path: Path) -> None:
    wrong = etree.fromstring(f'<kml xmlns="{KML[1:-1]}"><Document id="1"/></kml>')
    assert not kml_schema().validate(wrong)


def test_every_event_for_tak_has_what_the_schema_of_events_requires(
    case: Case, analyst: Actor, tmp_path: Path
) -> None:
    package = written(analyst, case, "tak", tmp_path)
    with zipfile.ZipFile(package) as archive:
        files = [name for name in archive.namelist() if name.endswith(".cot")]
        assert len(files) == 4
        for name in files:
            event = etree.fromstring(archive.read(name))
            for needed in ("version", "uid", "type", "how", "time", "start", "stale"):
                assert event.get(needed)
            point = event.find("point")
            assert point is not None
            assert {"lat", "lon", "hae", "ce", "le"} == set(point.attrib)
            assert "not an identification" in (event.findtext("detail/remarks") or "")
