"""Pages that change by themselves while somebody presses, chooses or types in them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from app.extensions import db
from app.models import Role, Sweep, SweepPriority, SweepState, User, Visit, VisitState
from tests.app.factories import make_camera, make_case, make_location, make_sweep, make_visit
from tests.journeys.conftest import Site
from tests.journeys.test_live_map import arrive, open_map

pytestmark = pytest.mark.journey

OpenBrowser = Callable[..., Page]


def middle(of: Locator) -> tuple[float, float]:
    box = box_of(of)
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def box_of(one: Locator) -> FloatRect:
    box = one.bounding_box()
    assert box is not None
    return box


def test_a_card_that_was_just_pressed_can_be_dragged_although_the_board_changes(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_case(number="HAND-1")
    sweeps = [make_sweep(case, state=SweepState.PLANNED, ordinal=at) for at in (1, 2)]
    for sweep in sweeps:
        make_visit(sweep, make_camera())
    page, other = open_browser(Role.DISPATCHER), open_browser(Role.DISPATCHER)
    for each in (page, other):
        each.goto("/sweeps")
        expect(each.locator("#board-state")).to_have_text("live")
    pressed, changed = (page.locator(f"#sweep-{sweep.id}") for sweep in sweeps)
    page.mouse.move(*middle(pressed.locator(".board-assignee")))
    page.mouse.down()
    with page.expect_response(re.compile("part=board")):
        other.locator(f"#sweep-{sweeps[1].id}").focus()
        other.keyboard.press("+")
        # The more urgent one comes first: it would lie where the other was pressed.
        expect(other.locator(".board-card").first).to_have_attribute("data-priority", "high")
    page.mouse.move(*middle(page.locator("[data-drop=priority][data-value=urgent]")), steps=4)
    page.mouse.up()
    expect(pressed).to_have_attribute("data-priority", "urgent")
    expect(changed).to_have_attribute("data-priority", "high")
    site.fresh()
    assert db.session.get_one(Sweep, sweeps[0].id).priority is SweepPriority.URGENT
    assert site.troubles == []


def test_a_verdict_counts_for_the_face_that_was_pressed_although_another_arrives(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_case(number="HAND-2")
    make_location(case)
    first = arrive(case)
    page = open_map(open_browser(Role.INVESTIGATOR), case)
    card = page.locator(f'[data-sighting="{first.id}"]')
    page.mouse.move(*middle(card.locator(".verdict.unsure")))
    page.mouse.down()
    second = arrive(case)
    # The count in the head says that another came; the card stays where it was pressed.
    expect(page.locator(".tray-head [data-candidates]")).to_have_text("2")
    expect(page.locator(".sighting-card")).to_have_count(1)
    page.mouse.up()
    expect(card).to_contain_text("unsure")
    expect(page.locator(f'[data-sighting="{second.id}"]')).to_contain_text("candidate")
    assert site.troubles == []


def test_what_is_under_the_pointer_or_has_the_focus_stays_there_when_others_arrive(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_case(number="HAND-3")
    make_location(case)
    rows = [arrive(case) for _ in range(7)]
    page = open_map(open_browser(Role.INVESTIGATOR), case)
    cards = page.locator(".sighting-card")
    expect(cards).to_have_count(7)
    card = page.locator(f'[data-sighting="{rows[-2].id}"]')
    card.locator(".verdict.rejected").focus()
    page.mouse.move(*middle(card.locator(".verdict.unsure")))
    before = box_of(card)
    arrive(case)
    expect(cards).to_have_count(8)
    assert abs(box_of(card)["y"] - before["y"]) < 2
    expect(card.locator(".verdict.rejected")).to_be_focused()
    assert site.troubles == []


def test_cameras_are_ticked_by_keyboard_one_after_the_other(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_case(number="HAND-4")
    make_location(case)
    for _ in range(3):
        make_camera()
    page = open_map(open_browser(Role.DISPATCHER), case)
    boxes = page.locator(".rank-entry input[type=checkbox]")
    expect(boxes).to_have_count(3)
    boxes.nth(0).focus()
    page.keyboard.press("Space")
    expect(boxes.nth(0)).to_be_checked()
    expect(boxes.nth(0)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(boxes.nth(1)).to_be_checked()
    expect(page.locator("#plan-sweep-label")).to_have_text("Plan sweep of 2 selected")
    assert site.troubles == []


def test_a_sweeps_pages_follow_it_and_keep_what_was_chosen(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_case(number="HAND-5")
    sweep = make_sweep(case, state=SweepState.RUNNING, ordinal=1)
    visits = [make_visit(sweep, make_camera(), state=VisitState.QUEUED) for _ in range(2)]
    page, overview = open_browser(Role.DISPATCHER), open_browser(Role.INVESTIGATOR)
    page.goto(f"/sweeps/{sweep.id}")
    overview.goto(f"/cases/{case.number}/sweeps")
    for each in (page, overview):
        expect(each.locator("main")).to_contain_text("0 of 2 visits done")
    person = db.session.query(User).filter_by(role=Role.INVESTIGATOR).one()
    page.select_option("[name=user_id]", str(person.id))
    page.locator("text=Assign >> nth=-1").focus()
    db.session.get_one(Visit, visits[0].id).state = VisitState.DONE
    db.session.commit()
    for each in (page, overview):
        expect(each.locator("main")).to_contain_text("1 of 2 visits done")
    expect(page.locator("[name=user_id]")).to_have_value(str(person.id))
    page.keyboard.press("Enter")
    expect(page.locator(".flashes")).to_contain_text("assigned")
    site.fresh()
    assert db.session.get_one(Sweep, sweep.id).assigned_to_id == person.id
    for visit in visits:
        db.session.get_one(Visit, visit.id).state = VisitState.DONE
    db.session.get_one(Sweep, sweep.id).state = SweepState.FINISHED
    db.session.commit()
    # The head says it too, and what can be done with the sweep.
    expect(page.locator("h1")).to_contain_text("finished")
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    assert site.troubles == []
