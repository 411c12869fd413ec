"""Outputs for purges of cases."""

from __future__ import annotations

from app.models.purges import PurgeState
from app.outputs.base import Output, UtcInstant


class CasePurgeOut(Output):
    """A request to delete a case, and what was deleted once it is `done`."""

    id: int
    case_number: str
    state: PurgeState
    reason: str
    requested_by_name: str
    requested_at: UtcInstant
    confirmed_by_name: str
    ended_at: UtcInstant | None
    photos: int
    faces: int
    faces_kept: int
    sightings: int
    tips: int
    reports: int
    locations: int
    messages: int
    files: int
    file_bytes: int
    receipt_sha256: str | None
