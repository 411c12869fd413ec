"""The pages of a case, as a browser without JavaScript sees them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.extensions import db
from app.models import Case, LastKnownLocationRow, Role
from tests.app.conftest import Client
from tests.app.factories import (
    SEEN_AT,
    make_camera,
    make_case,
    make_confirmed_route,
    make_location,
    make_sighting,
)

LogIn = Callable[..., Client]


def case_form(**values: str) -> dict[str, str]:
    return {
        "number": "PAGE-1",
        "timezone": "Asia/Kolkata",
        "purpose": "Find the missing child",
        "legal_basis": "Order 3",
        "legal_basis_expires_at": f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%dT%H:%M}",
        "subject_name": "Made-up Subject",
        "subject_age_years": "8",
        "subject_category": "child 7-9",
        **values,
    }


def test_without_a_case_the_list_tells_an_investigator_the_first_step(logged_in: LogIn) -> None:
    page = logged_in().get("/cases").text
    assert "No case yet" in page
    assert "Open the first case" in page


def test_the_list_finds_a_case_by_part_of_its_number_and_by_state(logged_in: LogIn) -> None:
    make_case(number="NORTH-7")
    make_case(number="SOUTH-8")
    client = logged_in(Role.ANALYST)
    assert "NORTH-7" in client.get("/cases?text=orth&state=open").text
    assert "SOUTH-8" not in client.get("/cases?text=orth&state=").text
    assert "No case matches" in client.get("/cases?text=orth&state=closed").text


def test_a_long_list_has_pages(logged_in: LogIn) -> None:
    for number in range(5):
        make_case(number=f"PAGED-{number}")
    page = logged_in().get("/cases?per_page=2&page=2").text
    assert "3–4 of 5" in page
    assert 'rel="next"' in page
    assert 'rel="prev"' in page


def test_opening_a_case_leads_to_its_photos_and_keeps_local_times(logged_in: LogIn) -> None:
    expires = (datetime.now(UTC) + timedelta(days=9)).replace(hour=12, minute=0)
    form = case_form(legal_basis_expires_at=f"{expires:%Y-%m-%dT%H:%M}")
    answer = logged_in().post("/cases/new", data=form)
    assert answer.status_code == 302
    assert answer.location == "/cases/PAGE-1/photos"
    case = db.session.scalar(select(Case).where(Case.number == "PAGE-1"))
    assert case is not None
    # Noon in Kolkata is 06:30 in UTC.
    assert f"{case.legal_basis_expires_at:%H:%M}" == "06:30"


def test_a_wrong_field_keeps_what_was_typed_and_says_why_beside_it(logged_in: LogIn) -> None:
    form = case_form(number="no spaces allowed", subject_age_years="-3")
    answer = logged_in().post("/cases/new", data=form)
    assert answer.status_code == 422
    assert 'value="no spaces allowed"' in answer.text
    assert "may hold letters, digits, dot, dash and underscore" in answer.text
    assert re.search(r'id="subject_age_years-error".*at least 0', answer.text, re.DOTALL)
    assert db.session.scalar(select(Case).where(Case.subject_name == "Made-up Subject")) is None


def test_a_number_that_is_taken_is_a_conflict_said_in_words(logged_in: LogIn) -> None:
    make_case(number="PAGE-1")
    answer = logged_in().post("/cases/new", data=case_form())
    assert answer.status_code == 409
    assert "There is, or was, a case PAGE-1 already" in answer.text


def test_a_case_without_an_end_of_its_legal_basis_is_not_opened(logged_in: LogIn) -> None:
    answer = logged_in().post("/cases/new", data=case_form(legal_basis_expires_at=""))
    assert answer.status_code == 422
    assert 'id="legal_basis_expires_at-error"' in answer.text


def test_a_change_is_saved_and_an_age_can_be_taken_out(logged_in: LogIn) -> None:
    case = make_case(number="PAGE-2", subject_age_years=8)
    client = logged_in()
    assert "PAGE-2" in client.get("/cases/PAGE-2/edit").text
    form = case_form(subject_name="Another Made-up Name", subject_age_years="")
    assert client.post("/cases/PAGE-2/edit", data=form).status_code == 302
    assert (case.subject_name, case.subject_age_years) == ("Another Made-up Name", None)


def test_closing_and_reopening_a_case(logged_in: LogIn) -> None:
    case = make_case(number="PAGE-3")
    client = logged_in()
    client.post("/cases/PAGE-3/close")
    assert case.state == "closed"
    assert "This case is closed" in client.get("/cases/PAGE-3").text
    client.post("/cases/PAGE-3/reopen")
    assert case.state == "open"


def test_a_case_whose_basis_has_expired_is_not_reopened_and_says_what_to_do(
    logged_in: LogIn,
) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    case = make_case(number="PAGE-4", state="closed", legal_basis_expires_at=yesterday)
    answer = logged_in().post("/cases/PAGE-4/reopen", follow_redirects=True)
    assert "extend it first" in answer.text
    assert case.state == "closed"


def test_an_unknown_case_is_a_page_that_says_so(logged_in: LogIn) -> None:
    answer = logged_in().get("/cases/NOBODY-0")
    assert answer.status_code == 404
    assert "There is no case NOBODY-0" in answer.text


def test_the_map_page_carries_its_data_and_no_inline_script_or_style(logged_in: LogIn) -> None:
    case = make_case(number="MAP-1")
    make_location(case)
    page = logged_in().get("/cases/MAP-1").text
    block = re.search(r'<script type="application/json" id="case-data">(.*?)</script>', page)
    assert block is not None
    data = json.loads(block[1])
    assert data["number"] == "MAP-1"
    assert data["start"]["latitude_deg"] == pytest.approx(12.9757)
    assert all(data["can"][name] for name in ("review", "sighting", "locate", "sweep"))
    assert not re.search(r"<script(?![^>]*(src=|application/json))", page)
    assert " style=" not in page
    assert not re.search(r"\son[a-z]+=", page)
    assert "Investigative lead, not an identification." in page


def test_an_analyst_sees_the_map_without_what_an_analyst_may_not_do(logged_in: LogIn) -> None:
    make_case(number="MAP-2")
    page = logged_in(Role.ANALYST).get("/cases/MAP-2").text
    assert "plan-sweep" not in page
    assert "add-place" not in page
    assert '"review": false' in page


def test_markup_in_a_case_stays_text(logged_in: LogIn) -> None:
    make_case(number="MAP-3", subject_name="<script>alert(1)</script>")
    for address in ("/cases", "/cases/MAP-3", "/cases/MAP-3/edit"):
        assert "<script>alert" not in logged_in().get(address).text


def test_a_photo_form_without_a_file_says_so(logged_in: LogIn) -> None:
    make_case(number="PHOTO-1")
    answer = logged_in().post("/cases/PHOTO-1/photos", data={})
    assert answer.status_code == 422
    assert "Choose a file first." in answer.text


@pytest.mark.parametrize(
    "typed", ["12.9716, 77.5946", "12°58'17.76\"N 77°35'40.56\"E", "POINT(77.5946 12.9716)"]
)
def test_a_location_is_typed_in_any_notation_and_local_time(logged_in: LogIn, typed: str) -> None:
    case = make_case(number="PLACE-1")
    form = {
        "position": typed,
        "label": "Made-up bus stop",
        "seen_at": "2026-11-18T14:10",
        "uncertainty_m": "75",
        "source": "family",
        "reliability": "certain",
    }
    assert logged_in().post("/cases/PLACE-1/locations", data=form).status_code == 302
    row = db.session.scalar(
        select(LastKnownLocationRow).where(LastKnownLocationRow.case_id == case.id)
    )
    assert row is not None
    assert row.latitude_deg == pytest.approx(12.9716, abs=1e-6)
    assert row.longitude_deg == pytest.approx(77.5946, abs=1e-6)
    assert row.seen_at == datetime(2026, 11, 18, 8, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "typed", "reason"),
    [
        ("position", "somewhere north", "position"),
        ("position", "91.5, 77.5", "latitude"),
        ("uncertainty_m", "-5", "at least 0"),
        ("seen_at", "yesterday", "2026-11-18"),
        ("label", "", "must not be empty"),
    ],
)
def test_a_wrong_location_is_refused_beside_its_field(
    logged_in: LogIn, field: str, typed: str, reason: str
) -> None:
    make_case(number="PLACE-2")
    form = {
        "position": "12.97, 77.59",
        "label": "Made-up bus stop",
        "uncertainty_m": "50",
        "source": "family",
        "reliability": "likely",
        field: typed,
    }
    answer = logged_in().post("/cases/PLACE-2/locations", data=form)
    assert answer.status_code == 422
    error = re.search(rf'id="{field}-error">(.*?)</span>', answer.text, re.DOTALL)
    assert error is not None
    assert reason in error[1]
    assert db.session.scalar(select(LastKnownLocationRow)) is None


def test_a_location_is_changed_deactivated_and_restored(logged_in: LogIn) -> None:
    case = make_case(number="PLACE-3")
    place = make_location(case, label="Made-up gate")
    client, address = logged_in(), f"/cases/PLACE-3/locations/{place.id}"
    assert 'value="2026-11-18T14:10:00"' in client.get(address).text
    form = {
        "position": "12.98, 77.6",
        "label": "Made-up back gate",
        "seen_at": "",
        "uncertainty_m": "20",
        "source": "police",
        "reliability": "certain",
        "remarks": "",
    }
    assert client.post(address, data=form).status_code == 302
    assert (place.label, place.seen_at, place.latitude_deg) == ("Made-up back gate", None, 12.98)
    client.post(f"{address}/remove")
    assert not place.active
    assert "Restore" in client.get("/cases/PLACE-3/locations").text
    client.post(f"{address}/restore")
    assert place.active


def test_a_location_of_another_case_is_not_found(logged_in: LogIn) -> None:
    make_case(number="PLACE-4")
    place = make_location(make_case())
    assert logged_in().post(f"/cases/PLACE-4/locations/{place.id}/remove").status_code == 404


def test_a_sweep_is_planned_from_the_page_and_a_backward_window_is_refused(
    logged_in: LogIn,
) -> None:
    case = make_case(number="SWEEP-1")
    make_location(case)
    make_camera()
    client = logged_in(Role.DISPATCHER)
    assert 'value="2026-11-18T13:55"' in client.get("/cases/SWEEP-1/sweeps").text
    form = {
        "window_start": "2026-11-18T14:00",
        "window_end": "2026-11-18T13:00",
        "radius_m": "1000",
        "limit": "5",
    }
    refused = client.post("/cases/SWEEP-1/sweeps", data=form)
    assert refused.status_code == 422
    assert "The time window ends before it starts; swap the two times." in refused.text
    form["window_end"] = "2026-11-18T15:00"
    answer = client.post("/cases/SWEEP-1/sweeps", data=form)
    assert answer.status_code == 302
    assert answer.location.startswith("/sweeps/")


def test_the_timeline_orders_stops_and_marks_what_is_impossible(logged_in: LogIn) -> None:
    case = make_case(number="TIME-1")
    make_location(case, label="Made-up start", seen_at=SEEN_AT)
    make_location(
        case, label="Made-up far end", latitude_deg=14.0, seen_at=SEEN_AT + timedelta(minutes=10)
    )
    page = logged_in(Role.ANALYST).get("/cases/TIME-1/timeline").text
    assert page.index("Made-up start") < page.index("Made-up far end")
    assert "impossible: faster than any road vehicle" in page
    assert "to export yet" in page


def test_the_timeline_offers_every_export_once_a_sighting_is_confirmed(logged_in: LogIn) -> None:
    case = make_case(number="TIME-2")
    make_confirmed_route(case, 2)
    page = logged_in(Role.ANALYST).get("/cases/TIME-2/timeline").text
    for ending in ("gpx", "geojson", "kml", "csv", "html"):
        assert f'href="/api/cases/TIME-2/route.{ending}"' in page
    assert "2 confirmed sightings" in page


def test_the_sightings_page_shows_similarity_beside_its_threshold_and_never_a_percentage(
    logged_in: LogIn,
) -> None:
    case = make_case(number="SEEN-1")
    make_sighting(case, similarity=0.52)
    page = logged_in().get("/cases/SEEN-1/sightings").text
    main = page[page.index("<main") : page.index("</main>")]
    assert "0.520" in main
    assert "threshold 0.360" in main
    assert "%" not in main
    assert "Investigative lead, not an identification." in main


def test_pages_are_for_those_who_are_logged_in(client: Client) -> None:
    make_case(number="LOCKED-1")
    for address in ("/cases", "/cases/LOCKED-1", "/sweeps", "/review", "/cameras"):
        answer = client.get(address)
        assert answer.status_code == 302
        assert answer.location.startswith("/login")


def test_no_template_writes_a_style_or_a_script_into_the_page() -> None:
    templates = Path(__file__).resolve().parents[2] / "templates"
    for path in templates.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=", text), path
        assert not re.search(r"\son[a-z]+=\"", text), path
        assert not re.search(r"<script(?![^>]*(src=|application/json))", text), path
        assert "<style" not in text, path
