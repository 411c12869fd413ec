"""How smoothly the case map moves: frames per second while it is dragged, in headless Chromium.

The whole product takes part: web server, PostGIS tiles, streets and stations under the cameras. The
mouse drags to and fro; every frame's time is taken by requestAnimationFrame. Chromium draws in
software here, as nothing in a bare machine has a graphics card.

Frames a second depend on what else the machine does. So the processor time that Chromium spends on
a frame is measured too, and, just before each drag, how many frames a second an empty page gets. A
drag over an empty map, or one that moves nothing, ends the benchmark: it would be quick in vain.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import statistics
import time
from dataclasses import dataclass

import psutil
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import text

from app.extensions import db
from app.inputs.accounts import UserInput
from app.models.accounts import Role
from app.services.base.actors import COMMAND_LINE
from app.services.inventory import roads
from app.services.mapping import camera_tiles
from app.services.mapping.tiles import TileAddress
from app.services.people import accounts
from benchmarks.city import (
    add_benchmark_location,
    add_made_up_cameras,
    analyse_cameras,
    import_real_cameras,
    open_benchmark_case,
)
from benchmarks.database import benchmark_app
from benchmarks.report import Figure, publish, shared_dir
from benchmarks.server import web_server

EMAIL = "bench@lastseen.example"
MANY = 100_000
HALF_SIDE_DEG = 0.12
"""The hundred thousand lie in a square of about 26 km: 148 cameras a square kilometre."""
SECONDS = 8.0
GOAL_FPS = 30
GOAL_PROCESSOR = "≤ 33: one core could do 30 a second"
IDLE_SECONDS = 2.0
LEAST_DRAWN = 5
MOVING_SHARE = 0.85
"""The first pixels of a drag do not move the map, so not every frame can."""
WHOLE_CITY_TILE = TileAddress(9, 366, 237)
BROWSER_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

_IDLE = """
async (seconds) => {
  const next = () => new Promise(requestAnimationFrame);
  const begin = await next();
  let last = begin;
  let frames = 0;
  for (; last < begin + 1000 * seconds; frames += 1) last = await next();
  return (1000 * frames) / (last - begin);
}
"""
_DRAG = """
async ({ seconds, out }) => {
  const map = document.querySelector("#map");
  const frame = map.getBoundingClientRect();
  const at = { x: frame.x + frame.width / 2, y: frame.y + frame.height / 2 };
  const send = (kind, target) => target.dispatchEvent(new MouseEvent(kind, {
    bubbles: true, cancelable: true, view: window, button: 0, buttons: kind === "mouseup" ? 0 : 1,
    clientX: at.x, clientY: at.y,
  }));
  const next = () => new Promise(requestAnimationFrame);
  const pane = map.querySelector(".leaflet-map-pane");
  const place = () => pane.getBoundingClientRect();
  const frames = [];
  let moved = 0;
  let before = place();
  let last = await next();
  const end = last + 1000 * seconds;
  for (let leg = 0; last < end; leg += 1) {
    const step = [[14, 5], [-14, -5], [-6, 12], [6, -12]][Math.floor(leg / out) % 4]; // out, back
    at.x = frame.x + frame.width / 2 - 15 * step[0];
    at.y = frame.y + frame.height / 2 - 15 * step[1];
    send("mousedown", map);
    for (let move = 0; move < 30 && last < end; move += 1) {
      at.x += step[0];
      at.y += step[1];
      send("mousemove", map);
      const now = await next();
      const { x, y } = place();
      moved += x !== before.x || y !== before.y ? 1 : 0;
      before = { x, y };
      frames.push(now - last);
      last = now;
    }
    send("mouseup", document);
  }
  return { frames, moved };
}
"""


@dataclass(frozen=True)
class View:
    """A zoom at which the map is dragged, and what it draws there."""

    label: str
    zoom: int
    drags_out: int


VIEWS = (
    View("counts, zoom 12", 12, 1),
    View("dots, zoom 15", 15, 2),
    View("wedges, zoom 17", 17, 2),
)
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
            add_made_up_cameras(MANY - 3000, HALF_SIDE_DEG)
            figures |= _time_tiles()
        figures |= _measure(application, browser, number, password, "100,000 cameras")
        browser.close()
    figures["load of the machine at the end"] = Figure(os.getloadavg()[0], "processes")
    publish("map", figures)


def _prepare(password: str) -> str:
    user = UserInput(email=EMAIL, name="Benchmark", role=Role.INVESTIGATOR)
    accounts.create_user(COMMAND_LINE, user, password)
    for name in ("central_bengaluru.graphml", "bengaluru_metro_lines_stations.geojson"):
        path = shared_dir() / "roads" / name
        roads.import_roads(COMMAND_LINE, path.read_bytes(), name)
    import_real_cameras()
    # The real registry knows no directions; half of it gets some, so that there are wedges to draw.
    db.session.execute(
        text(
            "UPDATE cameras SET headings_deg = ARRAY[(id * 37) % 360]::float8[],"
            " field_of_view_deg = 70, range_m = 50 WHERE id % 2 = 0"
        )
    )
    analyse_cameras()
    case = open_benchmark_case()
    add_benchmark_location(case)
    return case.number


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
            drawn = _drawn(page)
            named = f"{label}, {view.label}"
            figures[f"{named}: an empty page just before"] = Figure(_empty_page_fps(browser), "1/s")
            begun_s = _processor_s()
            frames_ms = _drag(page, view)
            spent_ms = 1000 * (_processor_s() - begun_s) / len(frames_ms)
            figures[f"{named}: drawn at once"] = Figure(min(drawn, _drawn(page)), "things")
            fps = 1000 * len(frames_ms) / sum(frames_ms)
            figures[f"{named}: frames a second"] = Figure(fps, "1/s", f"≥ {GOAL_FPS}")
            figures[f"{named}: processor time a frame"] = Figure(spent_ms, "ms", GOAL_PROCESSOR)
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
    """Look at the case from nearer or farther, and wait until all is drawn.

    The map has half zooms. An earlier drag may have left the cameras behind: begin at the case.
    """
    page.click("#fit-all")
    page.wait_for_timeout(1000)
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


def _empty_page_fps(browser: Browser) -> float:
    page = browser.new_page()
    fps: float = page.evaluate(_IDLE, IDLE_SECONDS)
    page.close()
    return fps


def _processor_s() -> float:
    """Processor time of all of Chromium's processes so far."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it may just have ended
            if "chrom" in process.name():
                times = process.cpu_times()
                total += times.user + times.system
    return total


def _drawn(page: Page) -> int:
    """How many cameras and counts are drawn. Raises SystemExit where it is an empty map."""
    page.wait_for_timeout(1000)
    drawn = int(page.locator(CAMERAS).get_attribute("data-drawn") or 0)
    if drawn < LEAST_DRAWN:
        raise SystemExit(f"Only {drawn} things are on the map: nothing was measured.")
    return drawn


def _drag(page: Page, view: View) -> list[float]:
    """Drag the map; the time of each frame. Raises SystemExit if it did not move all the time."""
    done = page.evaluate(_DRAG, {"seconds": SECONDS, "out": view.drags_out})
    frames_ms: list[float] = done["frames"]
    if done["moved"] < MOVING_SHARE * len(frames_ms):
        raise SystemExit(
            f"The map moved in {done['moved']} of {len(frames_ms)} frames: nothing was measured."
        )
    return frames_ms


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
