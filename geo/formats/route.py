"""What is exported: places in order of time."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

from geo.errors import InvalidRoute
from geo.points import Point

NOTICE = "Investigative lead, not an identification."

Attribute = str | float
"""Text, or a number in the unit that the attribute's name ends in."""


@dataclass(frozen=True, slots=True)
class RoutePoint:
    """One place of a route, at an aware time. `attributes` are further columns or properties.

    Raises `InvalidRoute` where the time has no zone.
    """

    position: Point
    at: datetime
    name: str
    description: str = ""
    attributes: Mapping[str, Attribute] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if self.at.utcoffset() is None:
            raise InvalidRoute(f"The time of “{self.name[:60]}” needs a time zone.")
        object.__setattr__(self, "attributes", MappingProxyType(dict(self.attributes)))

    def __hash__(self) -> int:
        return hash((self.position, self.at, self.name))

    def text(self) -> str:
        """Description and attributes as lines, for formats that have no properties."""
        lines = [self.description] if self.description else []
        lines += [f"{name}: {value}" for name, value in self.attributes.items()]
        return "\n".join([*lines, NOTICE])


def in_order(route: Sequence[RoutePoint]) -> list[RoutePoint]:
    """The points by time; equal times keep their order."""
    return sorted(route, key=lambda point: point.at)


def utc_text(moment: datetime) -> str:
    """ISO 8601 in UTC with a Z, to the microsecond where there is one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """Text without the characters that XML 1.0 cannot hold (section 2.2)."""
    return _NOT_IN_XML.sub("", text)
