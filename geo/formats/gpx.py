"""GPX 1.1: each place as a waypoint, and all of them as a track."""

from collections.abc import Sequence
from datetime import UTC

import gpxpy
from gpxpy.gpx import GPX, GPXException, GPXTrack, GPXTrackPoint, GPXTrackSegment, GPXWaypoint

from geo.errors import InvalidRoute
from geo.formats.route import NOTICE, RoutePoint, in_order, xml_text
from geo.points import Point


def route_to_gpx(title: str, route: Sequence[RoutePoint]) -> str:
    """A route as GPX 1.1 with times in UTC, in order of time."""
    document = GPX()
    document.creator = "Lastseen"
    document.name, document.description = xml_text(title), NOTICE
    segment = GPXTrackSegment()
    for point in in_order(route):
        document.waypoints.append(_waypoint(point))
        segment.points.append(_track_point(point))
    if segment.points:
        track = GPXTrack(name=xml_text(title), description=NOTICE)
        track.segments.append(segment)
        document.tracks.append(track)
    return str(document.to_xml(version="1.1"))


def route_from_gpx(text: str) -> list[RoutePoint]:
    """The waypoints of a GPX document, in its order. Raises `InvalidRoute`."""
    try:
        document = gpxpy.parse(text)
    except GPXException as error:
        raise InvalidRoute("The file is not readable as GPX.") from error
    return [_route_point(waypoint) for waypoint in document.waypoints]


def _waypoint(point: RoutePoint) -> GPXWaypoint:
    return GPXWaypoint(
        latitude=point.position.latitude_deg,
        longitude=point.position.longitude_deg,
        time=point.at.astimezone(UTC),
        name=xml_text(point.name),
        description=xml_text(point.text()),
    )


def _track_point(point: RoutePoint) -> GPXTrackPoint:
    return GPXTrackPoint(
        latitude=point.position.latitude_deg,
        longitude=point.position.longitude_deg,
        time=point.at.astimezone(UTC),
        name=xml_text(point.name),
    )


def _route_point(waypoint: GPXWaypoint) -> RoutePoint:
    if waypoint.time is None:
        raise InvalidRoute("A waypoint has no time.")
    position = Point(latitude_deg=waypoint.latitude, longitude_deg=waypoint.longitude)
    at = waypoint.time if waypoint.time.tzinfo else waypoint.time.replace(tzinfo=UTC)
    return RoutePoint(position, at.astimezone(UTC), waypoint.name or "", waypoint.description or "")
