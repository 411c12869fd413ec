"""Exchange formats: GeoJSON, GPX, KML, CSV and Cursor on Target; and reading traces.

The only place where latitude and longitude change order. Every export carries `NOTICE`.
"""

from geo.formats.cot import CotPlace, cot_document, cot_package
from geo.formats.geojson import (
    JsonObject,
    coordinates_of,
    feature_collection,
    line_feature,
    point_feature,
    point_of,
    polygon_feature,
    route_from_geojson,
    route_to_geojson,
)
from geo.formats.gpx import route_from_gpx, route_to_gpx
from geo.formats.kml import route_to_kml
from geo.formats.route import NOTICE, RoutePoint
from geo.formats.table import route_to_csv, safe_cell
from geo.formats.traces import (
    Trace,
    TracePoint,
    TraceProblem,
    read_csv_trace,
    read_gpx_trace,
    thinned,
)

__all__ = [
    "NOTICE",
    "CotPlace",
    "JsonObject",
    "RoutePoint",
    "Trace",
    "TracePoint",
    "TraceProblem",
    "coordinates_of",
    "cot_document",
    "cot_package",
    "feature_collection",
    "line_feature",
    "point_feature",
    "point_of",
    "polygon_feature",
    "read_csv_trace",
    "read_gpx_trace",
    "route_from_geojson",
    "route_from_gpx",
    "route_to_csv",
    "route_to_geojson",
    "route_to_gpx",
    "route_to_kml",
    "safe_cell",
    "thinned",
]
