"""Run the benchmarks named on the command line, or all of them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

_NOT_BENCHMARKS = frozenset(
    {
        "__init__",
        "__main__",
        "database",
        "kept_faces",
        "invented_posts",
        "live_client",
        "published_classifiers",
        "recognition_runs",
        "report",
        "server",
        "street_clip",
        "peer_tracks",
    }
)


def main() -> None:
    folder = Path(__file__).parent
    known = sorted(path.stem for path in folder.glob("*.py") if path.stem not in _NOT_BENCHMARKS)
    names = [name.replace("-", "_") for name in sys.argv[1:]] or known
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f"There is no benchmark {unknown[0]}. There are: {', '.join(known)}.")
    for name in names:
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
