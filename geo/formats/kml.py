"""KML 2.2 with times, so that a globe's time slider plays the route."""

import html
from collections.abc import Sequence
from xml.etree.ElementTree import register_namespace, tostring

import simplekml
from defusedxml.ElementTree import fromstring

from geo.formats.route import NOTICE, RoutePoint, in_order, utc_text, xml_text

STRAIGHT_LINES = (
    "The track joins the places in order of time by straight lines; the way taken is not known."
)


def route_to_kml(title: str, route: Sequence[RoutePoint]) -> str:
    """A route as KML: a placemark with a time stamp for each place, and a gx:Track through them."""
    document = simplekml.Kml(name=xml_text(title), description=NOTICE)
    ordered = in_order(route)
    for point in ordered:
        placemark = document.newpoint(
            name=xml_text(point.name),
            # Viewers show a description as HTML, so text must be made HTML first.
            description=html.escape(xml_text(point.text()), quote=False).replace("\n", "<br>"),
            coords=[(point.position.longitude_deg, point.position.latitude_deg)],
        )
        placemark.timestamp.when = utc_text(point.at)
    if len(ordered) > 1:
        track = document.newgxtrack(name=xml_text(title), description=f"{NOTICE} {STRAIGHT_LINES}")
        track.newwhen([utc_text(point.at) for point in ordered])
        track.newgxcoord(
            [(p.position.longitude_deg, p.position.latitude_deg, 0.0) for p in ordered]
        )
    return _without_ids(str(document.kml()))


def _without_ids(text: str) -> str:
    """The document without simplekml's ids: bare numbers, which no XML id may be (xs:ID).

    Nothing refers to them.
    """
    root = fromstring(text.encode("utf-8"))
    for element in root.iter():
        element.attrib.pop("id", None)
    register_namespace("", "http://www.opengis.net/kml/2.2")
    register_namespace("gx", "http://www.google.com/kml/ext/2.2")
    body = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'
