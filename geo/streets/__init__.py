"""Streets and places read from files, as they are drawn on a map.

`geo.network` reads the same files for finding ways; here names, classes and shapes matter.
"""

from geo.streets.classes import PlaceKind, StreetClass
from geo.streets.drawing import OSM_ATTRIBUTION, OSM_LICENCE, Bounds, MapDrawing, Place, Street
from geo.streets.reading import read_drawing, street_network

__all__ = [
    "OSM_ATTRIBUTION",
    "OSM_LICENCE",
    "Bounds",
    "MapDrawing",
    "Place",
    "PlaceKind",
    "Street",
    "StreetClass",
    "read_drawing",
    "street_network",
]
