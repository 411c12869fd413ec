"""Tiles of imported streets and places: what is drawn where no map tiles are configured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.services.inventory.roads import road_layer
from app.services.mapping.tiles import Tile, TileAddress, query_tile, statement, tile_cache
from geo.streets import PlaceKind, StreetClass

LIFETIME_S: Final = 24 * 3600.0
"""The key of a tile has the version of the imports in it; nothing else changes them."""
NAMES_FROM_MAP_ZOOM: Final = 15
EMPTY: Final = Tile(b"", "empty")

STREETS_FROM_MAP_ZOOM: Final[Mapping[StreetClass, int]] = {
    StreetClass.MOTORWAY: 5,
    StreetClass.TRUNK: 6,
    StreetClass.PRIMARY: 8,
    StreetClass.SECONDARY: 10,
    StreetClass.RAIL: 10,
    StreetClass.TERTIARY: 11,
    StreetClass.MINOR: 13,
    StreetClass.SERVICE: 15,
    StreetClass.PATH: 15,
}
PLACES_FROM_MAP_ZOOM: Final[Mapping[PlaceKind, int]] = {
    PlaceKind.CITY: 5,
    PlaceKind.TOWN: 9,
    PlaceKind.SUBURB: 13,
    PlaceKind.STATION: 13,
    PlaceKind.HOSPITAL: 13,
    PlaceKind.POLICE: 13,
    PlaceKind.PLACE: 13,
}

_STATEMENT: Final = statement("road_tile")


def road_tile(address: TileAddress) -> tuple[Tile, str]:
    """The tile of streets and places, and the version of the imports that it shows."""
    layer = road_layer()
    if layer is None:
        return EMPTY, ""
    key = ("roads", layer.version, address)
    return tile_cache().get(key, LIFETIME_S, lambda: _make(address)), layer.version


def _make(address: TileAddress) -> bytes:
    zoom = address.map_zoom
    return query_tile(
        _STATEMENT,
        address,
        margin=0.03,
        named=zoom >= NAMES_FROM_MAP_ZOOM,
        classes=[one.value for one, first in STREETS_FROM_MAP_ZOOM.items() if zoom >= first],
        kinds=[one.value for one, first in PLACES_FROM_MAP_ZOOM.items() if zoom >= first],
    )
