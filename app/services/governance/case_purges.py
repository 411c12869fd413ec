"""Purging a case on request: one person asks, another one carries it out, a receipt stays.

The audit log keeps its entries about the case: its number, who did what when, and the purpose as it
was typed: docs/retention.md says why. Nothing else of the subject stands in it, and a purpose that
names the subject is refused where it is typed.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.errors import Conflict, Forbidden, NotFound, Refused
from app.extensions import db
from app.models import AuditEntry, Case, CasePurge, CaseState, PurgeState
from app.models.columns import utc_now
from app.services.base import audit, kept_pictures, purposes, receipts
from app.services.base.actors import Actor
from app.services.base.pages import Page, paginate
from app.services.governance import purging

PURPOSE = "purge on request"
"""Stands in the log instead of the case's own purpose, which may name the subject."""
MOST_PURPOSES = 50
_COUNTS = (
    "photos", "faces", "faces_kept", "sightings", "tips", "reports", "locations", "messages",
    "files", "file_bytes",
)  # fmt: skip
_HELD = "Case {number} is on legal hold: nothing of it may be deleted until the hold is lifted."


def open_request(case: Case) -> CasePurge | None:
    """The request that waits for a second person; None if there is none."""
    return db.session.scalar(
        select(CasePurge).where(
            CasePurge.case_id == case.id, CasePurge.state == PurgeState.REQUESTED
        )
    )


def request_purge(actor: Actor, case: Case, reason: str, typed_number: str) -> CasePurge:
    """Ask for a closed case to be deleted. `typed_number` is the case's, typed again.

    Raises Refused without a reason, with one that names the subject or with another number,
    Conflict while the case is open, on legal hold, or asked for already; Forbidden for whoever has
    no account.
    """
    user_id = _person(actor)
    if not reason.strip():
        raise Refused("Say why the case is deleted.", {"reason": "is required"})
    purposes.refuse_name(reason, case.subject_name, "reason")
    if typed_number.strip() != case.number:
        raise Refused(
            "The number typed is not that of this case.", {"typed_number": "type the case's number"}
        )
    _check_may_go(case)
    if open_request(case) is not None:
        raise Conflict("The purge of this case is asked for already.")
    purge = CasePurge(
        case_id=case.id,
        case_number=case.number,
        was_restricted=case.restricted,
        reason=reason.strip()[:2000],
        requested_by_id=user_id,
        requested_by_name=actor.name[:254],
    )
    db.session.add(purge)
    db.session.flush()
    audit.record(actor, "case.purge_request", case=case, subject=f"purge {purge.id}")
    db.session.commit()
    return purge


def purposes_that_stay(case: Case) -> list[str]:
    """What the audit log says of why, and will still say when the case is gone."""
    said = (
        select(AuditEntry.purpose)
        .where(AuditEntry.case_number == case.number, AuditEntry.purpose.is_not(None))
        .distinct()
        .order_by(AuditEntry.purpose)
        .limit(MOST_PURPOSES)
    )
    return [purpose for purpose in db.session.scalars(said) if purpose]


def withdraw(actor: Actor, case: Case) -> None:
    """Take an open request back; whoever may ask for a purge may do so. Raises NotFound."""
    purge = open_request(case)
    if purge is None:
        raise NotFound("No purge of this case is asked for.")
    purge.state, purge.ended_at = PurgeState.WITHDRAWN, utc_now()
    audit.record(actor, "case.purge_withdraw", case=case, subject=f"purge {purge.id}")
    db.session.commit()


def find_open(purge_id: int) -> CasePurge:
    """An open request by its id. Raises NotFound."""
    purge = db.session.get(CasePurge, purge_id)
    if purge is None or purge.state is not PurgeState.REQUESTED or purge.case is None:
        raise NotFound("There is no such open request.")
    return purge


def carry_out(actor: Actor, purge: CasePurge) -> CasePurge:
    """Delete the case, as a second person. The receipt is the request itself, its hash logged.

    Raises Forbidden for whoever asked for it, Conflict where the case is open again, on legal hold
    or still being looked for.
    """
    user_id = _person(actor)
    if user_id == purge.requested_by_id:
        raise Forbidden("A second person carries out a purge: somebody else than who asked for it.")
    kept_pictures.hold_for_purge()
    case = db.session.scalar(
        select(Case)
        .where(Case.id == purge.case_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    db.session.refresh(purge, with_for_update=True)
    if case is None or purge.state is not PurgeState.REQUESTED:
        raise NotFound("There is no such open request.")
    _check_may_go(case)
    if purging.is_being_searched(case):
        raise Conflict("A worker is still at a visit of this case: try again in a minute.")
    purge.was_restricted = case.restricted
    audit.record(actor, "case.purge", case=case, purpose=PURPOSE, subject=f"purge {purge.id}")
    purged = purging.delete_case(case)
    db.session.refresh(purge)
    for name in _COUNTS:
        setattr(purge, name, getattr(purged, name))
    purge.state, purge.ended_at = PurgeState.DONE, utc_now()
    purge.confirmed_by_id, purge.confirmed_by_name = user_id, actor.name[:254]
    purge.receipt_sha256 = receipt_hash(purge)
    facts = {**_facts(purge), "receipt_sha256": purge.receipt_sha256}
    audit.record(actor, "case.purged", subject=f"purge {purge.id}", details=facts)
    db.session.commit()
    return purge


def was_purged(numbers: set[str]) -> set[str]:
    """Which of these numbers were those of purged cases."""
    rows = select(CasePurge.case_number).where(
        CasePurge.case_number.in_(numbers), CasePurge.state == PurgeState.DONE
    )
    return set(db.session.scalars(rows))


def list_purges(page: int, per_page: int) -> Page[CasePurge]:
    """All requests and receipts, open ones first, then the newest."""
    statement = (
        select(CasePurge)
        .options(joinedload(CasePurge.case))
        .order_by((CasePurge.state == PurgeState.REQUESTED).desc(), CasePurge.id.desc())
    )
    return paginate(statement, page, per_page)


def receipt_hash(purge: CasePurge) -> str:
    """SHA-256 of the receipt's facts."""
    return receipts.hash_of(_facts(purge))


def _facts(purge: CasePurge) -> dict[str, object]:
    ended = purge.ended_at
    return {
        "case_number": purge.case_number,
        "purged_at": "" if ended is None else receipts.moment(ended),
        "requested_by_id": purge.requested_by_id,
        "confirmed_by_id": purge.confirmed_by_id,
        **{name: getattr(purge, name) for name in _COUNTS},
    }


def _check_may_go(case: Case) -> None:
    if case.legal_hold:
        raise Conflict(_HELD.format(number=case.number))
    if case.state is CaseState.OPEN:
        raise Conflict(f"Close case {case.number} first: it is still searched for.")


def _person(actor: Actor) -> int:
    if actor.user_id is None:
        raise Forbidden("A purge needs two people with accounts: name yours.")
    return actor.user_id
