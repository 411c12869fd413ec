"""The route as files: the same sightings in each, nothing but confirmed ones, and no network."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gpxpy
import pytest
from flask import Flask
from lxml import etree
from playwright.sync_api import Browser

from app.errors import Conflict, Refused
from app.extensions import db
from app.models import AuditEntry, Case, SightingState
from app.outputs import LEAD_NOTICE
from app.services.base import media
from app.services.base.actors import Actor
from app.services.places import routes
from tests.app import factories
from tests.app.conftest import Client

KML = {"kml": "http://www.opengis.net/kml/2.2"}
LogIn = Callable[..., Client]


@pytest.fixture
def analyst(actor_factory: Callable[..., Actor]) -> Actor:
    return actor_factory("analyst")


@pytest.fixture
def case(app: Flask) -> Case:
    """Three confirmed sightings, and one of each other state."""
    case = factories.make_case()
    factories.make_confirmed_route(case, 3)
    for state in (SightingState.CANDIDATE, SightingState.REJECTED, SightingState.UNSURE):
        factories.make_sighting(case, state=state)
    return case


def exported(actor: Actor, case: Case, file_format: str, **options: Any) -> str:
    """The export's text; that of all of its files where it is a package of several."""
    data = routes.export_route(actor, case, file_format, **options).data
    if file_format != "tak":
        return data.decode("utf-8")
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return "\n".join(package.read(name).decode("utf-8") for name in package.namelist())


def test_every_format_holds_exactly_the_confirmed_sightings(analyst: Actor, case: Case) -> None:
    confirmed = [sighting.id for sighting in routes.route_of(case)]
    assert len(confirmed) == 3

    features = json.loads(exported(analyst, case, "geojson"))["features"]
    points = [one for one in features if one["geometry"]["type"] == "Point"]
    assert [one["properties"]["sighting_id"] for one in points] == confirmed

    document = gpxpy.parse(exported(analyst, case, "gpx"))
    assert len(document.waypoints) == 3
    assert len(document.tracks[0].segments[0].points) == 3

    kml = etree.fromstring(exported(analyst, case, "kml").encode())
    assert len(kml.findall(".//kml:Placemark/kml:Point", KML)) == 3

    rows = list(csv.DictReader(io.StringIO(exported(analyst, case, "csv").lstrip("\ufeff"))))
    assert [int(row["sighting_id"]) for row in rows] == confirmed

    assert routes.export_route(analyst, case, "html").sightings == 3

    events = etree.fromstring(exported(analyst, case, "cot").encode()).findall("event")
    assert [int((one.get("uid") or "").rpartition(".")[2]) for one in events] == confirmed
    assert exported(analyst, case, "tak").count("<event ") == 3


def test_the_route_is_in_order_of_time_whatever_the_order_of_finding(
    app: Flask, analyst: Actor
) -> None:
    case = factories.make_case()
    made = factories.make_confirmed_route(case, 3)
    made[0].seen_at, made[2].seen_at = made[2].seen_at, made[0].seen_at
    db.session.commit()
    assert [one.id for one in routes.route_of(case)] == [made[2].id, made[1].id, made[0].id]


def test_each_sighting_carries_what_a_reader_needs_to_judge_it(analyst: Actor, case: Case) -> None:
    feature = json.loads(exported(analyst, case, "geojson"))["features"][0]
    first = routes.route_of(case)[0]
    told = feature["properties"]
    assert told["similarity"] == 0.52
    assert told["threshold_similarity"] == 0.36
    assert told["false_match_rate"] == 0.0001
    assert told["model_name"] == first.embedder.name
    assert told["camera_ref"] == first.camera.ref
    assert told["reviewer"] == "reviewer@lastseen.example"
    assert told["clock_offset_s"] == 0
    assert told["seen_at_local"] == "2026-11-18 14:10:00 IST"
    assert feature["geometry"]["coordinates"] == [first.longitude_deg, first.latitude_deg]


@pytest.mark.parametrize("file_format", routes.ROUTE_FORMATS)
def test_every_format_says_that_it_is_a_lead(analyst: Actor, case: Case, file_format: str) -> None:
    text = exported(analyst, case, file_format)
    assert LEAD_NOTICE in text
    assert "confidence" not in text
    assert "made-up demonstration data" not in text.lower()


@pytest.mark.parametrize("file_format", routes.ROUTE_FORMATS)
def test_made_up_data_are_labelled_in_every_format(
    app: Flask, analyst: Actor, file_format: str
) -> None:
    case = factories.make_case(made_up=True)
    factories.make_confirmed_route(case, 1)
    text = exported(analyst, case, file_format).lower()
    assert "made-up demonstration data" in text or "made_up" in text


def test_each_export_is_in_the_audit_log_with_the_files_own_hash(
    analyst: Actor, case: Case
) -> None:
    export = routes.export_route(analyst, case, "gpx")
    entry = db.session.scalars(
        db.select(AuditEntry).where(AuditEntry.action == "route.export")
    ).one()
    assert entry.case_number == case.number
    assert entry.actor_name == analyst.name
    assert entry.details["format"] == "gpx"
    assert entry.details["sightings"] == 3
    assert entry.details["sha256"] == hashlib.sha256(export.data).hexdigest()


def test_a_case_without_confirmed_sightings_has_no_route(app: Flask, analyst: Actor) -> None:
    case = factories.make_case()
    factories.make_sighting(case)
    with pytest.raises(Conflict, match="no confirmed sighting"):
        routes.export_route(analyst, case, "gpx")


def test_an_unknown_format_is_refused_with_the_known_ones(analyst: Actor, case: Case) -> None:
    with pytest.raises(Refused, match="geojson, gpx, kml, csv, html"):
        routes.export_route(analyst, case, "shapefile")


def test_a_route_of_one_sighting_is_a_route(app: Flask, analyst: Actor) -> None:
    case = factories.make_case()
    factories.make_confirmed_route(case, 1)
    for file_format in routes.ROUTE_FORMATS:
        assert routes.export_route(analyst, case, file_format).sightings == 1


def test_sightings_that_exclude_each_other_say_so_in_the_files(app: Flask, analyst: Actor) -> None:
    case = factories.make_case()
    here = factories.make_sighting(case, state=SightingState.CONFIRMED)
    far = factories.make_camera(latitude_deg=13.5)
    there = factories.make_sighting(case, camera=far, state=SightingState.CONFIRMED)
    points = json.loads(exported(analyst, case, "geojson"))["features"][:2]
    told = {one["properties"]["sighting_id"]: one["properties"] for one in points}
    assert told[here.id]["excludes_sighting_ids"] == str(there.id)
    assert told[there.id]["excludes_sighting_ids"] == str(here.id)
    assert "These cannot both be the subject: 1 and 2." in exported(analyst, case, "html")
    assert f"cannot be if sighting {here.id} is" in exported(analyst, case, "cot")


def test_an_undone_review_names_no_reviewer(app: Flask, analyst: Actor) -> None:
    case = factories.make_case()
    sighting = factories.make_sighting(case, state=SightingState.CONFIRMED)
    factories.make_review(sighting, undone_at=factories.SEEN_AT)
    feature = json.loads(exported(analyst, case, "geojson"))["features"][0]
    assert "reviewer" not in feature["properties"]


def test_faces_leave_the_product_only_when_asked_for(app: Flask, analyst: Actor) -> None:
    case = factories.make_case()
    crop = media.store(b"bytes that stand for a picture")
    factories.make_sighting(case, state=SightingState.CONFIRMED, face={"crop_sha256": crop})
    assert "data:image/jpeg" not in exported(analyst, case, "html")
    assert "data:image/jpeg" in exported(analyst, case, "html", with_crops=True)


def test_a_picture_that_is_no_longer_kept_does_not_stop_the_export(
    analyst: Actor, case: Case
) -> None:
    assert "data:image/jpeg" not in exported(analyst, case, "html", with_crops=True)


# ---------------------------------------------------------------------------------- the html map


def open_offline(browser: Browser, text: str, folder: Path) -> tuple[Any, list[str], list[str]]:
    """The page in a browser without a network, what it asked for, and what went wrong in it."""
    path = folder / "route.html"
    path.write_text(text, encoding="utf-8")
    context = browser.new_context(viewport={"width": 1280, "height": 800}, offline=True)
    page = context.new_page()
    asked_for: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked_for.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("dialog", lambda dialog: wrong.append("a dialog opened"))
    page.goto(path.as_uri())
    page.locator(".leaflet-control-scale-line").first.wait_for()
    return page, [url for url in asked_for if not url.startswith(("data:", "file:"))], wrong


@pytest.mark.journey
def test_the_map_opens_with_the_network_cut_off(
    analyst: Actor, case: Case, browser: Browser, tmp_path: Path
) -> None:
    factories.make_location(case)
    text = exported(analyst, case, "html")
    page, asked_for, wrong = open_offline(browser, text, tmp_path)
    assert asked_for == []
    assert wrong == []
    assert page.locator(".leaflet-marker-icon").count() == 3
    assert page.locator("aside ol > li").count() == 3
    assert page.locator("path.leaflet-interactive").count() >= 3
    assert page.get_by_text(LEAD_NOTICE).is_visible()
    assert page.get_by_text("2026-11-18 14:10:00 IST").first.is_visible()
    page.context.close()


@pytest.mark.journey
def test_the_exported_map_plays_the_route_with_the_network_cut_off(
    analyst: Actor, case: Case, browser: Browser, tmp_path: Path
) -> None:
    page, asked_for, wrong = open_offline(browser, exported(analyst, case, "html"), tmp_path)
    passed = page.locator(".leaflet-marker-icon.stop.passed")
    assert passed.count() == 3
    slider = page.get_by_label("Moment", exact=True)
    slider.press("Home")
    assert passed.count() == 1
    assert "14:09:58" in page.locator("#moment-words").inner_text()
    page.get_by_role("button", name="Next stop").click()
    slider.press("ArrowRight")
    for _ in range(40):
        slider.press("ArrowRight")
    told = page.locator("#moment-words").inner_text()
    assert "between 1 and 2; unseen, somewhere in the shaded area" in told
    assert slider.get_attribute("aria-valuetext") == told
    page.select_option("#speed", label="20 min a second")
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Play").wait_for(timeout=10_000)
    assert passed.count() == 3
    assert "at 3" in page.locator("#moment-words").inner_text()
    assert (asked_for, wrong) == ([], [])
    page.context.close()


@pytest.mark.journey
def test_hostile_names_stay_text_on_the_map(
    app: Flask, analyst: Actor, browser: Browser, tmp_path: Path
) -> None:
    name = "</script><img src=x onerror=alert(1)> `${alert(2)}` {{ 7*7 }} {% raw %} \\"
    case = factories.make_case()
    camera = factories.make_camera(name=name)
    factories.make_location(case, label=name)
    factories.make_sighting(case, camera=camera, state=SightingState.CONFIRMED)
    page, asked_for, wrong = open_offline(browser, exported(analyst, case, "html"), tmp_path)
    assert (asked_for, wrong) == ([], [])
    assert name in page.locator("aside ol > li").inner_text()
    assert name in page.locator(".leaflet-tooltip").first.inner_text()
    page.context.close()


# ------------------------------------------------------------------------------------ the address


@pytest.mark.parametrize(
    ("file_format", "media_type"),
    [
        ("geojson", "application/geo+json"),
        ("gpx", "application/gpx+xml"),
        ("kml", "application/vnd.google-earth.kml+xml"),
        ("csv", "text/csv"),
        ("html", "text/html"),
        ("cot", "application/xml"),
        ("tak", "application/zip"),
    ],
)
def test_a_route_is_downloaded_as_a_file(
    logged_in: LogIn, case: Case, file_format: str, media_type: str
) -> None:
    answer = logged_in("analyst").get(f"/api/cases/{case.number}/route.{file_format}")
    assert answer.status_code == 200
    assert answer.mimetype == media_type
    ending = "-tak.zip" if file_format == "tak" else f".{file_format}"
    assert f"route-{case.number}{ending}" in answer.headers["Content-Disposition"]
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_format_that_does_not_exist_is_refused_at_the_address(
    logged_in: LogIn, case: Case
) -> None:
    answer = logged_in("analyst").get(f"/api/cases/{case.number}/route.pdf")
    assert answer.status_code == 422
    assert "format" in json.loads(answer.data)["errors"]


def test_a_case_without_a_route_answers_with_a_conflict(app: Flask, logged_in: LogIn) -> None:
    number = factories.make_case().number
    assert logged_in("analyst").get(f"/api/cases/{number}/route.gpx").status_code == 409
