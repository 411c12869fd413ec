"""axe-core on the pages of every role, in light and in dark: nothing serious, nothing critical."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.config import PROJECT_ROOT
from app.models import Role
from tests.app.factories import (
    SEEN_AT,
    make_camera,
    make_case,
    make_confirmed_route,
    make_footage,
    make_location,
    make_photo,
    make_sighting,
    make_sweep,
    make_visit,
)
from tests.journeys.conftest import Site

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

AXE = PROJECT_ROOT / "node_modules" / "axe-core" / "axe.min.js"
PARTS = (
    *("photos", "locations", "sweeps", "sightings", "timeline", "edit"),
    *("traces", "search", "prior", "access", "wall", "files"),
)
ADMINISTRATION = (
    *("users", "users/new", "packs", "evaluations", "audit", "health", "restricted", "purges"),
    *("invitations", "registrations", "messages", "retention", "transparency"),
)
_RUN = """
async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  const where = (node) => `${node.target.join(" ")}: ${node.failureSummary}`;
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, impact, nodes }) => ({ id, impact, where: nodes.slice(0, 4).map(where) }));
}
"""


def addresses_of(site: Site) -> list[str]:
    """Every kind of page, with something to show on each."""
    case = make_case(made_up=True)
    make_location(case)
    make_photo(case)
    route = make_confirmed_route(case, 3)
    camera = make_camera()
    make_footage(camera, made_up=True)
    candidate = make_sighting(case, camera=camera, seen_at=SEEN_AT)
    sweep = make_sweep(case)
    make_visit(sweep, camera)
    base = f"/cases/{case.number}"
    return [
        "/cases",
        "/cases/import",
        "/cases/duplicates",
        "/cases/new",
        base,
        f"{base}?time=2026-11-18T08:40:00Z&tab=places",
        f"{base}?tab=sweeps&layers=coverage&owner=made",
        *(f"{base}/{part}" for part in PARTS),
        "/sweeps",
        "/sweeps/all",
        "/sweeps/recorders",
        f"/sweeps/{sweep.id}",
        f"/sightings/{candidate.id}",
        f"/sightings/{route[0].id}",
        "/review",
        "/cameras",
        "/cameras/import",
        "/cameras/streets",
        f"/cameras/{camera.id}",
        "/",
        "/account",
        *(f"/admin/{part}" for part in ADMINISTRATION),
    ]


def findings(page: Page, address: str) -> list[dict[str, Any]]:
    """What axe finds on a page; nothing where the role may not see it."""
    answer = page.goto(address)
    assert answer is not None
    if answer.status != 200:
        assert answer.status == 403, (address, answer.status)
        return []
    if page.locator("#live-word").count():
        expect(page.locator("#live-word")).to_have_text("live", timeout=30_000)
        page.wait_for_timeout(300)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(_RUN)
    return [{"page": address, **one} for one in found]


def as_text(found: list[dict[str, Any]]) -> str:
    lines = []
    for one in found:
        lines.append(f"{one['page']}: {one['id']} ({one['impact']})")
        lines += [f"    {where}" for where in one["where"]]
    return "\n".join(lines)


@pytest.mark.parametrize("role", list(Role))
def test_axe_finds_nothing_serious_on_the_pages_of(
    site: Site, open_browser: Callable[..., Page], role: Role
) -> None:
    addresses = addresses_of(site)
    page = open_browser(role)
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        found += [one for address in addresses for one in findings(page, address)]

    assert not found, as_text(found)


@pytest.mark.parametrize("role", [Role.INVESTIGATOR, Role.ADMINISTRATOR])
def test_axe_finds_nothing_serious_on_a_phone_of(
    site: Site, open_browser: Callable[..., Page], role: Role
) -> None:
    addresses = addresses_of(site)
    page = open_browser(role, phone=True)
    found = [one for address in addresses for one in findings(page, address)]

    assert not found, as_text(found)


def test_axe_finds_nothing_serious_before_anybody_has_logged_in(site: Site, page: Page) -> None:
    found = findings(page, f"{site.address}/login")

    assert not found, as_text(found)


def test_axe_is_here_and_is_not_part_of_what_is_served() -> None:
    assert AXE.is_file(), "npm ci brings it with the libraries for development"
    assert not list(Path(PROJECT_ROOT / "static").rglob("axe*"))
