"""How fast a case's subject gets about."""

from __future__ import annotations

from app.models import Case
from app.models.cases import SubjectCategory
from geo.reach import ADULT_SPEEDS, CHILD_SPEEDS, TravelSpeeds

_CHILDREN = {
    SubjectCategory.CHILD_1_3,
    SubjectCategory.CHILD_4_6,
    SubjectCategory.CHILD_7_9,
    SubjectCategory.CHILD_10_12,
}


def speeds_of(case: Case) -> TravelSpeeds:
    """How fast the subject walks and rides."""
    return CHILD_SPEEDS if case.subject_category in _CHILDREN else ADULT_SPEEDS
