"""Cursor on Target, the XML of TAK: one event for each place.

Event 2.0 as in MITRE's "Cursor on Target Message Router User's Guide" (2009). A file of several
events is a plain `events` element around them, as TAK servers' replay tools read it; ATAK and
WinTAK import the same events as a data package, with one file each and a manifest.
"""

import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from geo.errors import InvalidRoute
from geo.formats.route import NOTICE, RoutePoint, in_order, xml_text

SPOT: Final = "b-m-p-s-m"
"""A spot marker on the map: it stands for a report, not for a unit that could be tasked."""
HUMAN_ESTIMATE: Final = "h-e"
"""How the position came about: a person judged it."""
STALE_AFTER: Final = timedelta(hours=24)
"""After this a lead must be fetched anew before anyone acts on it."""
UNKNOWN_M: Final = 9_999_999.0
"""What Cursor on Target writes for a height or error that is not known."""
_AMBER: Final = "-27136"


@dataclass(frozen=True, slots=True)
class CotPlace:
    """A place for a TAK map. `uid` must stay the same in every export, or markers double.

    `uncertainty_m` becomes the circular error.
    """

    uid: str
    point: RoutePoint
    uncertainty_m: float


def cot_document(places: Sequence[CotPlace], made_at: datetime) -> str:
    """All places as events in one document, in order of time."""
    root = Element("events")
    for place in _ordered(places):
        root.append(_event(place, made_at))
    return _text(root)


def cot_package(title: str, places: Sequence[CotPlace], made_at: datetime) -> bytes:
    """A TAK data package (zip): a manifest, and one file for each event."""
    buffer = io.BytesIO()
    uid = hashlib.sha256("\n".join([title, *(one.uid for one in places)]).encode()).hexdigest()[:32]
    manifest = Element("MissionPackageManifest", version="2")
    configuration = SubElement(manifest, "Configuration")
    _parameter(configuration, "uid", uid)
    _parameter(configuration, "name", title)
    contents = SubElement(manifest, "Contents")
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for place in _ordered(places):
            name = f"{place.uid}/{place.uid}.cot"
            content = SubElement(contents, "Content", ignore="false", zipEntry=name)
            _parameter(content, "uid", place.uid)
            package.writestr(name, _text(_event(place, made_at)))
        package.writestr("MANIFEST/manifest.xml", _text(manifest))
    return buffer.getvalue()


def _ordered(places: Sequence[CotPlace]) -> list[CotPlace]:
    uids = {place.uid for place in places}
    if len(uids) != len(places):
        raise InvalidRoute("Two places have the same uid; a TAK map would show only one.")
    order = {id(point): rank for rank, point in enumerate(in_order([one.point for one in places]))}
    return sorted(places, key=lambda one: order[id(one.point)])


def _event(place: CotPlace, made_at: datetime) -> Element:
    point = place.point
    event = Element(
        "event",
        version="2.0",
        uid=xml_text(place.uid),
        type=SPOT,
        how=HUMAN_ESTIMATE,
        time=_time(made_at),
        start=_time(point.at),
        stale=_time(made_at + STALE_AFTER),
    )
    SubElement(
        event,
        "point",
        lat=f"{point.position.latitude_deg:.7f}",
        lon=f"{point.position.longitude_deg:.7f}",
        hae=str(UNKNOWN_M),
        ce=f"{place.uncertainty_m:.1f}",
        le=str(UNKNOWN_M),
    )
    detail = SubElement(event, "detail")
    SubElement(detail, "contact", callsign=xml_text(point.name))
    SubElement(detail, "remarks", time=_time(point.at)).text = xml_text(_remarks(point))
    SubElement(detail, "color", argb=_AMBER)
    SubElement(detail, "archive")
    return event


def _remarks(point: RoutePoint) -> str:
    """The notice comes first: TAK's small screens cut long remarks."""
    return f"{NOTICE}\n{point.text().removesuffix(NOTICE).rstrip()}"


def _parameter(parent: Element, name: str, value: str) -> None:
    SubElement(parent, "Parameter", name=name, value=xml_text(value))


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + (
        f"{moment.astimezone(UTC).microsecond // 1000:03d}Z"
    )


def _text(root: Element) -> str:
    body = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{body}\n'
