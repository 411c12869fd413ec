"""The commands: the same work as the pages, for people (sentences) and for programs (--json)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from app.cli import (
    cameras,
    cases,
    footage,
    packs,
    processes,
    register,
    roads,
    route,
    sightings,
    sweeps,
)
from app.config import PROJECT_ROOT
from app.extensions import db
from app.models import AuditEntry, SightingState
from app.models.accounts import User
from app.outputs import LEAD_NOTICE
from tests.app import factories

NEXT_MONTH = (datetime.now(UTC) + timedelta(days=30)).isoformat(timespec="minutes")
OPEN_CASE = [
    *("cases", "open", "MU-7", "--purpose", "Find the missing child"),
    *("--legal-basis", "Order 7 of the made-up court", "--basis-expires", NEXT_MONTH),
    *("--name", "Made-up Subject", "--category", "child 7-9", "--made-up"),
]
Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Run:
    """Runs `flask …`."""
    runner = app.test_cli_runner()
    return lambda *words: runner.invoke(args=[str(word) for word in words])


def told(result: Result) -> Any:
    """What a command answered in JSON."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(result: Result) -> str:
    """The sentence on stderr of a command that could not be done."""
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    assert result.stderr.startswith("Error: ")
    return result.stderr


def test_every_command_has_a_help_text(app: Flask) -> None:
    fresh = Flask("fresh")
    register(fresh)
    pending = list(fresh.cli.commands.values())
    while pending:
        command = pending.pop()
        pending.extend(getattr(command, "commands", {}).values())
        assert command.help or command.short_help, command.name


def test_the_handbook_lists_every_command(app: Flask) -> None:
    text = (PROJECT_ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `flask ([a-z]+(?: [a-z-]+)?)", text, flags=re.MULTILINE))
    for module in (cameras, cases, footage, packs, processes, roads, route, sightings, sweeps):
        for command in module.commands:
            inner = getattr(command, "commands", {})
            for name in [f"{command.name} {one}" for one in inner] or [command.name]:
                assert name in listed


def test_a_case_goes_from_opening_to_a_ranking_by_commands_alone(run: Run) -> None:
    camera = factories.make_camera()
    assert told(run(*OPEN_CASE, "--json"))["number"] == "MU-7"
    added = run(
        *("cases", "add-location", "MU-7", "--at", "12°58'32.5\"N 77°36'22.7\"E"),
        *("--label", "Made-up gate", "--seen-at", "2026-11-18T14:10", "--source", "witness"),
        "--json",
    )
    assert told(added)["seen_at"] == "2026-11-18T08:40:00Z"
    ranking = told(run("cases", "rank", "MU-7", "--radius", 500, "--json"))
    assert [entry["camera_id"] for entry in ranking["items"]] == [camera.id]
    shown = run("cases", "show", "MU-7")
    assert "legal basis: Order 7 of the made-up court" in shown.output
    assert "locations: 1" in shown.output
    assert told(run("cases", "close", "MU-7", "--json"))["state"] == "closed"
    assert "MU-7" in run("cases", "list", "--state", "closed").output


def test_an_unknown_case_is_told_in_a_sentence_and_as_a_problem(run: Run) -> None:
    result = run("cases", "show", "NONE", "--json")
    assert "There is no case NONE." in refused(result)
    assert json.loads(result.stdout)["status"] == 404
    plain = run("cases", "show", "NONE")
    assert refused(plain)
    assert plain.stdout == ""


def test_wrong_values_are_named_with_their_reason(run: Run) -> None:
    words = [*OPEN_CASE]
    words[words.index("MU-7")] = "not a number!"
    result = run(*words, "--json")
    refused(result)
    assert "number" in json.loads(result.stdout)["errors"]


def test_a_wrong_option_is_a_usage_error(run: Run) -> None:
    assert run("cases", "rank", "MU-7", "--radius", "wide").exit_code == 2
    assert run("route", "export", "MU-7", "--format", "docx").exit_code == 2


def test_a_time_that_is_none_is_refused_with_an_example(run: Run) -> None:
    case = factories.make_case()
    result = run("sweeps", "plan", case.number, "--from", "noon", "--to", "2026-11-18T15:00")
    assert "2026-11-18T14:10" in refused(result)


def test_commands_act_as_the_command_line_or_as_a_named_account(
    run: Run, user_factory: Callable[..., User]
) -> None:
    user = user_factory("investigator")
    first, second = factories.make_case(), factories.make_case()
    assert run("cases", "close", first.number).exit_code == 0
    assert run("cases", "close", second.number, "--as", user.email).exit_code == 0
    query = db.select(AuditEntry).where(AuditEntry.action == "case.close").order_by(AuditEntry.id)
    entries = db.session.scalars(query).all()
    assert [entry.actor_name for entry in entries] == ["command line", user.email]
    refused(run("cases", "close", first.number, "--as", "nobody@lastseen.example"))


CSV = "ref,name,Y,X\nA1,Made-up gate,12.9757,77.6063\nA2,Made-up bridge,nonsense,77.6070\n"


def test_a_registry_is_imported_with_a_mapping_and_its_bad_rows_are_named(
    run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "made-up.csv"
    file.write_text(CSV)
    words = ("cameras", "import", file, "--mapping", "lat=Y,lon=X")
    rehearsal = told(run(*words, "--dry-run", "--json"))
    assert (rehearsal["added"], rehearsal["dry_run"]) == (1, True)
    report = run(*words)
    assert report.exit_code == 0
    assert "row 3 refused" in report.output
    assert told(run(*words, "--json"))["unchanged"] == 1
    listed = told(run("cameras", "list", "--json"))
    assert [camera["ref"] for camera in listed["items"]] == ["A1"]
    camera_id = listed["items"][0]["id"]
    assert told(run("cameras", "remove", camera_id, "--json"))["deleted_at"] is not None


def test_a_registry_that_is_none_is_refused(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "empty.csv"
    file.write_text("")
    refused(run("cameras", "import", file))
    assert run("cameras", "import", tmp_path / "absent.csv").exit_code == 2


def test_footage_is_added_listed_and_removed_and_a_broken_file_is_named(
    app: Flask, run: Run, shared_dir: Path
) -> None:
    camera = factories.make_camera()
    folder = Path(app.config["LASTSEEN"].footage_roots) / f"camera-{camera.id}"
    folder.mkdir(parents=True)
    clip = folder / "ch01_20261118_141000.mp4"
    clip.write_bytes((shared_dir / "video" / "speech" / "short_hamilton_clip.mp4").read_bytes())
    (folder / "ch01_20261118_150000.mp4").write_bytes(b"")

    report = told(run("footage", "add-folder", camera.id, folder, "--json"))
    assert report["added"] == 1
    assert [file["name"] for file in report["refused"]] == ["ch01_20261118_150000.mp4"]
    assert told(run("footage", "add-folder", camera.id, folder, "--json"))["unchanged"] == 1
    listed = told(run("footage", "list", camera.id, "--json"))
    assert listed["items"][0]["started_at"] == "2026-11-18T08:40:00Z"
    assert run("footage", "remove", listed["items"][0]["id"]).exit_code == 0
    assert told(run("footage", "list", camera.id, "--json"))["items"] == []
    refused(run("footage", "add", camera.id, "/etc/passwd"))


def test_a_sweep_is_planned_and_shown_with_what_each_visit_saw(run: Run) -> None:
    case = factories.make_case()
    factories.make_location(case)
    factories.make_footage(factories.make_camera())
    planned = told(
        run(
            *("sweeps", "plan", case.number, "--from", "2026-11-18T14:00"),
            *("--to", "2026-11-18T15:00", "--radius", 500, "--json"),
        )
    )
    assert planned["window_start"] == "2026-11-18T08:30:00Z"
    shown = told(run("sweeps", "show", planned["id"], "--json"))
    assert shown["visits"]["total"] == shown["sweep"]["visits"] == 1
    assert "looked at" in run("sweeps", "show", planned["id"]).output
    assert told(run("sweeps", "list", "--case", case.number, "--json"))["total"] == 1
    aside = told(run("sweeps", "stop", planned["id"], "--json"))
    assert aside["state"] == "stopped", "what was never started is put aside"
    refused(run("sweeps", "stop", planned["id"]))
    refused(run("sweeps", "show", 999_999))


def test_sightings_are_listed_as_leads_and_reviewed(run: Run) -> None:
    case = factories.make_case()
    sighting = factories.make_sighting(case)
    listed = run("sightings", "list", case.number)
    assert LEAD_NOTICE in listed.output
    assert "0.52" in listed.output
    assert "0.36" in listed.output
    assert "%" not in listed.output
    reviewed = run("sightings", "review", sighting.id, "confirmed", "--json")
    assert told(reviewed)["state"] == "confirmed"
    assert told(run("sightings", "undo", sighting.id, "--json"))["state"] == "candidate"
    confirmed = run("sightings", "list", case.number, "--state", "confirmed", "--json")
    assert told(confirmed)["total"] == 0


def test_a_route_is_written_to_a_file(run: Run, tmp_path: Path) -> None:
    case = factories.make_case()
    factories.make_confirmed_route(case, 2)
    target = tmp_path / "route.gpx"
    words = ("route", "export", case.number, "--format", "gpx", "--out", target, "--json")
    written = told(run(*words))
    assert (written["sightings"], written["notice"]) == (2, LEAD_NOTICE)
    assert written["size_bytes"] == target.stat().st_size
    into_nowhere = run(*words[:5], "--out", tmp_path / "no" / "such" / "folder.gpx")
    assert "cannot be written" in refused(into_nowhere)


def test_a_route_without_confirmed_sightings_is_refused(run: Run) -> None:
    case = factories.make_case()
    factories.make_sighting(case, state=SightingState.UNSURE)
    assert "no confirmed sighting" in refused(
        run("route", "export", case.number, "--format", "csv")
    )


def test_packs_are_listed_with_the_one_in_force_and_the_reason(run: Run) -> None:
    listed = told(run("packs", "list", "--json"))
    assert listed["reason"]
    plain = run("packs", "list")
    assert plain.exit_code == 0
    assert "Used: " in plain.output


def test_a_pack_is_verified_by_loading_it(run: Run, shared_dir: Path) -> None:
    folder = shared_dir / "models" / "insightface-mini"
    verified = told(run("packs", "verify", folder, "--json"))
    assert verified["dimension"] > 0
    assert all(len(file["sha256"]) == 64 for file in verified["pack"]["files"])
    refused(run("packs", "verify", "no-such-pack"))
