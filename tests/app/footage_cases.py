"""Real cases over real footage, for the tests that sweep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.extensions import db
from app.inputs import CaseInput, FootageFileInput, LocationInput, SweepInput
from app.models import CameraRow, Case, LocationSource, Sighting, SubjectCategory, Sweep
from app.services.base.actors import COMMAND_LINE
from app.services.casework import cases, photos
from app.services.inventory import footage
from app.services.places import locations
from app.services.sweeping import looking, sweeps

STARTED_AT = datetime(2026, 11, 18, 8, 40, tzinfo=UTC)
LATITUDE_DEG, LONGITUDE_DEG = 12.9757, 77.6063


def add_camera(
    ref: str = "c1", *, latitude_deg: float = LATITUDE_DEG, **values: object
) -> CameraRow:
    """A camera near the last-known location of `open_case`."""
    camera = CameraRow(
        source="test",
        ref=ref,
        name=f"Camera {ref}",
        latitude_deg=latitude_deg,
        longitude_deg=LONGITUDE_DEG,
        status="active",
        **values,
    )
    db.session.add(camera)
    db.session.commit()
    return camera


def open_case(number: str, *photo_paths: Path, latitude_deg: float = LATITUDE_DEG) -> Case:
    """A case with reference photos and one last-known location five minutes before the footage."""
    case = cases.open_case(
        COMMAND_LINE,
        CaseInput(
            number=number,
            purpose="Test what a sweep finds",
            legal_basis="Test",
            legal_basis_expires_at=datetime.now(UTC) + timedelta(days=2),
            subject_name="Made-up Person",
            subject_category=SubjectCategory.ADULT,
        ),
    )
    for path in photo_paths:
        photos.add_photo(COMMAND_LINE, case, path.read_bytes(), path.name)
    locations.add_location(
        COMMAND_LINE,
        case,
        LocationInput(
            latitude_deg=latitude_deg,
            longitude_deg=LONGITUDE_DEG,
            seen_at=STARTED_AT - timedelta(minutes=5),
            label="Made-up place",
            source=LocationSource.WITNESS,
        ),
    )
    return case


def add_footage(camera: CameraRow, path: Path, started_at: datetime = STARTED_AT) -> None:
    """Register a recording that begins at `started_at` by the camera's own clock."""
    footage.add_file(COMMAND_LINE, camera, FootageFileInput(path=str(path), started_at=started_at))


def plan(case: Case, **values: object) -> Sweep:
    """A sweep over the ten minutes in which the footage begins."""
    wanted = {
        "window_start": STARTED_AT - timedelta(minutes=1),
        "window_end": STARTED_AT + timedelta(minutes=9),
        **values,
    }
    return sweeps.plan_sweep(COMMAND_LINE, case, SweepInput.model_validate(wanted))


def run_here(sweep: Sweep) -> None:
    """Start a sweep and run its visits in this process, best rank first."""
    sweeps.start_sweep(COMMAND_LINE, sweep)
    for visit in sweeps.list_visits(sweep).items:
        looking.look(visit.id, "test")


def sightings_of(case: Case) -> list[Sighting]:
    """All sightings of a case in order of time."""
    found = db.session.query(Sighting).filter_by(case_id=case.id).all()
    return sorted(found, key=lambda sighting: sighting.seen_at)
