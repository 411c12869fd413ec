"""Take pictures of the pages of a running demo, by role, as a desk and as a phone show them.

    scripts/screenshots.py http://127.0.0.1:8000 --login investigator=… --login administrator=…

Roles are those of the demo's accounts, ROLE@lastseen.example; it prints their passwords. Without
a login only what everybody sees is taken. scripts/demo_more.py fills the pages before. Pictures
go to docs/images/NAME.png and NAME-phone.png; docs/screens.md shows them.
Options: `--out FOLDER`, `--only NAME,NAME`, `--dark`, `--case NUMBER`.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = os.environ.get("CHROMIUM_PATH", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SETTLE_MS = 1500
NOT_SHOWN = (403, 404)
"""What this account may not see, and what this installation has switched off."""


@dataclass(frozen=True)
class Screen:
    """A size of screen; `suffix` tells its pictures apart."""

    suffix: str
    width_px: int
    height_px: int
    is_phone: bool


SCREENS = (Screen("", 1440, 900, False), Screen("-phone", 390, 844, True))


@dataclass(frozen=True)
class Shot:
    """One picture: an address, and what to press first on a wide or narrow screen.

    {case} in the address is the case's number. With `follow`, the first link on the page that it
    matches is what is pictured.
    """

    name: str
    address: str
    follow: str = ""
    press: tuple[str, ...] = ()
    phone_press: tuple[str, ...] = ()
    phone_only: bool = False


PUBLIC = "public"
"""Whoever is not logged in."""

SHOTS: dict[str, tuple[Shot, ...]] = {
    PUBLIC: (
        Shot("login", "/login"),
        Shot("register", "/register"),
        Shot("tip-form", "/tip"),
    ),
    "investigator": (
        Shot("cases", "/cases"),
        Shot("case-new", "/cases/new"),
        Shot("case-import", "/cases/import"),
        Shot("duplicates", "/cases/duplicates"),
        Shot("case-map", "/cases/{case}", phone_press=("[data-sheet=map]",)),
        Shot("case-map-list", "/cases/{case}", phone_press=("[data-sheet=list]",), phone_only=True),
        Shot(
            "case-map-sightings",
            "/cases/{case}",
            phone_press=("[data-sheet=sightings]",),
            phone_only=True,
        ),
        Shot("belief", "/cases/{case}?order=probability&layers=belief"),
        Shot("wall", "/cases/{case}/wall"),
        Shot(
            "plan-sweep",
            "/cases/{case}",
            "",
            ("#plan-sweep",),
            ("[data-sheet=list]", "#plan-sweep"),
        ),
        Shot("photos", "/cases/{case}/photos"),
        Shot("locations", "/cases/{case}/locations"),
        Shot("sightings", "/cases/{case}/sightings"),
        Shot("sighting", "/cases/{case}/sightings", "main a[href*='/sightings/']"),
        Shot("timeline", "/cases/{case}/timeline"),
        Shot("traces", "/cases/{case}/traces"),
        Shot("case-edit", "/cases/{case}/edit"),
        Shot("prior", "/cases/{case}/prior"),
        Shot("case-access", "/cases/{case}/access"),
        Shot("case-alerts", "/cases/{case}/alerts"),
        Shot("case-files", "/cases/{case}/files"),
        Shot("case-poster", "/cases/{case}/poster"),
        Shot("reports", "/cases/{case}/reports"),
        Shot("report", "/cases/{case}/reports", "a:has-text('First information')"),
        Shot("face-searches", "/cases/{case}/search"),
        Shot("face-search", "/cases/{case}/search", "main a[href*='/search/']"),
        Shot("case-tips", "/cases/{case}/tips"),
        Shot("tips", "/tips?show=all"),
        Shot("tip", "/tips?show=all", "main a[href*='/tips/']"),
        Shot("found-persons", "/found-persons"),
        Shot("found-person", "/found-persons", "main a[href*='/found-persons/']"),
        Shot("posts", "/posts"),
        Shot("post", "/posts", ".post-card a"),
        Shot("post-faces", "/posts/faces"),
        Shot("post-links", "/posts/links"),
        Shot("post-imports", "/posts/imports"),
        Shot("alerts", "/alerts"),
        Shot("account", "/account"),
        Shot("account-alerts", "/account/alerts"),
        Shot("second-factor", "/account/second-factor"),
    ),
    "dispatcher": (
        Shot("sweep-board", "/sweeps"),
        Shot("all-sweeps", "/sweeps/all"),
        Shot("sweep", "/sweeps/all", "tr:last-child td a[href*='/sweeps/']"),
        Shot("case-sweeps", "/cases/{case}/sweeps"),
        Shot("recorders", "/sweeps/recorders"),
        Shot("requests", "/requests"),
        Shot("request", "/requests", "tr:last-child td a[href*='/requests/']"),
        Shot("cameras", "/cameras"),
        Shot("camera", "/cameras?text=south+entrance", "td a[href*='/cameras/']"),
        Shot("camera-import", "/cameras/import"),
        Shot("streets", "/cameras/streets"),
    ),
    "examiner": (
        Shot("review-queue", "/review"),
        Shot("blind-review", "/review", "main a[href*='/review/']"),
    ),
    "partner": (
        Shot("found", "/found"),
        Shot("found-new", "/found/new"),
        Shot("found-entry", "/found", "td a[href*='/found/']"),
    ),
    "administrator": (
        Shot("health", "/admin/health"),
        Shot("users", "/admin/users"),
        Shot("user", "/admin/users", "td a[href*='/admin/users/']"),
        Shot("invitations", "/admin/invitations"),
        Shot("registrations", "/admin/registrations"),
        Shot("restricted", "/admin/restricted"),
        Shot("packs", "/admin/packs"),
        Shot("evaluations", "/admin/evaluations"),
        Shot("messages", "/admin/messages"),
        Shot("retention", "/admin/retention"),
        Shot("purges", "/admin/purges"),
        Shot("transparency", "/admin/transparency"),
        Shot("audit", "/admin/audit"),
    ),
}


def main() -> int:
    """For each size of screen and each role that can log in: its pictures."""
    options = _options()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for screen in SCREENS:
            for role, shots in SHOTS.items():
                wanted = [shot for shot in shots if not options.names or shot.name in options.names]
                if wanted and (role == PUBLIC or role in options.passwords):
                    _take_role(browser, screen, role, wanted, options)
        browser.close()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("base_url")
    parser.add_argument("--login", action="append", default=[], metavar="ROLE=PASSWORD")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--only", default="")
    parser.add_argument("--case", default="")
    parser.add_argument("--dark", action="store_true")
    options = parser.parse_args()
    options.base_url = options.base_url.rstrip("/")
    options.names = {name for name in options.only.split(",") if name}
    options.passwords = dict(login.split("=", 1) for login in options.login if "=" in login)
    if unknown := options.passwords.keys() - SHOTS.keys():
        parser.error(f"There are no pictures of: {', '.join(sorted(unknown))}.")
    options.out.mkdir(parents=True, exist_ok=True)
    return options


def _take_role(
    browser: Browser, screen: Screen, role: str, shots: list[Shot], options: argparse.Namespace
) -> None:
    context = browser.new_context(
        base_url=options.base_url,
        viewport={"width": screen.width_px, "height": screen.height_px},
        is_mobile=screen.is_phone,
        has_touch=screen.is_phone,
        color_scheme="dark" if options.dark else "light",
        reduced_motion="reduce",
        timezone_id="Asia/Kolkata",
    )
    page = context.new_page()
    page.on("console", lambda message: _report(message.type, message.text))
    page.on("pageerror", lambda error: _report("error", str(error)))
    if role != PUBLIC:
        _log_in(page, role, options.passwords[role])
    case = options.case
    for shot in shots:
        if not case and "{case}" in shot.address:
            case = _newest_demo_case(page)
        _take(page, shot, case, screen, options)
    context.close()


def _log_in(page: Page, role: str, password: str) -> None:
    page.goto("/login")
    page.fill("input[name=email]", f"{role}@lastseen.example")
    page.fill("input[name=password]", password)
    page.click("main button:not([type=button])")
    page.wait_for_load_state()
    if "/login" in page.url:
        sys.exit(f"The login as {role} was refused.")


def _newest_demo_case(page: Page) -> str:
    """The number of the case that scripts/demo.sh opened last."""
    page.goto("/cases?text=DEMO-2")
    found = page.locator("td a[href*='/cases/']")
    if not found.count():
        sys.exit("There is no demo case; name one with --case.")
    return (found.first.text_content() or "").strip()


def _take(page: Page, shot: Shot, case: str, screen: Screen, options: argparse.Namespace) -> None:
    if shot.phone_only and not screen.is_phone:
        return
    if not _is_shown(page, shot.address.format(case=case), shot.follow):
        print(f"  {shot.name}: nothing to show", file=sys.stderr)
        return
    page.locator(".list-wait").first.wait_for(state="detached")
    page.wait_for_timeout(SETTLE_MS)
    for selector in shot.phone_press if screen.is_phone else shot.press:
        page.locator(selector).first.click()
        page.wait_for_timeout(SETTLE_MS)
    target = options.out / f"{shot.name}{screen.suffix}.png"
    page.screenshot(path=target)
    _shrink(target)
    print(target.name)


def _is_shown(page: Page, address: str, follow: str) -> bool:
    """Open the address, and the first link there that `follow` matches."""
    answer = page.goto(address)
    if answer is None or answer.status in NOT_SHOWN:
        return False
    if not follow:
        return True
    link = page.locator(follow)
    if not link.count():
        return False
    page.goto(link.first.get_attribute("href") or "/")
    return True


def _shrink(picture: Path) -> None:
    """To a palette of 256 colours: a third of the size, and no difference that anyone sees."""
    with Image.open(picture) as full:
        small = full.convert("RGB").quantize(
            256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
        )
    small.save(picture, optimize=True)


def _report(kind: str, text: str) -> None:
    # A page that this account may not see is skipped, and no error.
    if kind in {"error", "warning"} and "403" not in text:
        print(f"  {kind} on the page: {text}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
