"""The public tip form in a browser: what photos tell it, what it computes, and without script."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from PIL import Image, features
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import select

from app.extensions import db
from app.models import PlaceSource, TimeSource, Tip
from app.services.base.actors import COMMAND_LINE
from app.services.contributing import form_work, public_forms
from app.services.inventory import roads
from recognition.photo_origin import PhotoOrigin, read_origin
from tests.app import contribution_cases as given
from tests.app.test_roads import geojson
from tests.app.test_tips import GPS, exif_of, with_exif
from tests.journeys.conftest import Site

pytestmark = pytest.mark.journey

ZONE = "Asia/Kolkata"
_READ = """async (data) => {
  const { readOrigin } = await import("/static/js/handing_in/photo_origin.js");
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  return readOrigin(new Blob([bytes]));
}"""


@pytest.fixture
def phone(site: Site, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        base_url=site.address,
        viewport={"width": 390, "height": 844},
        is_mobile=True,
        has_touch=True,
        timezone_id=ZONE,
    )
    page = context.new_page()
    page.on("pageerror", lambda error: site.troubles.append(f"script: {error}"))
    yield page
    context.close()


def _read_by_browser(page: Page, data: bytes) -> PhotoOrigin:
    """What the page's module reads, with times on the clock of the browser's zone."""
    said: dict[str, Any] = page.evaluate(_READ, base64.b64encode(data).decode())
    taken = said["taken"]
    at = None
    if taken is not None:
        at = datetime.fromisoformat(taken["wall"] + taken["offset"])
        at = (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(ZONE))).astimezone(UTC)
    return PhotoOrigin(at, said["latitudeDeg"], said["longitudeDeg"])


def _samples() -> Iterator[tuple[str, bytes]]:
    everything = exif_of(gps=GPS, offset="-03:30")
    for kind in ("JPEG", "PNG", "WebP", "TIFF"):
        yield kind, given.picture(kind, exif=everything)
        yield f"{kind} without", given.picture(kind)
    yield "no offset", with_exif(gps=GPS)
    yield "south and west", with_exif(gps={**GPS, 1: "S", 3: "W"})
    yield "nowhere", with_exif(gps={1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)})
    yield "beyond the pole", with_exif(gps={**GPS, 2: (91.0, 0.0, 0.0)})
    yield "no hemisphere", with_exif(gps={2: GPS[2], 4: GPS[4]})
    for taken in ("2026:02:31 10:00:00", "1970:01:01 00:00:00", "0000:00:00 00:00:00", "soon"):
        yield taken, with_exif(taken=taken)
    for offset in ("+15:00", "nonsense", "+05:3"):
        yield offset, with_exif(offset=offset)
    for length in (3, 30, 60):
        yield f"only {length} bytes", with_exif(gps=GPS)[:length]
    yield "empty", b""
    yield "text", b"no photo at all"


def test_the_browser_reads_the_same_time_and_place_as_the_server(phone: Page) -> None:
    phone.goto("/tip")
    for name, data in _samples():
        said, meant = _read_by_browser(phone, data), read_origin(data, ZoneInfo(ZONE))
        assert said.taken_at == meant.taken_at, name
        for mine, other in (
            (said.latitude_deg, meant.latitude_deg),
            (said.longitude_deg, meant.longitude_deg),
        ):
            assert mine == (None if other is None else pytest.approx(other, abs=1e-9)), name


_SHRINK = """async ([data, keep]) => {
  const { shrunk } = await import("/static/js/handing_in/shrinking.js");
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const smaller = await shrunk(new File([bytes], "x.jpg", { type: "image/jpeg" }), keep);
  const url = await new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsDataURL(smaller);
  });
  return url.split(",")[1];
}"""


def _large_photo(**tags: Any) -> bytes:
    """A photo as a phone takes it: 12 megapixels, lying on its side, with a maker's name."""
    exif = exif_of(**tags)
    exif[0x0112] = 6
    small = np.random.default_rng(5).integers(0, 255, (150, 200, 3), np.uint8)
    large = Image.fromarray(small).resize((4000, 3000), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    large.save(buffer, "JPEG", quality=97, exif=exif)
    return buffer.getvalue()


def _shrunk(page: Page, data: bytes, *, time: bool, place: bool) -> bytes:
    keep = {"time": time, "place": place}
    return base64.b64decode(page.evaluate(_SHRINK, [base64.b64encode(data).decode(), keep]))


def test_a_large_photo_is_made_smaller_and_tells_only_what_its_sender_wants(phone: Page) -> None:
    phone.goto("/tip")
    gps = {1: "S", 2: (12.0, 58.0, 32.52), 3: "W", 4: (0.0, 0.0, 22.68)}
    data = _large_photo(gps=gps, offset="+05:30")
    zone = ZoneInfo(ZONE)
    meant = read_origin(data, zone)
    assert meant.latitude_deg is not None
    both = _shrunk(phone, data, time=True, place=True)
    assert len(both) < 0.6 * len(data)
    with Image.open(io.BytesIO(both)) as picture:
        assert picture.size == (2400, 3200)  # upright
        assert 0x0112 not in picture.getexif()
    assert b"Made-up maker" not in both
    said = read_origin(both, zone)
    assert said.taken_at == meant.taken_at
    assert said.latitude_deg == pytest.approx(meant.latitude_deg, abs=1e-7)
    assert said.longitude_deg == pytest.approx(meant.longitude_deg, abs=1e-7)
    time = read_origin(_shrunk(phone, data, time=True, place=False), zone)
    assert (time.taken_at, time.latitude_deg) == (meant.taken_at, None)
    place = read_origin(_shrunk(phone, data, time=False, place=True), zone)
    assert place.taken_at is None
    assert place.latitude_deg == pytest.approx(meant.latitude_deg, abs=1e-7)
    nothing = _shrunk(phone, data, time=False, place=False)
    assert b"Exif" not in nothing
    assert _shrunk(
        phone, data[:2_000_000], time=True, place=True
    )  # broken: sent, and refused there
    small = with_exif(gps=GPS)
    assert _shrunk(phone, small, time=True, place=True) == small


def test_a_sender_sees_what_a_photo_tells_and_keeps_the_place_to_themselves(
    site: Site, phone: Page
) -> None:
    phone.goto("/tip")
    expect(phone.locator("[data-origin]")).to_be_hidden()
    photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": with_exif(gps=GPS)}
    phone.set_input_files("#photos", [photo])  # type: ignore[list-item]
    expect(phone.locator("[data-previews]")).to_contain_text("12.97570, 77.60630")
    expect(phone.locator("[data-origin-time]")).to_contain_text("2:10")
    phone.uncheck("[name=use_photo_place]")
    phone.click("[data-send]")  # at once: the form itself waits until it may be sent
    expect(phone.locator("h1")).to_contain_text("Thank you")
    expect(phone.locator("main")).to_contain_text("from the photo")
    phone.context.grant_permissions(["clipboard-read", "clipboard-write"])
    phone.click("[data-copy-secret]")
    expect(phone.locator("[data-copy-secret]")).to_contain_text("Copied")
    secret = phone.inner_text("[data-tip-secret]")
    assert phone.evaluate("navigator.clipboard.readText()").endswith(secret)
    tip = db.session.scalars(select(Tip)).one()
    assert (tip.place_source, tip.latitude_deg) == (PlaceSource.NONE, None)
    assert tip.photos[0].latitude_deg is None
    assert (tip.time_source, tip.seen_at) == (
        TimeSource.PHOTO,
        datetime(2026, 11, 18, 8, 40, 5, tzinfo=UTC),
    )
    assert site.troubles == []


def test_a_photo_that_tells_nothing_asks_nothing(phone: Page) -> None:
    phone.goto("/tip")
    photo = {"name": "a.png", "mimeType": "image/png", "buffer": given.picture("PNG")}
    phone.set_input_files("#photos", [photo])  # type: ignore[list-item]
    expect(phone.locator("[data-previews]")).to_contain_text("No time and no place stored")
    expect(phone.locator("[data-origin]")).to_be_hidden()


def _file(name: str, data: bytes, kind: str = "") -> Any:
    return {"name": name, "mimeType": kind, "buffer": data}


def _jpeg(name: str) -> Any:
    return _file(name, given.picture(), "image/jpeg")


def test_photos_that_are_chosen_one_after_the_other_are_all_sent(site: Site, phone: Page) -> None:
    phone.goto("/tip")
    shown = phone.locator("[data-previews] li")
    phone.set_input_files("#photos", [_jpeg("first.jpg")])
    expect(shown).to_have_count(1)
    phone.set_input_files("#photos", [_jpeg("second.jpg"), _jpeg("third.jpg")])
    expect(shown).to_have_count(3)
    phone.get_by_role("button", name="Remove").first.click()
    expect(shown).to_have_count(2)
    phone.set_input_files("#photos", [_jpeg(f"more-{number}.jpg") for number in range(4)])
    expect(shown).to_have_count(5)
    expect(phone.locator("[data-photo-words]")).to_contain_text("the first 5 are kept")
    phone.click("[data-send]")
    expect(phone.locator("h1")).to_contain_text("Thank you")
    site.fresh()
    assert len(db.session.scalars(select(Tip)).one().photos) == 5
    assert site.troubles == []


def test_what_is_no_photo_is_told_when_it_is_chosen_and_not_sent(site: Site, phone: Page) -> None:
    phone.goto("/tip")
    words = phone.locator("[data-photo-words]")
    brands = {"heic": "HEIC photo", "isom": "is a video", "avif": "HEIC photo"}
    for brand, said in brands.items():
        head = b"\0\0\0\x18ftyp" + brand.encode() + b"\0" * 40
        phone.set_input_files("#photos", [_file(f"a.{brand}", head)])
        expect(words).to_contain_text(said)
    phone.set_input_files("#photos", [_file("a.jpg", b"not at all", "image/jpeg")])
    expect(words).to_contain_text("is not a photo")
    expect(phone.locator("[data-previews] li")).to_have_count(0)
    phone.set_input_files("#photos", [_jpeg("good.jpg"), _file("b.mov", b"\0\0\0\x14ftypqt  ")])
    expect(words).to_contain_text("“b.mov” is a video")
    expect(phone.locator("[data-previews] li")).to_have_count(1)
    phone.set_input_files("#photos", [_jpeg("another.jpg")])
    expect(words).to_be_hidden()
    assert site.troubles == []


@pytest.mark.skipif(not features.check("avif"), reason="Pillow was built without AVIF")
def test_what_the_server_cannot_read_is_sent_as_jpeg_where_the_browser_can(
    site: Site, phone: Page
) -> None:
    """As HEIC on an iPhone; browsers of other phones know AVIF alone of that family."""
    phone.goto("/tip")
    phone.set_input_files("#photos", [_file("a.avif", given.picture("AVIF"), "image/avif")])
    expect(phone.locator("[data-previews] li")).to_have_count(1)
    phone.click("[data-send]")
    expect(phone.locator("h1")).to_contain_text("Thank you")
    site.fresh()
    (photo,) = db.session.scalars(select(Tip)).one().photos
    assert (photo.width_px, photo.height_px) == (320, 240)
    assert site.troubles == []


def test_when_the_answer_is_lost_trying_again_shows_it_without_sending_photos_twice(
    site: Site, phone: Page
) -> None:
    bodies: list[bytes] = []

    def lose_the_first(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        bodies.append(route.request.post_data_buffer or b"")
        if len(bodies) > 1:
            route.continue_()
            return
        route.fetch()
        route.abort()

    phone.goto("/tip")
    phone.fill("#remarks", "A child at the gate.")
    phone.route("**/tip?*", lose_the_first)
    phone.click("[data-send]")
    expect(phone.locator("[data-problem]")).to_contain_text("The connection broke off")
    phone.set_input_files("#photos", [_jpeg("a.jpg")])
    expect(phone.locator("[data-previews] li")).to_have_count(1)
    phone.click("[data-send]")
    expect(phone.locator("h1")).to_contain_text("Thank you")
    secret = phone.inner_text("[data-tip-secret]")
    site.fresh()
    tip = db.session.scalars(select(Tip)).one()
    assert phone.inner_text("[data-tip-number]") == tip.number
    assert b"A child at the gate." in bodies[1]
    assert b"filename=" not in bodies[1]
    phone.reload()
    expect(phone.locator("[data-tip-secret]")).to_have_text(secret)
    expect(phone.locator("[data-copy-secret]")).to_be_visible()
    phone.click("text=Forget it here")
    expect(phone).to_have_url(re.compile("/tip/answer$"))
    phone.goto("/tip/sent")
    expect(phone).to_have_url(re.compile("/tip/answer$"))


def test_a_device_whose_clock_is_wrong_enters_the_right_time(site: Site, phone: Page) -> None:
    phone.add_init_script("const real = Date.now; Date.now = () => real() + 26 * 3600e3;")
    phone.goto("/tip")
    expect(phone.locator("[data-clock-words]")).to_contain_text("clock of your device")
    phone.click("[data-minutes='0']")
    entered = datetime.fromisoformat(phone.input_value("#seen_at")).replace(tzinfo=ZoneInfo(ZONE))
    assert abs((datetime.now(UTC) - entered).total_seconds()) < 600
    phone.fill("#seen_at", "2999-01-01T10:00")
    phone.fill("#remarks", "A child.")
    phone.click("[data-send]")
    expect(phone.locator("[data-problem]")).to_contain_text("lies in the future")
    assert site.troubles == []


def test_without_script_the_chosen_files_are_named_by_the_browser_itself(
    site: Site, browser: Browser
) -> None:
    context = browser.new_context(base_url=site.address, java_script_enabled=False)
    plain = context.new_page()
    plain.goto("/tip")
    box = plain.locator("#photos").bounding_box()
    assert box is not None
    assert box["width"] > 100
    assert box["height"] > 15
    expect(plain.locator("label.photo-button")).to_be_hidden()
    context.close()


def test_while_very_many_come_in_a_browser_does_the_work_and_a_page_without_script_waits(
    site: Site, phone: Page, browser: Browser
) -> None:
    phone.goto("/tip")
    for _ in range(31):
        given.hand_in()
    assert form_work.bits_now() == form_work.LEAST_BITS
    phone.fill("#remarks", "A child on platform two.")
    phone.click("[data-send]")
    expect(phone.locator("h1")).to_contain_text("Thank you", timeout=30_000)

    context = browser.new_context(base_url=site.address, java_script_enabled=False)
    plain = context.new_page()
    plain.goto("/tip")
    expect(plain.locator("form")).to_contain_text("leave this page open for a minute")
    plain.fill("#remarks", "A child on platform three.")
    plain.wait_for_timeout(1000 * public_forms.FASTEST_S + 1200)
    plain.click("[data-send]")
    expect(plain.locator("main")).to_contain_text(re.compile(r"wait \d\d seconds"))
    context.close()
    site.fresh()
    last = db.session.scalars(select(Tip).order_by(Tip.id.desc())).first()
    assert last is not None
    assert last.remarks == "A child on platform two."
    assert site.troubles == []


def test_the_map_is_fetched_when_it_is_opened_and_where_it_cannot_be_the_form_says_so(
    site: Site, phone: Page
) -> None:
    roads.import_roads(COMMAND_LINE, geojson(), "made-up.geojson", name="Made-up")
    asked_for: list[str] = []
    phone.on("request", lambda request: asked_for.append(request.url))
    phone.goto("/tip")
    opens = phone.locator("[data-open-map]")
    expect(opens).to_be_visible()
    assert not [url for url in asked_for if "leaflet" in url or "map.css" in url]

    phone.route("**/leaflet.js", lambda route: route.abort())
    opens.click()
    expect(phone.locator("[data-place-words]")).to_contain_text("cannot be loaded")
    phone.unroute("**/leaflet.js")
    opens.click()
    box = phone.locator("#tip-map")
    expect(box.locator(".leaflet-map-pane")).to_be_attached()
    expect(opens).to_be_hidden()
    box.click(position={"x": 120, "y": 90})
    expect(phone.locator("[data-place-words]")).to_contain_text("The place on the map is noted")
    expect(box.locator("path.tip-pin")).to_be_attached()
    assert phone.input_value("[name=latitude_deg]") != ""
    assert site.troubles == []
