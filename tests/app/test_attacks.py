"""What a hostile account, file, camera or stream tries, and must not get."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.errors import Refused
from app.extensions import db
from app.gate import allows
from app.inputs import FootageFileInput
from app.inputs.imports import parse_mapping, parse_row_numbers
from app.live_hub import LiveHub
from app.models.accounts import Role
from app.models.audit import AuditEntry
from app.permissions import TABLE
from app.services.base.rights import RIGHTS
from app.services.contributing import public_forms
from app.services.inventory import footage
from app.services.mapping import tiles
from app.services.mapping.tiles import TileCache
from cameras.addresses import SecretAddress, check_stream_address
from cameras.errors import InvalidNamePattern, RefusedAddress, StreamRefused
from cameras.footage import start_time_from_name
from cameras.footage.opening import open_stream
from tests.app import factories
from tests.app.conftest import Client

LogIn = Callable[..., Client]
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
def csrf(app: Flask) -> Iterator[None]:
    """Check CSRF tokens as in production."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield
    app.config["WTF_CSRF_ENABLED"] = False


@pytest.fixture
def silent_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread that reads events: it would share the one connection of the test."""

    def end_at_once(hub: LiveHub) -> None:
        with hub._lock:
            hub._thread = None

    monkeypatch.setattr(LiveHub, "_run", end_at_once)


def entries(action: str, case_number: str) -> int:
    """How many such entries the audit log holds for a case."""
    query = select(func.count()).where(
        AuditEntry.action == action, AuditEntry.case_number == case_number
    )
    return db.session.scalar(query) or 0


# ----------------------------------------------------------------------------- forged requests


@pytest.mark.usefixtures("csrf")
def test_no_change_can_be_sent_from_another_site(app: Flask, logged_in: LogIn) -> None:
    sent = 0
    clients = {role: logged_in(role) for role in Role}
    for client in clients.values():
        assert client.user is not None
        for column in RIGHTS:  # without a right, the addresses behind it do not exist
            setattr(client.user, column, True)
    db.session.commit()
    for rule in app.url_map.iter_rules():
        allowed = [role for role in Role if allows(rule.endpoint, role)]
        for method in CHANGING & (rule.methods or set()):
            path = re.sub(r"<(int:)?[^>]+>", lambda match: "1" if match[1] else "x", rule.rule)
            if rule.endpoint == "tip.hand_in":  # without a stamp it is refused still earlier
                path = f"{path}?stamp={public_forms.new_stamp(time.time() - 60)}"
            answer = clients[allowed[0]].open(path, method=method)
            assert answer.status_code == 403, (method, rule.endpoint)
            assert "Form expired" in answer.text, (method, rule.endpoint)
            sent += 1
    assert sent > 60
    assert set(TABLE) >= {rule.endpoint for rule in app.url_map.iter_rules()}


# ----------------------------------------------------------------------------- unseen looks


def test_looking_at_the_review_queue_leaves_an_entry_on_each_case(logged_in: LogIn) -> None:
    cases = [factories.make_case(), factories.make_case()]
    for case in cases:
        factories.make_sighting(case)
    numbers = [case.number for case in cases]

    assert logged_in(Role.INVESTIGATOR).get("/review").status_code == 200

    assert [entries("review_queue.view", number) for number in numbers] == [1, 1]


@pytest.mark.usefixtures("silent_hub")
@pytest.mark.parametrize("last_event", ["0", "x", "9" * 30, "9" * 5000])
def test_whoever_claims_to_have_followed_a_case_before_still_leaves_an_entry(
    logged_in: LogIn, last_event: str
) -> None:
    number = factories.make_case().number
    client = logged_in(Role.ANALYST)

    answer = client.get(f"/api/cases/{number}/live", headers={"Last-Event-ID": last_event})

    assert answer.status_code == 200
    answer.close()
    assert entries("live.view", number) == 1


@pytest.mark.usefixtures("silent_hub")
def test_a_map_that_reconnects_leaves_no_second_entry_but_another_account_does(
    logged_in: LogIn,
) -> None:
    number = factories.make_case().number
    first, second = logged_in(Role.ANALYST), logged_in(Role.ANALYST)
    address = f"/api/cases/{number}/live"

    first.get(address).close()
    first.get(address, headers={"Last-Event-ID": "0"}).close()
    assert entries("live.view", number) == 1

    second.get(address, headers={"Last-Event-ID": "0"}).close()
    assert entries("live.view", number) == 2


# ----------------------------------------------------------------------------- streams


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:6379[2606:4700::1111]/",
        "rtsp://user:secret@127.0.0.1:6379[2606:4700::1111]/",
        "http://[2606:4700::1111]127.0.0.1/",
        "http://[2606:4700::1111]:80:81/",
    ],
)
def test_an_address_that_parsers_read_differently_is_refused(address: str) -> None:
    with pytest.raises(RefusedAddress):
        check_stream_address(address, resolve=lambda host, _port: [host])


@pytest.mark.parametrize("ip", ["64:ff9b::7f00:1", "64:ff9b:1::a00:1"])
def test_an_ipv6_address_that_stands_for_an_ipv4_address_inside_is_refused(ip: str) -> None:
    with pytest.raises(RefusedAddress, match="internal address"):
        check_stream_address(f"http://[{ip}]/", resolve=lambda host, _port: [host])


@pytest.mark.parametrize(
    "address",
    [
        "rtsp://user:p%40ss@camera.example:8554/live?channel=1",
        "http://[2606:4700::1111]:8080/x.m3u8",
        "https://camera.example:/",
    ],
)
def test_usual_addresses_still_pass(address: str) -> None:
    found = check_stream_address(address, resolve=lambda _host, _port: ["2606:4700::1111"])
    assert found.reveal() == address


def test_a_camera_cannot_send_the_decoder_elsewhere_by_a_session_description() -> None:
    body = (
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        "m=video 45000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    )
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as camera:

        def answer() -> None:
            caller, _ = camera.accept()
            with caller:
                caller.recv(4000)
                caller.sendall((head + body).encode())

        thread = threading.Thread(target=answer)
        thread.start()
        address = SecretAddress(f"http://127.0.0.1:{camera.getsockname()[1]}/live")
        # Opening must fail: it is when the decoder would begin to talk to the address inside.
        with pytest.raises(StreamRefused):
            open_stream(address, 2.0)
        thread.join()


# ----------------------------------------------------------------------------- hangs and floods


def test_a_pattern_of_many_wildcards_is_refused_and_not_tried() -> None:
    with pytest.raises(InvalidNamePattern, match="at most"):
        start_time_from_name("a" * 60, zone=UTC, pattern="*a" * 12 + "%Y%m%d")


def test_a_name_of_any_length_is_not_searched_by_a_pattern() -> None:
    name = "1" * 100_000
    assert start_time_from_name(name, zone=UTC, pattern="*%Y%m%d*%H%M*%S.x") is None


def test_several_wildcards_in_a_row_are_one() -> None:
    found = start_time_from_name(
        "yard_20261118-141000.mp4", zone=UTC, pattern="****%Y%m%d*%H%M%S**"
    )
    assert found == datetime(2026, 11, 18, 14, 10, tzinfo=UTC)


def test_empty_tiles_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "MOST_KEPT", 10)
    cache = TileCache()
    for number in range(100):
        cache.get(number, 60.0, lambda: b"")
    assert len(cache._tiles) <= 10


def test_a_tile_that_failed_is_not_waited_for_for_ever() -> None:
    cache = TileCache()
    with pytest.raises(ZeroDivisionError):
        cache.get("key", 60.0, lambda: b"" * (1 // 0))
    assert not cache._making
    assert cache.get("key", 60.0, lambda: b"tile").data == b"tile"


# ----------------------------------------------------------------------------- values at the edge


@pytest.mark.parametrize("year", ["0001-01-01", "1899-12-31", "9999-12-31"])
def test_a_time_that_no_zone_can_show_is_refused(logged_in: LogIn, year: str) -> None:
    number = factories.make_case().number
    client = logged_in(Role.INVESTIGATOR)
    place = {"latitude_deg": 12.9, "longitude_deg": 77.6, "label": "Gate", "source": "family"}

    for clock in ("T00:30:00+05:30", "T23:30:00-05:30"):
        answer = client.post(
            f"/api/cases/{number}/locations", json={**place, "seen_at": year + clock}
        )
        assert answer.status_code == 422, answer.text
    form = {"position": "12.9, 77.6", "label": "Gate", "source": "family"}
    answer = client.post(f"/cases/{number}/locations", data={**form, "seen_at": f"{year}T23:30"})
    assert answer.status_code == 422
    assert client.get(f"/cases/{number}/locations").status_code == 200


def test_gis_tools_are_told_of_a_time_outside_of_the_calendar(logged_in: LogIn) -> None:
    moment = quote("0001-01-01T00:00:00+05:30")
    answer = logged_in(Role.ANALYST).get(f"/api/ogc/collections/cameras/items?datetime={moment}")
    assert answer.status_code == 400


@pytest.mark.parametrize("zone", ["America", "../../etc/passwd", "x" * 300, "UTC\x00"])
def test_a_time_zone_that_names_a_folder_or_no_file_is_refused(logged_in: LogIn, zone: str) -> None:
    case = factories.make_case()
    answer = logged_in(Role.INVESTIGATOR).patch(
        f"/api/cases/{case.number}", json={"timezone": zone}
    )
    assert answer.status_code == 422


def test_a_folder_s_name_as_the_zone_of_a_recording_is_refused(app: Flask) -> None:
    given = FootageFileInput(path="x.mp4", timezone="America")
    with pytest.raises(Refused, match="time zone"):
        footage._time_from_name("x_20261118-141000.mp4", given)


def test_numbers_and_nesting_without_end_are_refused_in_words() -> None:
    with pytest.raises(Refused):
        parse_row_numbers("9" * 5000)
    with pytest.raises(Refused):
        parse_mapping('{"a":' * 100_000)
    assert parse_row_numbers("3, 7, 12 - 15") == {3, 7, 12, 13, 14, 15}


def test_a_body_or_a_path_without_end_is_refused_in_words(logged_in: LogIn) -> None:
    number, camera_id = factories.make_case().number, factories.make_camera().id

    answer = logged_in(Role.INVESTIGATOR).post(
        f"/api/cases/{number}/locations", data="[" * 100_000, content_type="application/json"
    )
    assert answer.status_code == 400
    answer = logged_in(Role.DISPATCHER).post(
        f"/api/cameras/{camera_id}/footage", json={"path": "a" * 3000}
    )
    assert answer.status_code == 422


@pytest.mark.parametrize("path", ["../outside.mp4", "/etc/passwd", "link.mp4"])
def test_footage_outside_of_its_folders_is_never_opened(
    app: Flask, tmp_path: Path, path: str
) -> None:
    root = app.config["LASTSEEN"].footage_root_paths[0]
    outside = tmp_path / "outside.mp4"
    outside.write_bytes(b"x")
    link = root / "link.mp4"
    link.unlink(missing_ok=True)
    link.symlink_to(outside)
    try:
        with pytest.raises(Refused, match="outside"):
            footage.checked_path(path)
    finally:
        link.unlink()


# ----------------------------------------------------------------------------- hostile names

HOSTILE = '"><img src=x onerror=alert(1)></script><script>alert(2)</script>{{7*7}}`${8*8}`'


def test_a_hostile_name_is_only_text_wherever_it_is_shown(logged_in: LogIn) -> None:
    case = factories.make_case(subject_name=HOSTILE, purpose=HOSTILE, subject_remarks=HOSTILE)
    camera = factories.make_camera(name=HOSTILE, ref=HOSTILE[:100], owner=HOSTILE)
    factories.make_location(case, label=HOSTILE)
    factories.make_sighting(case)
    shown = factories.make_sighting(case, camera=camera, state="confirmed").id
    client, number = logged_in(Role.INVESTIGATOR), case.number

    inner = ["", "/timeline", "/sightings", "/locations", "/sweeps", "/search", "/edit", "/traces"]
    pages = [f"/cases/{number}{path}" for path in inner]
    pages += ["/cases", f"/sightings/{shown}", "/review", "/cameras", f"/cameras/{camera.id}"]
    exports = [f"/api/cases/{number}/route.{kind}" for kind in ("html", "kml", "gpx")]
    for path in pages + exports:
        answer = client.get(path)
        assert answer.status_code == 200, path
        for harmful in ("<img src=x", "<script>alert", "script>49", "`${8*8}`</div>"):
            assert harmful not in answer.text, path
