"""The JSON API on a real database: what it answers, refuses and never tells."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app.extensions import db
from app.models import AuditEntry, SightingState
from app.outputs import LEAD_NOTICE
from tests.app import factories
from tests.app.answers import body, problem
from tests.app.conftest import Client
from tests.app.statements import counted_queries

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


def test_an_age_can_be_left_open_and_taken_back(investigator: Client) -> None:
    investigator.post("/api/cases", json={**NEW_CASE, "subject_age_years": 8})
    changed = investigator.patch("/api/cases/MU-2026-1", json={"subject_age_years": None})
    assert body(changed)["subject_age_years"] is None


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
    assert visits["items"][0]["share_seen"] == 0

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
