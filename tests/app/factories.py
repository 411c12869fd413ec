"""Rows for tests, made by plain inserts: what a sweep would have left behind, without running one.

Embeddings here are random unit vectors: they stand for no one, and no recognition test uses them.
Each function adds, commits and returns its row. Names and places are invented.
"""

from __future__ import annotations

import hashlib
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from app.extensions import db
from app.models import (
    CameraRow,
    Case,
    Embedder,
    Face,
    Footage,
    GazetteerPlace,
    LastKnownLocationRow,
    ReferencePhoto,
    Review,
    ReviewStage,
    RoadSource,
    Sighting,
    SightingState,
    Sweep,
    Verdict,
    Visit,
    VisitPart,
    VisitState,
)
from app.models.cases import LocationSource, Reliability, SubjectCategory
from app.models.footage import FootageKind
from app.models.sweeps import SweepState

DIMENSION = 512
SEEN_AT = datetime(2026, 11, 18, 8, 40, tzinfo=UTC)
"""14:10 in Bengaluru."""
CENTRE_LATITUDE_DEG = 12.9757
CENTRE_LONGITUDE_DEG = 77.6063

_numbers = itertools.count(1)


def _keep(row: Any) -> Any:
    db.session.add(row)
    db.session.commit()
    return row


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def make_case(**values: Any) -> Case:
    number = next(_numbers)
    given: dict[str, Any] = {
        "number": f"MADE-UP-{number}",
        "purpose": "Find the missing child",
        "legal_basis": "Order 12 of the made-up court",
        "legal_basis_expires_at": datetime.now(UTC) + timedelta(days=30),
        "subject_name": "Made-up Subject",
        "subject_age_years": 8,
        "subject_category": SubjectCategory.CHILD_7_9,
        "timezone": "Asia/Kolkata",
    }
    return _keep(Case(**{**given, **values}))


def make_location(case: Case, **values: Any) -> LastKnownLocationRow:
    given: dict[str, Any] = {
        "case_id": case.id,
        "latitude_deg": CENTRE_LATITUDE_DEG,
        "longitude_deg": CENTRE_LONGITUDE_DEG,
        "seen_at": SEEN_AT,
        "uncertainty_m": 60.0,
        "label": "Made-up gate",
        "source": LocationSource.WITNESS,
        "reliability": Reliability.LIKELY,
    }
    return _keep(LastKnownLocationRow(**{**given, **values}))


def make_places(*places: tuple[str, str, float, float]) -> None:
    """Imported places of the gazetteer, each with name, kind, latitude and longitude."""
    source = _keep(
        RoadSource(
            name="made up",
            file_name="made-up.geojson",
            file_sha256=sha256_of("made-up places"),
            format="geojson",
            streets=0,
            named_streets=0,
            places=len(places),
            length_m=0.0,
            west_deg=77.0,
            south_deg=12.0,
            east_deg=78.0,
            north_deg=13.0,
        )
    )
    for name, kind, latitude_deg, longitude_deg in places:
        _keep(
            GazetteerPlace(
                source_id=source.id,
                name=name,
                kind=kind,
                latitude_deg=latitude_deg,
                longitude_deg=longitude_deg,
            )
        )


def make_camera(**values: Any) -> CameraRow:
    number = next(_numbers)
    given: dict[str, Any] = {
        "source": "made-up",
        "ref": f"CAM-{number}",
        "name": f"Made-up camera {number}",
        "latitude_deg": CENTRE_LATITUDE_DEG + 0.001,
        "longitude_deg": CENTRE_LONGITUDE_DEG + 0.001,
        "headings_deg": [90.0],
        "field_of_view_deg": 70.0,
        "range_m": 40.0,
        "kind": "fixed",
        "status": "active",
        "owner": "Made-up owner",
        "owner_contact": "owner@lastseen.example",
    }
    return _keep(CameraRow(**{**given, **values}))


def make_footage(camera: CameraRow, **values: Any) -> Footage:
    number = next(_numbers)
    given: dict[str, Any] = {
        "camera_id": camera.id,
        "kind": FootageKind.FILE,
        "path": f"/made-up/recordings/clip-{number}.mp4",
        "sha256": sha256_of(f"clip {number}"),
        "size_bytes": 1_000_000,
        "duration_s": 600.0,
        "frame_rate": 25.0,
        "width_px": 1280,
        "height_px": 720,
        "codec": "h264",
        "started_at": SEEN_AT,
        "ended_at": SEEN_AT + timedelta(seconds=600),
    }
    return _keep(Footage(**{**given, **values}))


def make_embedder(**values: Any) -> Embedder:
    number = next(_numbers)
    given: dict[str, Any] = {
        "name": f"made-up-model-{number}",
        "sha256": sha256_of(f"model {number}"),
        "dimension": DIMENSION,
        "threshold_similarity": 0.36,
        "false_match_rate": 0.0001,
        "threshold_measured_on": "nothing: a test's model",
        "licence": "none",
    }
    return _keep(Embedder(**{**given, **values}))


def make_photo(case: Case, **values: Any) -> ReferencePhoto:
    number = next(_numbers)
    given: dict[str, Any] = {
        "case_id": case.id,
        "sha256": sha256_of(f"photo {number}"),
        "face_sha256": sha256_of(f"photo face {number}"),
        "file_name": f"photo-{number}.jpg",
        "width_px": 800,
        "height_px": 600,
        "quality": {"overall": 0.9, "height_px": 220.0},
    }
    return _keep(ReferencePhoto(**{**given, **values}))


def make_sweep(case: Case, **values: Any) -> Sweep:
    given: dict[str, Any] = {
        "case_id": case.id,
        "ordinal": next(_numbers),
        "window_start": SEEN_AT - timedelta(minutes=10),
        "window_end": SEEN_AT + timedelta(minutes=50),
        "state": SweepState.FINISHED,
        "smallest_face_px": 40,
    }
    return _keep(Sweep(**{**given, **values}))


def make_visit(sweep: Sweep, camera: CameraRow, **values: Any) -> Visit:
    given: dict[str, Any] = {
        "sweep_id": sweep.id,
        "camera_id": camera.id,
        "rank": next(_numbers),
        "distance_m": 120.0,
        "reason": "Made-up reason.",
        "state": VisitState.DONE,
        "seconds_in_window": 3600.0,
        "seconds_held": 600.0,
        "seconds_looked_at": 600.0,
        "frames_looked_at": 3000,
    }
    return _keep(Visit(**{**given, **values}))


def make_face(
    camera: CameraRow, *, sweep: Sweep, embedder: Embedder, seen_at: datetime, **values: Any
) -> Face:
    number = next(_numbers)
    visit = make_visit(sweep, camera)
    footage = make_footage(
        camera, started_at=seen_at - timedelta(seconds=30), **values.pop("footage", {})
    )
    part = _keep(
        VisitPart(
            visit_id=visit.id,
            footage_id=footage.id,
            ordinal=1,
            from_s=0.0,
            to_s=600.0,
            checkpoint_s=600.0,
            done=True,
        )
    )
    embedding = np.random.default_rng(number).normal(size=embedder.dimension)
    given: dict[str, Any] = {
        "visit_id": visit.id,
        "part_id": part.id,
        "camera_id": camera.id,
        "footage_id": footage.id,
        "embedder_id": embedder.id,
        "chunk_from_s": 0.0,
        "ordinal": 1,
        "embedding": embedding / np.linalg.norm(embedding),
        "first_s": 28.0,
        "last_s": 33.0,
        "best_s": 30.0,
        "first_at": seen_at - timedelta(seconds=2),
        "last_at": seen_at + timedelta(seconds=3),
        "best_at": seen_at,
        "box_xyxy": [100.0, 100.0, 180.0, 200.0],
        "crop_sha256": sha256_of(f"crop {number}"),
        "quality": {"overall": 0.8, "yaw_deg": 5.0},
        "face_height_px": 100.0,
        "frames_seen": 25,
        "expires_at": seen_at + timedelta(days=365),
    }
    return _keep(Face(**{**given, **values}))


def make_sighting(
    case: Case,
    *,
    camera: CameraRow | None = None,
    sweep: Sweep | None = None,
    embedder: Embedder | None = None,
    photo: ReferencePhoto | None = None,
    seen_at: datetime = SEEN_AT,
    face: dict[str, Any] | None = None,
    **values: Any,
) -> Sighting:
    camera = camera or make_camera()
    embedder = embedder or make_embedder()
    row = make_face(
        camera,
        sweep=sweep or make_sweep(case),
        embedder=embedder,
        seen_at=seen_at,
        **(face or {}),
    )
    given: dict[str, Any] = {
        "case_id": case.id,
        "face_id": row.id,
        "camera_id": camera.id,
        "embedder_id": embedder.id,
        "reference_photo_id": photo.id if photo else None,
        "similarity": 0.52,
        "threshold_similarity": 0.36,
        **standing_as(values.get("state", SightingState.CANDIDATE)),
        "seen_at": seen_at,
        "latitude_deg": camera.latitude_deg,
        "longitude_deg": camera.longitude_deg,
    }
    return _keep(Sighting(**{**given, **values}))


def standing_as(state: SightingState) -> dict[str, Any]:
    """What one person's verdict makes of a sighting where one review is enough."""
    awaits = {SightingState.CANDIDATE: ReviewStage.FIRST, SightingState.UNSURE: ReviewStage.SECOND}
    return {
        "state": state,
        "is_lead": state is SightingState.CONFIRMED,
        "awaits": awaits.get(state),
        "reviews_needed": 1,
    }


def make_confirmed_route(case: Case, count: int) -> list[Sighting]:
    """`count` confirmed sightings, 5 minutes and some 150 m apart, each with its review."""
    sweep, embedder = make_sweep(case), make_embedder()
    made = []
    for step in range(count):
        camera = make_camera(
            latitude_deg=CENTRE_LATITUDE_DEG + 0.001 * step,
            longitude_deg=CENTRE_LONGITUDE_DEG + 0.001 * step,
        )
        sighting = make_sighting(
            case,
            camera=camera,
            sweep=sweep,
            embedder=embedder,
            seen_at=SEEN_AT + timedelta(minutes=5 * step),
            state=SightingState.CONFIRMED,
        )
        make_review(sighting)
        made.append(sighting)
    return made


def make_review(sighting: Sighting, **values: Any) -> Review:
    given: dict[str, Any] = {
        "sighting_id": sighting.id,
        "reviewer_name": "reviewer@lastseen.example",
        "verdict": Verdict.CONFIRMED,
    }
    return _keep(Review(**{**given, **values}))
