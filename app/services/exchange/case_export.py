"""The full export of a case: the evidence bundle, and beside it all rows and pictures of it."""

from __future__ import annotations

import base64
import enum
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, or_, select, true

from app.errors import NotFound
from app.extensions import db
from app.models import (
    Alert,
    AlertNotice,
    Case,
    CaseMember,
    CasePurge,
    ContributedFace,
    ContributedMatch,
    ContributedPhoto,
    Delivery,
    Face,
    FaceSearch,
    FaceSearchResult,
    FootageRequest,
    FootageRequestCamera,
    ImportedCase,
    LastKnownLocationRow,
    PhotoReceipt,
    ReferencePhoto,
    Report,
    ReportMark,
    Review,
    Sighting,
    SightingClip,
    SightingSimilarity,
    StreamOutage,
    Sweep,
    Tip,
    TipMessage,
    Trace,
    Visit,
    VisitPart,
)
from app.services.base import audit, media, person_records
from app.services.base.actors import Actor
from app.services.base.rights import PERSONS
from app.services.papers import evidence
from app.services.papers import evidence_records as records
from app.services.papers.evidence import Bundle, Packing
from app.services.persons import exporting
from app.services.reviews import clips

LEFT_OUT: Final = frozenset({"embedding", "position", "token_sha256", "secret_hash", "form_id"})
"""Columns that stay: biometric templates, derived positions, and what opens a door."""
BATCH: Final = 500


def export_case(actor: Actor, case: Case) -> Bundle:
    """Pack all that the product holds of a case. The audit log gets the bundle's hashes.

    Persons of interest are in it only where `actor` has the right to them. Raises TooLarge beyond
    the limits of an evidence bundle.
    """
    with_persons = PERSONS.held_by(actor)
    bundle = evidence.build(
        actor,
        case,
        f"case-{case.number}.zip",
        lambda packing: _add_all(case, packing, with_persons=with_persons),
    )
    details = {"size_bytes": bundle.size_bytes, "files": bundle.files, "sha256": bundle.sha256}
    details["manifest_sha256"] = bundle.manifest_sha256
    audit.record(
        actor, "case.export", case=case, subject=f"export of {case.number}", details=details
    )
    if with_persons:
        person_records.note(actor, "export", case, details={"sha256": bundle.sha256})
    audit.commit()
    return bundle


def conditions(case: Case, *, with_persons: bool = False) -> dict[str, ColumnElement[bool]]:
    """By table, which of its rows are the case's. Faces are those of its sightings only.

    Without `with_persons` nothing in them tells that there is a person of interest.
    """
    sightings = select(Sighting.id).where(Sighting.case_id == case.id)
    sweeps = select(Sweep.id).where(Sweep.case_id == case.id)
    visits = select(Visit.id).where(Visit.sweep_id.in_(sweeps))
    parts = select(VisitPart.id).where(VisitPart.visit_id.in_(visits))
    requests = select(FootageRequest.id).where(FootageRequest.case_id == case.id)
    tips = select(Tip.id).where(or_(Tip.case_id == case.id, Tip.decided_case_id == case.id))
    photos = select(ContributedPhoto.id).where(ContributedPhoto.tip_id.in_(tips))
    owned = (
        ReferencePhoto, LastKnownLocationRow, CaseMember, CasePurge, Trace, Report, Sweep,
        Sighting, FaceSearch, FootageRequest, ContributedMatch, ImportedCase, PhotoReceipt,
    )  # fmt: skip
    found: dict[str, ColumnElement[bool]] = {
        model.__tablename__: model.case_id == case.id for model in owned
    }
    alerts = (Alert.case_id == case.id) & (true() if with_persons else Alert.person_id.is_(None))
    of_sightings = Face.id.in_(select(Sighting.face_id).where(Sighting.case_id == case.id))
    return {
        **(exporting.conditions(case) if with_persons else {}),
        "cases": Case.id == case.id,
        **found,
        "alerts": alerts,
        "report_marks": ReportMark.report_id.in_(
            select(Report.id).where(Report.case_id == case.id)
        ),
        "visits": Visit.sweep_id.in_(sweeps),
        "visit_parts": VisitPart.visit_id.in_(visits),
        "stream_outages": StreamOutage.part_id.in_(parts),
        "faces": of_sightings | exporting.is_face_of(case) if with_persons else of_sightings,
        "sighting_similarities": SightingSimilarity.sighting_id.in_(sightings),
        "sighting_clips": SightingClip.sighting_id.in_(sightings),
        "reviews": Review.sighting_id.in_(sightings),
        "face_search_results": FaceSearchResult.search_id.in_(
            select(FaceSearch.id).where(FaceSearch.case_id == case.id)
        ),
        "alert_notices": AlertNotice.alert_id.in_(select(Alert.id).where(alerts)),
        "footage_request_cameras": FootageRequestCamera.request_id.in_(requests),
        "footage_deliveries": Delivery.request_id.in_(requests),
        "tips": Tip.id.in_(tips),
        "tip_messages": TipMessage.tip_id.in_(tips),
        "contributed_photos": ContributedPhoto.tip_id.in_(tips),
        "contributed_faces": ContributedFace.photo_id.in_(photos),
    }


NOT_EXPORTED: Final = {
    "case_distinctions": "each names another case; the audit log of this one has its entry",
    "live_events": "what open maps were told; gone within a day",
    "search_plans": "computed from what is exported",
    "alert_preferences": "how people want to be told, not what of",
}
"""Tables with rows of a case that say nothing of it."""


def _add_all(case: Case, packing: Packing, *, with_persons: bool) -> None:
    contents = _contents(case) + (exporting.CONTENTS if with_persons else "")
    packing.add("CONTENTS.txt", contents.encode("utf-8"))
    tables = db.metadata.tables
    for name, condition in sorted(conditions(case, with_persons=with_persons).items()):
        packing.add(f"all/{name}.json", records.as_json(list(_rows(tables[name], condition))))
    for folder, suffix, hashes in _files(case, with_persons=with_persons):
        for sha256 in sorted(set(hashes)):
            try:
                data = media.path_of(sha256, suffix).read_bytes()
            except (NotFound, FileNotFoundError):
                continue  # its time was over; the rows keep the hash
            packing.add(f"all/{folder}/{sha256}.{suffix}", data)


def _rows(table: Table, condition: ColumnElement[bool]) -> Iterator[dict[str, Any]]:
    columns = [column for column in table.columns if column.name not in LEFT_OUT]
    statement = select(*columns).where(condition).order_by(*table.primary_key.columns)
    for row in db.session.execute(statement.execution_options(yield_per=BATCH)).mappings():
        yield {str(name): _plain(value) for name, value in row.items()}


def _files(case: Case, *, with_persons: bool = False) -> list[tuple[str, str, Sequence[str]]]:
    where = conditions(case, with_persons=with_persons)

    def hashes(column: Any, table: str, *conditions: ColumnElement[bool]) -> list[str]:
        statement = select(column).where(where[table], *conditions)
        return [one for one in db.session.scalars(statement) if one]

    # The picture of a purged photo may still be there for another case; it is not this one's.
    is_kept = ReferencePhoto.purged_at.is_(None)
    photos = hashes(ReferencePhoto.sha256, "reference_photos", is_kept)
    cut_out = hashes(ReferencePhoto.face_sha256, "reference_photos", is_kept)
    tips = hashes(ContributedPhoto.sha256, "contributed_photos")
    of_tips = hashes(ContributedFace.crop_sha256, "contributed_faces")
    persons = exporting.pictures_of(case) if with_persons else []
    return [
        ("persons", media.PICTURE, persons),
        ("photos", media.PICTURE, [*photos, *cut_out]),
        ("crops", media.PICTURE, hashes(Face.crop_sha256, "faces")),
        ("tips", media.PICTURE, [*tips, *of_tips]),
        ("clips", clips.SUFFIX, hashes(SightingClip.sha256, "sighting_clips")),
    ]


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return float(value) if isinstance(value, Decimal) else value


def _contents(case: Case) -> str:
    return f"""\
Full export of case {case.number}

README.txt, verify.py and the files beside them are those of an evidence bundle, which see.
verify.py checks all files of this export against the manifest, whose SHA-256 is in the audit log
with the action case.export.

all/TABLE.json      every row of the case, table by table, as it stands in the database: the case,
                    its photos, places, reports, sweeps, visits, sightings (rejected ones too),
                    reviews, searches, alerts, requests, tips and their messages
all/photos/         reference photos and the faces cut out of them, named by SHA-256
all/crops/          the faces of all sightings, also of rejected ones: these show other people
all/tips/           photos of tips, and the faces in them
all/clips/          the seconds around sightings

Not in it: embeddings (a model makes them again from the photos), faces of the case's sweeps that
are no sighting of it, recordings, secrets of links and tips, and accounts but for their ids and
names where a row names them.
"""
