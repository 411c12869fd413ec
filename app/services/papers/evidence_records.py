"""What an evidence bundle says of a case, as JSON records with sorted keys."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.extensions import db
from app.models import (
    AgeThreshold,
    Case,
    Embedder,
    Face,
    Footage,
    FootageKind,
    ReferencePhoto,
    Review,
    Sighting,
    SightingClip,
    SightingSimilarity,
)
from app.models.audit import AuditEntry
from app.outputs import LEAD_NOTICE
from app.outputs.age_gaps import gap_of
from app.outputs.cases import plain_quality
from app.services.base.audit import canonical_bytes
from app.services.reviews.standing import reviewer_of

Record = dict[str, Any]
"""One JSON object; it is written at once and goes nowhere else."""

CHAIN_BATCH: Final = 10_000


def as_json(value: object) -> bytes:
    """Readable JSON, the same for the same content."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
    return text.encode("utf-8") + b"\n"


def case_record(case: Case, made_by: str, made_at: datetime) -> Record:
    """The case, and whose bundle this is."""
    return {
        "case_number": case.number,
        "state": case.state.value,
        "purpose": case.purpose,
        "legal_basis": case.legal_basis,
        "legal_basis_expires_at": _time(case.legal_basis_expires_at),
        "timezone": case.timezone,
        "made_up": case.made_up,
        "bundle_made_by": made_by,
        "bundle_made_at": _time(made_at),
        "notice": LEAD_NOTICE,
    }


def all_sightings(case: Case) -> Sequence[Sighting]:
    """Every sighting of the case, whatever its state, in order of time."""
    return db.session.scalars(
        select(Sighting)
        .where(Sighting.case_id == case.id)
        .options(
            joinedload(Sighting.camera),
            joinedload(Sighting.embedder),
            joinedload(Sighting.reference_photo),
            selectinload(Sighting.similarities).joinedload(SightingSimilarity.age_threshold),
            joinedload(Sighting.face).joinedload(Face.footage),
        )
        .order_by(Sighting.seen_at, Sighting.id)
    ).all()


def sighting_record(sighting: Sighting, has_crop: bool, clip: SightingClip | None) -> Record:
    """A sighting with its face, camera, recording and model; `crop` and `clip` are its files."""
    face, camera, photo = sighting.face, sighting.camera, sighting.reference_photo
    gap = None if photo is None else gap_of(photo, sighting)
    by_age = sighting.age_threshold
    return {
        "id": sighting.id,
        "state": sighting.state.value,
        "is_lead": sighting.is_lead,
        "standing": sighting.standing,
        "reviews_needed": sighting.reviews_needed,
        "seen_at": _time(sighting.seen_at),
        "latitude_deg": sighting.latitude_deg,
        "longitude_deg": sighting.longitude_deg,
        "similarity": sighting.similarity,
        "threshold_similarity": sighting.threshold_similarity,
        "threshold_by_age": None if by_age is None else _by_age(by_age),
        "model_sha256": sighting.embedder.sha256,
        "reference_photo_sha256": None if photo is None else photo.sha256,
        "reference_photo_artificial": None if photo is None else photo.artificial,
        "reference_photo_age_gap": None if gap is None else gap.words,
        "crop_sha256": face.crop_sha256,
        "crop": f"crops/{face.crop_sha256}.jpg" if has_crop else None,
        "clip": None if clip is None else _clip(clip),
        "face": {
            "first_at": _time(face.first_at),
            "last_at": _time(face.last_at),
            "best_at": _time(face.best_at),
            "first_s": face.first_s,
            "last_s": face.last_s,
            "best_s": face.best_s,
            "box_xyxy": face.box_xyxy,
            "face_height_px": face.face_height_px,
            "frames_seen": face.frames_seen,
            "quality": plain_quality(face.quality),
        },
        "camera": {
            "id": camera.id,
            "source": camera.source,
            "ref": camera.ref,
            "name": camera.name,
            "clock_offset_s": camera.clock_offset_s,
        },
        "recording": _recording(face.footage),
    }


def _by_age(row: AgeThreshold) -> Record:
    """The measurement that the threshold rests on, before the case's own raise."""
    return {
        "from_years": row.from_years,
        "below_years": row.below_years,
        "threshold_similarity": row.threshold_similarity,
        "false_match_rate": row.false_match_rate,
        "stranger_pairs": row.stranger_pairs,
        "same_person_pairs": row.same_person_pairs,
        "source": row.source,
        "measured_at": _time(row.measured_at),
        "measured_by": row.measured_by_name,
    }


def review_records(case: Case) -> list[Record]:
    """All verdicts on the case's sightings, oldest first, those that were taken back too."""
    rows = db.session.scalars(
        select(Review)
        .join(Sighting, Sighting.id == Review.sighting_id)
        .where(Sighting.case_id == case.id)
        .order_by(Review.id)
    )
    return [
        {
            "id": review.id,
            "sighting_id": review.sighting_id,
            "reviewer": reviewer_of(review),
            "reviewer_name": review.reviewer_name,
            "blind": review.blind,
            "comparison": review.comparison,
            "verdict": review.verdict.value,
            "remarks": review.remarks,
            "created_at": _time(review.created_at),
            "undone_at": None if review.undone_at is None else _time(review.undone_at),
        }
        for review in rows
    ]


def model_records(sightings: Iterable[Sighting]) -> list[Record]:
    """The models that compared the sightings, with hashes, thresholds and measured rates."""
    embedders: dict[int, Embedder] = {one.embedder_id: one.embedder for one in sightings}
    return [
        {
            "name": embedder.name,
            "sha256": embedder.sha256,
            "dimension": embedder.dimension,
            "threshold_similarity": embedder.threshold_similarity,
            "false_match_rate": embedder.false_match_rate,
            "threshold_measured_on": embedder.threshold_measured_on,
            "licence": embedder.licence,
            "fallback": embedder.fallback,
        }
        for _, embedder in sorted(embedders.items())
    ]


def photo_records(case: Case) -> list[Record]:
    """The reference photos by their hashes; the pictures themselves stay in the product."""
    rows = db.session.scalars(
        select(ReferencePhoto).where(ReferencePhoto.case_id == case.id).order_by(ReferencePhoto.id)
    )
    return [
        {
            "file_name": photo.file_name,
            "sha256": photo.sha256,
            "face_sha256": photo.face_sha256,
            "artificial": photo.artificial,
            "taken": photo.taken,
            "width_px": photo.width_px,
            "height_px": photo.height_px,
            "active": photo.active,
            "purged_at": None if photo.purged_at is None else _time(photo.purged_at),
            "created_at": _time(photo.created_at),
        }
        for photo in rows
    ]


def audit_lines(case: Case) -> Iterator[bytes]:
    """The case's audit entries, each as exactly the bytes that its hash was made from."""
    table = AuditEntry.__table__
    rows = db.session.execute(
        select(table).where(table.c.case_number == case.number).order_by(table.c.id)
    )
    for row in rows.mappings():
        yield canonical_bytes(dict(row)) + b"\n"


def first_entry_id(case: Case) -> int | None:
    """Where the case begins in the audit log."""
    return db.session.scalar(
        select(AuditEntry.id)
        .where(AuditEntry.case_number == case.number)
        .order_by(AuditEntry.id)
        .limit(1)
    )


def chain_lines(from_id: int) -> Iterator[bytes]:
    """Id and hash of every entry of the log from `from_id` on, whatever case it is of."""
    last_id = from_id - 1
    while True:
        rows = db.session.execute(
            select(AuditEntry.id, AuditEntry.entry_hash)
            .where(AuditEntry.id > last_id)
            .order_by(AuditEntry.id)
            .limit(CHAIN_BATCH)
        ).all()
        for entry_id, entry_hash in rows:
            yield f"{entry_id} {entry_hash}\n".encode("ascii")
        if len(rows) < CHAIN_BATCH:
            return
        last_id = rows[-1][0]


def _clip(clip: SightingClip) -> Record:
    return {
        "path": f"clips/{clip.sha256}.mp4",
        "sha256": clip.sha256,
        "from_s": clip.from_s,
        "to_s": clip.to_s,
        "recording_sha256": clip.recording_sha256,
        "made_at": _time(clip.made_at),
    }


def _recording(footage: Footage) -> Record:
    is_file = footage.kind is FootageKind.FILE
    return {
        "id": footage.id,
        "kind": footage.kind.value,
        "file_name": PurePath(footage.path).name if is_file else None,
        "sha256": footage.sha256,
        "size_bytes": footage.size_bytes,
        "started_at": _time(footage.started_at),
        "clock_offset_s": footage.clock_offset_s,
        "made_up": footage.made_up,
    }


def _time(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="microseconds")
