"""Persons of interest on the case map: a layer apart from everything about the subject."""

from __future__ import annotations

from typing import Final

from app.inputs.persons import PersonPageQuery
from app.models import Case, PersonSighting
from app.outputs.persons import PersonMarkOut, PersonMarksOut
from app.services.base import audit, person_records
from app.services.base.actors import Actor
from app.services.base.links import path_to
from app.services.persons import judging

MOST_WAITING: Final = 200


def marks(actor: Actor, case: Case) -> PersonMarksOut:
    """Leads, and faces that `actor` has still to judge. Raises NotFound without the right.

    The first look of a session at the layer is in the audit log; asking again is not.
    """
    waiting = judging.list_waiting(actor, case, PersonPageQuery(per_page=MOST_WAITING)).items
    shown = [*judging.list_leads(actor, case), *waiting]
    made = PersonMarksOut(items=[_mark(case, one) for one in shown])
    if shown and person_records.looks_first(actor, case, "map"):
        person_records.note(actor, "map", case)
        audit.commit()
    return made


def _mark(case: Case, sighting: PersonSighting) -> PersonMarkOut:
    return PersonMarkOut(
        id=sighting.id,
        label=sighting.person.label,
        camera=sighting.camera.name,
        seen_at=sighting.seen_at,
        latitude_deg=sighting.latitude_deg,
        longitude_deg=sighting.longitude_deg,
        is_lead=sighting.is_lead,
        page=path_to("persons.judge", number=case.number, candidate_id=sighting.id),
    )
