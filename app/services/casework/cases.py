"""Cases: opening, changing, closing, finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError

from app.current import settings
from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.inputs import CaseChange, CaseInput, CaseQuery, ConfirmInput
from app.models import (
    Case,
    CasePurge,
    CaseState,
    ImportedCase,
    LastKnownLocationRow,
    PurgeState,
    ReferencePhoto,
    Sighting,
    SightingState,
    Sweep,
    SweepState,
)
from app.models.columns import utc_now
from app.services.base import audit, live, purposes
from app.services.base.access import visible_cases
from app.services.base.actors import Actor
from app.services.base.pages import Page, escape_like, paginate
from app.services.base.searchable import basis_expired, hold
from app.services.contributing import contribution_matching
from app.services.people import members
from app.services.persons import ending
from app.services.reviews import sightings
from app.services.sweeping import stopping

_NUMBER_TAKEN = "There is, or was, a case {number} already; choose another number."
MAY_BE_EMPTIED = frozenset({"subject_age_years", "reviews_needed"})


@dataclass(frozen=True)
class CaseCounts:
    """What a case holds, for its head line."""

    photos: int
    locations: int
    sweeps_running: int
    candidates: int
    confirmed: int


def list_cases(actor: Actor, query: CaseQuery) -> Page[Case]:
    """Cases that `actor` may see, by state and text, the newest first."""
    statement = (
        select(Case).where(visible_cases(actor)).order_by(Case.created_at.desc(), Case.id.desc())
    )
    if query.state is not None:
        statement = statement.where(Case.state == query.state)
    if query.text:
        wanted = f"%{escape_like(query.text)}%"
        statement = statement.where(
            or_(
                Case.number.ilike(wanted, escape="\\"), Case.subject_name.ilike(wanted, escape="\\")
            )
        )
    return paginate(statement, query.page, query.per_page)


def find_case(number: str) -> Case:
    """The case with this number, whoever asks; `access.require_case` also asks who. NotFound."""
    case = db.session.scalar(select(Case).where(Case.number == number))
    if case is None:
        raise NotFound(f"There is no case {number}.")
    return case


def open_case(actor: Actor, given: CaseInput) -> Case:
    """Open a case. Raises Conflict when the number is or was taken, Refused when its basis is over.

    The audit log knows cases by their numbers: whoever took that of a purged case would read, and
    export, what was written about that.
    """
    if given.legal_basis_expires_at <= utc_now():
        raise Refused(
            "The legal basis has already expired.",
            {"legal_basis_expires_at": "lies in the past"},
        )
    purposes.refuse_name(given.purpose, given.subject_name)
    is_restricted = given.restricted
    if is_restricted is None:
        is_restricted = settings().cases_restricted_by_default
    case = Case(
        **given.model_dump(exclude={"restricted"}),
        restricted=is_restricted,
        state=CaseState.OPEN,
        created_by_id=actor.user_id,
    )
    db.session.add(case)
    try:
        db.session.flush()
    except IntegrityError as error:
        db.session.rollback()
        raise Conflict(_NUMBER_TAKEN.format(number=given.number)) from error
    if _was_purged(given.number):
        db.session.rollback()
        raise Conflict(_NUMBER_TAKEN.format(number=given.number))
    members.note_member([case.id], actor.user_id, actor.user_id)
    details = {"restricted": is_restricted}
    audit.record(actor, "case.open", case=case, purpose=case.purpose, details=details)
    db.session.commit()
    return case


def _was_purged(number: str) -> bool:
    wanted = select(CasePurge.id).where(
        CasePurge.case_number == number, CasePurge.state == PurgeState.DONE
    )
    return db.session.scalar(wanted.limit(1)) is not None


def change_case(actor: Actor, case: Case, change: CaseChange) -> Case:
    """Change what is given; the audit log keeps the names of the fields, not their old contents."""
    changed = {
        name: value
        for name, value in change.model_dump(exclude_unset=True).items()
        if value != getattr(case, name) and (value is not None or name in MAY_BE_EMPTIED)
    }
    if not changed:
        return case
    _check_hold(case, changed)
    if "purpose" in changed:
        name = changed.get("subject_name", case.subject_name)
        purposes.refuse_name(changed["purpose"], name)
    _note_matching(actor, case, changed)
    for name, value in changed.items():
        setattr(case, name, value)
    if "reviews_needed" in changed:
        sightings.settle_case_again(actor, case)
    audit.record(actor, "case.change", case=case, details={"fields": sorted(changed)})
    if "legal_basis_expires_at" in changed:
        contribution_matching.compare_case_again(actor, case)
    live.publish(case.id, "case", {"number": case.number})
    db.session.commit()
    return case


def _check_hold(case: Case, changed: dict[str, Any]) -> None:
    """A legal hold has a reason, and its time is when it was set. Raises Refused without one."""
    if "legal_hold" not in changed and "legal_hold_reason" not in changed:
        return
    is_held = changed.get("legal_hold", case.legal_hold)
    if is_held and not changed.get("legal_hold_reason", case.legal_hold_reason):
        sentence = "say who ordered the hold, and why"
        raise Refused("A legal hold needs a reason.", {"legal_hold_reason": sentence})
    if "legal_hold" in changed:
        changed["legal_hold_at"] = utc_now() if is_held else None


def _note_matching(actor: Actor, case: Case, changed: dict[str, Any]) -> None:
    """What changes who is proposed, or what is kept, is in the audit log with both values."""
    if "threshold_raise" in changed:
        details = {"from": case.threshold_raise, "to": changed["threshold_raise"]}
        audit.record(actor, "case.threshold", case=case, details=details)
    if "reviews_needed" in changed:
        details = {"from": case.reviews_needed, "to": changed["reviews_needed"]}
        audit.record(actor, "case.reviews_needed", case=case, details=details)
    if "legal_hold" in changed:
        action = "case.hold" if changed["legal_hold"] else "case.release_hold"
        reason = changed.get("legal_hold_reason", case.legal_hold_reason)
        audit.record(actor, action, case=case, details={"reason": reason})


def close_case(actor: Actor, case: Case) -> Case:
    """Close a case: its sweeps stop, and no face is compared with it any more."""
    _hold(case)
    if case.state is CaseState.CLOSED:
        return case
    case.state, case.closed_at = CaseState.CLOSED, utc_now()
    stopping.stop_sweeps_of(case)
    ending.end_case(actor, case)
    audit.record(actor, "case.close", case=case)
    live.publish(case.id, "case", {"number": case.number})
    db.session.commit()
    return case


def reopen_case(actor: Actor, case: Case) -> Case:
    """Open a closed case again. Raises Refused when its legal basis has expired meanwhile."""
    _hold(case)
    if case.state is not CaseState.CLOSED:
        return case
    if basis_expired(case):
        raise Refused("The legal basis of this case has expired: extend it first.")
    # Closing and reopening must not stand in for the confirmation that an import waits for.
    case.state = CaseState.IMPORTED if _awaits_confirmation(case) else CaseState.OPEN
    case.closed_at = None
    audit.record(actor, "case.reopen", case=case)
    contribution_matching.compare_case_again(actor, case)
    live.publish(case.id, "case", {"number": case.number})
    db.session.commit()
    return case


def confirm_case(actor: Actor, case: Case, given: ConfirmInput) -> Case:
    """Confirm purpose and legal basis of an imported case: from now on it is searched for.

    Raises Conflict unless it waits for that, Refused when the basis is over.
    """
    _hold(case)
    if case.state is not CaseState.IMPORTED:
        raise Conflict(f"Case {case.number} does not wait for a confirmation.")
    if given.legal_basis_expires_at <= utc_now():
        raise Refused(
            "The legal basis has already expired.",
            {"legal_basis_expires_at": "lies in the past"},
        )
    purposes.refuse_name(given.purpose, case.subject_name)
    for name, value in given.model_dump().items():
        setattr(case, name, value)
    case.state = CaseState.OPEN
    imported = db.session.get(ImportedCase, case.id)
    if imported is not None:
        imported.confirmed_at, imported.confirmed_by_id = utc_now(), actor.user_id
    audit.record(actor, "case.confirm", case=case, purpose=case.purpose)
    contribution_matching.compare_case_again(actor, case)
    live.publish(case.id, "case", {"number": case.number})
    db.session.commit()
    return case


def _hold(case: Case) -> None:
    """The case as it is now, until the commit: of two who change its state, one comes second."""
    if not hold(case):
        raise NotFound(f"There is no case {case.number}.")


def _awaits_confirmation(case: Case) -> bool:
    imported = db.session.get(ImportedCase, case.id)
    return imported is not None and imported.confirmed_at is None


def case_counts(case: Case) -> CaseCounts:
    """Counts of what a case holds, in one query."""

    def count(model: type, *conditions: object) -> object:
        return (
            select(func.count())
            .select_from(model)
            .where(model.case_id == case.id, *conditions)  # type: ignore[attr-defined,arg-type]
            .scalar_subquery()
        )

    row = db.session.execute(
        select(
            count(ReferencePhoto, ReferencePhoto.active),  # type: ignore[call-overload]
            count(LastKnownLocationRow, LastKnownLocationRow.active),
            count(Sweep, Sweep.state == SweepState.RUNNING),
            count(Sighting, Sighting.state == SightingState.CANDIDATE),
            count(Sighting, Sighting.state == SightingState.CONFIRMED),
        )
    ).one()
    return CaseCounts(*row)
