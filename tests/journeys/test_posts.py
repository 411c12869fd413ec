"""Posts, from a file to what hangs together, as an investigator with the right works with them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.extensions import db
from app.models import ContributedPhoto, PostImportJob, Role, User
from app.services.base.actors import COMMAND_LINE
from app.services.contributing import contribution_matching
from app.services.postings import post_import_runs
from tests.app import contribution_cases, factories, kept_face_cases, post_cases
from tests.journeys.conftest import Site

pytestmark = pytest.mark.journey

ROWS = [
    {"text": "New in town, our girls wait", "username": "first", "phone": post_cases.PHONE,
     "city": "Mysuru", "images": "a.png"},
    {"text": "Quiet rooms near the lake", "username": "second", "phone": post_cases.PHONE},
    {"text": None, "username": "third"},
]  # fmt: skip


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def work_off() -> None:
    """What a worker does with an import, here."""
    (import_id,) = db.session.scalars(select(PostImportJob.import_id))
    post_import_runs.run(import_id, "a worker")


def choose_files(page: Page) -> None:
    archive = post_cases.zipped(folder__a_png=contribution_cases.picture("PNG")).getvalue()
    table = {"name": "p.json", "mimeType": "application/json", "buffer": json.dumps(ROWS).encode()}
    page.set_input_files("#table", table)  # type: ignore[arg-type]
    page.set_input_files(
        "#pictures", {"name": "p.zip", "mimeType": "application/zip", "buffer": archive}
    )


def test_a_file_is_imported_read_judged_and_taken_back(
    site: Site, open_browser: Callable[..., Page]
) -> None:
    page = open_browser(Role.INVESTIGATOR)
    expect(page.locator("nav.main-nav a", has_text="Posts")).to_have_count(0)
    db.session.query(User).update({"may_read_posts": True})
    db.session.commit()

    page.goto("/posts")
    page.click("text=Import posts")
    choose_files(page)
    page.fill("#origin", "Made-up unit")
    page.fill("#purpose", "Order 7/2026")
    page.click("text=Check the file")
    page.wait_for_url("**/posts/imports/*")
    expect(page.locator("#import-state")).to_contain_text("No worker runs")
    work_off()
    expect(page.locator("#import-state")).to_contain_text("It has no text.")
    page.click("text=Import 2 posts")
    expect(page.locator("#import-state [role=status]")).to_be_visible()
    work_off()
    expect(page.locator("#import-state")).to_contain_text("2 added")
    page.click("text=Its posts")
    expect(page.locator(".post-card").first).to_contain_text("others speak for the person")
    page.locator(".post-card strong a").first.click()
    expect(page.locator("mark.sign.tone").first).to_have_text("New in town")

    embedder, case = kept_face_cases.make_embedder(), factories.make_case(number="MADE-UP-9")
    photo = db.session.query(ContributedPhoto).one()
    contribution_cases.add_face(photo, embedder, 10.0)
    kept_face_cases.make_photo(case, embedder, 0.0)
    contribution_matching.compare_case(COMMAND_LINE, case, embedder)
    db.session.commit()
    page.goto("/posts/faces")
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator(".flashes")).to_contain_text("confirmed")

    page.goto("/posts/links")
    expect(page.locator("a.node")).to_have_count(4)
    graph = page.locator("[data-graph]")
    before = graph.get_attribute("viewBox")
    graph.focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowLeft")
    assert graph.get_attribute("viewBox") != before
    page.click("text=Whole")
    page.locator("a.node.account").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/posts?account_id=*")

    page.goto("/posts/imports")
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("text=Take back")
    expect(page.locator(".badge", has_text="taken back")).to_have_count(1)
    page.goto("/posts")
    expect(page.locator(".post-card")).to_have_count(0)
    assert site.troubles == []


def test_an_import_that_waits_is_cancelled_on_its_page(
    site: Site, open_browser: Callable[..., Page]
) -> None:
    page = open_browser(Role.INVESTIGATOR, phone=True)
    db.session.query(User).update({"may_read_posts": True})
    db.session.commit()
    page.goto("/posts/imports")
    choose_files(page)
    page.fill("#origin", "Made-up unit")
    page.fill("#purpose", "Order 7/2026")
    page.click("text=Check the file")
    page.wait_for_url("**/posts/imports/*")
    assert fits(page)
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator(".page-actions").get_by_role("button", name="Cancel").click()
    expect(page.locator(".badge", has_text="cancelled")).to_be_visible()
    expect(page.locator("#import-state")).to_contain_text("Nothing of it was kept")
    assert site.troubles == []


def test_the_pages_fit_a_phone(site: Site, open_browser: Callable[..., Page]) -> None:
    page = open_browser(Role.ANALYST, phone=True)
    db.session.query(User).update({"may_read_posts": True})
    db.session.commit()
    post_cases.take_in(*ROWS)
    post = post_cases.posts()[0]
    for path in ("", f"/{post.id}", "/faces", "/links", "/imports"):
        page.goto(f"/posts{path}")
        assert fits(page), path
    assert site.troubles == []
