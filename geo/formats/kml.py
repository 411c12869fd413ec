"""KML 2.2 with times, so that a globe's time slider plays the route."""

import html
from collections.abc import Sequence

import simplekml

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
    return str(document.kml())
