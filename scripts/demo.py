"""The demonstration: from an empty database to sightings on a live map.

scripts/demo.sh            sets up, starts the private services, then runs this
scripts/demo.sh --check    the same without serving; exit 0 only if exactly the right was found
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from flask_migrate import upgrade  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: E402
from rich.table import Table  # noqa: E402

from app.config import Settings, load_settings  # noqa: E402
from app.factory import create_app  # noqa: E402
from app.models import Case  # noqa: E402
from app.services.base.actors import COMMAND_LINE  # noqa: E402
from app.services.sweeping import sweeps  # noqa: E402
from scripts import demo_handed_in as handed_in  # noqa: E402
from scripts import demo_steps as steps  # noqa: E402
from scripts.demo_footage import make_footage  # noqa: E402
from scripts.demo_processes import FLASK, Processes, is_taken, wait_for_port  # noqa: E402
from scripts.demo_recogniser import find_recogniser  # noqa: E402

WORKERS = 2
SWEEP_TIMEOUT_S = 900.0
HANDED_IN_TIMEOUT_S = 120.0
WEB_THREADS = 64


def main() -> int:
    """Run the demonstration; returns the process' exit code."""
    parser = argparse.ArgumentParser(description="The demonstration.")
    parser.add_argument("--check", action="store_true", help="do not serve; exit 0 only if right")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    options = parser.parse_args()
    os.environ.setdefault("SESSION_COOKIE_SECURE", "false")
    console = Console(highlight=False)
    if not options.check and is_taken(options.port):
        console.print(
            f"[red]Port {options.port} of this machine is taken.[/red] End what listens there, or "
            f"choose another: PORT={options.port + 1} make demo"
        )
        return 1
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Processes(ROOT / "var" / "log") as processes:
            return _run(options.port, options.check, processes, console)
    except KeyboardInterrupt:
        console.print("\nStopping what was started …")
        return 0 if not options.check else 130
    finally:
        _stop_services()


def _run(port: int, check: bool, processes: Processes, console: Console) -> int:
    settings = load_settings()
    application = create_app(settings)
    with application.app_context():
        _heading(console, "Database")
        upgrade(str(ROOT / "migrations"))
        report = steps.import_registry()
        console.print(
            f"Camera registry: {report.rows} rows, {report.added} added, {report.changed} changed, "
            f"{report.unchanged} unchanged, {report.inactive} not ranked (removed or planned), "
            f"{report.refused} refused."
        )
        logins = steps.make_accounts()
        _heading(console, "Recogniser")
        find_recogniser(settings, console)
        case, ok = _search(settings, processes, console)
        if check:
            return 0 if ok else 1
        _serve(port, case.number, logins, processes, console)
        return 0 if ok else 1


def _search(settings: Settings, processes: Processes, console: Console) -> tuple[Case, bool]:
    _heading(console, "Footage")
    folder = steps.footage_folder(settings)
    manifest = make_footage(folder, steps.demo_start(folder), console.print)
    console.print(f"{steps.add_clips(COMMAND_LINE, manifest)} made-up clips are registered.")
    for _ in range(WORKERS):
        processes.start(f"worker-{_ + 1}", *FLASK, "worker")
    processes.start("scheduler", *FLASK, "scheduler", "run")
    _heading(console, "Case")
    case = steps.open_demo_case(COMMAND_LINE, manifest)
    console.print(f"Case [bold]{case.number}[/bold] is open, with two reference photos.")
    window = steps.window_of(manifest)
    _print_ranking(console, case, steps.rank(case, window).entries)
    sweep = steps.plan(COMMAND_LINE, case, window)
    report = sweeps.start_sweep(COMMAND_LINE, sweep)
    _heading(console, f"Sweep {sweep.ordinal}: {report.queued} visits, {WORKERS} workers")
    if report.note:
        console.print(report.note)
    _follow(console, sweep.id, processes)
    _print_sightings(console, case)
    verdict = steps.compare(case, manifest)
    _print_verdict(console, verdict, steps.failed_visits(sweep.id))
    return case, _hand_in(console, case, manifest) and verdict.ok


def _hand_in(console: Console, case: Case, manifest: Path) -> bool:
    _heading(console, "What people hand in")
    handed_in.hand_in(case, steps.read_manifest(manifest), manifest.parent)
    done = handed_in.wait_until_compared(case, HANDED_IN_TIMEOUT_S)
    colour = "green" if done.ok else "red"
    console.print(
        f"A tip and a found person, each with a photo, and a statement: {done.compared} photos "
        f"compared, [{colour}]{done.alike} of 2 are like the subject[/{colour}]."
    )
    return done.ok


def _follow(console: Console, sweep_id: int, processes: Processes) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    said_at, begun_at = 0.0, time.monotonic()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("looking", total=1.0)
        for done in steps.follow(sweep_id, SWEEP_TIMEOUT_S):
            left = done.seconds_remaining
            remaining = f", about {left:.0f} s left" if left is not None else ""
            line = (
                f"{done.done + done.failed + done.skipped} of {done.visits} visits, "
                f"{done.seconds_looked_at:.0f} of {done.seconds_held:.0f} s of footage, "
                f"{done.faces_found} faces, {done.sightings_found} sightings{remaining}"
            )
            bar.update(task, completed=done.share_looked_at, description=line)
            if not console.is_terminal and time.monotonic() - said_at > 3:
                console.print(line)
                said_at = time.monotonic()
            if processes.ended():
                raise SystemExit("A process of the demo has ended: " + ", ".join(processes.ended()))
    console.print(f"{line}; took {time.monotonic() - begun_at:.0f} s.")


def _print_ranking(console: Console, case: Case, entries: tuple[object, ...]) -> None:
    table = Table("rank", "camera", "metres", "why", title=f"Ranking of {case.number}")
    for entry in entries:
        table.add_row(str(entry.rank), entry.name, f"{entry.distance_m:.0f}", entry.reason)  # type: ignore[attr-defined]
    console.print(table)


def _print_sightings(console: Console, case: Case) -> None:
    zone = ZoneInfo(case.timezone)
    table = Table(
        "seen at", "camera", "similarity", "threshold", title="Found: investigative leads"
    )
    for sighting in steps.found_sightings(case):
        table.add_row(
            f"{sighting.seen_at.astimezone(zone):%d %b %H:%M:%S}",
            sighting.camera.name,
            f"{sighting.similarity:.3f}",
            f"{sighting.threshold_similarity:.3f}",
        )
    console.print(table)
    console.print("Investigative leads, not identifications: a person decides.")


def _print_verdict(console: Console, verdict: steps.Verdict, failed: list[str]) -> None:
    if verdict.ok:
        console.print(
            f"[green]All {verdict.found} appearances of the subject were found, nobody else."
        )
    for missed in verdict.missed:
        console.print(f"[red]Missed:[/red] {missed.camera_ref} from {missed.from_at:%H:%M:%S} UTC")
    for wrong in verdict.wrong:
        console.print(f"[red]Wrong:[/red] {wrong}")
    for sentence in failed:
        console.print(f"[red]Could not look:[/red] {sentence}")


def _serve(
    port: int,
    case_number: str,
    logins: list[tuple[str, str, str]],
    processes: Processes,
    console: Console,
) -> None:
    processes.start(
        "web",
        *(sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}"),
        *("--worker-class", "gthread", "--workers", "1", "--threads", str(WEB_THREADS)),
        "--no-control-socket",
        "wsgi:app",
    )
    if not wait_for_port(port):
        raise SystemExit(f"The web process did not start; see {ROOT / 'var' / 'log' / 'web.log'}.")
    table = Table("role", "e-mail", "password", title="Accounts (passwords are shown only here)")
    for row in logins:
        table.add_row(*row)
    console.print(table)
    console.print(
        f"The map: [bold]http://127.0.0.1:{port}/cases/{case_number}[/bold]   "
        "(Ctrl-C stops everything)"
    )
    while not processes.ended():
        time.sleep(1)
    raise SystemExit("A process of the demo has ended: " + ", ".join(processes.ended()))


def _heading(console: Console, text: str) -> None:
    console.print(f"\n[bold]── {text} ──[/bold]")


def _stop_services() -> None:
    if os.environ.get("LASTSEEN_STARTED_SERVICES") == "1":
        subprocess.run([ROOT / "scripts" / "services.sh", "stop"], check=False)


if __name__ == "__main__":
    raise SystemExit(main())
