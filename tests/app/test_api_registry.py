"""The JSON API: registry, footage, photos and administration."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.extensions import db
from app.models import CameraRow
from tests.app import factories
from tests.app.answers import body, problem
from tests.app.conftest import Client

LogIn = Callable[..., Client]


@pytest.fixture
def investigator(logged_in: LogIn) -> Client:
    return logged_in("investigator")


@pytest.fixture
def dispatcher(logged_in: LogIn) -> Client:
    return logged_in("dispatcher")


# ---------------------------------------------------------------------------- cameras and footage


CSV = (
    "ref,name,lat,long,rtsp\n"
    "A1,Made-up gate,12.9757,77.6063,rtsp://someone:hunter2@192.0.2.9/stream\n"
    "A2,Made-up bridge,12.9760,77.6070,\n"
    "A3,Nowhere,not a number,77.6070,\n"
)


def import_csv(client: Client, **fields: str) -> TestResponse:
    data = {"registry": (io.BytesIO(CSV.encode()), "made-up.csv"), **fields}
    return client.post("/api/cameras/import", data=data)


def test_an_import_reports_each_refused_row_and_repeating_it_changes_nothing(
    dispatcher: Client,
) -> None:
    first = body(import_csv(dispatcher))
    assert (first["added"], first["refused"], first["source"]) == (2, 1, "made-up")
    assert [row["row_number"] for row in first["problems"] if row["severity"] == "refused"] == [4]
    second = body(import_csv(dispatcher))
    assert (second["added"], second["changed"], second["unchanged"]) == (0, 0, 2)


def test_a_dry_run_reports_and_changes_nothing(dispatcher: Client) -> None:
    assert body(import_csv(dispatcher, dry_run="true"))["added"] == 2
    assert body(dispatcher.get("/api/cameras"))["total"] == 0


def test_an_unreadable_mapping_is_refused_with_an_example(dispatcher: Client) -> None:
    told = problem(import_csv(dispatcher, mapping="lat:Y"), 422)
    assert "lat=Y" in told["errors"]["mapping"]


def test_an_import_without_a_file_is_refused(dispatcher: Client) -> None:
    for fields in ({"source": "x"}, {"registry": "text instead of a file"}):
        sent = dispatcher.post(
            "/api/cameras/import", data=fields, content_type="multipart/form-data"
        )
        assert "registry" in problem(sent, 422)["errors"]


def test_no_answer_holds_a_stream_address(dispatcher: Client) -> None:
    report = import_csv(dispatcher)
    camera = db.session.scalars(db.select(CameraRow).where(CameraRow.ref == "A1")).one()
    assert camera.stream_address is not None
    answers = [
        report,
        dispatcher.get("/api/cameras"),
        dispatcher.get("/api/cameras?format=geojson"),
        dispatcher.get(f"/api/cameras/{camera.id}"),
        dispatcher.get(f"/api/cameras/{camera.id}/footage"),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert "hunter2" not in answer.text
        assert "192.0.2.9" not in answer.text


def test_cameras_come_as_geojson_with_longitude_first(app: Flask, dispatcher: Client) -> None:
    inside = factories.make_camera(latitude_deg=12.97, longitude_deg=77.60)
    factories.make_camera(latitude_deg=28.6, longitude_deg=77.2)
    box = "77.5,12.9,77.7,13.0"
    by_name = dispatcher.get(f"/api/cameras?bbox={box}&format=geojson")
    by_header = dispatcher.get(
        f"/api/cameras?bbox={box}", headers={"Accept": "application/geo+json"}
    )
    for answer in (by_name, by_header):
        assert answer.mimetype == "application/geo+json"
        features = body(answer)["features"]
        assert [feature["geometry"]["coordinates"] for feature in features] == [[77.60, 12.97]]
        assert features[0]["properties"]["id"] == inside.id


def test_geojson_is_compressed_for_readers_that_take_it(app: Flask, dispatcher: Client) -> None:
    factories.make_camera()
    address = "/api/cameras?format=geojson"
    plain = dispatcher.get(address)
    packed = dispatcher.get(address, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert gzip.decompress(packed.data) == plain.data


@pytest.mark.parametrize("box", ["1,2,3", "a,b,c,d", ""])
def test_a_map_section_that_is_not_four_numbers_is_refused(dispatcher: Client, box: str) -> None:
    told = problem(dispatcher.get(f"/api/cameras?bbox={box}"), 422)
    assert any(name.startswith("bbox") for name in told["errors"])


def test_a_removed_camera_is_no_longer_listed(app: Flask, dispatcher: Client) -> None:
    camera = factories.make_camera()
    assert dispatcher.delete(f"/api/cameras/{camera.id}").status_code == 204
    assert body(dispatcher.get("/api/cameras"))["total"] == 0


def test_footage_is_listed_without_the_folders_of_the_server(
    app: Flask, dispatcher: Client
) -> None:
    camera = factories.make_camera()
    factories.make_footage(camera, path="/srv/secret-place/clip.mp4")
    answer = dispatcher.get(f"/api/cameras/{camera.id}/footage")
    assert body(answer)["items"][0]["file_name"] == "clip.mp4"
    assert "secret-place" not in answer.text


def test_a_recording_outside_of_the_footage_folders_is_refused(
    app: Flask, dispatcher: Client
) -> None:
    camera = factories.make_camera()
    sent = dispatcher.post(f"/api/cameras/{camera.id}/footage", json={"path": "/etc/passwd"})
    assert "path" in problem(sent, 422)["errors"]


def test_an_uploaded_text_file_is_not_taken_for_a_video(app: Flask, dispatcher: Client) -> None:
    camera = factories.make_camera()
    data = {
        "recording": (io.BytesIO(b"this is no video"), "clip.mp4"),
        "started_at": "2026-11-18T14:00:00+05:30",
    }
    problem(dispatcher.post(f"/api/cameras/{camera.id}/footage/upload", data=data), 422)
    assert body(dispatcher.get(f"/api/cameras/{camera.id}/footage"))["items"] == []


# ----------------------------------------------------------------- photos and administration


def test_a_text_file_named_jpeg_is_refused_as_a_photo(app: Flask, investigator: Client) -> None:
    case = factories.make_case()
    data = {"photo": (io.BytesIO(b"this is no picture"), "face.jpg")}
    problem(investigator.post(f"/api/cases/{case.number}/photos", data=data), 422)
    assert body(investigator.get(f"/api/cases/{case.number}/photos"))["items"] == []


def test_photos_are_listed_and_removed(app: Flask, investigator: Client) -> None:
    case = factories.make_case()
    photo = factories.make_photo(case)
    address = f"/api/cases/{case.number}/photos"
    assert body(investigator.get(address))["items"][0]["id"] == photo.id
    assert investigator.delete(f"{address}/{photo.id}").status_code == 204
    assert body(investigator.get(address))["items"] == []


def test_an_administrator_reads_accounts_audit_and_health(logged_in: LogIn) -> None:
    administrator = logged_in("administrator")
    users = body(administrator.get("/api/users"))
    assert {"password_hash", "session_epoch"}.isdisjoint(users["items"][0])
    assert "items" in body(administrator.get("/api/audit?per_page=5"))
    state = json.loads(administrator.get("/api/health").data)
    assert state["database"]["ok"] is True
    assert state["redis"]["ok"] is True
