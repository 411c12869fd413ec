"""What every test may ask for: real data, a fresh database, a Redis of its own, a browser.

Nothing here knows the application; `tests/app/conftest.py` builds on these fixtures.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.private_database import Cluster, find_cluster
from tests.private_redis import RedisServer

REPOSITORY = Path(__file__).resolve().parent.parent
BROWSER_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# ------------------------------------------------------------------------- what was not tested


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-all",
        action="store_true",
        help="fail when a test is skipped: a skipped test is a thing not tested",
    )


def _reports(config: pytest.Config, outcome: str) -> list[pytest.TestReport]:
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    return list(terminal.stats.get(outcome, [])) if terminal else []


def _skip_reasons(config: pytest.Config) -> Counter[str]:
    """How many tests were skipped, by reason."""
    reasons: Counter[str] = Counter()
    for report in _reports(config, "skipped"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason.removeprefix("Skipped: ")] += 1
    return reasons


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Turn an otherwise good end into a failure where too little was tested."""
    config = session.config
    is_worker = hasattr(config, "workerinput")
    if is_worker or exitstatus != pytest.ExitCode.OK or config.option.collectonly:
        return
    skipped_too_many = config.getoption("--require-all") and _skip_reasons(config)
    if skipped_too_many or not _reports(config, "passed"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    config = terminalreporter.config
    if config.option.collectonly:
        return
    reasons = _skip_reasons(config)
    terminalreporter.section("not tested")
    terminalreporter.line(f"{sum(reasons.values())} tests were not run.")
    for reason, count in reasons.most_common():
        terminalreporter.line(f"  {count}: {reason}")
    if reasons and config.getoption("--require-all"):
        terminalreporter.line("That counts as a failure, because of --require-all.", red=True)
    if not _reports(config, "passed"):
        terminalreporter.line("No test passed, so nothing was shown to work.", red=True)


# --------------------------------------------------------------------------------- real things


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of real registries, faces, videos and models (SHARED_DIR, else ../shared)."""
    folder = Path(os.environ.get("SHARED_DIR") or REPOSITORY.parent / "shared")
    if not folder.is_dir():
        pytest.skip("the real test data are not on this machine (set SHARED_DIR)")
    return folder


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The tests' throw-away PostgreSQL cluster."""
    found = find_cluster(REPOSITORY)
    if found is None:
        pytest.skip("the tests' PostgreSQL does not run (scripts/services.sh start --test)")
    return found


@pytest.fixture(scope="session")
def database_url(cluster: Cluster, worker_id: str) -> Iterator[str]:
    """SQLAlchemy address of an empty database with PostGIS and pgvector, one per test process."""
    cluster.drop_abandoned()
    name = f"lastseen_test_{os.getpid()}_{worker_id}"
    yield cluster.create(name)
    cluster.drop(name)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A Redis of this test process alone; a test that stops it must start it again."""
    server = RedisServer()
    server.start()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def redis_url(redis_server: RedisServer) -> str:
    """Address of `redis_server`."""
    return redis_server.url


# ------------------------------------------------------------------------------------- browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a window (CHROMIUM_PATH, else /usr/bin/chromium)."""
    path = Path(os.environ.get("CHROMIUM_PATH") or "/usr/bin/chromium")
    if not path.exists():
        pytest.skip("Chromium is not installed (scripts/setup.sh --test, or set CHROMIUM_PATH)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page with cookies of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()
