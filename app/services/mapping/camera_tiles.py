"""Tiles of cameras: counts in a grid when far, each camera with its headings when near.

So a registry of a hundred thousand is drawn as quickly as one of a hundred: a tile never holds more
than some thousand things, whatever lies under it.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select

from app.extensions import db
from app.models import CameraRow
from app.services.mapping.tiles import Tile, TileAddress, query_tile, statement, tile_cache

LIFETIME_S: Final = 30.0
"""A change by a transaction that was open for long may be missed by the key for so long."""
CAMERAS_FROM_MAP_ZOOM: Final = 15
MOST_CAMERAS: Final = 1500
"""More than these in one tile are counted instead, except at the deepest zooms."""
ALWAYS_CAMERAS_FROM_MAP_ZOOM: Final = 17
CELLS_ACROSS: Final = 8
"""Cells of the grid across a tile: 64 pixels each on the screen."""

_COUNT: Final = statement("camera_count")
_TILE: Final = statement("camera_tile")


def camera_tile(address: TileAddress) -> Tile:
    """The tile with a layer `cameras`, or `clusters` where these are too many or too far."""
    key = ("cameras", registry_version(), address)
    return tile_cache().get(key, LIFETIME_S, lambda: _make(address))


def registry_version() -> str:
    """What changes when cameras are imported, changed or removed."""
    newest = select(func.max(CameraRow.updated_at), func.max(CameraRow.id))  # each by its index
    changed_at, last_id = db.session.execute(newest).one()
    return f"{changed_at} {last_id}"


def _make(address: TileAddress) -> bytes:
    return query_tile(_TILE, address, each=_shows_each(address), cells=CELLS_ACROSS)


def _shows_each(address: TileAddress) -> bool:
    if address.map_zoom < CAMERAS_FROM_MAP_ZOOM:
        return False
    if address.map_zoom >= ALWAYS_CAMERAS_FROM_MAP_ZOOM:
        return True
    found = {**address.section(0.0), "most": MOST_CAMERAS + 1}
    return (db.session.scalar(_COUNT, found) or 0) <= MOST_CAMERAS
