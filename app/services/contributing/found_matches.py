"""Found persons as investigators see them: matches with cases of theirs, and what they decide.

Where the person is now is shown with a match of a case that the account may see, or to whoever said
why they need it. Who that was, the audit log says; what one person gave as a reason opens nothing
for others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import selectinload

from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.models import (
    AuditEntry,
    Case,
    CaseState,
    ContributedFace,
    ContributedMatch,
    ContributedPhoto,
    FoundPerson,
    FoundState,
    MatchState,
)
from app.models.columns import utc_now
from app.services.base import access, audit, live
from app.services.base.actors import Actor
from app.services.base.pages import Page, paginate
from app.services.contributing.contribution_matches import matches_of_photos

ASKED: Final = "found.ask_whereabouts"


@dataclass(frozen=True, eq=False)
class FoundView:
    """An entry, its matches with the account's cases, and whether the whereabouts are shown."""

    entry: FoundPerson
    matches: Sequence[ContributedMatch]
    shows_whereabouts: bool


def list_persons(
    actor: Actor, page: int, per_page: int, *, only_matches: bool
) -> Page[FoundPerson]:
    """Open entries of all partners; those that match a case of the account's first."""
    matches = _matches_case_of(actor)
    statement = (
        select(FoundPerson)
        .options(selectinload(FoundPerson.photos))
        .where(FoundPerson.state == FoundState.OPEN)
        .order_by(matches.desc(), FoundPerson.id.desc())
    )
    if only_matches:
        statement = statement.where(matches)
    return paginate(statement, page, per_page)


def look_over(actor: Actor, page: int, per_page: int, *, only_matches: bool) -> Page[FoundPerson]:
    """As `list_persons`; the look is in the audit log."""
    details = {"page": page, "only_matches": only_matches}
    audit.record(actor, "found.list", details=details)
    audit.commit()
    return list_persons(actor, page, per_page, only_matches=only_matches)


def matched_ids(actor: Actor, entries: Sequence[FoundPerson]) -> frozenset[int]:
    """Which of these entries match a case of the account's."""
    ids = [entry.id for entry in entries]
    return frozenset(
        db.session.scalars(
            select(FoundPerson.id).where(FoundPerson.id.in_(ids), _matches_case_of(actor))
        )
    )


def waiting_count(actor: Actor) -> int:
    """How many matches of found persons wait for this account's decision."""
    return len(
        db.session.scalars(
            select(ContributedMatch.id)
            .join(Case, Case.id == ContributedMatch.case_id)
            .join(ContributedFace, ContributedFace.id == ContributedMatch.face_id)
            .join(ContributedPhoto, ContributedPhoto.id == ContributedFace.photo_id)
            .where(
                ContributedPhoto.found_person_id.is_not(None),
                ContributedMatch.state == MatchState.CANDIDATE,
                Case.state == CaseState.OPEN,
                Case.id.in_(access.visible_ids(actor)),
            )
            .limit(100)
        ).all()
    )


def view(actor: Actor, found_id: int) -> FoundView:
    """One entry for an investigator; the look is in the audit log."""
    entry = db.session.scalar(
        select(FoundPerson)
        .options(selectinload(FoundPerson.photos).selectinload(ContributedPhoto.faces))
        .where(FoundPerson.id == found_id)
    )
    if entry is None:
        raise NotFound("There is no such entry.")
    matches = matches_of_photos(actor, ContributedPhoto.found_person_id == entry.id)
    live_ones = [match for match in matches if match.state is not MatchState.REJECTED]
    shows = bool(live_ones) or _has_asked(actor, entry)
    audit.record(
        actor,
        "found.view",
        case=live_ones[0].case if live_ones else None,
        subject=_subject(entry),
        details={"whereabouts": shows},
    )
    audit.commit()
    return FoundView(entry, matches, shows)


def ask_whereabouts(actor: Actor, found_id: int, reason: str) -> None:
    """Open the whereabouts to this account alone; the reason is in the audit log."""
    entry = db.session.get(FoundPerson, found_id)
    if entry is None:
        raise NotFound("There is no such entry.")
    if not reason.strip():
        raise Refused("Say why you need to know.", {"reason": "is required"})
    audit.record(actor, ASKED, purpose=reason.strip()[:500], subject=_subject(entry))
    db.session.commit()


def decide(actor: Actor, match_id: int, state: MatchState) -> ContributedMatch:
    """Confirm or reject a match, or take the verdict back (`candidate`)."""
    match = db.session.scalar(
        select(ContributedMatch)
        .where(
            ContributedMatch.id == match_id,
            ContributedMatch.case_id.in_(access.visible_ids(actor)),
        )
        .with_for_update(of=ContributedMatch)
    )
    if match is None or match.face.photo.found_person is None:
        raise NotFound("There is no such match, or it is about a case of others.")
    if match.state is state:
        raise Conflict(f"This match is “{state.value}” already.")
    if MatchState.CANDIDATE not in (match.state, state):
        raise Conflict(
            f"This match was decided on already: {match.state.value} by {match.decided_by_name}. "
            "Take that back first if you disagree."
        )
    details = {"from": match.state.value, "to": state.value}
    match.state = state
    is_open = state is MatchState.CANDIDATE
    match.decided_at = None if is_open else utc_now()
    match.decided_by_id = None if is_open else actor.user_id
    match.decided_by_name = "" if is_open else actor.name
    entry = match.face.photo.found_person
    audit.record(
        actor,
        "found.decide",
        case=match.case,
        subject=_subject(entry),
        details=details,
    )
    live.publish(match.case_id, "contribution", {"kind": "found person", "match_id": match.id})
    db.session.commit()
    return match


def _has_asked(actor: Actor, entry: FoundPerson) -> bool:
    """Whether this account said why it needs to know; of a shell, whether one like it did."""
    is_theirs = AuditEntry.actor_id == actor.user_id
    if actor.user_id is None:
        is_theirs = AuditEntry.actor_id.is_(None) & (AuditEntry.actor_name == actor.name)
    asked = exists().where(
        AuditEntry.action == ASKED, AuditEntry.subject == _subject(entry), is_theirs
    )
    return bool(db.session.scalar(select(asked)))


def _subject(entry: FoundPerson) -> str:
    return f"found person {entry.number}"


def _matches_case_of(actor: Actor) -> ColumnElement[bool]:
    return (
        exists()
        .where(ContributedPhoto.found_person_id == FoundPerson.id)
        .where(ContributedFace.photo_id == ContributedPhoto.id)
        .where(ContributedMatch.face_id == ContributedFace.id)
        .where(ContributedMatch.case_id.in_(access.visible_ids(actor)))
        .where(ContributedMatch.state != MatchState.REJECTED)
        .correlate(FoundPerson)
    )
