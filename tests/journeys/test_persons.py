"""Persons of interest: one asks, another authorises, a sweep proposes, two judge, it expires."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.extensions import db
from app.inputs import FootageFileInput
from app.inputs.persons import PersonVerdictInput
from app.models import (
    Case,
    PersonAuthorisation,
    PersonComparison,
    PersonSighting,
    Role,
    Sighting,
    Sweep,
    User,
    Verdict,
    Visit,
)
from app.models.columns import utc_now
from app.models.sessions import UserSession
from app.services.base.actors import COMMAND_LINE
from app.services.inventory import footage
from app.services.people import proofs
from app.services.people.accounts import actor_for
from app.services.persons import judging
from app.services.sweeping import sweeps
from tests.app import footage_cases, person_cases
from tests.app.factories import make_camera, make_case, make_location, make_sweep
from tests.app.kept_face_cases import make_embedder
from tests.journeys.conftest import PASSWORD, Site
from tests.journeys.test_accessibility import as_text, findings

pytestmark = [pytest.mark.journey, pytest.mark.timeout(400)]

NUMBER = "JOURNEY-POI"
HOME = f"/cases/{NUMBER}/persons"
STARTED_AT = datetime(2026, 11, 18, 8, 40, tzinfo=UTC)
EXAMPLES = "faces/face_recognition/examples"


@pytest.fixture
def face_pack(shared_dir: Path) -> str:
    return str(shared_dir / "models" / "insightface-mini")


def test_one_asks_another_authorises_a_sweep_proposes_two_judge_and_it_expires(
    site: Site, open_browser: Callable[..., Page], shared_dir: Path
) -> None:
    case = case_with_footage(site, shared_dir)
    asker, decider, stranger = (open_browser(Role.INVESTIGATOR) for _ in range(3))
    administrator = open_browser(Role.ADMINISTRATOR)
    give_right(site, administrator, "investigator-0@lastseen.example")
    give_right(site, administrator, "investigator-1@lastseen.example")

    ask(asker, person_cases.signer_photo(shared_dir))
    expect(asker.locator("#decision")).to_contain_text("You asked for it")
    expect(asker.locator("text=Authorise")).to_have_count(0)
    authorise(decider)
    seen_by_strangers(stranger, administrator)

    sweep(site, case)
    site.fresh()
    assert db.session.scalars(select(Sighting.camera_id)).all()
    (candidate,) = db.session.scalars(select(PersonSighting)).all()
    assert candidate.camera_id not in db.session.scalars(select(Sighting.camera_id)).all()

    judge_on_the_map(asker)
    judge_in_the_queue(decider)
    site.fresh()
    assert db.session.get_one(PersonSighting, candidate.id).is_lead
    asker.goto(f"/cases/{NUMBER}")
    expect(asker.locator(".person-pin.lead")).to_have_count(1)
    expect(asker.locator("#location-count")).to_have_text("1")  # no place came of it
    asker.click("#toggle-persons")
    expect(asker.locator(".person-pin")).to_have_count(0)
    stranger.goto(f"/cases/{NUMBER}")
    expect(stranger.locator("#live-word")).to_have_text("live")
    expect(stranger.locator(".person-pin")).to_have_count(0)
    expect(stranger.locator("#toggle-persons")).to_have_count(0)

    compared = db.session.query(PersonComparison).count()
    let_it_expire(site)
    asker.goto(HOME)
    expect(asker.locator("table")).to_contain_text("time is over")
    add_recording(site, shared_dir / person_cases.SIGNER_CLIP, "Later corner", minutes=20)
    sweep(site, case)
    site.fresh()
    assert db.session.query(Visit).count() > 2
    assert db.session.query(PersonComparison).count() == compared
    assert site.troubles == []


def test_who_decides_in_an_old_session_proves_it_once_and_what_was_swept_before_is_found(
    site: Site, open_browser: Callable[..., Page], shared_dir: Path
) -> None:
    case = case_with_footage(site, shared_dir)
    sweep(site, case)
    asker, decider = open_browser(Role.INVESTIGATOR), open_browser(Role.INVESTIGATOR, phone=True)
    db.session.query(User).update({"may_see_persons": True})
    db.session.commit()
    ask(asker, person_cases.signer_photo(shared_dir))

    let_sessions_grow_old(site)
    decider.goto(asker.url)
    expect(decider.locator("#decision")).to_contain_text("that they have kept until now")
    decider.fill("#remarks", "The order was read\nto its end")
    decider.click("text=Authorise")
    expect(decider.locator("h1")).to_have_text("Prove that it is you")
    expect(decider.locator("main")).to_contain_text("decide on a person of interest")
    decider.fill("#proof", "a wrong one")
    decider.click("main button.primary")
    expect(decider.locator("[role=alert]")).to_be_visible()
    decider.fill("#proof", PASSWORD)
    decider.click("main button.primary")
    expect(decider.locator("h1")).to_contain_text("in force")
    expect(decider.locator("main")).to_contain_text("The order was read")
    expect(decider.locator("#look-back")).to_contain_text("Waits for a worker")

    # Without a word from the reader, the page tells what came of it.
    site.fleet.start("worker", "--burst").wait(180)
    expect(decider.locator("#look-back")).to_contain_text("proposed", timeout=60_000)
    decider.goto(HOME)
    expect(decider.locator(".page-actions")).to_contain_text("1 to judge")
    site.fresh()
    granted = db.session.scalars(select(PersonAuthorisation)).one()
    assert granted.decision_remarks.splitlines() == ["The order was read", "to its end"]
    (found,) = db.session.scalars(select(PersonSighting)).all()
    assert found.camera.name == "Second corner"
    assert site.troubles == []


def test_the_pages_fit_a_phone(
    site: Site, open_browser: Callable[..., Page], shared_dir: Path
) -> None:
    case_with_footage(site, shared_dir)
    page = open_browser(Role.INVESTIGATOR, phone=True)
    db.session.query(User).update({"may_see_persons": True})
    db.session.commit()
    ask(page, person_cases.signer_photo(shared_dir))
    for path in (HOME, f"{HOME}/new", page.url, f"{HOME}/review"):
        page.goto(path)
        width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, (path, width)
    assert site.troubles == []


def test_axe_finds_nothing_serious_on_any_of_the_pages(
    site: Site, open_browser: Callable[..., Page]
) -> None:
    pages = [open_browser(Role.INVESTIGATOR), open_browser(Role.INVESTIGATOR, phone=True)]
    db.session.query(User).update({"may_see_persons": True})
    db.session.commit()
    one, two = (actor_for(user) for user in db.session.query(User).order_by(User.id))
    people = person_cases.People(one, two, one, one)
    case, embedder = make_case(number=NUMBER), make_embedder()
    make_location(case)
    person = person_cases.granted(case, people, embedder)
    waiting = person_cases.asked(case, one, embedder, label="P2")
    person_cases.seen(make_sweep(case), embedder, 0.0, 10.0, 20.0)
    first, second, third = db.session.scalars(select(PersonSighting.id).order_by(PersonSighting.id))
    for actor in (one, two):
        judging.judge(actor, case, first, PersonVerdictInput(verdict=Verdict.CONFIRMED))
    judging.judge(one, case, second, PersonVerdictInput(verdict=Verdict.UNSURE))
    rest = ("", "/new", f"/{person.id}", f"/{waiting.id}", "/review")
    faces = (f"/review/{first}", f"/review/{second}", f"/review/{third}")
    addresses = [f"/cases/{NUMBER}", *(f"{HOME}{path}" for path in (*rest, *faces))]
    found = []
    for scheme in ("light", "dark"):
        for page in pages:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            found += [one for address in addresses for one in findings(page, address)]
    assert not found, as_text(found)
    assert site.troubles == []


def case_with_footage(site: Site, shared_dir: Path) -> Case:
    """The subject passes one camera, and the signer another."""
    miranda = shared_dir / EXAMPLES / "lin-manuel-miranda.png"
    case = footage_cases.open_case(NUMBER, miranda)
    add_recording(site, shared_dir / "video" / "speech" / "short_hamilton_clip.mp4", "First corner")
    add_recording(site, shared_dir / person_cases.SIGNER_CLIP, "Second corner")
    return case


def add_recording(site: Site, clip: Path, name: str, minutes: float = 0.0) -> None:
    north_deg = {"First corner": 0.0005, "Second corner": 0.001, "Later corner": 0.0015}[name]
    camera = make_camera(
        name=name,
        latitude_deg=footage_cases.LATITUDE_DEG + north_deg,
        longitude_deg=footage_cases.LONGITUDE_DEG,
    )
    path = site.folder / "footage" / f"{name}{clip.suffix}"
    shutil.copy(clip, path)
    started_at = STARTED_AT + timedelta(minutes=minutes)
    given = FootageFileInput(path=str(path), started_at=started_at, made_up=True)
    footage.add_file(COMMAND_LINE, camera, given)


def give_right(site: Site, administrator: Page, email: str) -> None:
    site.fresh()
    user_id = db.session.scalars(select(User.id).where(User.email == email)).one()
    administrator.goto(f"/admin/users/{user_id}")
    administrator.check("[name=may_see_persons]")
    administrator.click("text=Save")
    administrator.wait_for_url("**/admin/users")


def ask(page: Page, photo: bytes) -> None:
    page.goto(f"/cases/{NUMBER}")
    page.click(".tabs >> text=Persons")
    expect(page.locator(".empty")).to_contain_text("No person of interest")
    page.click("text=Ask for one")
    expect(page.locator("#label")).to_have_value("P1")
    page.fill("#reason", "Was seen beside the subject in a made-up shop")
    page.fill("#legal_basis", "Section 4 of the made-up act")
    page.fill("#order_reference", person_cases.ORDER)
    page.set_input_files("#photos", {"name": "p1.png", "mimeType": "image/png", "buffer": photo})
    page.click("main button.primary")
    page.wait_for_url(lambda url: "/persons/" in url and not url.endswith("/new"))


def authorise(page: Page) -> None:
    page.goto("/alerts")
    expect(page.locator("main")).to_contain_text("waits for a second person's decision")
    page.goto(HOME)
    page.click("table >> text=P1")
    page.fill("#remarks", "The order was read")
    page.click("text=Authorise")
    expect(page.locator("h1")).to_contain_text("in force")


def seen_by_strangers(*pages: Page) -> None:
    for page in pages:
        page.goto(f"/cases/{NUMBER}")
        expect(page.locator(".tabs >> text=Persons")).to_have_count(0)
        answer = page.goto(HOME)
        assert answer is not None
        assert answer.status in (403, 404)


def sweep(site: Site, case: Case) -> None:
    window_end = STARTED_AT + timedelta(hours=1)
    planned = footage_cases.plan(db.session.merge(case), window_end=window_end)
    sweeps.start_sweep(COMMAND_LINE, planned)
    site.fleet.start("worker", "--burst").wait(180)
    site.fresh()
    assert db.session.get_one(Sweep, planned.id).state.value == "finished"


def judge_on_the_map(page: Page) -> None:
    page.goto(f"/cases/{NUMBER}")
    pin = page.locator(".person-pin")
    expect(pin).to_have_count(1)
    words = re.compile("^P1: Person of interest: .*not an.* P1 at Second corner.*judge$")
    expect(pin).to_have_attribute("aria-label", words)
    pin.dispatch_event("click")
    page.wait_for_url("**/persons/review/*")
    expect(page.locator("main")).not_to_contain_text("similarity, threshold")
    page.click("button.verdict.confirmed")
    expect(page.locator("main")).to_contain_text("another one's verdict is open")


def judge_in_the_queue(page: Page) -> None:
    page.goto(HOME)
    page.click("text=1 to judge")
    expect(page.locator(".sighting-card.blind")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("c")
    expect(page.locator("main")).to_contain_text("Lead: confirmed by 2 people")


def let_sessions_grow_old(site: Site) -> None:
    """As if every login were longer ago than a proof holds."""
    site.fresh()
    db.session.query(UserSession).update({"proved_at": utc_now() - proofs.HOLDS})
    db.session.commit()


def let_it_expire(site: Site) -> None:
    """Nobody runs the scheduler: the time alone is enough."""
    site.fresh()
    row = db.session.scalars(select(PersonAuthorisation)).one()
    row.requested_at = utc_now() - timedelta(days=20)
    row.expires_at = utc_now() - timedelta(seconds=1)
    db.session.commit()
