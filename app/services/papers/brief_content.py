"""What a printed brief says, as plain values: the layout knows no case and no database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from geo.points import Point


@dataclass(frozen=True)
class BriefStop:
    """One stop of the first route, or (`is_left_out`) one that it excludes."""

    number: int
    position: Point
    uncertainty_m: float
    time_text: str
    label: str
    source_text: str
    judged_text: str
    way_text: str
    is_sighting: bool
    is_impossible: bool
    is_left_out: bool


@dataclass(frozen=True)
class BriefPhoto:
    """A picture with its lines of text; `path` is None where it is no longer kept."""

    path: Path | None
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class BriefStreet:
    """A stretch of street under the map."""

    points: tuple[Point, ...]
    is_main: bool


@dataclass(frozen=True)
class Brief:
    """A whole brief. `made_up` marks demonstration data, on every page."""

    case_number: str
    title: str
    notice: str
    made_up: bool
    made_text: str
    facts: tuple[tuple[str, str], ...]
    references: tuple[BriefPhoto, ...]
    stops: tuple[BriefStop, ...]
    contradictions: tuple[str, ...]
    sightings: tuple[BriefPhoto, ...]
    assumptions: tuple[str, ...]
    streets: tuple[BriefStreet, ...]
    attribution: str

    def all_text(self) -> str:
        """Everything that is printed, to find out which scripts it needs."""
        parts = [self.case_number, self.title, self.made_text, self.attribution]
        parts += [text for pair in self.facts for text in pair]
        for stop in self.stops:
            parts += [stop.label, stop.source_text, stop.judged_text, stop.way_text]
        for photo in (*self.references, *self.sightings):
            parts += [photo.title, *photo.lines]
        return "\n".join([*parts, *self.contradictions, *self.assumptions])
