"""The pages on which sweeps, sightings and cameras are worked on."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from app.extensions import db
from app.models import CameraRow, Footage, Review, Role, SightingState, VisitState
from app.models.sweeps import SweepState
from tests.app.conftest import Client
from tests.app.factories import (
    SEEN_AT,
    make_camera,
    make_case,
    make_footage,
    make_location,
    make_review,
    make_sighting,
    make_sweep,
    make_visit,
)

LogIn = Callable[..., Client]

CSV = (
    "ref,name,latitude,longitude\n"
    "A1,Made-up gate,12.9716,77.5946\n"
    "A2,Made-up yard,12.9720,77.5950\n"
    "A3,Nowhere,912.0,77.5950\n"
)


def test_the_board_shows_sweeps_of_all_cases_and_filters_them(logged_in: LogIn) -> None:
    running = make_sweep(make_case(number="BOARD-1"), state=SweepState.RUNNING)
    make_visit(running, make_camera(), state=VisitState.RUNNING)
    make_sweep(make_case(number="BOARD-2"), state=SweepState.FINISHED)
    client = logged_in(Role.DISPATCHER)
    assert "BOARD-2" in client.get("/sweeps").text
    page = client.get("/sweeps/all?state=running").text
    assert "BOARD-1" in page
    assert "BOARD-2" not in page
    assert "0 of 1 visits done, 1 running" in page


def test_a_sweep_says_why_a_visit_failed_and_offers_a_retry(logged_in: LogIn) -> None:
    sweep = make_sweep(make_case(), state=SweepState.FINISHED)
    make_visit(
        sweep, make_camera(), state=VisitState.FAILED, outcome="The recording has no key frame."
    )
    page = logged_in(Role.DISPATCHER).get(f"/sweeps/{sweep.id}").text
    assert "The recording has no key frame." in page
    assert "1 could not look" in page
    assert "Retry" in page
    assert "Retry" not in logged_in(Role.ANALYST).get(f"/sweeps/{sweep.id}").text


def test_a_sweep_tells_how_much_of_the_window_was_really_seen(logged_in: LogIn) -> None:
    sweep = make_sweep(make_case())
    make_visit(sweep, make_camera(), seconds_in_window=3600, seconds_seen=900)
    page = logged_in().get(f"/sweeps/{sweep.id}").text
    assert "25%" in page
    assert "footage exists of 10 min 00 s" in page


def test_a_finished_sweep_cannot_be_stopped_and_the_page_says_so(logged_in: LogIn) -> None:
    sweep = make_sweep(make_case(), state=SweepState.FINISHED)
    answer = logged_in(Role.DISPATCHER).post(f"/sweeps/{sweep.id}/stop", follow_redirects=True)
    assert answer.status_code == 200
    assert 'class="notice error"' in answer.text


def test_a_sweep_is_assigned_to_a_person_and_to_nobody_again(logged_in: LogIn) -> None:
    client = logged_in(Role.DISPATCHER)
    sweep = make_sweep(make_case(), state=SweepState.PLANNED)
    assert client.user is not None
    client.post(f"/sweeps/{sweep.id}/assign", data={"user_id": client.user.id})
    assert sweep.assigned_to_id == client.user.id
    client.post(f"/sweeps/{sweep.id}/assign", data={"user_id": ""})
    assert sweep.assigned_to_id is None


def test_a_sighting_page_names_model_rate_place_and_the_way_from_the_last_certain_place(
    logged_in: LogIn,
) -> None:
    case = make_case()
    make_location(case, label="Made-up school", reliability="certain", seen_at=SEEN_AT)
    sighting = make_sighting(case, seen_at=SEEN_AT + timedelta(minutes=20))
    page = logged_in().get(f"/sightings/{sighting.id}").text
    assert "made-up-model" in page
    assert "1 in 10,000 pairs of different people" in page
    assert "Made-up school" in page
    assert "possible on foot" in page
    assert "Nobody has looked at it yet." in page
    assert "Investigative lead, not an identification." in page


def test_a_verdict_is_recorded_with_its_reason_and_can_be_taken_back(logged_in: LogIn) -> None:
    sighting = make_sighting(make_case())
    client, address = logged_in(Role.EXAMINER), f"/sightings/{sighting.id}"
    client.post(f"{address}/review", data={"verdict": "rejected", "remarks": "Another person"})
    assert sighting.state is SightingState.REJECTED
    assert "Another person" in client.get(address).text
    client.post(f"{address}/undo")
    assert sighting.state is SightingState.CANDIDATE
    assert "taken back" in client.get(address).text
    nothing_left = client.post(f"{address}/undo", follow_redirects=True)
    assert "There is no verdict to take back." in nothing_left.text


def test_a_verdict_that_is_none_is_refused(logged_in: LogIn) -> None:
    sighting = make_sighting(make_case())
    client = logged_in()
    answer = client.post(
        f"/sightings/{sighting.id}/review", data={"verdict": "certain"}, follow_redirects=True
    )
    assert 'class="notice error"' in answer.text
    assert db.session.scalar(select(func.count()).select_from(Review)) == 0


def test_after_a_verdict_the_browser_goes_only_to_pages_of_this_site(logged_in: LogIn) -> None:
    sighting = make_sighting(make_case())
    form = {"verdict": "unsure", "next": "https://elsewhere.example/"}
    answer = logged_in().post(f"/sightings/{sighting.id}/review", data=form)
    assert "elsewhere" not in answer.location


def test_the_review_queue_holds_what_waits_in_open_cases(logged_in: LogIn) -> None:
    waiting = make_sighting(make_case(number="QUEUE-1"))
    done = make_sighting(make_case(number="QUEUE-2"), state=SightingState.CONFIRMED)
    make_review(done)
    make_sighting(make_case(number="QUEUE-3", state="closed"))
    page = logged_in().get("/review").text
    assert f"/sightings/{waiting.id}" in page
    assert "QUEUE-2" not in page
    assert "QUEUE-3" not in page


def test_an_empty_registry_tells_the_first_step(logged_in: LogIn) -> None:
    assert "Import the first registry" in logged_in(Role.DISPATCHER).get("/cameras").text
    assert "Import the first registry" not in logged_in(Role.ANALYST).get("/cameras").text


def test_cameras_are_found_by_name_and_status(logged_in: LogIn) -> None:
    make_camera(name="Made-up north gate")
    make_camera(name="Made-up south gate", status="offline")
    page = logged_in().get("/cameras?text=gate&status=offline&source=").text
    assert "Made-up south gate" in page
    assert "Made-up north gate" not in page


def post_registry(client: Client, **fields: object) -> str:
    data = {"registry": (io.BytesIO(CSV.encode()), "gates.csv"), "source": "pages", **fields}
    answer = client.post("/cameras/import", data=data)
    assert answer.status_code == 200
    return answer.text


def test_a_registry_is_checked_first_and_changes_nothing_until_it_is_imported(
    logged_in: LogIn,
) -> None:
    client = logged_in(Role.DISPATCHER)
    checked = post_registry(client, do="check")
    assert "What would happen" in checked
    assert "Import 2 cameras" in checked
    assert re.search(r'data-label="Row" class="number">4<', checked)
    assert db.session.scalar(select(func.count()).select_from(CameraRow)) == 0
    assert "2 added" in post_registry(client, do="import")
    assert db.session.scalar(select(func.count()).select_from(CameraRow)) == 2
    assert "0 added, 0 changed, 2 unchanged" in post_registry(client, do="import")


def test_a_column_that_a_person_chose_is_used(logged_in: LogIn) -> None:
    client = logged_in(Role.DISPATCHER)
    columns = {
        "column-latitude": "latitude",
        "column-longitude": "longitude",
        "column-name": "ref",
    }
    post_registry(client, do="import", **columns)
    assert "A1" in client.get("/cameras").text
    assert "Made-up gate" not in client.get("/cameras").text


def test_an_import_without_a_file_says_so(logged_in: LogIn) -> None:
    answer = logged_in(Role.DISPATCHER).post("/cameras/import", data={"do": "check"})
    assert answer.status_code == 422
    assert "Choose a CSV or GeoJSON file first." in answer.text


def test_a_file_that_is_no_registry_is_refused_in_words(logged_in: LogIn) -> None:
    data = {"registry": (io.BytesIO(b"\x00\x01\x02 not a table"), "noise.csv"), "do": "check"}
    answer = logged_in(Role.DISPATCHER).post("/cameras/import", data=data)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "Traceback" not in answer.text


def test_a_camera_page_shows_made_up_footage_as_made_up_and_masks_the_stream(
    logged_in: LogIn,
) -> None:
    camera = make_camera(stream_address="rtsp://viewer:secret-word@192.0.2.7/cam?token=abc")
    make_footage(camera, made_up=True)
    page = logged_in(Role.DISPATCHER).get(f"/cameras/{camera.id}").text
    assert "Made-up footage" in page
    assert "secret-word" not in page
    assert "abc" not in page


def test_a_path_outside_of_the_footage_folders_is_refused(logged_in: LogIn) -> None:
    camera = make_camera()
    form = {"path": "/etc/passwd", "timezone": "Asia/Kolkata"}
    answer = logged_in(Role.DISPATCHER).post(f"/cameras/{camera.id}/footage", data=form)
    assert answer.status_code == 422
    assert "outside of the footage folders" in answer.text
    assert db.session.scalar(select(func.count()).select_from(Footage)) == 0


def test_an_upload_that_is_no_video_is_refused_and_nothing_of_it_stays(logged_in: LogIn) -> None:
    camera = make_camera()
    data = {
        "file": (io.BytesIO(b"this is no video"), "2026-11-18_14-10-00.mp4"),
        "timezone": "Asia/Kolkata",
    }
    answer = logged_in(Role.DISPATCHER).post(f"/cameras/{camera.id}/footage/upload", data=data)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert db.session.scalar(select(func.count()).select_from(Footage)) == 0


def test_a_recording_is_taken_off_the_list(logged_in: LogIn) -> None:
    camera = make_camera()
    recording = make_footage(camera)
    answer = logged_in(Role.DISPATCHER).post(f"/footage/{recording.id}/remove")
    assert answer.location == f"/cameras/{camera.id}"
    assert recording.removed_at is not None


def test_a_camera_is_removed_and_restored_and_says_so(logged_in: LogIn) -> None:
    camera = make_camera()
    client = logged_in(Role.ADMINISTRATOR)
    page = client.post(f"/cameras/{camera.id}/remove", follow_redirects=True).text
    assert "was taken out of the registry" in page
    client.post(f"/cameras/{camera.id}/restore")
    assert camera.deleted_at is None


def test_the_menu_shows_only_what_a_role_may_reach(logged_in: LogIn) -> None:
    examiner = logged_in(Role.EXAMINER).get("/review").text
    assert 'href="/review"' in examiner
    assert 'href="/cases"' not in examiner
    assert 'href="/admin/users"' not in examiner
    administrator = logged_in(Role.ADMINISTRATOR).get("/cases").text
    assert 'href="/admin/users"' in administrator


def test_an_analyst_who_posts_to_a_form_of_an_investigator_is_refused(logged_in: LogIn) -> None:
    make_case(number="DENIED-1")
    client = logged_in(Role.ANALYST)
    for address in ("/cases/DENIED-1/close", "/cases/DENIED-1/photos", "/cases/DENIED-1/sweeps"):
        assert client.post(address).status_code == 403


def test_a_query_that_makes_no_sense_is_refused_in_words(logged_in: LogIn) -> None:
    answer = logged_in().get("/cases?page=minus-one")
    assert answer.status_code == 422
    assert "whole number" in answer.text


def test_times_are_those_of_the_case(logged_in: LogIn) -> None:
    case = make_case(timezone="Europe/Berlin")
    make_location(case, seen_at=datetime(2026, 7, 1, 12, 0, tzinfo=UTC))
    page = logged_in().get(f"/cases/{case.number}/locations").text
    assert "1 Jul 2026, 14:00:00" in page


def test_every_page_shows_where_in_the_main_menu_it_belongs(logged_in: LogIn) -> None:
    investigator, administrator = logged_in(Role.INVESTIGATOR), logged_in(Role.ADMINISTRATOR)
    for client, address, label in (
        (investigator, "/cases", "Cases"),
        (investigator, "/requests", "Sweeps"),
        (administrator, "/admin/users/new", "Administration"),
        (administrator, "/admin/evaluations", "Administration"),
    ):
        menu = client.get(address).text.split('<nav class="main-nav"')[1].split("</nav>")[0]
        (current,) = re.findall(r'aria-current="page">.*?</svg>\s*(.*?)<', menu, re.DOTALL)
        assert current.strip() == label, address
