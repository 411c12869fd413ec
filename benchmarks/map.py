"""How smoothly the case map moves: frames per second while it is dragged, in headless Chromium.

The whole product takes part: web server, PostGIS tiles, streets and stations under the cameras. The
mouse drags to and fro; every frame's time is taken by requestAnimationFrame. Chromium draws in
software here, as nothing in a bare machine has a graphics card.
"""

from __future__ import annotations

import os
import secrets
import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import text

from app.extensions import db
from app.inputs import CaseInput, LocationInput
from app.inputs.accounts import UserInput
from app.models import LocationSource, SubjectCategory
from app.models.accounts import Role
from app.services import accounts, camera_tiles, cases, locations, registry, roads
from app.services.actors import COMMAND_LINE
from app.services.tiles import TileAddress
from benchmarks.database import benchmark_app
from benchmarks.report import Figure, publish, shared_dir
from benchmarks.server import web_server

EMAIL = "bench@lastseen.example"
MANY = 100_000
CENTRE = (12.9716, 77.5946)
HALF_SIDE_DEG = 0.12
"""The hundred thousand lie in a square of about 26 km: 148 cameras a square kilometre."""
SECONDS = 8.0
GOAL_FPS = 30
WHOLE_CITY_TILE = TileAddress(9, 366, 237)
BROWSER_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

_DRAG = """
async (seconds) => {
  const map = document.querySelector("#map");
  const frame = map.getBoundingClientRect();
  const at = { x: frame.x + frame.width / 2, y: frame.y + frame.height / 2 };
  const send = (kind, target) => target.dispatchEvent(new MouseEvent(kind, {
    bubbles: true, cancelable: true, view: window, button: 0, buttons: kind === "mouseup" ? 0 : 1,
    clientX: at.x, clientY: at.y,
  }));
  const next = () => new Promise(requestAnimationFrame);
  const frames = [];
  let last = await next();
  const end = last + 1000 * seconds;
  for (let leg = 0; last < end; leg += 1) {
    const turn = Math.floor(leg / 2) % 4;          // two drags out, two drags back
    const step = [[14, 5], [-6, 12], [-14, -5], [6, -12]][turn];
    at.x = frame.x + frame.width / 2 - 15 * step[0];
    at.y = frame.y + frame.height / 2 - 15 * step[1];
    send("mousedown", map);
    for (let move = 0; move < 30 && last < end; move += 1) {
      at.x += step[0];
      at.y += step[1];
      send("mousemove", document);
      const now = await next();
      frames.push(now - last);
      last = now;
    }
    send("mouseup", document);
  }
  return frames;
}
"""


@dataclass(frozen=True)
class View:
    """A zoom at which the map is dragged, and what it draws there."""

    label: str
    zoom: int


VIEWS = (View("counts, zoom 12", 12), View("dots, zoom 15", 15), View("wedges, zoom 17", 17))
CAMERAS = ".leaflet-overlay-pane canvas[data-complete=true]"


def main() -> None:
    """Measure both sizes and publish."""
    figures: dict[str, Figure] = {}
    password = secrets.token_urlsafe(24)
    with benchmark_app() as application, sync_playwright() as playwright:
        with application.app_context():
            number = _prepare(password)
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM_PATH", "/usr/bin/chromium"),
            args=BROWSER_ARGUMENTS,
        )
        figures |= _measure(application, browser, number, password, "3,000 cameras")
        with application.app_context():
            _add_synthetic(MANY - 3000)
            figures |= _time_tiles()
        figures |= _measure(application, browser, number, password, "100,000 cameras")
        browser.close()
    publish("map", figures)


def _prepare(password: str) -> str:
    user = UserInput(email=EMAIL, name="Benchmark", role=Role.INVESTIGATOR)
    accounts.create_user(COMMAND_LINE, user, password)
    for name in ("central_bengaluru.graphml", "bengaluru_metro_lines_stations.geojson"):
        path = shared_dir() / "roads" / name
        roads.import_roads(COMMAND_LINE, path.read_bytes(), name)
    path = shared_dir() / "registries" / "bengaluru_safecity_3000.geojson"
    registry.import_cameras(COMMAND_LINE, path.read_bytes(), path.name, "bench")
    # The real registry knows no directions; half of it gets some, so that there are wedges to draw.
    db.session.execute(
        text(
            "UPDATE cameras SET headings_deg = ARRAY[(id * 37) % 360]::float8[],"
            " field_of_view_deg = 70, range_m = 50 WHERE id % 2 = 0"
        )
    )
    _analyse()
    case = cases.open_case(
        COMMAND_LINE,
        CaseInput(
            number="BENCH-1",
            purpose="Benchmark",
            legal_basis="None needed",
            legal_basis_expires_at=datetime.now(UTC) + timedelta(days=1),
            subject_name="Made-up Person",
            subject_category=SubjectCategory.ADULT,
        ),
    )
    locations.add_location(
        COMMAND_LINE,
        case,
        LocationInput(
            latitude_deg=CENTRE[0],
            longitude_deg=CENTRE[1],
            seen_at=datetime.now(UTC) - timedelta(hours=2),
            label="Made-up place",
            source=LocationSource.OTHER,
        ),
    )
    return case.number


def _add_synthetic(count: int) -> None:
    db.session.execute(
        text(
            """
            INSERT INTO cameras (source, ref, name, latitude_deg, longitude_deg, headings_deg,
                                 field_of_view_deg, range_m, status, created_at, updated_at)
            SELECT 'synthetic', n::text, 'Synthetic ' || n,
                   :latitude + (random() - 0.5) * 2 * :half,
                   :longitude + (random() - 0.5) * 2 * :half,
                   ARRAY[random() * 359], 60, 40, 'active', now(), now()
            FROM generate_series(1, :count) AS n
            """
        ),
        {"latitude": CENTRE[0], "longitude": CENTRE[1], "half": HALF_SIDE_DEG, "count": count},
    )
    _analyse()


def _analyse() -> None:
    db.session.commit()
    db.session.execute(text("ANALYZE cameras"))
    db.session.commit()


def _time_tiles() -> dict[str, Figure]:
    """The dearest tile there is, made anew: nearly all cameras, counted."""
    begun = time.perf_counter()
    tile = camera_tiles.camera_tile(WHOLE_CITY_TILE)
    cold_ms = 1000 * (time.perf_counter() - begun)
    begun = time.perf_counter()
    camera_tiles.camera_tile(WHOLE_CITY_TILE)
    kept_ms = 1000 * (time.perf_counter() - begun)
    return {
        "tile of the whole city, 100,000 cameras: made": Figure(cold_ms, "ms"),
        "tile of the whole city, 100,000 cameras: kept": Figure(kept_ms, "ms"),
        "tile of the whole city, 100,000 cameras: size": Figure(len(tile.data) / 1024, "KiB"),
    }


def _measure(
    application: Flask, browser: Browser, number: str, password: str, label: str
) -> dict[str, Figure]:
    figures = {}
    with web_server(application) as address:
        page = _open(browser, address, number, password)
        for view in VIEWS:
            _zoom(page, view.zoom)
            frames_ms = page.evaluate(_DRAG, SECONDS)
            named = f"{label}, {view.label}"
            fps = 1000 * len(frames_ms) / sum(frames_ms)
            figures[f"{named}: frames a second"] = Figure(fps, "1/s", f"≥ {GOAL_FPS}")
            figures[f"{named}: frame, p50"] = Figure(statistics.median(frames_ms), "ms")
            figures[f"{named}: frame, p95"] = Figure(_p95(frames_ms), "ms")
            print(f"  {named}: {fps:.1f} frames a second", flush=True)
        page.context.close()
    return figures


def _open(browser: Browser, address: str, number: str, password: str) -> Page:
    context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto("/login")
    page.fill("input[name=email]", EMAIL)
    page.fill("input[name=password]", password)
    page.click("main button:not([type=button])")
    page.wait_for_url(lambda url: "/login" not in url)
    page.goto(f"/cases/{number}")
    expect(page.locator("#live-word")).to_have_text("live")
    page.wait_for_timeout(1500)
    return page


def _zoom(page: Page, zoom: int) -> None:
    """Look nearer or farther, and wait until all tiles are drawn. The map has half zooms."""
    while abs(_zoom_of(page) - zoom) >= 1:
        nearer = _zoom_of(page) < zoom
        page.click(".leaflet-control-zoom-in" if nearer else ".leaflet-control-zoom-out")
        page.wait_for_timeout(700)
    streets = page.locator(".leaflet-streets-pane canvas[data-complete=true]")
    expect(streets).to_be_attached(timeout=30_000)


def _zoom_of(page: Page) -> float:
    cameras = page.locator(CAMERAS)
    expect(cameras).to_be_attached(timeout=30_000)
    return float(cameras.get_attribute("data-zoom") or "nan")


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
