"""Take pictures of every page of a running demo, as a desk and as a phone show it.

    LASTSEEN_EMAIL=… LASTSEEN_PASSWORD=… scripts/screenshots.py http://127.0.0.1:8000

What the account may not see is left out. Pictures go to docs/images/NAME.png and NAME-phone.png.
Options: `--out FOLDER`, `--only NAME,NAME`, `--dark`, `--case NUMBER`.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

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
SETTLE_MS = 900
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
    """One picture: an address (with {case}), and what to press first on a wide or narrow screen."""

    name: str
    address: str
    press: tuple[str, ...] = ()
    phone_press: tuple[str, ...] = ()
    phone_only: bool = False


SHOTS = (
    Shot("login", "/login"),
    Shot("cases", "/cases"),
    Shot("case-new", "/cases/new"),
    Shot("case-map", "/cases/{case}", phone_press=("[data-sheet=map]",)),
    Shot("case-map-list", "/cases/{case}", phone_press=("[data-sheet=list]",), phone_only=True),
    Shot(
        "case-map-sightings",
        "/cases/{case}",
        phone_press=("[data-sheet=sightings]",),
        phone_only=True,
    ),
    Shot("wall", "/cases/{case}/wall"),
    Shot("plan-sweep", "/cases/{case}", ("#plan-sweep",), ("[data-sheet=list]", "#plan-sweep")),
    Shot("photos", "/cases/{case}/photos"),
    Shot("locations", "/cases/{case}/locations"),
    Shot("case-sweeps", "/cases/{case}/sweeps"),
    Shot("sightings", "/cases/{case}/sightings"),
    Shot("timeline", "/cases/{case}/timeline"),
    Shot("traces", "/cases/{case}/traces"),
    Shot("case-edit", "/cases/{case}/edit"),
    Shot("case-access", "/cases/{case}/access"),
    Shot("case-alerts", "/cases/{case}/alerts"),
    Shot("case-files", "/cases/{case}/files"),
    Shot("case-poster", "/cases/{case}/poster"),
    Shot("reports", "/cases/{case}/reports"),
    Shot("report", "{first_report}"),
    Shot("face-searches", "/cases/{case}/search"),
    Shot("case-tips", "/cases/{case}/tips"),
    Shot("sweep-board", "/sweeps"),
    Shot("all-sweeps", "/sweeps/all"),
    Shot("recorders", "/sweeps/recorders"),
    Shot("requests", "/requests"),
    Shot("request", "{first_request}"),
    Shot("sweep", "{first_sweep}"),
    Shot("sighting", "{first_sighting}"),
    Shot("review-queue", "/review"),
    Shot("blind-review", "{first_review}"),
    Shot("alerts", "/alerts"),
    Shot("tips", "/tips"),
    Shot("tip-form", "/tip"),
    Shot("found", "/found"),
    Shot("found-persons", "/found-persons"),
    Shot("posts", "/posts"),
    Shot("account", "/account"),
    Shot("account-alerts", "/account/alerts"),
    Shot("second-factor", "/account/second-factor"),
    Shot("cameras", "/cameras"),
    Shot("camera", "{first_camera}"),
    Shot("camera-import", "/cameras/import"),
    Shot("streets", "/cameras/streets"),
    Shot("users", "/admin/users"),
    Shot("invitations", "/admin/invitations"),
    Shot("registrations", "/admin/registrations"),
    Shot("restricted", "/admin/restricted"),
    Shot("evaluations", "/admin/evaluations"),
    Shot("messages", "/admin/messages"),
    Shot("retention", "/admin/retention"),
    Shot("purges", "/admin/purges"),
    Shot("transparency", "/admin/transparency"),
    Shot("packs", "/admin/packs"),
    Shot("audit", "/admin/audit"),
    Shot("health", "/admin/health"),
)


def main() -> int:
    """Log in once per screen, then take what this account may see."""
    options = _options()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for screen in SCREENS:
            context = _context(browser, screen, options)
            try:
                _take_all(context, screen, options)
            finally:
                context.close()
        browser.close()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("base_url")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--only", default="")
    parser.add_argument("--case", default="")
    parser.add_argument("--dark", action="store_true")
    options = parser.parse_args()
    options.base_url = options.base_url.rstrip("/")
    options.names = {name for name in options.only.split(",") if name}
    options.out.mkdir(parents=True, exist_ok=True)
    return options


def _context(browser: Browser, screen: Screen, options: argparse.Namespace) -> BrowserContext:
    return browser.new_context(
        base_url=options.base_url,
        viewport={"width": screen.width_px, "height": screen.height_px},
        is_mobile=screen.is_phone,
        has_touch=screen.is_phone,
        color_scheme="dark" if options.dark else "light",
        reduced_motion="reduce",
    )


def _take_all(context: BrowserContext, screen: Screen, options: argparse.Namespace) -> None:
    page = context.new_page()
    page.on("console", lambda message: _report(message.type, message.text))
    page.on("pageerror", lambda error: _report("error", str(error)))
    if not options.names or "login" in options.names:
        _take(page, "/login", Shot("login", "/login"), screen, options)
    _log_in(page)
    places = _places(page, options.case)
    for shot in SHOTS:
        if shot.name == "login" or (options.names and shot.name not in options.names):
            continue
        address = shot.address.format(**places)
        if address and "{" not in address:
            _take(page, address, shot, screen, options)


def _log_in(page: Page) -> None:
    page.goto("/login")
    page.fill("input[name=email]", os.environ["LASTSEEN_EMAIL"])
    page.fill("input[name=password]", os.environ["LASTSEEN_PASSWORD"])
    page.click("main button:not([type=button])")
    page.wait_for_load_state()
    if "/login" in page.url:
        sys.exit("The login was refused: set LASTSEEN_EMAIL and LASTSEEN_PASSWORD.")


def _places(page: Page, case: str) -> dict[str, str]:
    """The addresses that depend on what the demo holds; empty where it has none."""
    page.goto("/cases")
    number = case or _first_text(page, "table a[href*='/cases/']")
    return {
        "case": number,
        "first_sweep": _first_link(page, "/sweeps", "td a[href*='/sweeps/']"),
        "first_sighting": _first_link(page, f"/cases/{number}/sightings", "a[href*='/sightings/']"),
        "first_report": _first_link(page, f"/cases/{number}/reports", "td a[href*='/reports/']"),
        "first_request": _first_link(page, "/requests", "td a[href*='/requests/']"),
        "first_review": _first_link(page, "/review", "main a[href*='/review/']"),
        "first_camera": _first_link(page, "/cameras", "td a[href*='/cameras/']"),
    }


def _first_text(page: Page, selector: str) -> str:
    found = page.locator(selector)
    return (found.first.text_content() or "").strip() if found.count() else ""


def _first_link(page: Page, address: str, selector: str) -> str:
    answer = page.goto(address)
    if answer is None or not answer.ok:
        return ""
    found = page.locator(selector)
    return (found.first.get_attribute("href") or "") if found.count() else ""


def _take(
    page: Page, address: str, shot: Shot, screen: Screen, options: argparse.Namespace
) -> None:
    if shot.phone_only and not screen.is_phone:
        return
    answer = page.goto(address)
    if answer is None or answer.status in NOT_SHOWN:
        return
    page.wait_for_timeout(SETTLE_MS)
    for selector in shot.phone_press if screen.is_phone else shot.press:
        page.locator(selector).first.click()
        page.wait_for_timeout(SETTLE_MS)
    target = options.out / f"{shot.name}{screen.suffix}.png"
    page.screenshot(path=target)
    _shrink(target)
    print(target.name)


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
