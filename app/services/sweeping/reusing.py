"""Answering a visit from faces that are kept of an earlier look at the same recording.

Decoding is what costs. What was looked through for another case, by the same model and with means
at least as good, and of which every face is still kept, need not be decoded again: its faces are
compared with this case's photos at once. Only the rest is left for the decoder. Whose case it was
is told to nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from sqlalchemy import func, select

from app.extensions import db
from app.models import (
    Embedder,
    Face,
    FootageKind,
    Sweep,
    Visit,
    VisitPart,
)
from app.models.columns import utc_now
from app.services.embeddings import galleries
from app.services.persons import comparing
from app.services.reviews import sightings
from app.services.sweeping import progress, visits
from app.services.sweeping.chunks import LookAt
from app.services.sweeping.stretches import Stretch, without
from app.services.sweeping.visit_values import LookedWith

BATCH = 2000
NOT_ABOUT_TO_EXPIRE = timedelta(minutes=5)


@dataclass(frozen=True)
class _Piece:
    """A stretch of a recording, and the part of another visit that has looked at it."""

    from_s: float
    to_s: float
    source: VisitPart

    @property
    def seconds_seen(self) -> float:
        """What the source really saw, taken as even over all that it went through."""
        gone_through_s = self.source.checkpoint_s - self.source.from_s
        return self.source.seconds_seen * (self.to_s - self.from_s) / gone_through_s


def answer_from_kept(look_at: LookAt) -> int:
    """Answer what can be answered, and cut it out of the visit's open parts.

    All of it is one transaction. Returns how many sightings were proposed. Raises VisitEnded.
    """
    visit = visits.hold(look_at.held)
    proposed = 0
    for part in [one for one in visit.parts if _is_open_recording(one)]:
        pieces = _pieces(visit, part, look_at.embedder, look_at.means)
        if pieces:
            _carve(visit, part, [(piece.from_s, piece.to_s) for piece in pieces])
            proposed += sum(_answer(visit, piece, look_at.embedder) for piece in pieces)
    visit.sightings_found += proposed
    progress.publish_visit(visit)
    progress.publish_sweep(visit.sweep)
    db.session.commit()
    return proposed


def _is_open_recording(part: VisitPart) -> bool:
    return not part.done and part.footage.kind is FootageKind.FILE


def _pieces(
    visit: Visit, part: VisitPart, embedder: Embedder, means: LookedWith
) -> Sequence[_Piece]:
    """Stretches of what is left of the part that kept faces can answer; none overlaps another."""
    found: list[_Piece] = []
    for source in _sources(visit, part, embedder, means):
        overlap = max(part.checkpoint_s, source.from_s), min(part.to_s, source.checkpoint_s)
        if overlap[0] < overlap[1]:
            taken = [(piece.from_s, piece.to_s) for piece in found]
            found += [_Piece(*free, source) for free in without(overlap, taken)]
    return found


def _sources(
    visit: Visit, part: VisitPart, embedder: Embedder, means: LookedWith
) -> Sequence[VisitPart]:
    """Other cases' parts of the recording, as good as one of ours, all of whose faces are kept."""
    kept = (
        select(func.count())
        .select_from(Face)
        .where(Face.part_id == VisitPart.id, Face.expires_at > utc_now() + NOT_ABOUT_TO_EXPIRE)
        .scalar_subquery()
    )
    return db.session.scalars(
        select(VisitPart)
        .join(Visit, Visit.id == VisitPart.visit_id)
        .join(Sweep, Sweep.id == Visit.sweep_id)
        .where(
            VisitPart.footage_id == part.footage_id,
            Sweep.case_id != visit.sweep.case_id,
            VisitPart.is_reused.is_(False),
            VisitPart.problem.is_(None),
            VisitPart.embedder_id == embedder.id,
            VisitPart.detector == means.detector,
            VisitPart.smallest_face_px <= means.smallest_face_px,
            VisitPart.frames_per_second >= means.frames_per_second,
            VisitPart.frame_side_px >= means.frame_side_px,
            VisitPart.checkpoint_s > VisitPart.from_s,
            VisitPart.faces_found == kept,
        )
        .order_by(VisitPart.looked_at.desc(), VisitPart.id)
    ).all()


def _carve(visit: Visit, part: VisitPart, answered: Sequence[Stretch]) -> None:
    """Leave the part what was looked at already, or its first open stretch; more get parts."""
    left = without((part.checkpoint_s, part.to_s), answered)
    if part.checkpoint_s > part.from_s:
        part.to_s, part.done = part.checkpoint_s, True
    elif left:
        part.from_s, part.to_s = left.pop(0)
        part.checkpoint_s = part.from_s
    else:
        visit.parts.remove(part)
    for from_s, to_s in left:
        _add(visit, VisitPart(footage=part.footage, from_s=from_s, to_s=to_s, checkpoint_s=from_s))
    db.session.flush()


def _answer(visit: Visit, piece: _Piece, embedder: Embedder) -> int:
    """Compare a piece's kept faces with the case, and enter it as looked at."""
    faces, proposed = _compare(visit, piece, embedder)
    source = piece.source
    _add(
        visit,
        VisitPart(
            footage=source.footage,
            from_s=piece.from_s,
            to_s=piece.to_s,
            checkpoint_s=piece.to_s,
            seconds_seen=piece.seconds_seen,
            done=True,
            looked_at=source.looked_at,
            embedder_id=source.embedder_id,
            detector=source.detector,
            smallest_face_px=source.smallest_face_px,
            frames_per_second=source.frames_per_second,
            frame_side_px=source.frame_side_px,
            faces_found=faces,
            is_reused=True,
        ),
    )
    visit.seconds_looked_at += piece.to_s - piece.from_s
    visit.seconds_seen += piece.seconds_seen
    visit.faces_found += faces
    visit.embedder_id, visit.detector = source.embedder_id, source.detector
    return proposed


def _compare(visit: Visit, piece: _Piece, embedder: Embedder) -> tuple[int, int]:
    """How many kept faces there are, and how many were proposed.

    The case's persons of interest are asked for beside its subject, and not counted.
    """
    gallery = galleries.case_gallery(visit.sweep.case, embedder)
    faces = proposed = last_id = 0
    while rows := _kept_faces(piece, last_id):
        faces, last_id = faces + len(rows), rows[-1][0].id
        embeddings = np.stack([galleries.numbers(raw) for _, raw in rows])
        days = [galleries.day_of(face.best_at) for face, _ in rows]
        found = gallery.match_all(embeddings, embedder.sha256, days)
        for (face, _), matches in zip(rows, found, strict=True):
            proposed += sum(sightings.propose(face, match) is not None for match in matches)
        kept = zip((face for face, _ in rows), embeddings, strict=True)
        comparing.compare(visit, list(kept), embedder)
    return faces, proposed


def _kept_faces(piece: _Piece, after_id: int) -> Sequence[tuple[Face, bytes]]:
    """A batch of the piece's faces, held so that none expires before the commit."""
    rows = db.session.execute(
        select(Face, galleries.sent(Face.embedding))
        .where(
            Face.part_id == piece.source.id,
            Face.id > after_id,
            Face.last_s >= piece.from_s,
            Face.first_s <= piece.to_s,
        )
        .order_by(Face.id)
        .limit(BATCH)
        .with_for_update(read=True, key_share=True, of=Face)
    )
    return [(face, raw) for face, raw in rows]


def _add(visit: Visit, part: VisitPart) -> None:
    part.ordinal = max((one.ordinal for one in visit.parts), default=0) + 1
    visit.parts.append(part)
    db.session.flush()
