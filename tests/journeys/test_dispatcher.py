"""The dispatcher's day: a board by dragging and by keys, a request to an owner, a drawn shape."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from app.extensions import db
from app.models import (
    Footage,
    FootageRequest,
    RequestState,
    Role,
    Sweep,
    SweepPriority,
    SweepState,
    User,
    Visit,
)
from app.services.requests import footage_requests
from tests.app.factories import make_camera, make_case, make_location, make_sweep, make_visit
from tests.journeys.conftest import Site

pytestmark = pytest.mark.journey


@pytest.fixture
def face_pack(shared_dir: Path) -> str:
    return str(shared_dir / "models" / "insightface-mini")


@pytest.fixture
def clip(shared_dir: Path) -> Path:
    """A real recording; somebody passes 2.8–7.0 s into it."""
    return shared_dir / "video" / "speech" / "short_hamilton_clip.mp4"


def seen() -> datetime:
    """Twenty hours ago, to the minute: a recorder that keeps a day has four hours left."""
    return (datetime.now(UTC) - timedelta(hours=20)).replace(second=0, microsecond=0)


def picture(page: Page, name: str) -> None:
    """Keep pictures of the page, light and dark, where somebody wants to look at it."""
    if "JOURNEY_PICTURES" not in os.environ:
        return
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.screenshot(path=Path(os.environ["JOURNEY_PICTURES"]) / f"{name}-{scheme}.png")


def test_from_a_recorder_about_to_overwrite_to_its_swept_footage(
    site: Site, open_browser: Callable[..., Page], browser: Browser, clip: Path
) -> None:
    seen_at = seen()
    case = make_case(number="DISPATCH-1", timezone="Asia/Kolkata")
    make_location(case, seen_at=seen_at, label="Made-up kiosk")
    make_camera(name="Made-up bakery", owner="Made-up baker", retention_hours=24.0)
    page = open_browser(Role.DISPATCHER)
    page.goto("/sweeps")
    danger = page.locator(".endangered li")
    expect(danger).to_contain_text("Made-up bakery")
    picture(page, "board-recorders")
    danger.locator("text=Ask the owner").click()
    picture(page, "request-new")
    page.check("[name=sweep_at_once]")
    page.click("text=Make the request")
    link = page.locator("[data-secret]").inner_text()
    picture(page, "request-link")

    sender = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True)
    phone = sender.new_page()
    phone.goto(link)
    expect(phone.locator("h1")).to_have_text("Hand over footage")
    expect(phone.locator("main")).not_to_contain_text("DISPATCH-1")
    picture(phone, "deliver-phone")
    phone.set_input_files("#file", clip)
    phone.select_option("#clock", "slow")
    phone.fill("#clock_minutes", "2")
    phone.click("#deliver-send")
    receipts = phone.locator("#receipts")
    expect(receipts).to_contain_text(hashlib.sha256(clip.read_bytes()).hexdigest(), timeout=60_000)
    picture(phone, "deliver-received-phone")
    phone.click("text=That is all I have")
    expect(phone.locator("h1")).to_have_text("Thank you")
    sender.close()

    page.goto("/sweeps")
    expect(page.locator("#board-state")).to_have_text("live")
    card = page.locator("[data-column=running] .board-card")
    expect(card).to_contain_text("DISPATCH-1")
    site.fleet.start("worker", "--burst")
    # Nobody reloads: the board follows.
    expect(page.locator("[data-column=finished] .board-card")).to_contain_text(
        "1 of 1 visits done", timeout=90_000
    )
    picture(page, "board-finished")
    site.fresh()
    (footage,) = db.session.scalars(select(Footage)).all()
    assert abs(footage.started_at - (seen_at - timedelta(minutes=13))) < timedelta(seconds=1)
    footage_requests.settle()
    (asked,) = db.session.scalars(select(FootageRequest)).all()
    assert asked.state is RequestState.SWEPT
    page.goto("/requests")
    expect(page.locator("tbody")).to_contain_text("swept")
    picture(page, "requests")
    assert site.troubles == []


def test_sweeps_are_given_away_by_dragging_by_keys_and_by_menu_and_taken_back(
    site: Site, open_browser: Callable[..., Page]
) -> None:
    case = make_case(number="DISPATCH-2")
    sweep = make_sweep(case, state=SweepState.PLANNED, ordinal=1)
    make_visit(sweep, make_camera())
    page = open_browser(Role.DISPATCHER)
    watcher = open_browser(Role.INVESTIGATOR)
    for each in (page, watcher):
        each.goto("/sweeps")
        expect(each.locator("#board-state")).to_have_text("live")
    card = page.locator(f"#sweep-{sweep.id}")
    person = page.locator(".drop-target[data-drop=assign]", has_text="Made-up dispatcher")
    card.drag_to(person)
    assignee = card.locator(".board-assignee")
    expect(assignee).to_contain_text("Made-up dispatcher")
    # Another open board hears of it within a moment, without a reload.
    expect(watcher.locator(".board-assignee")).to_contain_text("Made-up dispatcher")
    page.click(".toast >> text=Undo")
    expect(assignee).to_have_text("nobody")

    card.drag_to(page.locator(".drop-target[data-drop=priority][data-value=urgent]"))
    expect(card).to_have_attribute("data-priority", "urgent")
    card.focus()
    page.keyboard.press("-")
    expect(card).to_have_attribute("data-priority", "high")
    picture(page, "board-dragged")
    site.fresh()
    found = db.session.get_one(Sweep, sweep.id)
    assert found.priority is SweepPriority.HIGH
    assert found.assigned_to_id is None

    phone = open_browser(Role.DISPATCHER, phone=True)
    phone.goto("/sweeps")
    expect(phone.locator("#board-rail")).to_be_hidden()
    phone.click(f"#sweep-{sweep.id} summary")
    picture(phone, "board-menu-phone")
    colleague = db.session.scalars(select(User).where(User.role == Role.INVESTIGATOR)).one()
    phone.select_option(f"#sweep-{sweep.id} [name=user_id]", str(colleague.id))
    phone.click(f"#sweep-{sweep.id} >> text=Give >> nth=-1")
    expect(assignee).to_contain_text("Made-up investigator")
    assert site.troubles == []


def test_what_cannot_be_is_said_on_the_board_and_on_the_link(
    site: Site, open_browser: Callable[..., Page], browser: Browser, tmp_path: Path
) -> None:
    case = make_case(number="DISPATCH-3")
    make_location(case, seen_at=seen())
    make_camera(name="Made-up bakery", owner="Made-up baker", retention_hours=24.0)
    empty = make_sweep(case, state=SweepState.PLANNED)
    make_visit(empty, make_camera())
    finished = make_sweep(case, state=SweepState.FINISHED)
    page = open_browser(Role.DISPATCHER)
    page.goto("/sweeps")
    # Nothing of its cameras is held: the workers get nothing, and the board says why.
    page.locator(f"#sweep-{empty.id}").drag_to(page.locator("[data-drop=workers]"))
    expect(page.locator(".toast")).to_contain_text("nothing to look at")
    page.locator(f"#sweep-{finished.id}").drag_to(page.locator("[data-column=planned]"))
    expect(page.locator(".toast").last).to_contain_text("cannot become planned")

    page.goto("/sweeps/recorders")
    page.click("text=Ask the owner")
    page.fill("#contact", "")
    page.click("text=Make the request")
    expect(page.locator("[role=alert]")).to_contain_text("needs another value")
    page.fill("#contact", "Desk 4")
    page.click("text=Make the request")
    link = page.locator("[data-secret]").inner_text()
    fake = tmp_path / "holiday.mp4"
    fake.write_bytes(b"<!doctype html><script>alert(1)</script>" * 100)
    sender = browser.new_context()
    stranger = sender.new_page()
    stranger.goto(link)
    stranger.set_input_files("#file", fake)
    stranger.click("#deliver-send")
    expect(stranger.locator("#deliver-problem")).to_contain_text("not a video")
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("text=End the link")
    expect(page.locator(".flashes")).to_contain_text("The link has ended")
    stranger.goto(link)
    expect(stranger.locator("main")).to_contain_text("was withdrawn")
    stranger.goto(link[:-3] + "xxx")
    expect(stranger.locator("main")).to_contain_text("not known")
    sender.close()
    assert site.troubles == []


def test_a_shape_drawn_on_the_map_becomes_a_sweep(
    site: Site, open_browser: Callable[..., Page]
) -> None:
    case = make_case(number="DISPATCH-4")
    make_location(case)
    near = make_camera()
    make_camera(latitude_deg=13.2)
    page = open_browser(Role.DISPATCHER)
    page.goto(f"/cases/{case.number}")
    expect(page.locator("#live-word")).to_have_text("live")
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.click("#draw-shape")
    left, top = box["x"] + 120, box["y"] + 60
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(left + 200, top + 200)
    page.mouse.move(box["x"] + box["width"] - 120, box["y"] + box["height"] - 120)
    page.mouse.up()
    dialog = page.locator("#sweep-dialog")
    expect(dialog).to_contain_text("All cameras in the drawn shape")
    picture(page, "shape-dialog")
    page.uncheck("#sweep-dialog [name=start_at_once]")
    page.click("#sweep-dialog button[type=submit]")
    expect(page.locator(".toast")).to_contain_text("is planned with 1 visit")
    site.fresh()
    assert list(db.session.scalars(select(Visit.camera_id))) == [near.id]
    assert site.troubles == []
