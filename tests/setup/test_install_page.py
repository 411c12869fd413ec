"""docs/install.md keeps up with what it describes."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from app.config import Settings

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = (REPOSITORY / "docs" / "install.md").read_text(encoding="utf-8")


def test_every_setting_is_in_the_table_and_nothing_else_is() -> None:
    table = PAGE[PAGE.index("## Configuration") :]
    described = set(
        re.findall(r"`([A-Z][A-Z_]+)`", " ".join(re.findall(r"^\| (`.*?) \|", table, re.M)))
    )
    assert described == {name.upper() for name in Settings.model_fields}


def test_every_make_target_that_the_page_names_exists() -> None:
    listed = subprocess.run(
        ["make", "-C", str(REPOSITORY), "help"], check=True, capture_output=True, text=True
    ).stdout
    targets = set(re.findall(r"^([a-z%-]+) ", listed, re.M))
    named = set(
        re.findall(r"\bmake ([a-z-]+)", "\n".join(re.findall(r"`[^`\n]+`|^make .*$", PAGE, re.M)))
    )
    benchmarks = {f"bench-{path.stem}" for path in (REPOSITORY / "benchmarks").glob("*.py")}
    assert named
    assert named <= targets | benchmarks


def test_compose_passes_the_web_no_setting_that_does_not_exist() -> None:
    compose = (REPOSITORY / "compose.yaml").read_text(encoding="utf-8")
    passed = set(re.findall(r"^    ([A-Z_]+): ", compose[: compose.index("services:")], re.M))
    assert passed
    assert passed <= {name.upper() for name in Settings.model_fields}


PROTECTING = [
    "SECOND_FACTOR_ROLES",
    "REVIEWS_NEEDED",
    "CASES_RESTRICTED_BY_DEFAULT",
    "REGISTRATION_ENABLED",
    "SESSION_HOURS",
    "SESSION_IDLE_MINUTES",
    "INVITATION_DAYS",
    "PASSWORD_LINK_MINUTES",
    "CLOSED_CASE_RETENTION_DAYS",
    "FACE_RETENTION_HOURS",
    "TIP_RETENTION_DAYS",
    "MESSAGE_RETENTION_DAYS",
    "EVENT_RETENTION_HOURS",
    "TIP_PUBLIC_MAP",
]


def test_compose_passes_on_every_setting_that_protects_people_with_its_own_default() -> None:
    compose = (REPOSITORY / "compose.yaml").read_text(encoding="utf-8")
    for name in PROTECTING:
        found = re.search(rf"^    {name}: \$\{{{name}:-([^}}]*)}}$", compose, re.M)
        assert found, name
        given = {name.lower(): found[1]}
        read = Settings.model_validate(
            {"secret_key": "x" * 32, "database_url": "x", "redis_url": "x", **given}
        )
        assert getattr(read, name.lower()) == Settings.model_fields[name.lower()].default, name
