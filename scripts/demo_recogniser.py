"""Which recogniser the demo uses: FACE_PACK, an installed pack, a download, else dlib."""

from __future__ import annotations

import os

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from app.config import Settings
from recognition.errors import PackDownloadFailed
from recognition.pack_download import install_pack
from recognition.packs import DEFAULT_PACK, PackChoice, choose_pack, installed_packs

CONNECT_TIMEOUT_S = 5.0
NO_DOWNLOAD = "DEMO_NO_DOWNLOAD"
"""Set in the environment, it keeps the demo from reaching out for a pack."""


def find_recogniser(settings: Settings, console: Console) -> PackChoice:
    """Choose, after trying a download where no InsightFace pack is at hand; says what and why."""
    home = settings.insightface_home
    if not settings.face_pack and not installed_packs(home) and not os.environ.get(NO_DOWNLOAD):
        _try_download(settings, console)
    choice = choose_pack(settings.face_pack or None, home)
    console.print(f"Recogniser: [bold]{choice.pack.name}[/bold]. {choice.reason}")
    console.print(f"  Licence of its models: {choice.pack.licence}")
    if choice.pack.is_fallback:
        console.print(
            "  [yellow]This is the fallback recogniser: weaker than InsightFace's packs, above all "
            "on dark skin, on children and over the years.[/yellow]"
        )
    return choice


def _try_download(settings: Settings, console: Console) -> None:
    console.print(
        f"No InsightFace pack is installed; trying to fetch {DEFAULT_PACK} (about 280 MB, for "
        f"non-commercial research only), waiting at most {CONNECT_TIMEOUT_S:.0f} s for an answer …"
    )
    columns = (TextColumn("  fetching"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("pack", total=None)
        try:
            install_pack(
                settings.insightface_home / "models",
                progress=lambda received, total: bar.update(task, completed=received, total=total),
                timeout_s=CONNECT_TIMEOUT_S,
            )
        except PackDownloadFailed as error:
            console.print(f"  It could not be fetched: {error}")
