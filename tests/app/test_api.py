"""The JSON API on a real database: what it answers, refuses and never tells."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from werkzeug.test import TestResponse

from app.extensions import db
from app.models import AuditEntry, CameraRow, SightingState
from app.outputs import LEAD_NOTICE
from tests.app import factories
from tests.app.conftest import Client

NEXT_MONTH = (datetime.now(UTC) + timedelta(days=30)).isoformat()
NEW_CASE: dict[str, Any] = {
    "number": "MU-2026-1",
    "purpose": "Find the missing child",
    "legal_basis": "Order 7 of the made-up court",
    "legal_basis_expires_at": NEXT_MONTH,
    "subject_name": "Made-up Subject",
    "subject_category": "child 7-9",
}
WINDOW = {
    "window_start": "2026-11-18T14:00:00+05:30",
    "window_end": "2026-11-18T15:00:00+05:30",
}
LogIn = Callable[..., Client]


def body(response: TestResponse, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return json.loads(response.data)


def problem(response: TestResponse, status: int) -> Any:
    assert response.mimetype == "application/problem+json", response.text
    told = body(response, status)
    assert told["status"] == status
    assert told["detail"]
    return told


@pytest.fixture
def investigator(logged_in: LogIn) -> Client:
    return logged_in("investigator")


@pytest.fixture
def dispatcher(logged_in: LogIn) -> Client:
    return logged_in("dispatcher")


# ------------------------------------------------------------------------------------------ cases


def test_a_case_is_opened_read_changed_closed_and_reopened(investigator: Client) -> None:
    opened = investigator.post("/api/cases", json=NEW_CASE)
    assert body(opened, 201)["state"] == "open"
    assert opened.headers["Location"] == "/api/cases/MU-2026-1"

    changed = investigator.patch("/api/cases/MU-2026-1", json={"subject_clothing": "red coat"})
    assert body(changed)["subject_clothing"] == "red coat"
    assert body(changed)["subject_name"] == "Made-up Subject"

    shown = body(investigator.get("/api/cases/MU-2026-1"))
    assert shown["counts"] == {
        "photos": 0,
        "locations": 0,
        "sweeps_running": 0,
        "candidates": 0,
        "confirmed": 0,
    }
    assert body(investigator.post("/api/cases/MU-2026-1/close"))["state"] == "closed"
    assert body(investigator.post("/api/cases/MU-2026-1/reopen"))["state"] == "open"


def test_a_second_case_with_the_same_number_is_a_conflict(investigator: Client) -> None:
    investigator.post("/api/cases", json=NEW_CASE)
    problem(investigator.post("/api/cases", json=NEW_CASE), 409)


def test_an_unknown_case_is_told_in_a_sentence(investigator: Client) -> None:
    told = problem(investigator.get("/api/cases/NO-SUCH-CASE"), 404)
    assert "NO-SUCH-CASE" in told["detail"]


def test_each_wrong_field_of_a_new_case_is_named_with_its_reason(investigator: Client) -> None:
    wrong = {**NEW_CASE, "subject_age_years": 300, "legal_basis_expires_at": "soon", "colour": 1}
    wrong.pop("purpose")
    told = problem(investigator.post("/api/cases", json=wrong), 422)
    assert set(told["errors"]) == {
        "purpose",
        "subject_age_years",
        "legal_basis_expires_at",
        "colour",
    }


def test_a_time_without_a_zone_is_refused(investigator: Client) -> None:
    wrong = {**NEW_CASE, "legal_basis_expires_at": "2030-01-01T00:00:00"}
    told = problem(investigator.post("/api/cases", json=wrong), 422)
    assert "zone" in told["errors"]["legal_basis_expires_at"]


def test_broken_json_is_refused_as_unreadable(investigator: Client) -> None:
    sent = investigator.post("/api/cases", data='{"number": ', content_type="application/json")
    problem(sent, 400)


def test_a_form_where_json_is_read_is_refused_as_the_wrong_type(investigator: Client) -> None:
    problem(investigator.post("/api/cases", data={"number": "X"}), 415)


def test_a_list_where_an_object_is_read_is_refused(investigator: Client) -> None:
    problem(investigator.post("/api/cases", json=["MU-1"]), 422)


def test_cases_are_found_by_text_and_state(app: Flask, investigator: Client) -> None:
    wanted = factories.make_case(subject_name="Made-up Findable")
    factories.make_case()
    found = body(investigator.get("/api/cases?text=findable&state=open"))
    assert [case["number"] for case in found["items"]] == [wanted.number]
    assert (found["total"], found["page"]) == (1, 1)


def test_reading_a_case_is_in_the_audit_log(app: Flask, investigator: Client) -> None:
    case = factories.make_case()
    investigator.get(f"/api/cases/{case.number}")
    entry = db.session.scalars(
        db.select(AuditEntry).where(AuditEntry.case_number == case.number)
    ).one()
    assert investigator.user is not None
    assert (entry.action, entry.actor_name) == ("case.view", investigator.user.email)
    assert entry.purpose == case.purpose


# ------------------------------------------------------------- last-known locations and the ranking


def test_a_location_is_added_changed_removed_and_restored(app: Flask, investigator: Client) -> None:
    address = f"/api/cases/{factories.make_case().number}/locations"
    given = {
        "latitude_deg": 12.9757,
        "longitude_deg": 77.6063,
        "seen_at": "2026-11-18T14:10:00+05:30",
        "label": "Made-up gate",
        "source": "witness",
    }
    added = body(investigator.post(address, json=given), 201)
    assert added["seen_at"] == "2026-11-18T08:40:00Z"
    assert added["seen_at_local"] == "2026-11-18T14:10:00+05:30"
    one = f"{address}/{added['id']}"

    assert body(investigator.patch(one, json={"uncertainty_m": 120}))["uncertainty_m"] == 120
    assert body(investigator.delete(one))["active"] is False
    assert body(investigator.get(address))["items"] == []
    assert body(investigator.get(f"{address}?include_inactive=true"))["total"] == 1
    assert body(investigator.patch(one, json={"active": True}))["active"] is True


def test_coordinates_out_of_range_are_refused_by_name(app: Flask, investigator: Client) -> None:
    address = f"/api/cases/{factories.make_case().number}/locations"
    given = {"latitude_deg": 97.6, "longitude_deg": 12.9, "label": "x", "source": "witness"}
    assert set(problem(investigator.post(address, json=given), 422)["errors"]) == {"latitude_deg"}


def test_a_location_of_another_case_is_not_found(app: Flask, investigator: Client) -> None:
    other = factories.make_location(factories.make_case())
    number = factories.make_case().number
    problem(investigator.delete(f"/api/cases/{number}/locations/{other.id}"), 404)


def test_cameras_are_ranked_by_distance_with_a_reason_each(
    app: Flask, investigator: Client
) -> None:
    case = factories.make_case()
    place = factories.make_location(case)
    far = factories.make_camera(latitude_deg=place.latitude_deg + 0.004)
    near = factories.make_camera(latitude_deg=place.latitude_deg + 0.001)
    factories.make_camera(latitude_deg=place.latitude_deg + 0.1)
    factories.make_camera(latitude_deg=place.latitude_deg + 0.002, status="removed")

    ranking = body(investigator.get(f"/api/cases/{case.number}/cameras?radius_m=1000&limit=10"))
    assert [entry["camera_id"] for entry in ranking["items"]] == [near.id, far.id]
    assert [entry["rank"] for entry in ranking["items"]] == [1, 2]
    assert ranking["total"] == 2
    assert ranking["items"][0]["distance_m"] < ranking["items"][1]["distance_m"] < 1000
    assert all(entry["reason"].endswith(".") for entry in ranking["items"])
    assert ranking["locations"][0]["id"] == place.id
    assert "stream_address" not in json.dumps(ranking)


def test_a_window_that_ends_before_it_starts_is_refused(app: Flask, investigator: Client) -> None:
    number = factories.make_case().number
    query = {"window_start": WINDOW["window_end"], "window_end": WINDOW["window_start"]}
    told = problem(investigator.get(f"/api/cases/{number}/cameras", query_string=query), 422)
    assert "ends before it starts" in told["detail"]


def test_without_a_geocoder_the_answer_says_so(investigator: Client) -> None:
    assert "geocoder" in problem(investigator.get("/api/geocode?q=Made-up+Road"), 503)["detail"]


# ----------------------------------------------------------------------------------------- sweeps


def test_a_sweep_is_planned_listed_and_assigned(
    app: Flask, dispatcher: Client, user_factory: Callable[..., Any]
) -> None:
    case = factories.make_case()
    factories.make_location(case)
    camera = factories.make_camera()
    factories.make_footage(camera)

    planned = body(dispatcher.post(f"/api/cases/{case.number}/sweeps", json=WINDOW), 201)
    assert (planned["state"], planned["visits"]) == ("planned", 1)
    assert planned["window_start_local"] == "2026-11-18T14:00:00+05:30"

    visits = body(dispatcher.get(f"/api/sweeps/{planned['id']}/visits"))
    assert visits["items"][0]["camera"]["id"] == camera.id
    assert visits["items"][0]["seconds_in_window"] == 3600
    assert visits["items"][0]["share_looked_at"] == 0

    colleague = user_factory("dispatcher")
    address = f"/api/sweeps/{planned['id']}"
    given = body(dispatcher.post(f"{address}/assign", json={"user_id": colleague.id}))
    assert given["assigned_to"]["name"] == colleague.name
    assert body(dispatcher.get(address))["assigned_to"]["id"] == colleague.id
    assert body(dispatcher.get("/api/sweeps?state=planned"))["total"] == 1
    assert body(dispatcher.get(f"/api/cases/{case.number}/sweeps"))["total"] == 1


def test_a_sweep_that_does_not_run_cannot_be_stopped(app: Flask, dispatcher: Client) -> None:
    sweep = factories.make_sweep(factories.make_case())
    problem(dispatcher.post(f"/api/sweeps/{sweep.id}/stop"), 409)


def test_a_sweep_of_a_closed_case_is_refused(app: Flask, dispatcher: Client) -> None:
    case = factories.make_case(state="closed")
    told = problem(dispatcher.post(f"/api/cases/{case.number}/sweeps", json=WINDOW), 422)
    assert "closed" in told["detail"]


def test_ids_beyond_any_row_are_not_found(dispatcher: Client) -> None:
    for address in ("/api/sweeps/9223372036854775807", "/api/cameras/4294967296"):
        problem(dispatcher.get(address), 404)


# -------------------------------------------------------------------------------------- sightings


def test_a_sighting_says_similarity_threshold_model_and_that_it_is_a_lead(
    app: Flask, investigator: Client
) -> None:
    case = factories.make_case()
    photo = factories.make_photo(case)
    made = factories.make_sighting(case, photo=photo)
    shown = body(investigator.get(f"/api/cases/{case.number}/sightings"))["items"][0]
    assert shown["notice"] == LEAD_NOTICE
    assert (shown["similarity"], shown["threshold_similarity"]) == (0.52, 0.36)
    assert shown["model"]["name"] == made.embedder.name
    assert shown["model"]["false_match_rate"] == 0.0001
    assert shown["seen_at_local"] == "2026-11-18T14:10:00+05:30"
    assert shown["face"]["crop"] == f"/media/{made.face.crop_sha256}.jpg"
    assert shown["reference_photo"]["face_picture"] == f"/media/{photo.face_sha256}.jpg"
    assert "confidence" not in json.dumps(shown)


def test_a_confirmed_sighting_becomes_a_location_until_the_review_is_undone(
    app: Flask, investigator: Client
) -> None:
    case = factories.make_case()
    sighting = factories.make_sighting(case)
    address = f"/api/sightings/{sighting.id}"

    reviewed = investigator.post(f"{address}/reviews", json={"verdict": "confirmed"})
    assert body(reviewed, 201)["state"] == "confirmed"
    places = body(investigator.get(f"/api/cases/{case.number}/locations"))["items"]
    assert [place["sighting_id"] for place in places] == [sighting.id]

    undone = investigator.delete(f"{address}/reviews/latest")
    assert body(undone)["state"] == "candidate"
    assert body(investigator.get(f"/api/cases/{case.number}/locations"))["items"] == []

    shown = body(investigator.get(address))
    assert [review["verdict"] for review in shown["reviews"]] == ["confirmed"]
    assert shown["reviews"][0]["undone_at"] is not None
    problem(investigator.delete(f"{address}/reviews/latest"), 409)


def test_an_unknown_verdict_is_refused(app: Flask, investigator: Client) -> None:
    sighting = factories.make_sighting(factories.make_case())
    sent = investigator.post(f"/api/sightings/{sighting.id}/reviews", json={"verdict": "90 %"})
    assert "verdict" in problem(sent, 422)["errors"]


def test_sightings_are_filtered_by_state(app: Flask, investigator: Client) -> None:
    case = factories.make_case()
    factories.make_sighting(case)
    rejected = factories.make_sighting(case, state=SightingState.REJECTED)
    found = body(investigator.get(f"/api/cases/{case.number}/sightings?state=rejected"))
    assert [one["id"] for one in found["items"]] == [rejected.id]


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """The SQL statements that are sent while the block runs."""
    sent: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    engine = db.session.connection().engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_the_number_of_queries_does_not_grow_with_the_sightings(
    app: Flask, investigator: Client
) -> None:
    case = factories.make_case()
    photo = factories.make_photo(case)
    counts = []
    for extra in (2, 18):
        for _ in range(extra):
            factories.make_sighting(case, photo=photo)
        with counted_queries() as sent:
            page = body(investigator.get(f"/api/cases/{case.number}/sightings?per_page=50"))
        counts.append((page["total"], len(sent)))
    assert [total for total, _ in counts] == [2, 20]
    assert counts[0][1] == counts[1][1] > 0


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
