"""What the audit log says of persons of interest, and reading it again.

Entries name no case in the log's own column: whoever reads the log of a case does not learn from it
that there is a person of interest. The case's number stands in the details, which are shown only to
accounts with the right, and on the server. Never a name, only the label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from app.current import settings
from app.extensions import db
from app.models import AuditEntry, Case, PersonOfInterest
from app.models.columns import utc_now
from app.services.base import audit
from app.services.base.actors import Actor
from app.services.base.rights import PERSONS

ACTIONS: Final = "person_of_interest."
"""What all actions in the log begin with."""
ACTS: Final = (
    "request", "extend", "grant", "refuse", "end", "expire", "photo_add", "photo_remove", "review",
    "undo_review", "look_back_ask", "look_back", "purge",
)  # fmt: skip
"""Actions about one person that do more than look."""
MOST_SHOWN: Final = 100


def note(
    actor: Actor,
    verb: str,
    case: Case,
    person: PersonOfInterest | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Queue an entry `person_of_interest.VERB`; the commit writes it."""
    named = {} if person is None else {"label": person.label}
    audit.record(
        actor,
        f"{ACTIONS}{verb}",
        purpose=case.purpose,
        subject=None if person is None else f"person of interest {person.id}",
        details={"case": case.number, **named, **(details or {})},
    )


def looks_first(actor: Actor, case: Case, what: str) -> bool:
    """Whether `actor` has left no entry of this look at the case for as long as a session lasts."""
    since = utc_now() - timedelta(hours=settings().session_hours)
    left = select(AuditEntry.id).where(
        AuditEntry.action == f"{ACTIONS}{what}",
        AuditEntry.actor_id == actor.user_id,
        AuditEntry.at >= since,
        AuditEntry.details["case"].astext == case.number,
    )
    return db.session.scalar(left.limit(1)) is None


def is_closed_to(reader: Actor, entry: AuditEntry) -> bool:
    """Whether `reader` may see of an entry only that it is there, by whom and when."""
    return entry.action.startswith(ACTIONS) and not PERSONS.held_by(reader)


def history(actor: Actor, case: Case, person: PersonOfInterest) -> Sequence[AuditEntry]:
    """What was done about one person of interest, the newest first, without mere looks."""
    PERSONS.require(actor)
    return db.session.scalars(
        select(AuditEntry)
        .where(
            # By name, so that the log's index by action serves it.
            AuditEntry.action.in_([f"{ACTIONS}{one}" for one in ACTS]),
            AuditEntry.subject == f"person of interest {person.id}",
            AuditEntry.details["case"].astext == case.number,
        )
        .order_by(AuditEntry.id.desc())
        .limit(MOST_SHOWN)
    ).all()


def look(
    actor: Actor,
    case: Case,
    what: str,
    person: PersonOfInterest | None = None,
    details: Mapping[str, Any] | None = None,
) -> Case:
    """Record that `actor` looks at `what` ("list", "queue", "view", "face"). Commits."""
    PERSONS.require(actor)
    note(actor, what, case, person, details)
    audit.commit()
    return case
