"""Looking is audited too: whoever opens a case's pages, faces or rankings leaves an entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from app.current import settings
from app.models import Case, Sighting
from app.models.columns import utc_now
from app.services.base import audit
from app.services.base.actors import Actor


def look_at(actor: Actor, case: Case, what: str) -> Case:
    """Record that `actor` looks at `what` ("case", "photos", "sightings") of the case."""
    audit.record(actor, f"{what}.view", case=case)
    audit.commit()
    return case


def look_at_one(actor: Actor, sighting: Sighting) -> Case:
    """Record that `actor` looks at one sighting; the entry names it, since others stay unseen."""
    case = sighting.case
    audit.record(actor, "sighting.view", case=case, subject=f"sighting {sighting.id}")
    audit.commit()
    return case


def look_again(actor: Actor, case: Case, what: str) -> Case:
    """As `look_at`, for what reconnects by itself: no entry where this session can have left one.

    That it is a reconnection is only the browser's word, so the log itself is asked.
    """
    since = utc_now() - timedelta(hours=settings().session_hours)
    if audit.has_entry(actor, f"{what}.view", case, since):
        return case
    return look_at(actor, case, what)


def look_at_all(actor: Actor, shown: Mapping[str, Iterable[Case]]) -> None:
    """Record that `actor` looks at this of several cases at once: an entry for each case."""
    for what, cases in shown.items():
        for case in cases:
            audit.record(actor, f"{what}.view", case=case)
    audit.commit()
