"""Requests to owners: the office's side, the link's side, and attacks on the link."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.errors import Conflict, Gone, NotFound, Refused
from app.extensions import db
from app.inputs.requests import RequestInput
from app.models import (
    AuditEntry,
    Delivery,
    DeliveryState,
    Footage,
    FootageRequest,
    OutgoingMessage,
    RequestState,
    Role,
    Sweep,
    SweepState,
    VisitPart,
)
from app.models.columns import utc_now
from app.services.base.actors import COMMAND_LINE
from app.services.requests import deliveries, footage_requests
from app.services.requests.footage_requests import MadeRequest
from tests.app.conftest import Client
from tests.app.factories import (
    SEEN_AT,
    make_camera,
    make_case,
    make_location,
    make_sweep,
    make_visit,
)

LogIn = Callable[..., Client]
SUBJECT = "Made-up Wanted Child"


@pytest.fixture(autouse=True)
def clean_folder(app: Flask) -> Iterator[None]:
    yield
    for path in folder(app).rglob("*"):
        if path.is_file():
            path.unlink()


@pytest.fixture
def change_settings(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def change(**values: object) -> None:
        settings = app.config["LASTSEEN"].model_copy(update=values)
        monkeypatch.setitem(app.config, "LASTSEEN", settings)

    return change


@pytest.fixture
def clip(shared_dir: Path) -> bytes:
    """A recording of some seconds."""
    return (shared_dir / "video" / "speech" / "short_hamilton_clip.mp4").read_bytes()


def folder(app: Flask) -> Path:
    root: Path = app.config["LASTSEEN"].footage_root_paths[0]
    return root / "uploads"


def kept_files(app: Flask) -> list[Path]:
    return [path for path in folder(app).rglob("*") if path.is_file()]


def ask(*, cameras: int = 1, **values: Any) -> MadeRequest:
    case = make_case(subject_name=SUBJECT)
    make_location(case)
    made = [make_camera(owner="Made-up baker", clock_offset_s=0.0) for _ in range(cameras)]
    given = {
        "camera_ids": tuple(camera.id for camera in made),
        "window_start": SEEN_AT,
        "window_end": SEEN_AT + timedelta(hours=1),
        "owner": "Made-up baker",
        "contact": "Desk 4, telephone 555 0100",
        "legal_basis": "Order 12 of the made-up court",
        **values,
    }
    return footage_requests.create_request(COMMAND_LINE, case, RequestInput.model_validate(given))


def announce(client: Client, made: MadeRequest, data: bytes, **values: object) -> TestResponse:
    given = {
        "camera_id": made.request.cameras[0].id,
        "file_name": "clip.mp4",
        "size_bytes": len(data),
        "shown_at": "2026-11-18T14:10:00",
        "timezone": "Asia/Kolkata",
        "clock_offset_s": None,
        **values,
    }
    return client.post(f"/deliver/{made.secret}/files", json=given)


def send(client: Client, made: MadeRequest, data: bytes, **values: object) -> TestResponse:
    """Announce a file and send it in one piece."""
    answer = announce(client, made, data, **values)
    assert answer.status_code == 200, answer.text
    return put(client, made, answer.get_json()["id"], 0, data)


def put(
    client: Client, made: MadeRequest, delivery_id: int, offset: int, data: bytes
) -> TestResponse:
    return client.put(
        f"/deliver/{made.secret}/files/{delivery_id}?offset={offset}",
        data=data,
        content_type="application/octet-stream",
        headers={"Accept": "application/json"},
    )


def actions() -> list[str]:
    rows = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id))
    return [action for action in rows if action.startswith("request.")]


# The office


def test_only_the_hash_of_the_link_is_kept_and_it_is_shown_once(logged_in: LogIn) -> None:
    client = logged_in(Role.DISPATCHER)
    case, camera = make_case(), make_camera(owner="Made-up baker")
    form = {
        "case": case.number, "camera": camera.id, "camera_ids": camera.id, "owner": "Made-up baker",
        "window_start": "2026-11-18T14:10", "window_end": "2026-11-18T15:10", "link_days": "3",
        "contact": "Desk 4", "legal_basis": "Order 12",
    }  # fmt: skip
    page = client.post("/requests", data=form, follow_redirects=True).text
    found = re.search(r"/deliver/([\w-]{43})", page)
    assert found is not None
    (asked,) = db.session.scalars(select(FootageRequest)).all()
    assert asked.token_sha256 == hashlib.sha256(found[1].encode()).hexdigest()
    assert found[1] not in client.get(f"/requests/{asked.id}").text
    assert asked.window_start == SEEN_AT
    assert client.get(f"/deliver/{found[1]}").status_code == 200


def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(logged_in: LogIn) -> None:
    client = logged_in(Role.DISPATCHER)
    case, camera = make_case(), make_camera()
    form = {
        "case": case.number, "camera": camera.id, "camera_ids": camera.id, "owner": "Kept words",
        "window_start": "2026-11-18T16:10", "window_end": "2026-11-18T15:10", "link_days": "3",
        "contact": "Desk 4", "legal_basis": "Order 12",
    }  # fmt: skip
    answer = client.post("/requests", data=form)
    assert answer.status_code == 422
    assert "Kept words" in answer.text
    assert "ends before it starts" in answer.text


def test_a_new_request_is_filled_in_from_where_it_was_clicked(logged_in: LogIn) -> None:
    case = make_case(legal_basis="Order 99")
    camera = make_camera(owner="Made-up kiosk", owner_contact="kiosk@lastseen.example")
    page = logged_in(Role.DISPATCHER).get(
        "/requests/new",
        query_string={
            "case": case.number,
            "camera": camera.id,
            "window_start": SEEN_AT.isoformat(),
            "window_end": (SEEN_AT + timedelta(hours=1)).isoformat(),
        },
    ).text  # fmt: skip
    for words in ("Made-up kiosk", "kiosk@lastseen.example", "Order 99", "2026-11-18T14:10"):
        assert words in page


def test_cameras_of_two_owners_need_two_requests(app: Flask) -> None:
    one, other = make_camera(owner="A"), make_camera(owner="B")
    with pytest.raises(Refused, match="different owners"):
        ask(camera_ids=(one.id, other.id))


def test_a_request_of_a_restricted_case_is_for_its_people_only(logged_in: LogIn) -> None:
    made = ask()
    made.request.case.restricted = True
    db.session.commit()
    client = logged_in(Role.DISPATCHER)
    assert client.get(f"/requests/{made.request.id}").status_code == 404
    assert client.post(f"/requests/{made.request.id}/withdraw").status_code == 404
    assert made.request.number not in client.get("/requests").text
    address = f"/requests/new?case={made.request.case.number}&camera=1"
    assert client.get(address).status_code == 404


def test_the_letter_names_basis_window_and_contact_but_never_the_subject(
    logged_in: LogIn,
) -> None:
    made = ask(cameras=2, message="Please ring first.")
    client = logged_in(Role.DISPATCHER)
    address = f"/requests/{made.request.id}/letter.pdf"

    def text_of(answer: TestResponse) -> str:
        assert answer.mimetype == "application/pdf"
        pages = PdfReader(io.BytesIO(answer.data)).pages
        return " ".join("\n".join(page.extract_text() for page in pages).split())

    text = text_of(client.get(address))
    for words in ("Order 12 of the made-up court", "18 November 2026 14:10 (Asia/Kolkata)",
                  "Desk 4", "Please ring first.", made.request.case.number):  # fmt: skip
        assert words in text
    assert SUBJECT not in text
    assert "/deliver/" not in text
    assert "/deliver/" in text_of(client.post(address, data={"secret": made.secret}))
    assert "/deliver/" not in text_of(client.post(address, data={"secret": "guessed"}))


def test_the_letter_is_mailed_with_its_link_where_mail_is_set_up(
    app: Flask, change_settings: Callable[..., None]
) -> None:
    with pytest.raises(Refused, match="BASE_URL"):
        ask(owner_email="baker@lastseen.example", send_mail=True)
    db.session.rollback()
    change_settings(base_url="https://lastseen.example")
    with pytest.raises(Refused, match="No e-mail address"):
        ask(send_mail=True)
    db.session.rollback()
    made = ask(owner_email="baker@lastseen.example", send_mail=True)
    (mail,) = db.session.scalars(select(OutgoingMessage)).all()
    assert mail.recipient == "baker@lastseen.example"
    assert f"https://lastseen.example/deliver/{made.secret}" in mail.text
    assert SUBJECT not in mail.text


def test_a_new_link_ends_the_one_before(app: Flask) -> None:
    made = ask()
    again = footage_requests.renew_link(COMMAND_LINE, made.request, 7)
    with pytest.raises(NotFound):
        deliveries.open_link(made.secret)
    assert deliveries.open_link(again.secret).id == made.request.id


# The sender


def test_the_public_page_says_what_is_asked_and_nothing_of_the_case(client: Client) -> None:
    made = ask(cameras=2)
    answer = client.get(f"/deliver/{made.secret}")
    assert answer.status_code == 200
    for camera in made.request.cameras:
        assert camera.name in answer.text
    assert "18 Nov 2026, 14:10:00" in answer.text
    case = made.request.case
    for words in (SUBJECT, case.number, case.purpose, 'href="/cases', 'href="/sweeps'):
        assert words not in answer.text
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "noindex" in answer.headers["X-Robots-Tag"]


def test_a_recording_arrives_hashed_as_footage_of_its_camera(
    app: Flask, client: Client, clip: bytes
) -> None:
    made = ask()
    answer = send(client, made, clip, clock_offset_s=90.0, file_name="../../etc/evil name.mp4")
    sha256 = hashlib.sha256(clip).hexdigest()
    assert answer.get_json() == {
        "id": answer.get_json()["id"], "state": "received", "received_bytes": len(clip),
        "sha256": sha256,
    }  # fmt: skip
    (footage,) = db.session.scalars(select(Footage)).all()
    assert footage.camera_id == made.request.cameras[0].id
    assert footage.started_at == SEEN_AT - timedelta(seconds=90)
    assert footage.clock_offset_s == 90.0
    assert Path(footage.path).read_bytes() == clip
    assert Path(footage.path).is_relative_to(folder(app))
    assert "evil" not in footage.path
    assert made.request.state is RequestState.RECEIVED
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "request.receive"))
    details = entry.one().details
    assert (details["sha256"], details["file_name"]) == (sha256, "evil name.mp4")
    page = client.get(f"/deliver/{made.secret}").text
    assert sha256 in page
    assert "../" not in page


def test_a_recording_tells_of_its_request_only_those_who_may_see_the_case(
    client: Client, clip: bytes, logged_in: LogIn
) -> None:
    made = ask()
    send(client, made, clip, file_name="shop of the made-up baker.mp4")
    camera_id = made.request.cameras[0].id
    pages = (f"/cameras/{camera_id}", f"/api/cameras/{camera_id}/footage")
    dispatcher = logged_in(Role.DISPATCHER)
    assert f'href="/requests/{made.request.id}"' in dispatcher.get(pages[0]).text
    assert "shop of the made-up baker" in dispatcher.get(pages[0]).text
    made.request.case.restricted = True
    db.session.commit()
    for page in pages:
        told = dispatcher.get(page).text
        assert "Sent by an upload link." in told
        for secret in (made.request.number, "made-up baker.mp4", "/requests/"):
            assert secret not in told, (page, secret)
    (footage,) = db.session.scalars(select(Footage)).all()
    assert footage.remarks == "Sent by an upload link."


def test_a_file_in_pieces_goes_on_where_it_stopped(client: Client, clip: bytes) -> None:
    made = ask()
    first = announce(client, made, clip).get_json()
    half = len(clip) // 2
    assert put(client, made, first["id"], 0, clip[:half]).get_json()["received_bytes"] == half
    again = announce(client, made, clip).get_json()
    assert (again["id"], again["received_bytes"]) == (first["id"], half)
    assert put(client, made, first["id"], 0, clip[:half]).status_code == 409
    assert put(client, made, first["id"], half + 1, clip[half + 1 :]).status_code == 409
    last = put(client, made, first["id"], half, clip[half:])
    assert last.get_json()["state"] == "received"
    repeated = put(client, made, first["id"], half, clip[half:])
    assert repeated.get_json()["state"] == "received"
    assert len(db.session.scalars(select(Footage)).all()) == 1


def test_the_same_recording_twice_is_kept_once(app: Flask, client: Client, clip: bytes) -> None:
    made = ask()
    send(client, made, clip)
    send(client, made, clip, shown_at="2026-11-18T14:30:00")
    assert len(db.session.scalars(select(Footage)).all()) == 1
    assert len(kept_files(app)) == 1
    assert len(db.session.scalars(select(Delivery)).all()) == 2


def test_the_sender_closes_the_link_and_it_cannot_be_used_again(
    client: Client, clip: bytes
) -> None:
    made = ask()
    assert client.post(f"/deliver/{made.secret}/finish").status_code == 409
    send(client, made, clip)
    answer = client.post(f"/deliver/{made.secret}/finish")
    assert "Everything has arrived" in answer.text
    assert hashlib.sha256(clip).hexdigest() in answer.text
    reused = client.get(f"/deliver/{made.secret}")
    assert reused.status_code == 410
    assert "Everything was sent by this link" in reused.text
    assert announce(client, made, clip).status_code == 410


def test_the_sender_can_say_that_there_is_none(client: Client) -> None:
    made = ask()
    answer = client.post(f"/deliver/{made.secret}/decline", data={"reason": "Overwritten"})
    assert "no such footage" in answer.text
    assert made.request.state is RequestState.DECLINED
    assert made.request.reason == "Overwritten"
    assert client.get(f"/deliver/{made.secret}").status_code == 410
    assert actions()[-1] == "request.decline"


# Attacks


def test_a_guessed_link_is_not_found_whatever_is_asked(client: Client) -> None:
    ask()
    for secret in ("x", "A" * 43, "%00", "a" * 5000, "ü"):
        assert client.get(f"/deliver/{secret}").status_code == 404
        assert client.post(f"/deliver/{secret}/files", json={}).status_code == 404
        assert client.put(f"/deliver/{secret}/files/1?offset=0", data=b"x").status_code == 404


def test_an_expired_or_revoked_link_takes_nothing(client: Client, clip: bytes) -> None:
    expired, revoked = ask(), ask()
    begun = announce(client, expired, clip).get_json()["id"]
    expired.request.link_expires_at = utc_now() - timedelta(seconds=1)
    db.session.commit()
    footage_requests.withdraw(COMMAND_LINE, revoked.request)
    for made, words in ((expired, "has expired"), (revoked, "was withdrawn")):
        page = client.get(f"/deliver/{made.secret}")
        assert page.status_code == 410
        assert words in page.text
        assert announce(client, made, clip).status_code == 410
    assert put(client, expired, begun, 0, clip).status_code == 410
    assert db.session.scalars(select(Footage)).all() == []


def zip_bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("clip.mp4", bytes(20_000_000))
    return packed.getvalue()


HOSTILE = {
    "html": b"<!doctype html><script>alert(1)</script>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "zip": zip_bomb(),
    "playlist": b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "concat": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "cut": b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(2000),
    "script": b"#!/bin/sh\nrm -rf /\n",
    "noise": bytes(range(256)) * 50,
}


@pytest.mark.parametrize("kind", list(HOSTILE))
def test_what_is_no_recording_is_refused_by_content_and_nothing_of_it_stays(
    app: Flask, client: Client, kind: str
) -> None:
    made = ask()
    answer = send(client, made, HOSTILE[kind])
    assert answer.status_code == 422
    assert answer.get_json()["detail"]
    assert ".part" not in answer.text
    assert kept_files(app) == []
    (delivery,) = db.session.scalars(select(Delivery)).all()
    assert delivery.state is DeliveryState.REFUSED
    assert made.request.state is RequestState.REQUESTED
    assert actions()[-1] == "request.refuse_file"


def test_a_name_is_a_label_and_never_a_path(app: Flask, client: Client, clip: bytes) -> None:
    made = ask()
    names = ("/etc/cron.d/evil", "..\\..\\windows\\evil.mp4", "\x00\x1b[31m", "<b>.mp4", "x" * 900)
    for second, name in enumerate(names):
        shown_at = f"2026-11-18T14:10:{second:02}"
        answer = announce(client, made, clip, file_name=name, shown_at=shown_at)
        put(client, made, answer.get_json()["id"], 0, clip)
    shown = [one.file_name for one in db.session.scalars(select(Delivery).order_by(Delivery.id))]
    assert shown[0] == "evil"
    assert shown[1] == "evil.mp4"
    assert all("/" not in name and "\\" not in name and len(name) <= 200 for name in shown)
    assert all(path.is_relative_to(folder(app)) for path in kept_files(app))
    page = client.get(f"/deliver/{made.secret}").text
    assert "<b>" not in page


def test_sizes_are_limited_before_and_while_a_file_arrives(
    app: Flask, client: Client, change_settings: Callable[..., None]
) -> None:
    made = ask()
    change_settings(max_footage_bytes=1000)
    assert announce(client, made, bytes(1001)).status_code == 413
    assert announce(client, made, b"").status_code == 422
    begun = announce(client, made, bytes(10)).get_json()["id"]
    assert put(client, made, begun, 0, bytes(11)).status_code == 422  # more than was announced
    assert put(client, made, begun, 0, b"").status_code == 422
    whole = announce(client, made, bytes(1000)).get_json()["id"]
    assert put(client, made, whole, 0, bytes(deliveries.PIECE_BYTES + 1)).status_code == 413
    assert kept_files(app) == []


def test_a_disk_without_room_is_not_filled(
    client: Client, change_settings: Callable[..., None]
) -> None:
    made = ask()
    change_settings(disk_reserve_bytes=2**62)
    answer = announce(client, made, bytes(10))
    assert answer.status_code == 503
    assert "no room" in answer.text
    assert db.session.scalars(select(Delivery)).all() == []


def test_not_more_than_a_few_files_are_on_their_way_at_once(client: Client) -> None:
    made = ask()
    for second in range(deliveries.MOST_ARRIVING):
        answer = announce(client, made, bytes(10), shown_at=f"2026-11-18T14:10:0{second}")
        assert answer.status_code == 200
    answer = announce(client, made, bytes(10), shown_at="2026-11-18T14:11:00")
    assert answer.status_code == 422
    assert "on their way" in answer.text


def test_a_link_reaches_only_its_own_files_and_cameras(client: Client, clip: bytes) -> None:
    mine, other = ask(), ask()
    theirs = announce(client, other, clip).get_json()["id"]
    assert put(client, mine, theirs, 0, clip).status_code == 404
    foreign = other.request.cameras[0].id
    assert announce(client, mine, clip, camera_id=foreign).status_code == 422


@pytest.mark.parametrize(
    "given",
    [
        {"shown_at": "yesterday"},
        {"shown_at": ""},
        {"timezone": "../../etc/passwd"},
        {"timezone": "Nowhere/Atlantis"},
        {"size_bytes": -1},
        {"size_bytes": 2**63},
        {"clock_offset_s": 1e300},
        {"camera_id": "1 OR 1=1"},
        {"surprise": 1},
    ],
)
def test_a_broken_announcement_is_refused(client: Client, given: dict[str, object]) -> None:
    assert announce(client, ask(), bytes(10), **given).status_code == 422


def test_what_is_no_object_is_refused(client: Client) -> None:
    made = ask()
    for data in (b"[]", b"1", b"{", b"\xff", b"[" * 100_000, b'{"a":' * 100_000):
        answer = client.post(
            f"/deliver/{made.secret}/files", data=data, content_type="application/json"
        )
        assert answer.status_code == 422


# What becomes of it


def test_a_request_is_swept_when_all_that_came_was_looked_through(
    client: Client, clip: bytes
) -> None:
    made = ask()
    send(client, made, clip)
    assert footage_requests.settle() == 0
    (footage,) = db.session.scalars(select(Footage)).all()
    sweep = make_sweep(made.request.case)
    visit = make_visit(sweep, made.request.cameras[0])
    part = VisitPart(
        visit_id=visit.id, footage_id=footage.id, ordinal=1, from_s=0.0, to_s=9.0, checkpoint_s=3.0
    )
    db.session.add(part)
    db.session.commit()
    assert footage_requests.settle() == 0
    part.done = True
    db.session.commit()
    assert footage_requests.settle() == 1
    assert made.request.state is RequestState.SWEPT
    assert footage_requests.settle() == 0
    with pytest.raises(Conflict):
        footage_requests.decline(COMMAND_LINE, made.request, "too late")


def test_a_request_expires_with_its_link_and_can_be_renewed(app: Flask) -> None:
    made = ask()
    made.request.link_expires_at = utc_now() - timedelta(minutes=1)
    db.session.commit()
    assert footage_requests.settle() == 1
    db.session.refresh(made.request)
    assert made.request.state is RequestState.EXPIRED
    with pytest.raises(Gone):
        deliveries.open_link(made.secret)
    footage_requests.renew_link(COMMAND_LINE, made.request, 1)
    assert made.request.state is RequestState.REQUESTED


def test_what_came_is_swept_by_one_click_or_when_the_sender_is_done(
    client: Client,
    logged_in: LogIn,
    clip: bytes,
    shared_dir: Path,
    change_settings: Callable[..., None],
) -> None:
    change_settings(face_pack=str(shared_dir / "models" / "insightface-mini"))
    by_click, by_itself = ask(), ask(sweep_at_once=True)
    dispatcher = logged_in(Role.DISPATCHER)
    nothing = dispatcher.post(f"/requests/{by_click.request.id}/sweep", follow_redirects=True)
    assert "Nothing has come" in nothing.text
    send(client, by_click, clip)
    send(client, by_itself, clip)
    answer = dispatcher.post(f"/requests/{by_click.request.id}/sweep")
    assert "/sweeps/" in answer.location
    client.post(f"/deliver/{by_itself.secret}/finish")
    sweeps = {sweep.case_id: sweep for sweep in db.session.scalars(select(Sweep))}
    for made in (by_click, by_itself):
        assert sweeps[made.request.case_id].state is SweepState.RUNNING
        assert made.request.sweep_id == sweeps[made.request.case_id].id


def test_files_that_stopped_arriving_are_deleted(app: Flask, client: Client, clip: bytes) -> None:
    made = ask()
    begun = announce(client, made, clip).get_json()["id"]
    put(client, made, begun, 0, clip[:1000])
    assert deliveries.discard_unfinished() == 0
    db.session.get_one(Delivery, begun).moved_at = utc_now() - timedelta(days=2)
    db.session.commit()
    assert deliveries.discard_unfinished() == 1
    assert kept_files(app) == []


def test_the_list_shows_how_each_request_stands(logged_in: LogIn) -> None:
    made, other = ask(), ask()
    footage_requests.withdraw(COMMAND_LINE, other.request)
    client = logged_in(Role.ANALYST)
    page = client.get("/requests?state=requested").text
    assert f">{made.request.number}<" in page
    assert f">{other.request.number}<" not in page
    show = client.get(f"/requests/{made.request.id}").text
    assert "Nothing yet." in show
    assert "Make a new link" not in show
