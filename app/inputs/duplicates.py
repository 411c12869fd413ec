"""Saying that two cases are not about one person."""

from __future__ import annotations

from app.inputs.cases import CaseNumber
from app.inputs.fields import Input, RequiredText


class DistinctionInput(Input):
    """Two cases by their numbers, and why they are not the same person."""

    first: CaseNumber
    second: CaseNumber
    reason: RequiredText
