"""Looking is audited too: whoever opens a case's pages, faces or rankings leaves an entry."""

from __future__ import annotations

from app.models import Case
from app.services import audit
from app.services.actors import Actor


def look_at(actor: Actor, case: Case, what: str) -> Case:
    """Record that `actor` looks at `what` ("case", "photos", "sightings") of the case."""
    audit.record(actor, f"{what}.view", case=case)
    audit.commit()
    return case
