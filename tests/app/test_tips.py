"""Public tips: what is taken, what is refused, and what the sender learns."""

from __future__ import annotations

import io
import re
import statistics
import time
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from app import senders
from app.config import Settings
from app.errors import Conflict, NotFound, PhotoRefused, Refused, Unavailable
from app.extensions import db
from app.inputs.tips import MessageInput
from app.models import (
    AuditEntry,
    ContributedPhoto,
    PlaceSource,
    TimeSource,
    Tip,
    TipState,
)
from app.models.accounts import Role
from app.services.base import media
from app.services.contributing import public_forms, tips
from recognition.photo_origin import read_origin
from tests.app import contribution_cases as given
from tests.app import factories
from tests.app.conftest import Client

HOUR = timedelta(hours=1)


def exif_of(
    *, taken: str | None = "2026:11:18 14:10:05", offset: str | None = None, gps: Any = None
) -> Image.Exif:
    exif = Image.Exif()
    if taken is not None:
        exif.get_ifd(0x8769)[0x9003] = taken
    if offset is not None:
        exif.get_ifd(0x8769)[0x9011] = offset
    if gps is not None:
        exif.get_ifd(0x8825).update(gps)
    exif[0x010F] = "Made-up maker"
    return exif


def with_exif(**tags: Any) -> bytes:
    return given.picture(exif=exif_of(**tags))


GPS = {1: "N", 2: (12.0, 58.0, 32.52), 3: "E", 4: (77.0, 36.0, 22.68)}


def set_up(app: Flask, monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    settings: Settings = app.config["LASTSEEN"]
    monkeypatch.setitem(app.config, "LASTSEEN", settings.model_copy(update=changes))


# ------------------------------------------------------------------------------ what is taken


def test_a_tip_is_kept_with_its_photo_and_only_a_hash_of_its_secret(app: Flask) -> None:
    new = given.hand_in(given.picture(), remarks="At the gate.", contact="080 0000")
    tip = db.session.scalars(select(Tip)).one()
    assert re.fullmatch(r"T-[2-9A-HJ-NP-Z]{8}", tip.number)
    assert new.secret not in repr(new)
    assert new.secret.replace("-", "") not in tip.secret_hash
    assert tips.open_with_secret(given.PUBLIC, tip.number, new.secret).id == tip.id
    photo = db.session.scalars(select(ContributedPhoto)).one()
    assert media.path_of(photo.sha256).read_bytes()[:3] == b"\xff\xd8\xff"


def test_time_and_place_of_the_photo_are_read_and_then_stripped(app: Flask) -> None:
    data = with_exif(gps=GPS)
    tip = given.hand_in(data, use_photo_time=True, use_photo_place=True).tip
    assert tip.seen_at == datetime(2026, 11, 18, 8, 40, 5, tzinfo=UTC)
    assert tip.time_source is TimeSource.PHOTO
    assert tip.place_source is PlaceSource.PHOTO
    assert tip.latitude_deg == pytest.approx(12.97570, abs=1e-5)
    assert tip.longitude_deg == pytest.approx(77.60630, abs=1e-5)
    kept = media.path_of(tip.photos[0].sha256).read_bytes()
    assert b"Exif" not in kept
    assert b"Made-up maker" in data
    assert b"Made-up maker" not in kept


def test_what_the_sender_says_goes_before_what_the_photo_says(app: Flask) -> None:
    seen = datetime(2026, 11, 19, 6, 0, tzinfo=UTC)
    tip = given.hand_in(
        with_exif(gps=GPS),
        seen_at=seen,
        latitude_deg=13.1,
        longitude_deg=77.5,
        by_device=True,
        use_photo_place=True,
    ).tip
    assert (tip.seen_at, tip.time_source) == (seen, TimeSource.SENDER)
    assert (tip.latitude_deg, tip.place_source) == (13.1, PlaceSource.DEVICE)
    assert tip.photos[0].latitude_deg == pytest.approx(12.9757, abs=1e-4)


@pytest.mark.parametrize("wanted", ["time", "place", "neither"])
def test_nothing_is_kept_of_a_photo_s_time_or_place_unless_its_sender_wants_it(
    app: Flask, wanted: str
) -> None:
    tip = given.hand_in(
        with_exif(gps=GPS), use_photo_time=wanted == "time", use_photo_place=wanted == "place"
    ).tip
    photo = tip.photos[0]
    assert (tip.seen_at is not None, photo.taken_at is not None) == (wanted == "time",) * 2
    place = (tip.latitude_deg is not None, photo.latitude_deg is not None)
    assert place == (wanted == "place",) * 2


@pytest.mark.parametrize(
    ("exif", "expected"),
    [
        ({"offset": "+00:00"}, datetime(2026, 11, 18, 14, 10, 5, tzinfo=UTC)),
        ({"offset": "-05:30"}, datetime(2026, 11, 18, 19, 40, 5, tzinfo=UTC)),
        ({"offset": "nonsense"}, datetime(2026, 11, 18, 8, 40, 5, tzinfo=UTC)),
        ({"taken": "0000:00:00 00:00:00"}, None),
        ({"taken": "1970:01:01 00:00:00"}, None),
        ({"taken": "<script>alert(1)</script>"}, None),
        ({"taken": None}, None),
    ],
)
def test_times_of_photos_are_read_with_their_offset_or_not_at_all(
    exif: dict[str, Any], expected: datetime | None
) -> None:
    from zoneinfo import ZoneInfo

    assert read_origin(with_exif(**exif), ZoneInfo("Asia/Kolkata")).taken_at == expected


@pytest.mark.parametrize(
    "gps",
    [
        {},
        {1: "N", 2: (12.0, 58.0, 0.0)},
        {**GPS, 2: (99.0, 0.0, 0.0)},
        {**GPS, 1: "X"},
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
    ],
)
def test_impossible_positions_of_photos_are_none(gps: dict[int, Any]) -> None:
    origin = read_origin(with_exif(gps=gps), UTC)
    assert (origin.latitude_deg, origin.longitude_deg) == (None, None)


def test_southern_and_western_positions_are_negative() -> None:
    origin = read_origin(with_exif(gps={**GPS, 1: "S", 3: "W"}), UTC)
    assert origin.latitude_deg is not None
    assert origin.longitude_deg is not None
    assert origin.latitude_deg < 0
    assert origin.longitude_deg < 0


def test_a_typed_place_is_looked_up_among_imported_places(app: Flask) -> None:
    factories.make_places(("Lantern Gate", "station", 12.9, 77.6))
    tip = given.hand_in(place="lantern gate").tip
    assert (tip.latitude_deg, tip.place_source) == (12.9, PlaceSource.TYPED)
    unknown = given.hand_in(place="Nowhere at all").tip
    assert (unknown.latitude_deg, unknown.place) == (None, "Nowhere at all")


def test_a_poster_s_code_names_the_case_and_an_unknown_one_is_taken_all_the_same(
    app: Flask, actor_factory: Callable[..., Any]
) -> None:
    case = factories.make_case()
    code = tips.publish_code(actor_factory(), case)
    assert case.number not in code
    assert given.hand_in(poster_code=code.lower()).tip.case_id == case.id
    other = given.hand_in(poster_code="AAAA-2222").tip
    assert (other.case_id, other.poster_code) == (None, "AAAA-2222")
    tips.withdraw_code(actor_factory(), case)
    assert given.hand_in(poster_code=code).tip.case_id is None


def test_a_tip_without_photo_and_words_is_refused(app: Flask) -> None:
    with pytest.raises(Refused, match="a photo, or a few words"):
        given.hand_in(remarks="")
    with pytest.raises(Refused, match="At most 5"):
        given.hand_in(*(given.picture() for _ in range(6)))
    assert db.session.scalar(select(func.count(Tip.id))) == 0


def test_one_form_makes_one_tip(app: Flask) -> None:
    stamp = given.stamp()
    tips.hand_in(given.PUBLIC, stamp, given.tip_input(), [])
    with pytest.raises(Conflict, match="sent already"):
        tips.hand_in(given.PUBLIC, stamp, given.tip_input(), [])
    assert db.session.scalar(select(func.count(Tip.id))) == 1


# ---------------------------------------------------------------------------- hostile photos


def png_of(width: int, height: int) -> bytes:
    """A PNG of so many pixels in a few kilobytes: all of one colour, as a decompression bomb."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(kind + body).to_bytes(4, "big")
        return len(body).to_bytes(4, "big") + kind + body + crc

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x00\x00\x00\x00"
    packer = zlib.compressobj(9)
    rows = packer.compress(bytes(width + 1) * min(height, 64)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../etc/passwd", b"0" * 10_000_000)
    return buffer.getvalue()


def text_bomb() -> bytes:
    """A PNG whose text chunk grows to 100 megabytes."""
    png = given.picture("PNG", (8, 8))
    body = b"Comment\0\0" + zlib.compress(b"A" * 100_000_000, 9)
    crc = zlib.crc32(b"zTXt" + body).to_bytes(4, "big")
    bomb = len(body).to_bytes(4, "big") + b"zTXt" + body + crc
    return png[:33] + bomb + png[33:]


SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (SVG, "not a photo"),
        (b"<html><script>alert(1)</script></html>", "not a photo"),
        (b"GIF89a" + bytes(100), "not a photo"),
        (b"%PDF-1.7\n" + bytes(100), "not a photo"),
        (zipped(), "not a photo"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(64), "HEIC"),
        (b"\x00\x00\x00\x18ftypavif" + bytes(64), "HEIC"),
        (png_of(10_000, 10_000), "100 megapixels"),
        (png_of(100_000, 100_000), "pixels"),
        (text_bomb(), "damaged"),
        (given.picture()[:400], "damaged"),
    ],
    ids=[
        "empty",
        "svg",
        "html",
        "gif",
        "pdf",
        "zip",
        "heic",
        "avif",
        "wide-png",
        "huge-png",
        "text-bomb",
        "cut-off",
    ],
)
def test_what_is_no_photo_is_refused_in_words_and_leaves_nothing(
    app: Flask, data: bytes, said: str
) -> None:
    before = sorted(app.config["LASTSEEN"].media_dir.rglob("*.jpg"))
    begun = time.perf_counter()
    with pytest.raises(PhotoRefused, match=said):
        given.hand_in(data)
    assert time.perf_counter() - begun < 5
    assert db.session.scalar(select(func.count(Tip.id))) == 0
    assert sorted(app.config["LASTSEEN"].media_dir.rglob("*.jpg")) == before


def test_what_hangs_behind_a_photo_is_not_kept(app: Flask) -> None:
    polyglot = given.picture() + b"<script>alert(1)</script>" + zipped()
    comment = given.picture(comment=b"<?php system($_GET[0]); ?>")
    tip = given.hand_in(polyglot, comment).tip
    for photo in tip.photos:
        kept = media.path_of(photo.sha256).read_bytes()
        assert b"script" not in kept
        assert b"php" not in kept
        assert b"PK\x03\x04" not in kept
        assert Image.open(io.BytesIO(kept)).format == "JPEG"


def test_large_photos_are_scaled_down_and_lie_upright(app: Flask) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    tip = given.hand_in(given.picture(size=(4000, 3000), exif=exif)).tip
    assert (tip.photos[0].width_px, tip.photos[0].height_px) == (2400, 3200)


def test_the_same_photo_twice_counts_once(app: Flask) -> None:
    data = given.picture()
    assert len(given.hand_in(data, data).tip.photos) == 1


# ------------------------------------------------------------------------------ abuse is cheap


def test_when_too_many_wait_the_form_says_so_with_a_phone_number(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(app, monkeypatch, tip_waiting_limit=2, tip_phone="080 1234")
    given.hand_in()
    given.hand_in()
    with pytest.raises(Unavailable, match="080 1234"):
        given.hand_in()
    page = client.get("/tip").text
    assert "080 1234" in page
    assert "data-tip-form" not in page
    assert db.session.scalar(select(func.count(Tip.id))) == 2


def test_the_disk_that_tips_may_take_is_bounded(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(app, monkeypatch, tip_media_mb=1)
    given.hand_in(given.picture(size=(1200, 900)))
    given.hand_in(given.picture(size=(1200, 900)))
    with pytest.raises(Unavailable):
        given.hand_in(given.picture())


def test_forms_are_refused_that_are_forged_too_old_too_quick_or_fill_the_hidden_field(
    app: Flask,
) -> None:
    assert public_forms.read_stamp(given.old_stamp(), "").form_id
    for stamp, trap in [
        ("", ""),
        ("forged.stamp", ""),
        (given.old_stamp() + "x", ""),
        (given.old_stamp(0), ""),
        (given.old_stamp(13 * 3600), ""),
        (given.old_stamp(), "http://spam.example"),
    ]:
        with pytest.raises(Refused):
            public_forms.read_stamp(stamp, trap)


# ------------------------------------------------------------------------- what the sender sees


def test_number_and_secret_open_a_tip_however_they_are_typed(app: Flask) -> None:
    new = given.hand_in()
    typed = new.secret.upper().replace("-", "  ")
    opened = tips.open_with_secret(given.PUBLIC, f" {new.tip.number.lower()} ", typed)
    assert opened.id == new.tip.id


def test_unknown_numbers_and_wrong_secrets_are_refused_alike(app: Flask) -> None:
    new = given.hand_in()
    said, seconds = set(), {}
    for number in (new.tip.number, "T-AAAAAAAA"):
        spent = []
        for _ in range(5):
            begun = time.perf_counter()
            with pytest.raises(Refused) as refusal:
                tips.open_with_secret(given.PUBLIC, number, "bakuto-lisemi")
            spent.append(time.perf_counter() - begun)
            said.add(str(refusal.value))
        seconds[number] = statistics.median(spent)
    assert said == {tips.NOT_OPENED}
    known, unknown = seconds[new.tip.number], seconds["T-AAAAAAAA"]
    assert 0.4 < known / unknown < 2.5


@pytest.mark.parametrize("state", [TipState.ACCEPTED, TipState.REJECTED, TipState.SPAM])
def test_the_sender_never_learns_what_became_of_a_tip(app: Flask, state: TipState) -> None:
    tip = given.hand_in().tip
    tip.state = state
    assert tips.state_for_sender(tip) == "Read by a person. Thank you."


def test_a_tip_is_opened_and_answered_without_an_account(client: Client) -> None:
    new = given.hand_in(remarks="<script>alert(1)</script>")
    number, secret = new.tip.number, new.secret
    assert client.get("/tip/mine").location == "/tip/answer"
    wrong = client.post("/tip/answer", data={"number": number, "secret": "wrong"})
    assert wrong.status_code == 422
    right = client.post("/tip/answer", data={"number": number, "secret": secret})
    assert right.location == "/tip/mine"
    page = client.get("/tip/mine").text
    assert number in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert client.post("/tip/mine", data={"text": "It was a red shirt."}).status_code == 302
    assert "It was a red shirt." in client.get("/tip/mine").text
    client.post("/tip/leave")
    assert client.get("/tip/mine").location == "/tip/answer"


def test_a_cookie_opens_no_other_tip(client: Client) -> None:
    mine, other = given.hand_in(), given.hand_in()
    key, other_id = tips.cookie_key(mine.tip), other.tip.id
    with pytest.raises(NotFound):
        tips.find_own(other_id, key)


def test_messages_are_bounded_and_an_answer_lets_the_tip_wait_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    tip = given.hand_in().tip
    tip.state = TipState.ASKED
    tips.say_more(given.PUBLIC, tip, MessageInput(text="Yes."))
    assert tip.state is TipState.WAITING
    monkeypatch.setattr(tips, "MOST_MESSAGES", 1)
    with pytest.raises(Conflict):
        tips.say_more(given.PUBLIC, tip, MessageInput(text="And more."))


# ------------------------------------------------------------------------------------- pages


def post(client: Client, **values: Any) -> Any:
    stamp = values.pop("stamp", given.old_stamp())
    data = {"website": "", "timezone": "Asia/Kolkata", **values}
    address = f"/tip?{urlencode({'stamp': stamp})}"
    return client.post(address, data=data, content_type="multipart/form-data")


def test_the_form_takes_a_tip_and_shows_number_and_secret_once(client: Client) -> None:
    answer = post(
        client,
        remarks="At the gate.",
        seen_at="2026-11-18T14:10",
        photos=(io.BytesIO(given.picture()), "../../etc/passwd\0.jpg"),
    )
    assert answer.status_code == 201
    number = re.search(r"T-[2-9A-HJ-NP-Z]{8}", answer.text)
    assert number is not None
    tip = db.session.scalars(select(Tip)).one()
    assert tip.number == number.group()
    assert tip.seen_at == datetime(2026, 11, 18, 8, 40, tzinfo=UTC)
    names = [path.name for path in Path(client.application.config["LASTSEEN"].media_dir).rglob("*")]
    assert not any("passwd" in name for name in names)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"remarks": ""}, "a photo, or a few words"),
        ({"remarks": "x" * 4001}, "longer than 4000"),
        ({"remarks": "x", "seen_at": "yesterday"}, "write it as"),
        ({"remarks": "x", "latitude_deg": "91", "longitude_deg": "0"}, "at most 90"),
        ({"remarks": "x", "seen_at": "2999-01-01T00:00"}, "lies in the future"),
        ({"remarks": "x", "stamp": ""}, "cannot be taken"),
        ({"remarks": "x", "website": "http://x"}, "cannot be taken"),
    ],
)
def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(
    client: Client, values: dict[str, str], said: str
) -> None:
    answer = post(client, **values)
    assert answer.status_code == 422
    assert said in answer.text
    assert db.session.scalar(select(func.count(Tip.id))) == 0


def test_a_made_up_time_zone_is_replaced_and_breaks_nothing(client: Client) -> None:
    answer = post(client, remarks="x", seen_at="2026-11-18T14:10", timezone="../../etc/localtime")
    assert answer.status_code == 201
    assert db.session.scalars(select(Tip)).one().timezone == "Asia/Kolkata"


def test_the_public_pages_show_nothing_of_a_case_and_allow_no_script(
    client: Client, actor_factory: Callable[..., Any]
) -> None:
    case = factories.make_case(subject_name="Made-up Hidden Name")
    number, name = case.number, case.subject_name
    code = tips.publish_code(actor_factory(), case)
    in_force, unknown = client.get(f"/tip/p/{code}"), client.get("/tip/p/AAAA-2222")
    assert in_force.status_code == unknown.status_code == 200
    assert number not in in_force.text
    assert name not in in_force.text

    def plain(text: str) -> str:
        return re.sub(r'(value|content|action)="[^"]*"|[A-Z2-9]{4}-[A-Z2-9]{4}', "", text)

    assert plain(in_force.text) == plain(unknown.text)
    assert "script-src" not in in_force.headers["Content-Security-Policy"]
    assert "default-src 'self'" in in_force.headers["Content-Security-Policy"]
    assert "geolocation=(self)" in in_force.headers["Permissions-Policy"]
    assert "geolocation=()" in client.get("/tip/answer").headers["Permissions-Policy"]


def test_streets_are_the_only_public_map_and_can_be_switched_off(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/tip/streets/12/2929/1897.mvt").status_code == 200
    assert client.get("/tiles/cameras/12/2929/1897.mvt").status_code == 302
    assert client.get("/tiles/roads/12/2929/1897.mvt").status_code == 302
    set_up(app, monkeypatch, tip_public_map=False)
    assert client.get("/tip/streets/12/2929/1897.mvt").status_code == 404


def test_handing_in_is_in_the_audit_log_without_what_was_said(app: Flask) -> None:
    given.hand_in(remarks="A secret remark.")
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "tip.hand_in")).one()
    assert entry.address == "192.0.2.7"
    assert "secret remark" not in str(entry.details)


def test_only_investigators_read_tips(logged_in: Callable[..., Client]) -> None:
    tip_id = given.hand_in(given.picture()).tip.id
    for role in Role:
        expected = 200 if role is Role.INVESTIGATOR else 403
        assert logged_in(role).get(f"/tips/{tip_id}").status_code == expected


# ------------------------------------------------------------------- the answer that got lost


def _shown(page: str) -> tuple[str, str]:
    """Number and secret word that a page shows."""
    number = re.search(r"data-tip-number>([^<]+)<", page)
    secret = re.search(r"data-tip-secret>([^<]+)<", page)
    assert number is not None
    assert secret is not None
    return number.group(1), secret.group(1)


def test_the_same_form_again_shows_its_sender_the_same_number_and_word(
    app: Flask, client: Client
) -> None:
    client.get("/tip")
    stamp = given.old_stamp()
    first, again = post(client, remarks="x", stamp=stamp), post(client, remarks="x", stamp=stamp)
    number, secret = _shown(first.text)
    assert _shown(again.text) == (number, secret) == _shown(client.get("/tip/sent").text)
    assert tips.open_with_secret(given.PUBLIC, number, secret).number == number
    assert db.session.scalar(select(func.count(Tip.id))) == 1
    stranger = app.test_client()
    stranger.get("/tip")
    refused = stranger.post(f"/tip?{urlencode({'stamp': stamp})}", data={"remarks": "x"})
    assert refused.status_code == 409
    assert secret not in refused.text
    assert stranger.get("/tip/sent").location == "/tip/answer"


def test_a_lost_answer_is_foreseen_so_that_no_photo_is_sent_twice(client: Client) -> None:
    client.get("/tip")
    stamp = given.old_stamp()
    ask = f"/tip/ready?{urlencode({'stamp': stamp, 'bytes': '5'})}"
    assert client.get(ask).get_json()["is_sent"] is False
    number, secret = _shown(post(client, remarks="x", stamp=stamp).text)
    ready = client.get(ask).get_json()
    assert (ready["is_sent"], ready["refusal"]) == (True, "")
    assert _shown(post(client, stamp=ready["stamp"]).text) == (number, secret)


def test_a_secret_word_is_shown_again_only_for_a_while_and_not_after_it_was_forgotten(
    client: Client,
) -> None:
    stamp = given.old_stamp()
    post(client, remarks="x", stamp=stamp)
    tip = db.session.scalars(select(Tip)).one()
    received_at = tip.received_at
    tip.received_at = received_at - timedelta(seconds=senders.SHOWN_FOR_S)
    db.session.commit()
    assert client.get("/tip/sent").location == "/tip/answer"
    assert post(client, remarks="x", stamp=stamp).status_code == 409
    tip.received_at = received_at
    db.session.commit()
    assert client.get("/tip/sent").status_code == 200
    client.post("/tip/leave")
    assert client.get("/tip/sent").location == "/tip/answer"
    assert post(client, remarks="x", stamp=stamp).status_code == 409


def test_secret_words_differ_by_form_and_by_sender(app: Flask) -> None:
    words = {public_forms.secret_of(form, key) for form in ("a", "b") for key in ("k", "l")} | {
        public_forms.new_secret() for _ in range(3)
    }
    assert len(words) == 7
    assert all(re.fullmatch(r"[a-z]{10}-[a-z]{10}", word) for word in words)
    assert public_forms.secret_of("a", "k") == public_forms.secret_of("a", "k")
