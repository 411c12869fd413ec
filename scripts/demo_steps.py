"""The demo's steps, each by the product's own services: what a person would do on the pages."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.config import Settings
from app.errors import NotFound
from app.extensions import db
from app.inputs import (
    CaseInput,
    FootageFileInput,
    LocationInput,
    RankingQuery,
    SightingQuery,
    SweepInput,
)
from app.inputs.accounts import UserInput
from app.models import CameraRow, Case, Sighting, Sweep, SweepState
from app.models.accounts import Role
from app.models.cases import LocationSource, Reliability, SubjectCategory
from app.outputs import ImportReportOut
from app.services.base import kept_pictures
from app.services.base.actors import COMMAND_LINE, Actor
from app.services.casework import cases, photos
from app.services.governance import purging
from app.services.inventory import footage, registry
from app.services.people import accounts
from app.services.places import locations
from app.services.prioritisation import planning, ranking
from app.services.reviews import sightings
from app.services.sweeping import sweeps
from app.services.sweeping.progress import SweepProgress

ROOT = Path(__file__).resolve().parents[1]
SOURCE = "demo"
ZONE = "Asia/Kolkata"
LAST_SEEN_LATITUDE_DEG, LAST_SEEN_LONGITUDE_DEG = 12.9756, 77.6068
ORGANISATION = "Example Home (made up)"
LAST_SEEN_LABEL = "Metro station entrance, M G Road (made up)"
TOLERANCE_S = 1.5


@dataclass(frozen=True)
class Expected:
    """One appearance of the subject, in true time."""

    camera_ref: str
    from_at: datetime
    to_at: datetime


@dataclass(frozen=True)
class Verdict:
    """How what was found compares with who was drawn into the clips."""

    found: int
    missed: tuple[Expected, ...]
    wrong: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Every appearance found, and nobody else."""
        return not self.missed and not self.wrong


def make_accounts() -> list[tuple[str, str, str]]:
    """One account per role: (role, e-mail, password). Those that exist get a new password."""
    made = []
    for role in Role:
        email = f"{role.value}@lastseen.example"
        try:
            account = accounts.reset_password(COMMAND_LINE, accounts.find_by_email(email))
        except NotFound:
            organisation = ORGANISATION if role is Role.PARTNER else ""
            wanted = UserInput(
                email=email, name=f"Demo {role.value}", role=role, organisation=organisation
            )
            account = accounts.create_user(COMMAND_LINE, wanted)
        made.append((role.value, email, account.password))
    return made


def import_registry() -> ImportReportOut:
    """The cameras that ship with the product."""
    path = ROOT / "data" / "camera_registry.csv"
    return registry.import_cameras(COMMAND_LINE, path.read_bytes(), path.name, SOURCE)


def demo_start(folder: Path) -> datetime:
    """When the first composed clip begins: 17:40 in Bengaluru, the day before it was made."""
    manifest = folder / "manifest.json"
    if manifest.is_file():
        return datetime.fromisoformat(read_manifest(manifest)["start"])
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    return datetime(yesterday.year, yesterday.month, yesterday.day, 12, 10, tzinfo=UTC)


def read_manifest(path: Path) -> dict[str, Any]:
    """What the composer of the clips wrote down."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def add_clips(actor: Actor, manifest_path: Path) -> int:
    """Register the composed clips as footage of their cameras, labelled as made up."""
    clips: list[dict[str, Any]] = read_manifest(manifest_path)["clips"]
    for clip in clips:
        camera = camera_of(clip["camera"])
        footage.add_file(
            actor,
            camera,
            FootageFileInput(
                path=str(manifest_path.parent / clip["file"]),
                # The clip shows true time; a camera's own clock would show its offset as well.
                started_at=datetime.fromisoformat(clip["start"])
                + timedelta(seconds=camera.clock_offset_s),
                made_up=True,
                remarks="Composed for the demonstration.",
            ),
        )
    return len(clips)


def open_demo_case(actor: Actor, manifest_path: Path) -> Case:
    """A fresh case. Earlier demo cases go, with the faces that they kept."""
    delete_earlier_cases()
    now = datetime.now(UTC)
    start = datetime.fromisoformat(read_manifest(manifest_path)["start"])
    case = cases.open_case(
        actor,
        CaseInput(
            number=f"DEMO-{now:%Y%m%d-%H%M%S}",
            purpose="Demonstration of the product with a made-up case.",
            legal_basis="None needed: nobody in this case is missing.",
            legal_basis_expires_at=now + timedelta(days=7),
            subject_name="Made-up Person",
            subject_age_years=36,
            subject_category=SubjectCategory.ADULT,
            subject_clothing="Blue coat (made up)",
            subject_remarks="All photos and footage of this case are composed.",
            timezone=ZONE,
            made_up=True,
        ),
    )
    for name in read_manifest(manifest_path)["reference_photos"]:
        photos.add_photo(actor, case, (manifest_path.parent / name).read_bytes(), name)
    locations.add_location(
        actor,
        case,
        LocationInput(
            latitude_deg=LAST_SEEN_LATITUDE_DEG,
            longitude_deg=LAST_SEEN_LONGITUDE_DEG,
            seen_at=start - timedelta(minutes=5),
            uncertainty_m=60,
            label=LAST_SEEN_LABEL,
            source=LocationSource.WITNESS,
            reliability=Reliability.LIKELY,
        ),
    )
    return case


def delete_earlier_cases() -> None:
    """Delete earlier demo cases, save what other cases rest on.

    Else the photos would find their faces at once, and the sweep would have nothing left to show.
    """
    kept_pictures.hold_for_purge()
    earlier = select(Case).where(Case.made_up, Case.number.like("DEMO-%")).order_by(Case.id)
    for case in db.session.scalars(earlier).all():
        purging.delete_case(case)
    db.session.commit()


def rank(case: Case, window: tuple[datetime, datetime]) -> ranking.Ranking:
    """The first cameras of the ranking."""
    query = RankingQuery(radius_m=1500, limit=8, window_start=window[0], window_end=window[1])
    return planning.rank_for_case(case, query, actor=COMMAND_LINE)


def window_of(manifest_path: Path) -> tuple[datetime, datetime]:
    """The half hour that the clips lie in."""
    start = datetime.fromisoformat(read_manifest(manifest_path)["start"])
    return start - timedelta(minutes=5), start + timedelta(minutes=25)


def plan(actor: Actor, case: Case, window: tuple[datetime, datetime]) -> Sweep:
    """A sweep over the cameras of the ranking that hold footage."""
    return sweeps.plan_sweep(
        actor,
        case,
        SweepInput(
            window_start=window[0],
            window_end=window[1],
            radius_m=1500,
            limit=30,
            only_with_footage=True,
            note="Demonstration",
        ),
    )


def follow(sweep_id: int, timeout_s: float) -> Iterator[SweepProgress]:
    """Progress of a sweep until it is finished. Raises TimeoutError when it takes too long."""
    deadline = time.monotonic() + timeout_s
    while True:
        db.session.rollback()
        sweep = sweeps.find_sweep(sweep_id)
        yield sweeps.progress_of([sweep])[sweep_id]
        if sweep.state is not SweepState.RUNNING:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"The sweep was not finished within {timeout_s:.0f} s.")
        time.sleep(0.5)


def found_sightings(case: Case) -> list[Sighting]:
    """All sightings of the case, in order of time."""
    db.session.rollback()
    page = sightings.list_sightings(case, SightingQuery(per_page=200))
    return sorted(page.items, key=lambda sighting: sighting.seen_at)


def compare(case: Case, manifest_path: Path) -> Verdict:
    """Hold what was found against who was drawn into the clips."""
    expected = list(_expected(manifest_path))
    found, wrong = set[Expected](), []
    for sighting in found_sightings(case):
        hits = [one for one in expected if _is_of(sighting, one)]
        found.update(hits)
        if not hits:
            wrong.append(f"{sighting.camera.name} at {sighting.seen_at:%H:%M:%S} UTC")
    missed = tuple(one for one in expected if one not in found)
    return Verdict(len(found), missed, tuple(wrong))


def failed_visits(sweep_id: int) -> list[str]:
    """Visits of the sweep that could not look, in words."""
    page = sweeps.list_visits(sweeps.find_sweep(sweep_id), 1, 200)
    return [f"{v.camera.name}: {v.outcome}" for v in page.items if v.state.value == "failed"]


def footage_folder(settings: Settings) -> Path:
    """Where the clips go: into the first footage folder."""
    return settings.footage_root_paths[0] / "demo"


def _expected(manifest_path: Path) -> Iterator[Expected]:
    for clip in read_manifest(manifest_path)["clips"]:
        start = datetime.fromisoformat(clip["start"])
        for appearance in clip["appearances"]:
            if appearance["who"] == "subject":
                yield Expected(
                    clip["camera"],
                    start + timedelta(seconds=appearance["from_s"] - TOLERANCE_S),
                    start + timedelta(seconds=appearance["to_s"] + TOLERANCE_S),
                )


def _is_of(sighting: Sighting, expected: Expected) -> bool:
    right_camera = sighting.camera.ref == expected.camera_ref
    return right_camera and expected.from_at <= sighting.seen_at <= expected.to_at


def camera_of(ref: str) -> CameraRow:
    """The demo's camera of that reference."""
    return db.session.scalars(
        select(CameraRow).where(CameraRow.source == SOURCE, CameraRow.ref == ref)
    ).one()
