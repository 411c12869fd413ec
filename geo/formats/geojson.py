"""GeoJSON (RFC 7946): longitude first, exterior rings counter-clockwise."""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from geo.errors import GeoError, InvalidRoute
from geo.formats.route import NOTICE, Attribute, RoutePoint, in_order, utc_text
from geo.points import Point

JsonObject = dict[str, object]
_OWN_PROPERTIES = frozenset({"name", "time", "description"})


def coordinates_of(point: Point) -> list[float]:
    """[longitude, latitude]."""
    return [point.longitude_deg, point.latitude_deg]


def point_of(coordinates: object) -> Point:
    """The point of [longitude, latitude] or [longitude, latitude, height]. Raises `GeoError`."""
    if not isinstance(coordinates, list) or len(coordinates) < 2:
        raise InvalidRoute("A GeoJSON position is a list of longitude and latitude.")
    lon, lat = coordinates[:2]
    if not isinstance(lon, int | float) or not isinstance(lat, int | float):
        raise InvalidRoute("A GeoJSON position is made of two numbers.")
    return Point(latitude_deg=float(lat), longitude_deg=float(lon))


def point_feature(
    point: Point, properties: Mapping[str, object], feature_id: int | str | None = None
) -> JsonObject:
    """A Point feature."""
    return _feature("Point", coordinates_of(point), properties, feature_id)


def line_feature(
    points: Sequence[Point],
    properties: Mapping[str, object],
    feature_id: int | str | None = None,
) -> JsonObject:
    """A LineString feature. Raises `InvalidRoute` for fewer than two points."""
    if len(points) < 2:
        raise InvalidRoute("A line needs at least two points.")
    coordinates = [coordinates_of(point) for point in points]
    return _feature("LineString", coordinates, properties, feature_id)


def polygon_feature(
    ring: Sequence[Point],
    properties: Mapping[str, object],
    feature_id: int | str | None = None,
) -> JsonObject:
    """A Polygon feature of one ring, closed and turned counter-clockwise if it was not."""
    closed = [*ring] if ring and ring[0] == ring[-1] else [*ring, *ring[:1]]
    if len(closed) < 4:
        raise InvalidRoute("A polygon needs at least three different corners.")
    if _signed_area(closed) < 0:
        closed.reverse()
    return _feature("Polygon", [[coordinates_of(p) for p in closed]], properties, feature_id)


def feature_collection(features: Sequence[JsonObject], *, notice: str = NOTICE) -> JsonObject:
    """A FeatureCollection that carries the notice as a foreign member (RFC 7946, section 6.1)."""
    return {"type": "FeatureCollection", "notice": notice, "features": list(features)}


def route_to_geojson(title: str, route: Sequence[RoutePoint]) -> str:
    """A route as points in order of time, and a line through them where there are two or more."""
    ordered = in_order(route)
    features = [point_feature(point.position, _properties(point)) for point in ordered]
    if len(ordered) > 1:
        features.append(line_feature([p.position for p in ordered], {"name": title}))
    collection = feature_collection(features) | {"name": title}
    return json.dumps(collection, ensure_ascii=False, allow_nan=False)


def route_from_geojson(text: str) -> list[RoutePoint]:
    """Read what `route_to_geojson` wrote; lines are left out. Raises `GeoError`."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidRoute("The route is not valid JSON.") from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise InvalidRoute("The route is not a GeoJSON FeatureCollection.")
    return [_route_point(one) for one in features if _geometry(one).get("type") == "Point"]


def _feature(
    kind: str, coordinates: object, properties: Mapping[str, object], feature_id: int | str | None
) -> JsonObject:
    feature: JsonObject = {"type": "Feature"}
    if feature_id is not None:
        feature["id"] = feature_id
    feature["geometry"] = {"type": kind, "coordinates": coordinates}
    feature["properties"] = dict(properties)
    return feature


def _signed_area(ring: Sequence[Point]) -> float:
    """Twice the area in square degrees, positive counter-clockwise (shoelace formula)."""
    return math.fsum(
        a.longitude_deg * b.latitude_deg - b.longitude_deg * a.latitude_deg
        for a, b in pairwise(ring)
    )


def _properties(point: RoutePoint) -> JsonObject:
    own: JsonObject = {
        "name": point.name,
        "time": utc_text(point.at),
        "description": point.description,
    }
    clash = _OWN_PROPERTIES & point.attributes.keys()
    if clash:
        raise InvalidRoute(f"“{min(clash)}” cannot also be an attribute.")
    return own | dict(point.attributes)


def _geometry(feature: object) -> JsonObject:
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    return geometry if isinstance(geometry, dict) else {}


def _route_point(feature: JsonObject) -> RoutePoint:
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        raise InvalidRoute("A point of the route has no properties.")
    attributes: dict[str, Attribute] = {
        name: value
        for name, value in properties.items()
        if name not in _OWN_PROPERTIES and isinstance(value, str | int | float)
    }
    try:
        at = datetime.fromisoformat(str(properties.get("time")))
    except ValueError as error:
        raise InvalidRoute("A point of the route has no readable time.") from error
    try:
        position = point_of(_geometry(feature).get("coordinates"))
    except GeoError as error:
        raise InvalidRoute(str(error)) from error
    name, description = str(properties.get("name", "")), str(properties.get("description", ""))
    return RoutePoint(position, at, name, description, attributes)
