"""`flask packs`: the face models of this machine."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup
from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

from app.cli.common import actor_of, as_option, json_option, reports_errors, say
from app.current import settings
from app.outputs import Output
from app.recogniser import holder
from app.services.embeddings import packs
from recognition.errors import BrokenPack
from recognition.pack_download import install_pack
from recognition.packs import (
    DEFAULT_PACK,
    PackDescription,
    choose_pack,
    describe_pack,
    installed_packs,
    load_embedder,
)

group = AppGroup("packs", help="Face models: which are installed, which is used, and why.")
commands: tuple[click.Command, ...] = (group,)


class PackFileOut(Output):
    """One file of weights."""

    name: str
    task: str
    sha256: str
    licence: str


class PackOut(Output):
    """An installed pack."""

    name: str
    licence: str
    is_fallback: bool
    files: list[PackFileOut]

    @classmethod
    def of(cls, pack: PackDescription) -> PackOut:
        """From the description of a folder."""
        files = [
            PackFileOut(
                name=file.path.name, task=file.task.value, sha256=file.sha256, licence=file.licence
            )
            for file in pack.files
        ]
        return cls(name=pack.name, licence=pack.licence, is_fallback=pack.is_fallback, files=files)


class PacksOut(Output):
    """All packs; `in_force` is the one that workers load, and `reason` says why."""

    in_force: PackOut | None
    reason: str
    installed: list[PackOut]
    broken: dict[str, str]


class VerifiedOut(Output):
    """A pack whose recogniser was loaded and answered."""

    pack: PackOut
    dimension: int
    threshold_similarity: float
    false_match_rate: float | None
    threshold_measured_on: str


class PackUseOut(Output):
    """A pack that was chosen, empty for whichever is installed, and why the one in force is."""

    pack: str
    model: str
    model_sha256: str
    reason: str


@group.command("list")
@json_option
@reports_errors
def list_packs(as_json: bool) -> None:
    """List the installed packs, and say which one is used and why."""
    installed, broken = _installed()
    overview = packs.overview()
    in_force, reason = None, overview.why_none
    if overview.in_force is not None:
        in_force, reason = PackOut.of(overview.in_force.pack), overview.in_force.reason
    output = PacksOut(in_force=in_force, reason=reason, installed=installed, broken=broken)
    lines = [f"{pack.name}: {pack.licence}" for pack in installed]
    lines += [f"{name}: {sentence}" for name, sentence in broken.items()]
    used = f"Used: {in_force.name}. {reason}" if in_force else f"Used: none. {reason}"
    say(output, [*lines, used], as_json=as_json)


@group.command("install")
@click.argument("name", default=DEFAULT_PACK)
@click.option("--timeout", "timeout_s", type=float, default=10.0, help="Seconds to wait for it.")
@json_option
@reports_errors
def install(name: str, timeout_s: float, as_json: bool) -> None:
    """Download the InsightFace pack NAME. Its weights are for non-commercial research only."""
    target = settings().insightface_home / "models"
    columns = ("[progress.description]{task.description}", BarColumn(), DownloadColumn())
    with Progress(*columns, TransferSpeedColumn(), disable=as_json) as bar:
        download = bar.add_task(f"Fetching {name}", total=None)
        pack = install_pack(
            target,
            name,
            progress=lambda received, total: bar.update(download, completed=received, total=total),
            timeout_s=timeout_s,
        )
    output = PackOut.of(pack)
    lines = [f"{file.name}  sha256 {file.sha256}" for file in output.files]
    say(output, [f"{name} is installed. Licence: {output.licence}", *lines], as_json=as_json)


@group.command("verify")
@click.argument("name", default="")
@json_option
@reports_errors
def verify(name: str, as_json: bool) -> None:
    """Hash and load a pack (the one in force, if none is named)."""
    pack = _named(name) if name else holder().choice().pack
    embedder = load_embedder(pack, settings().recognition_threads)
    output = VerifiedOut(
        pack=PackOut.of(pack),
        dimension=embedder.dimension,
        threshold_similarity=embedder.threshold.similarity,
        false_match_rate=embedder.threshold.false_match_rate,
        threshold_measured_on=embedder.threshold.measured_on,
    )
    lines = [f"{file.name}  {file.task}  sha256 {file.sha256}" for file in output.pack.files]
    lines.append(f"{pack.name} loads; its embeddings have {embedder.dimension} numbers.")
    lines.append(_threshold_line(output))
    say(output, lines, as_json=as_json)


@group.command("use")
@click.argument("name", default="")
@click.option("--automatic", is_flag=True, help="Take whichever is installed, as at first.")
@as_option
@json_option
@reports_errors
def use(name: str, email: str | None, *, automatic: bool, as_json: bool) -> None:
    """Load the pack NAME (a name, a folder, or dlib) and take it from now on, everywhere.

    Running processes load it before their next visit or photo. Open cases' photos are embedded
    anew; faces that another model embedded are not compared with it.
    """
    if bool(name) == automatic:
        raise click.UsageError("Name a pack, or say --automatic.")
    chosen = packs.use(actor_of(email), name)
    in_force = packs.overview().in_force
    output = PackUseOut(
        pack=chosen.pack,
        model=chosen.model,
        model_sha256=chosen.model_sha256,
        reason=in_force.reason if in_force else packs.why_none(),
    )
    words = f"{Path(chosen.pack).name} is used from now on: {chosen.model} loads." if name else ""
    say(output, [*filter(None, (words, output.reason))], as_json=as_json)


def _named(name: str) -> PackDescription:
    return choose_pack(name, settings().insightface_home, "This command").pack


def _threshold_line(output: VerifiedOut) -> str:
    rate = output.false_match_rate
    measured = "not measured" if rate is None else f"a false-match rate of {rate:g}"
    return (
        f"Threshold {output.threshold_similarity:.3f} at {measured}, "
        f"on {output.threshold_measured_on}."
    )


def _installed() -> tuple[list[PackOut], dict[str, str]]:
    good: list[PackOut] = []
    broken: dict[str, str] = {}
    folders: list[Path] = installed_packs(settings().insightface_home)
    for folder in folders:
        try:
            good.append(PackOut.of(describe_pack(folder)))
        except BrokenPack as error:
            broken[folder.name] = str(error)
    return good, broken
