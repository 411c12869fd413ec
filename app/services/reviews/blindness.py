"""Who may judge a sighting blind: whoever has seen neither its similarity nor what others said.

The audit log is asked, since every look at a case leaves an entry there. What is not known to show
nothing of a sighting counts as having shown it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import case as one_of
from sqlalchemy import func, select

from app.current import settings
from app.extensions import db
from app.models import AuditEntry, Review, Role, Sighting
from app.services.base.actors import Actor

SHOWS_NOTHING: Final = frozenset(
    {
        "blind_review.view",
        "sighting.review",
        "sighting.undo_review",
        "sighting.overturn",
        "alert.acknowledge",
        "open_alerts.view",
        "location.from_sighting",
        "clip.view",
        "clip.cut",
        "photos.view",
    }
)
"""What an account may have done in a case without seeing what the recogniser or others said."""
ONE_SIGHTING: Final = "sighting.view"
"""A look at one sighting, which its entry names: it tells nothing of the others."""


@dataclass(frozen=True)
class Seen:
    """When an account last saw cases as a whole, and single sightings."""

    cases: dict[str, datetime]
    sightings: dict[str, datetime]

    def knows(self, sighting: Sighting) -> bool:
        """Whether the account can have seen more of a sighting than its face, place and time."""
        # A map that was open already when the sighting came showed it, too.
        since = sighting.created_at - timedelta(hours=settings().session_hours)
        looks = (
            self.cases.get(sighting.case.number),
            self.sightings.get(f"sighting {sighting.id}"),
        )
        return any(at is not None and at >= since for at in looks)


def seen_by(actor: Actor, case_numbers: Iterable[str]) -> Seen:
    """What an account has seen of these cases, in one query."""
    wanted = sorted(set(case_numbers))
    of_one = (AuditEntry.action == ONE_SIGHTING) & AuditEntry.subject.is_not(None)
    subject = one_of((of_one, AuditEntry.subject), else_=None)
    rows = db.session.execute(
        select(AuditEntry.case_number, subject, func.max(AuditEntry.at))
        .where(
            AuditEntry.case_number.in_(wanted),
            AuditEntry.actor_id == actor.user_id,
            AuditEntry.action.not_in(SHOWS_NOTHING),
        )
        .group_by(AuditEntry.case_number, subject)
    ).all()
    return Seen(
        cases={number: at for number, name, at in rows if name is None and number is not None},
        sightings={name: at for _, name, at in rows if name is not None},
    )


def is_blind(actor: Actor, sighting: Sighting) -> bool:
    """Whether this account's verdict on a sighting would be a blind one.

    Never for the command line: whoever has a shell on the server may have seen everything.
    """
    if actor.user_id is None:
        return False
    return not seen_by(actor, [sighting.case.number]).knows(sighting)


def must_stay_blind(actor: Actor, sighting: Sighting) -> bool:
    """Whether nothing but face, photos, place and time may be shown: an examiner before judging."""
    return actor.role == Role.EXAMINER.value and not has_judged(actor, sighting)


def has_judged(actor: Actor, sighting: Sighting) -> bool:
    """Whether this account has ever given a verdict on the sighting, taken back or not."""
    given = select(Review.id).where(
        Review.sighting_id == sighting.id, Review.reviewer_id == actor.user_id
    )
    return db.session.scalar(given.limit(1)) is not None
