"""Deleting what a case holds: rows, files, and the messages that told of it.

What other cases rest on stays with them: a face that this case's sweep recorded and that is a
sighting of another case goes over to that case, in a sweep of its own that names no other case.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, delete, func, or_, select, update

from app.extensions import db
from app.models import (
    Alert,
    AlertNotice,
    Case,
    ContributedFace,
    ContributedPhoto,
    Delivery,
    Face,
    FootageRequest,
    LastKnownLocationRow,
    NoticeState,
    OutgoingMessage,
    ReferencePhoto,
    Report,
    Sighting,
    SightingClip,
    Sweep,
    SweepState,
    Tip,
    TipState,
    Visit,
    VisitState,
)
from app.services.base import kept_pictures, media
from app.services.persons import purging as persons
from app.services.prioritisation import search_models
from app.services.requests import deliveries
from app.services.reviews import clips

KEPT_NOTE = "Faces of an earlier look that sightings of this case rest on."


@dataclass(frozen=True)
class Purged:
    """How much was deleted; `faces_kept` went over to other cases."""

    photos: int
    faces: int
    faces_kept: int
    sightings: int
    tips: int
    reports: int
    locations: int
    messages: int
    files: int
    file_bytes: int


@dataclass(frozen=True)
class _Files:
    """What lies on disk for a case."""

    pictures: frozenset[str]
    clips: frozenset[str]


def delete_case(case: Case) -> Purged:
    """Delete a case and everything that it holds. Does not commit.

    Whoever calls holds the lock on pictures, and has seen to it that nothing is searched any more.
    """
    tips, faces = _tips_of(case), _faces_of(case)
    kept = _hand_over(case, faces)
    gone = faces - kept
    files = _files_of(case, tips, gone)
    counts = {
        "photos": _count(ReferencePhoto, case),
        "sightings": _count(Sighting, case),
        "reports": _count(Report, case),
        "locations": _count(LastKnownLocationRow, case),
    }
    part_files = deliveries.unfinished_files(_requests_of(case))
    messages = _delete_messages(case) + persons.delete_messages(case)
    db.session.execute(delete(Tip).where(Tip.id.in_(tips)))
    db.session.execute(delete(Sighting).where(Sighting.case_id == case.id))
    persons.delete_sightings(case)
    db.session.execute(delete(Face).where(Face.id.in_(gone)))
    db.session.flush()
    db.session.execute(delete(Case).where(Case.id == case.id))
    sizes = _discard(files)
    sizes += [size for path in part_files if (size := media.discard_path(path)) is not None]
    search_models.discard_unused()
    return Purged(
        faces=len(gone),
        faces_kept=len(kept),
        tips=len(tips),
        messages=messages,
        files=len(sizes),
        file_bytes=sum(sizes),
        **counts,
    )


def is_being_searched(case: Case) -> bool:
    """Whether a worker is at one of the case's visits right now."""
    running = select(Visit.id).join(Sweep, Sweep.id == Visit.sweep_id)
    wanted = running.where(Sweep.case_id == case.id, Visit.state == VisitState.RUNNING).limit(1)
    return db.session.scalar(wanted) is not None


def _tips_of(case: Case) -> set[int]:
    """Tips that were taken into the case, or came by its poster and were taken into no other."""
    by_poster = (Tip.case_id == case.id) & or_(
        Tip.decided_case_id.is_(None), Tip.decided_case_id == case.id
    )
    taken = (Tip.decided_case_id == case.id) & (Tip.state == TipState.ACCEPTED)
    return set(db.session.scalars(select(Tip.id).where(or_(by_poster, taken))))


def _faces_of(case: Case) -> set[int]:
    """Faces that the case's sweeps recorded, and those that are its sightings, whoever's sweep."""
    recorded = (
        select(Face.id)
        .join(Visit, Visit.id == Face.visit_id)
        .join(Sweep, Sweep.id == Visit.sweep_id)
        .where(Sweep.case_id == case.id)
    )
    seen = select(Sighting.face_id).where(Sighting.case_id == case.id)
    return {*db.session.scalars(recorded), *db.session.scalars(seen), *persons.faces_of(case)}


def _hand_over(case: Case, faces: set[int]) -> set[int]:
    """Which faces other cases' sightings rest on; their visits go over to one of those cases."""
    rows = db.session.execute(
        select(Sighting.face_id, func.min(Sighting.case_id), Face.visit_id, Sweep.case_id)
        .join(Face, Face.id == Sighting.face_id)
        .join(Visit, Visit.id == Face.visit_id)
        .join(Sweep, Sweep.id == Visit.sweep_id)
        .where(Sighting.face_id.in_(faces), Sighting.case_id != case.id)
        .group_by(Sighting.face_id, Face.visit_id, Sweep.case_id)
    ).all()
    of_persons = persons.heirs_of_faces(case, faces)
    heirs = {
        visit_id: heir for _, heir, visit_id, owner in (*rows, *of_persons) if owner == case.id
    }
    for visit_id, heir in heirs.items():
        _give_visit(visit_id, heir)
    db.session.flush()
    return {row[0] for row in (*rows, *of_persons)}


def _give_visit(visit_id: int, case_id: int) -> None:
    visit = db.session.get_one(Visit, visit_id)
    before = visit.sweep
    last = select(func.coalesce(func.max(Sweep.ordinal), 0)).where(Sweep.case_id == case_id)
    sweep = Sweep(
        case_id=case_id,
        ordinal=(db.session.scalar(last) or 0) + 1,
        window_start=before.window_start,
        window_end=before.window_end,
        state=SweepState.FINISHED,
        smallest_face_px=before.smallest_face_px,
        note=KEPT_NOTE,
        is_inherited=True,
        created_at=before.created_at,
        started_at=before.started_at,
        finished_at=before.finished_at,
    )
    db.session.add(sweep)
    db.session.flush()
    # The reason of its rank may name a place of the case that goes.
    visit.sweep_id, visit.rank, visit.reason, visit.distance_m = sweep.id, 1, "", None
    db.session.flush()


def _files_of(case: Case, tips: set[int], faces: set[int]) -> _Files:
    photos = db.session.execute(
        select(ReferencePhoto.sha256, ReferencePhoto.face_sha256).where(
            ReferencePhoto.case_id == case.id
        )
    )
    pictures = {sha256 for row in photos for sha256 in row}
    pictures |= set(db.session.scalars(select(Face.crop_sha256).where(Face.id.in_(faces))))
    pictures |= persons.pictures_of(case)
    of_tips = ContributedPhoto.tip_id.in_(tips)
    pictures |= set(db.session.scalars(select(ContributedPhoto.sha256).where(of_tips)))
    crops = select(ContributedFace.crop_sha256).join(
        ContributedPhoto, ContributedPhoto.id == ContributedFace.photo_id
    )
    pictures |= set(db.session.scalars(crops.where(of_tips)))
    alerts = select(Alert.crop_sha256).where(Alert.case_id == case.id)
    pictures |= {sha256 for sha256 in db.session.scalars(alerts) if sha256}
    kept_clips = (
        select(SightingClip.sha256)
        .join(Sighting, Sighting.id == SightingClip.sighting_id)
        .where(Sighting.case_id == case.id)
    )
    return _Files(
        frozenset(pictures), frozenset(one for one in db.session.scalars(kept_clips) if one)
    )


def _requests_of(case: Case) -> Select[Delivery]:
    return (
        select(Delivery)
        .join(FootageRequest, FootageRequest.id == Delivery.request_id)
        .where(FootageRequest.case_id == case.id)
    )


def _delete_messages(case: Case) -> int:
    """Messages that told of the case. What else they would have told is told anew."""
    told = (
        select(AlertNotice.message_id)
        .join(Alert, Alert.id == AlertNotice.alert_id)
        .where(Alert.case_id == case.id, AlertNotice.message_id.is_not(None))
    )
    ids = set(db.session.scalars(told))
    unsent = select(OutgoingMessage.id).where(
        OutgoingMessage.id.in_(ids), OutgoingMessage.ended_at.is_(None)
    )
    others = select(Alert.id).where(Alert.case_id != case.id)
    db.session.execute(
        update(AlertNotice)
        .where(AlertNotice.message_id.in_(unsent), AlertNotice.alert_id.in_(others))
        .values(state=NoticeState.PENDING, message_id=None)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(delete(OutgoingMessage).where(OutgoingMessage.id.in_(ids)))
    return len(ids)


def _discard(files: _Files) -> list[int]:
    sizes = kept_pictures.discard_unnamed(set(files.pictures))
    unnamed = set(files.clips) - clips.still_named(set(files.clips))
    sizes += [
        size for one in sorted(unnamed) if (size := media.discard(one, clips.SUFFIX)) is not None
    ]
    return sizes


def _count(model: type, case: Case) -> int:
    """How many rows of a table are the case's."""
    of_case = model.case_id == case.id  # type: ignore[attr-defined]
    return db.session.scalar(select(func.count()).select_from(model).where(of_case)) or 0
