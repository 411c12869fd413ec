"""Printing and keeping what a benchmark measured."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parent.parent
_RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Figure:
    """One measured number; the goal is text such as "≤ 50", empty where there is none."""

    value: float
    unit: str
    goal: str = ""


def publish(name: str, figures: Mapping[str, Figure]) -> Path:
    """Print a table and write `results/NAME.json`."""
    width = max(len(label) for label in figures)
    print(f"\n{name} on {machine()}")
    for label, figure in figures.items():
        goal = f"   goal {figure.goal}" if figure.goal else ""
        print(f"  {label:<{width}}  {figure.value:>12.4g} {figure.unit}{goal}")
    _RESULTS.mkdir(exist_ok=True)
    path = _RESULTS / f"{name}.json"
    content = {
        "name": name,
        "figures": {label: asdict(figure) for label, figure in figures.items()},
        "machine": machine(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
    }
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def machine() -> str:
    """Cores, processor and Python version."""
    processor = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        lines = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        processor = lines[0].split(":", 1)[1].strip() if lines else processor
    return f"{os.cpu_count()} × {processor}, Python {platform.python_version()}"


def commit() -> str:
    """Short hash of the working tree's commit, with + where files differ from it."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty=+"],
            cwd=_REPOSITORY, capture_output=True, text=True, check=True, timeout=10,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()


def shared_dir() -> Path:
    """The folder of real test data: `SHARED_DIR`, else beside the repository.

    Raises:
        SystemExit: there is none; a benchmark invents no data.
    """
    folder = Path(os.environ.get("SHARED_DIR") or _REPOSITORY.parent / "shared")
    if not folder.is_dir():
        raise SystemExit("This benchmark needs the folder of real test data; set SHARED_DIR.")
    return folder
