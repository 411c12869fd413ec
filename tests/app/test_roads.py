"""Importing streets and places, and what becomes of them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pytest
from flask import Flask
from osmium.osm.mutable import Node, Way
from sqlalchemy import func, select

from app.errors import NotFound, Refused, TooLarge
from app.extensions import db
from app.models import AuditEntry, GazetteerPlace, Road, RoadSource, Role
from app.services.base.actors import COMMAND_LINE
from app.services.inventory import roads
from geo.errors import InvalidNetwork
from tests.app.conftest import Client
from tests.app.factories import make_camera

LogIn = Callable[..., Client]

STREETS = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": "Made-up Street", "highway": "residential"},
            "geometry": {
                "type": "LineString",
                "coordinates": [[77.59, 12.97], [77.60, 12.97], [77.60, 12.98]],
            },
        },
        {
            "type": "Feature",
            "properties": {"name": "Made-up Station", "railway": "station"},
            "geometry": {"type": "Point", "coordinates": [77.595, 12.975]},
        },
    ],
}


def geojson(content: Any = None) -> bytes:
    return json.dumps(STREETS if content is None else content).encode()


def line_of(coordinates: list[list[object]]) -> bytes:
    """A collection of one line."""
    geometry = {"type": "LineString", "coordinates": coordinates}
    return geojson({"features": [{"geometry": geometry}]})


def counts() -> tuple[int, int, int]:
    tables = (RoadSource, Road, GazetteerPlace)
    return tuple(db.session.scalar(select(func.count()).select_from(t)) or 0 for t in tables)  # type: ignore[return-value]


def test_a_real_network_is_imported_with_its_names_and_lengths(
    app: Flask, shared_dir: Path
) -> None:
    path = shared_dir / "roads" / "central_bengaluru.graphml"
    report = roads.import_roads(COMMAND_LINE, path.read_bytes(), path.name)
    assert (report.outcome, report.format) == ("added", "OSMnx GraphML")
    assert report.attribution == "© OpenStreetMap contributors"
    assert report.licence == "ODbL 1.0"
    # 6,401 directed edges; 2,686 of them are the way back of another.
    assert report.streets == db.session.scalar(select(func.count()).select_from(Road)) == 3715
    measured_m = db.session.scalar(select(func.sum(func.ST_Length(func.geography(Road.line)))))
    assert report.length_m == pytest.approx(measured_m, rel=0.005)
    named = select(func.count()).where(Road.name == "Museum Road")
    assert db.session.scalar(named) > 3
    network = roads.active_network()
    assert network is not None
    assert network.node_count == report.network_nodes > 2657


def test_importing_the_same_file_twice_changes_nothing(app: Flask) -> None:
    first = roads.import_roads(COMMAND_LINE, geojson(), "made-up.geojson", name="Made-up")
    before = counts()
    written = db.session.scalars(select(Road.id)).all()
    again = roads.import_roads(COMMAND_LINE, geojson(), "made-up.geojson", name="Made-up")
    assert (first.outcome, again.outcome) == ("added", "unchanged")
    assert counts() == before == (1, 1, 1)
    assert db.session.scalars(select(Road.id)).all() == written
    renamed = roads.import_roads(COMMAND_LINE, geojson(), "made-up.geojson", name="Other")
    assert (renamed.outcome, renamed.name) == ("unchanged", "Made-up")
    assert "already" in renamed.notes[0]


def test_a_new_file_of_the_same_name_replaces_the_old_one(app: Flask) -> None:
    roads.import_roads(COMMAND_LINE, geojson(), "a.geojson", name="Made-up")
    content = {**STREETS, "features": STREETS["features"][:1]}
    report = roads.import_roads(COMMAND_LINE, geojson(content), "b.geojson", name="Made-up")
    assert report.outcome == "replaced"
    assert counts() == (1, 1, 0)


def test_metro_lines_are_railways_and_their_points_stations(app: Flask, shared_dir: Path) -> None:
    path = shared_dir / "roads" / "bengaluru_metro_lines_stations.geojson"
    report = roads.import_roads(
        COMMAND_LINE, path.read_bytes(), path.name, name="Metro", source="Made-up metro company"
    )
    assert (report.streets, report.places, report.network_nodes) == (10, 123, 0)
    assert set(db.session.scalars(select(Road.street_class))) == {"rail"}
    assert set(db.session.scalars(select(GazetteerPlace.kind))) == {"station"}
    found = db.session.scalars(select(GazetteerPlace).where(GazetteerPlace.name == "Cubbon Park"))
    assert found.one().latitude_deg == pytest.approx(12.98, abs=0.01)
    assert roads.active_network() is None
    assert "planning does not use it" in " ".join(report.notes)


def test_an_extract_of_openstreetmap_is_read(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "made-up.osm.pbf"
    writer = osmium.SimpleWriter(str(path))
    for number, place in enumerate([(77.59, 12.97), (77.60, 12.97), (77.61, 12.98)], start=1):
        writer.add_node(Node(id=number, location=place))
    station = {"railway": "station", "name": "Made-up Station"}
    writer.add_node(Node(id=9, location=(77.595, 12.975), tags=station))
    street = {"highway": "residential", "name": "Made-up Street"}
    writer.add_way(Way(id=1, nodes=[1, 2, 3], tags=street))
    writer.add_way(Way(id=2, nodes=[1, 3], tags={"highway": "proposed"}))
    writer.close()
    report = roads.import_roads(COMMAND_LINE, path.read_bytes(), path.name)
    assert (report.format, report.streets, report.places) == ("OSM PBF", 1, 1)
    assert report.attribution == "© OpenStreetMap contributors"
    damaged = path.read_bytes()[:-20]
    with pytest.raises(InvalidNetwork, match="damaged"):
        roads.import_roads(COMMAND_LINE, damaged, path.name)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "no file of streets"),
        (b"PK\x03\x04 a spreadsheet", "no file of streets"),
        (b'{"type": "FeatureCollection", "features": []}', "neither streets nor"),
        (b'{"features": ' + b"[" * 50_000, "damaged"),
        (b'<!DOCTYPE g [<!ENTITY e SYSTEM "file:///made-up">]><graphml>&e;</graphml>', "entities"),
        (b"<graphml><node id='1'/></graphml>", "cannot be read"),
        (line_of([[780_000, 1], [2, 3]]), "not degrees"),
        (line_of([["a", 1], [2, 3]]), "longitude, latitude"),
    ],
)
def test_a_hostile_or_foreign_file_is_refused_in_words_and_leaves_nothing(
    app: Flask, data: bytes, sentence: str
) -> None:
    with pytest.raises(InvalidNetwork, match=sentence):
        roads.import_roads(COMMAND_LINE, data, "file")
    assert counts() == (0, 0, 0)


def test_a_file_beyond_the_limit_and_a_bad_name_are_refused(app: Flask) -> None:
    limit = app.config["LASTSEEN"].max_roads_bytes
    with pytest.raises(TooLarge):
        roads.import_roads(COMMAND_LINE, bytes(limit + 1), "large.graphml")
    with pytest.raises(Refused):
        roads.import_roads(COMMAND_LINE, geojson(), "a.geojson", name="x" * 121)


def test_names_with_control_characters_and_broken_text_are_cleaned(app: Flask) -> None:
    content = json.loads(geojson())
    content["features"][0]["properties"]["name"] = "Made-up\x00\u202e\ud800 Street\n"
    roads.import_roads(COMMAND_LINE, json.dumps(content).encode(), "a.geojson")
    assert db.session.scalar(select(Road.name)) == "Made-up Street"


def test_the_newest_network_is_the_one_in_use_and_removal_brings_the_other_back(app: Flask) -> None:
    older = roads.import_roads(COMMAND_LINE, geojson(), "a.geojson")
    content = json.loads(geojson())
    content["features"][0]["geometry"]["coordinates"].append([77.61, 12.98])
    newer = roads.import_roads(COMMAND_LINE, json.dumps(content).encode(), "b.geojson")
    assert (older.network_nodes, newer.network_nodes) == (3, 4)
    first = roads.active_network()
    assert first is not None
    assert first.node_count == 4
    assert roads.active_network() is first, "read once by a process"
    key = roads.active_network_key()
    roads.remove_source(COMMAND_LINE, newer.source_id)
    second = roads.active_network()
    assert second is not None
    assert np.array_equal(np.sort(second.longitude_deg), [77.59, 77.60, 77.60])
    assert roads.active_network_key() != key
    roads.remove_source(COMMAND_LINE, older.source_id)
    assert roads.active_network() is None
    assert counts() == (0, 0, 0)
    with pytest.raises(NotFound):
        roads.remove_source(COMMAND_LINE, older.source_id)


def test_imports_and_removals_are_in_the_audit_log(app: Flask) -> None:
    report = roads.import_roads(COMMAND_LINE, geojson(), "a.geojson", name="Made-up")
    roads.remove_source(COMMAND_LINE, report.source_id)
    actions = select(AuditEntry.action).where(AuditEntry.subject == "Made-up")
    assert db.session.scalars(actions.order_by(AuditEntry.id)).all() == [
        "roads.import",
        "roads.remove",
    ]


# ------------------------------------------------------------------------ page, API, commands


def upload(data: bytes, name: str = "made-up.geojson", **fields: str) -> dict[str, Any]:
    return {"data": {"roads": (io.BytesIO(data), name), **fields}}


def test_the_page_imports_reports_and_removes(logged_in: LogIn) -> None:
    client = logged_in(Role.DISPATCHER)
    assert "grid labelled in kilometres" in client.get("/cameras/streets").text
    page = client.post("/cameras/streets", **upload(geojson(), source="Made-up <i>source</i>"))
    assert page.status_code == 200
    assert "is imported" in page.text
    assert "Made-up &lt;i&gt;source" in page.text
    again = client.post("/cameras/streets", **upload(geojson()))
    assert "nothing was changed" in again.text
    source = db.session.scalars(select(RoadSource)).one()
    assert source.imported_by_id == client.user.id  # type: ignore[union-attr]
    assert client.post(f"/cameras/streets/{source.id}/remove").status_code == 302
    assert counts() == (0, 0, 0)


def test_the_page_refuses_in_words(logged_in: LogIn) -> None:
    client = logged_in(Role.ADMINISTRATOR)
    refused = client.post("/cameras/streets", **upload(b"PK a spreadsheet", "streets.xlsx"))
    assert refused.status_code == 422
    assert "is no file of streets" in refused.text
    assert client.post("/cameras/streets", data={}).status_code == 422
    reader = logged_in(Role.INVESTIGATOR)
    assert "Import a file" not in reader.get("/cameras/streets").text
    assert reader.post("/cameras/streets", **upload(geojson())).status_code == 403


def test_the_api_imports_lists_and_removes(logged_in: LogIn) -> None:
    client = logged_in(Role.DISPATCHER)
    report = client.post("/api/roads", **upload(geojson(), name="Made-up", licence="CC0")).json
    assert (report["outcome"], report["streets"], report["places"]) == ("added", 1, 1)
    (listed,) = client.get("/api/roads").json["items"]
    assert (listed["name"], listed["licence"]) == ("Made-up", "CC0")
    assert listed["west_deg"] == pytest.approx(77.59)
    assert "network" not in listed
    bad = client.post("/api/roads", **upload(b"nothing"))
    assert (bad.status_code, bad.mimetype) == (422, "application/problem+json")
    assert client.delete(f"/api/roads/{listed['id']}").status_code == 204
    assert client.delete(f"/api/roads/{listed['id']}").status_code == 404


def test_the_commands_import_list_and_remove(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "made-up.geojson"
    file.write_bytes(geojson())
    run = app.test_cli_runner().invoke
    first = run(args=["roads", "import", str(file), "--source", "Made-up source", "--json"])
    report = json.loads(first.stdout)
    assert (report["outcome"], report["name"]) == ("added", "made-up.geojson")
    plain = run(args=["roads", "import", str(file)])
    assert "unchanged" in plain.output
    assert "1 streets (" in plain.output
    assert "Made-up source" in run(args=["roads", "list"]).output
    assert json.loads(run(args=["roads", "remove", str(report["source_id"]), "--json"]).stdout)
    bad = tmp_path / "bad.graphml"
    bad.write_text("<graphml><node id='1'/></graphml>")
    refused = run(args=["roads", "import", str(bad)])
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: This GraphML cannot be read")


def test_maps_know_the_streets_and_whom_to_credit(logged_in: LogIn) -> None:
    client = logged_in(Role.INVESTIGATOR)
    make_camera()
    assert '"roads": null' in client.get("/cameras").text
    roads.import_roads(COMMAND_LINE, geojson(), "a.geojson", source="Made-up", licence="CC0")
    page = client.get("/cameras").text
    layer = roads.road_layer()
    assert layer is not None
    assert layer.attributions == ("Made-up, CC0",)
    assert layer.version in page
