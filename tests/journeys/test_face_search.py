"""A case that opens today finds who passed yesterday, in a browser."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.models import Role
from app.recogniser import RecogniserHolder
from app.services.base.actors import COMMAND_LINE
from app.services.embeddings import evaluations
from tests.app import footage_cases as given
from tests.journeys.conftest import Site

pytestmark = pytest.mark.journey

EXAMPLES = "faces/face_recognition/examples"
SPEECH = "video/speech/short_hamilton_clip.mp4"


@pytest.fixture
def face_pack(shared_dir: Path) -> str:
    return str(shared_dir / "models" / "insightface-mini")


def _sweep_for_somebody_else(app: Flask, shared_dir: Path) -> None:
    """What an earlier case's sweep kept: the faces of a real clip, none of them its subject's."""
    settings = app.config["LASTSEEN"]
    settings = settings.model_copy(
        update={"footage_roots": f"{settings.footage_roots},{shared_dir}"}
    )
    app.config["LASTSEEN"] = settings
    app.extensions["lastseen_recogniser"] = RecogniserHolder(settings)
    given.add_footage(given.add_camera("stage"), shared_dir / SPEECH)
    given.run_here(given.plan(given.open_case("EARLIER-1", shared_dir / EXAMPLES / "biden.jpg")))


def _shot(page: Page, name: str) -> None:
    """Keep a picture of the page where SCREENSHOT_DIR says."""
    folder = os.environ.get("SCREENSHOT_DIR")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def test_a_photo_finds_kept_faces_and_a_search_says_what_it_searched(
    site: Site, open_browser: Callable[..., Page], shared_dir: Path
) -> None:
    _sweep_for_somebody_else(site.app, shared_dir)
    given.open_case("LATER-1")
    page = open_browser(Role.INVESTIGATOR)

    page.goto("/cases/LATER-1/photos")
    for name in ("lin-manuel-miranda.png", "alex-lacamoire.png"):
        page.set_input_files("input[type=file]", shared_dir / EXAMPLES / name)
        page.click("text=Check and add")
        expect(page.locator(".photo-card")).to_have_count(1 if name.startswith("lin") else 2)
    page.click("nav.tabs >> text=Search")
    expect(page.locator("article.card").last).to_contain_text("new photo")
    expect(page.locator("article.card").last).to_contain_text("kept faces of model")
    _shot(page, "search")

    page.fill("#radius_km", "3")
    page.check("input[name=show_below]")
    page.click("main button:has-text('Search')")
    expect(page.locator("h1")).to_have_text("Face search")
    expect(page.locator("main")).to_contain_text("within 3 km of the last-known locations")
    expect(page.locator("main")).to_contain_text("every face in reach")
    _shot(page, "search-result")

    page.locator(".sighting-card a").first.click()
    expect(page.locator("main")).to_contain_text("Each reference photo")
    expect(page.locator("main")).to_contain_text("carried it")
    _shot(page, "sighting-explained")
    assert site.troubles == []


def test_a_case_without_a_photo_says_what_to_do_and_searches_nothing(
    site: Site, open_browser: Callable[..., Page]
) -> None:
    given.open_case("EMPTY-1")
    page = open_browser(Role.INVESTIGATOR, phone=True)
    page.goto("/cases/EMPTY-1/search")
    expect(page.locator("main")).to_contain_text("Add a reference photo")
    expect(page.locator("form[action$='/search']")).to_have_count(0)
    page.fill("#threshold_raise", "0.7")
    page.click("text=Change the threshold")
    expect(page.locator(".field-error")).to_contain_text("at most 0.5")
    page.fill("#threshold_raise", "0.05")
    page.click("text=Change the threshold")
    expect(page.locator("main")).to_contain_text("0.050")
    _shot(page, "search-phone")
    assert site.troubles == []


def test_an_administrator_sets_a_threshold_from_an_evaluation(
    site: Site, open_browser: Callable[..., Page], shared_dir: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "people"
    for person in sorted((shared_dir / "faces/lfw_subset").iterdir())[:40]:
        (folder / person.name).mkdir(parents=True)
        for photo in sorted(person.glob("*.jpg"))[:2]:
            (folder / person.name / photo.name).write_bytes(photo.read_bytes())
    evaluations.evaluate(COMMAND_LINE, folder)
    page = open_browser(Role.ADMINISTRATOR)

    page.goto("/admin/evaluations")
    expect(page.locator("main")).to_contain_text("pairs of different people")
    _shot(page, "evaluations")
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("text=Use this threshold >> nth=0")
    expect(page.locator(".badge.done")).to_have_text("in force")
    expect(page.locator(".flashes")).to_contain_text("proposes from")
    assert site.troubles == []


def test_a_legal_hold_is_set_shown_and_lifted(
    site: Site, open_browser: Callable[..., Page]
) -> None:
    given.open_case("HOLD-1")
    page = open_browser(Role.INVESTIGATOR, phone=True)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/cases/HOLD-1/edit")
    page.fill("#legal_hold_reason", "Order 12 of the made-up court")
    page.click("text=Set a legal hold")
    expect(page.locator(".badge.hold")).to_have_text("legal hold")
    expect(page.locator("main")).to_contain_text("Order 12 of the made-up court")
    _shot(page, "hold-phone")
    page.click("text=Lift the hold")
    expect(page.locator(".badge.hold")).to_have_count(0)
    assert site.troubles == []
