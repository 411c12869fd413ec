"""Outputs for imported streets and places."""

from __future__ import annotations

from app.models.roads import RoadSource
from app.outputs.base import Output, UtcInstant


class RoadSourceOut(Output):
    """An imported file of streets or places. `network_nodes` is 0 where planning cannot use it."""

    id: int
    name: str
    file_name: str
    file_sha256: str
    format: str
    licence: str
    attribution: str
    streets: int
    named_streets: int
    places: int
    length_m: float
    west_deg: float
    south_deg: float
    east_deg: float
    north_deg: float
    network_nodes: int
    imported_at: UtcInstant

    @classmethod
    def of(cls, source: RoadSource) -> RoadSourceOut:
        """From a row."""
        return cls.model_validate(source)


class RoadsReportOut(Output):
    """What an import of streets did. `outcome` is added, replaced or unchanged.

    `left_out` features could not be drawn; `problems` are the first reasons.
    """

    source_id: int
    name: str
    file_name: str
    format: str
    outcome: str
    streets: int
    named_streets: int
    places: int
    length_m: float
    network_nodes: int
    left_out: int
    problems: list[str]
    notes: list[str]
    licence: str
    attribution: str
    seconds: float
