"""A made-up case in a city with as many cameras as a benchmark wants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import text

from app.extensions import db
from app.inputs import CaseInput, LocationInput
from app.models import Case, LocationSource, SubjectCategory
from app.services.base.actors import COMMAND_LINE
from app.services.casework import cases
from app.services.inventory import registry
from app.services.places import locations
from benchmarks.report import shared_dir

CENTRE_LATITUDE_DEG: Final = 12.9716
CENTRE_LONGITUDE_DEG: Final = 77.5946


def open_benchmark_case() -> Case:
    """An open case of a made-up adult, without photos and places."""
    return cases.open_case(
        COMMAND_LINE,
        CaseInput(
            number="BENCH-1",
            purpose="Benchmark",
            legal_basis="None needed",
            legal_basis_expires_at=datetime.now(UTC) + timedelta(days=1),
            subject_name="Made-up Person",
            subject_category=SubjectCategory.ADULT,
        ),
    )


def add_benchmark_location(case: Case, offset_deg: float = 0.0) -> None:
    """Where the subject was two hours ago: the centre, or a step to the north-west of it."""
    locations.add_location(
        COMMAND_LINE,
        case,
        LocationInput(
            latitude_deg=CENTRE_LATITUDE_DEG + offset_deg,
            longitude_deg=CENTRE_LONGITUDE_DEG - offset_deg,
            seen_at=datetime.now(UTC) - timedelta(hours=2),
            label="Made-up place",
            source=LocationSource.OTHER,
        ),
    )


def import_real_cameras() -> None:
    """The 3,000 cameras of a real registry."""
    path = shared_dir() / "registries" / "bengaluru_safecity_3000.geojson"
    registry.import_cameras(COMMAND_LINE, path.read_bytes(), path.name, "bench")
    analyse_cameras()


def add_made_up_cameras(count: int, half_side_deg: float) -> None:
    """Cameras at random in a square around the centre, looking in random directions."""
    db.session.execute(text("SET LOCAL statement_timeout = 0"))
    db.session.execute(
        text(
            """
            INSERT INTO cameras (source, ref, name, latitude_deg, longitude_deg, headings_deg,
                                 field_of_view_deg, range_m, status, created_at, updated_at)
            SELECT 'synthetic', n::text, 'Synthetic ' || n,
                   :latitude_deg + (random() - 0.5) * 2 * :half_side_deg,
                   :longitude_deg + (random() - 0.5) * 2 * :half_side_deg,
                   ARRAY[random() * 359], 60, 40, 'active', now(), now()
            FROM generate_series(1, :count) AS n
            """
        ),
        {
            "latitude_deg": CENTRE_LATITUDE_DEG,
            "longitude_deg": CENTRE_LONGITUDE_DEG,
            "half_side_deg": half_side_deg,
            "count": count,
        },
    )
    analyse_cameras()


def analyse_cameras() -> None:
    """Commit, and let PostgreSQL count the cameras, as it does by itself within a minute."""
    db.session.commit()
    db.session.execute(text("ANALYZE cameras"))
    db.session.commit()
