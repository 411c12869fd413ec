"""The plan by probability in a browser: an empty sweep moves the next camera up, and says why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.extensions import db
from app.inputs import FootageFileInput, LocationChange, SweepInput
from app.models import CameraRow, Role
from app.services.base.actors import COMMAND_LINE
from app.services.inventory import footage
from app.services.places import locations
from app.services.prioritisation import search_models
from app.services.sweeping import sweeps
from tests.app import footage_cases as given
from tests.journeys.conftest import Site

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

EMPTY = "video/empty/car-detection.mp4"
SEEN_AT = datetime(2026, 11, 18, 8, 40, tzinfo=UTC)


@pytest.fixture
def face_pack(shared_dir: Path) -> str:
    """The real pack, among the real data."""
    return str(shared_dir / "models" / "insightface-mini")


def _camera_with_short_retention(ref: str, metres_north: float) -> CameraRow:
    """A camera whose recorder has lost everything but what is registered here."""
    return given.add_camera(
        ref,
        latitude_deg=given.LATITUDE_DEG + metres_north / 111_195,
        range_m=40.0,
        retention_hours=1.0,
    )


def _register(site: Site, camera: CameraRow, clip: Path, count: int) -> None:
    """The same quiet clip back to back, as a recorder would have kept an hour of it."""
    length = timedelta(seconds=0)
    for number in range(count):
        copy = site.folder / "footage" / f"{camera.ref}-{number}.mp4"
        copy.write_bytes(clip.read_bytes())
        row = footage.add_file(
            COMMAND_LINE,
            camera,
            FootageFileInput(path=str(copy), started_at=SEEN_AT + length),
        )
        length += timedelta(seconds=row.duration_s or 0.0)


def test_an_empty_sweep_moves_the_next_camera_up_and_the_page_says_why(
    site: Site, open_browser: Callable[..., Page], shared_dir: Path
) -> None:
    near, far = _camera_with_short_retention("near", 20), _camera_with_short_retention("far", 60)
    for camera in (near, far):
        _register(site, camera, shared_dir / EMPTY, 20)
    case = given.open_case(
        "PLAN-1", shared_dir / "faces/face_recognition/examples/lin-manuel-miranda.png"
    )
    search_models.build(case)
    page = open_browser(Role.INVESTIGATOR)
    page.goto("/cases/PLAN-1")
    page.select_option("#ranking-form [name=order]", "probability")
    entries = page.locator("#ranking-list .rank-entry")
    expect(entries.first).to_contain_text("of what is left of the probability passes here")
    first_name = entries.first.locator(".rank-name").inner_text()
    first = near if first_name == near.name else far

    sweep = sweeps.plan_sweep(
        COMMAND_LINE,
        case,
        SweepInput(
            window_start=SEEN_AT,
            window_end=SEEN_AT + timedelta(hours=2),
            camera_ids=(first.id,),
        ),
    )
    site.fleet.start("worker")
    sweeps.start_sweep(COMMAND_LINE, sweep)

    moved = page.locator(".rank-moved").first
    expect(moved).to_be_visible(timeout=120_000)
    expect(entries.first.locator(".rank-name")).not_to_have_text(first_name)
    expect(page.locator("#ranking-list")).to_contain_text("searched already")
    assert site.troubles == []
    db.session.rollback()


def test_without_a_time_the_page_says_why_it_cannot_plan(
    site: Site, open_browser: Callable[..., Page]
) -> None:
    given.add_camera()
    case = given.open_case("PLAN-2")
    location = locations.list_locations(case)[0]
    locations.change_location(COMMAND_LINE, case, location.id, LocationChange(seen_at=None))
    page = open_browser(Role.INVESTIGATOR)
    page.goto("/cases/PLAN-2")

    page.select_option("#ranking-form [name=order]", "probability")

    expect(page.locator("#ranking-problem")).to_contain_text("needs the time")
    page.select_option("#ranking-form [name=order]", "distance")
    expect(page.locator("#ranking-list .rank-entry")).to_have_count(1)
