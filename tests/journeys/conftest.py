"""A whole installation for one journey: a database, a web server, workers, and a browser."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.extensions import db
from app.inputs.accounts import UserInput
from app.models import Role
from app.services.base.actors import COMMAND_LINE
from app.services.people import accounts
from tests.app.conftest import make_app, make_settings
from tests.app.processes import Fleet
from tests.private_database import Cluster

PASSWORD = "violet-harbour-42-lantern"
START_TIMEOUT_S = 90.0

# Waiting ends as soon as a page is as it should be; a busy machine may take a while until it is.
expect.set_options(timeout=20_000)


@dataclass
class Site:
    """The running product. `app` has its context pushed; commits are real."""

    app: Flask
    fleet: Fleet
    folder: Path
    port: int
    web: subprocess.Popen[bytes] | None = None
    troubles: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where the browser finds it."""
        return f"http://127.0.0.1:{self.port}"

    def start_web(self) -> None:
        """Start the web server and wait until it answers."""
        self.web = self.fleet.start("run", "--port", str(self.port), "--no-reload", "--no-debugger")
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError(f"the web server did not start\n{self.fleet.logs()}")

    def stop_web(self) -> None:
        """Kill the web server, as a crash would."""
        assert self.web is not None
        self.web.kill()
        self.web.wait(10)

    def fresh(self) -> None:
        """See what other processes have committed."""
        db.session.rollback()
        db.session.expire_all()


@pytest.fixture
def face_pack() -> str:
    """The recogniser of the installation; a journey that needs one overrides this."""
    return ""


@pytest.fixture
def site(cluster: Cluster, redis_url: str, tmp_path: Path, face_pack: str) -> Iterator[Site]:
    """A running installation of its own."""
    name = f"lastseen_test_{os.getpid()}_{secrets.token_hex(4)}"
    for folder in ("footage", "logs"):
        (tmp_path / folder).mkdir()
    settings = make_settings(
        cluster.create(name), redis_url, tmp_path, face_pack=face_pack, face_memory_mb=1024
    )
    application = make_app(settings)
    fleet = Fleet(application, tmp_path / "logs")
    try:
        with application.app_context():
            running = Site(application, fleet, tmp_path, _free_port())
            running.start_web()
            yield running
            db.session.remove()
            db.engine.dispose()
    finally:
        fleet.end()
        cluster.drop(name)


@pytest.fixture
def open_browser(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Opens a browser of its own, logged in as `role`. What a page complains about is collected.

    Whatever a page loads from anywhere but the product itself fails the journey.
    """
    contexts = []

    def open_as(role: Role | str, *, phone: bool = False) -> Page:
        email = f"{Role(role).value}-{len(contexts)}@lastseen.example"
        wanted = UserInput(email=email, name=f"Made-up {Role(role).value}", role=Role(role))
        accounts.create_user(COMMAND_LINE, wanted, PASSWORD)
        size = {"width": 390, "height": 844} if phone else {"width": 1440, "height": 900}
        context = browser.new_context(
            base_url=site.address,
            viewport=size,  # type: ignore[arg-type]
            is_mobile=phone,
            has_touch=phone,
            accept_downloads=True,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: site.troubles.append(f"script: {error}"))
        page.on("console", lambda said: _collect(site, said.type, said.text))
        page.on("request", lambda asked: _only_from_here(site, asked.url))
        page.goto("/login")
        page.fill("input[name=email]", email)
        page.fill("input[name=password]", PASSWORD)
        page.click("main button:not([type=button])")
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    yield open_as
    for context in contexts:
        context.close()


def _collect(site: Site, kind: str, text: str) -> None:
    # A request that the journey itself makes fail is no fault of a page.
    if kind == "error" and "Failed to load resource" not in text and "net::ERR" not in text:
        site.troubles.append(f"console: {text}")


def _only_from_here(site: Site, url: str) -> None:
    if not url.startswith((site.address, "data:", "blob:")):
        site.troubles.append(f"loaded from elsewhere: {url}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
