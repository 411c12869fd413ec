"""Who there is: the sets of roles that the table of permissions names."""

from __future__ import annotations

from enum import Enum
from typing import Final, TypeAlias

from app.models.accounts import Role
from app.services.base.rights import PERSONS, POSTS


class Audience(Enum):
    """Audiences that are no set of roles."""

    PUBLIC = "everybody, logged in or not"
    ANY_ROLE = "everybody who is logged in"


PUBLIC: Final = Audience.PUBLIC
ANY_ROLE: Final = Audience.ANY_ROLE
Allowed: TypeAlias = Audience | frozenset[Role]

INVESTIGATOR, DISPATCHER, ANALYST = Role.INVESTIGATOR, Role.DISPATCHER, Role.ANALYST
EXAMINER, ADMINISTRATOR = Role.EXAMINER, Role.ADMINISTRATOR

CASE_READERS: Final = frozenset({INVESTIGATOR, DISPATCHER, ANALYST, ADMINISTRATOR})
CASE_WRITERS: Final = frozenset({INVESTIGATOR})
MEMBER_KEEPERS: Final = frozenset({INVESTIGATOR, ADMINISTRATOR})
"""Who keeps the list of a case that they see."""
SIGHTING_READERS: Final = frozenset({INVESTIGATOR, ANALYST, EXAMINER, ADMINISTRATOR})
CASE_SIGHTING_READERS: Final = (SIGHTING_READERS | {DISPATCHER}) - {EXAMINER}
"""The case map shows a dispatcher where the sightings are; the faces' own pages are not theirs.
An examiner judges blind, and a list would tell what the recogniser and others said."""
FACE_SEARCH_READERS: Final = frozenset({INVESTIGATOR, ANALYST, ADMINISTRATOR})
REVIEWERS: Final = frozenset({INVESTIGATOR, EXAMINER})
EXPORTERS: Final = frozenset({INVESTIGATOR, ANALYST})
TIMELINE_READERS: Final = SIGHTING_READERS - {EXAMINER}
TRACERS: Final = frozenset({INVESTIGATOR, ANALYST})
"""Who imports positions of phones, vehicles and tickets."""
SWEEP_READERS: Final = CASE_READERS
SWEEPERS: Final = frozenset({INVESTIGATOR, DISPATCHER})
SWEEP_PLANNERS: Final = SWEEPERS | {ANALYST}
"""An analyst plans a sweep of a blind corridor from the timeline; others start it."""
REGISTRY_READERS: Final = CASE_READERS
REGISTRARS: Final = frozenset({DISPATCHER, ADMINISTRATOR})
FOOTAGE_KEEPERS: Final = frozenset({DISPATCHER, ADMINISTRATOR})
MAP_READERS: Final = CASE_READERS | {EXAMINER}
"""Sightings are examined on a small map of their surroundings."""
ALERT_READERS: Final = CASE_READERS
"""An examiner judges blind: whether somebody else has seen an alert would already be a hint."""
ADMINISTRATORS: Final = frozenset({ADMINISTRATOR})
PARTNERS: Final = frozenset({Role.PARTNER})
TIP_READERS: Final = frozenset({INVESTIGATOR})
"""Tips and found persons show people who are no subject of any case: investigators alone."""
POST_READERS: Final = POSTS.roles
PERSON_READERS: Final = PERSONS.roles
"""And only those of them whom an administrator gave the right: see `ROOMS_WITH_A_RIGHT`."""
PICTURE_VIEWERS: Final = CASE_SIGHTING_READERS | {EXAMINER}
