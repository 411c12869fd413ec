"""Tiles of what cameras see, and of the streets that none of them sees."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from app.services.inventory.roads import road_layer
from app.services.mapping.camera_tiles import registry_version
from app.services.mapping.tiles import Tile, TileAddress, query_tile, statement, tile_cache
from cameras.camera import ASSUMED_RANGE_M, ASSUMED_WIDTH_DEG
from geo.streets import StreetClass

LIFETIME_S: Final = 60.0
FROM_MAP_ZOOM: Final = 14
"""Farther out, a camera's view is smaller than a pixel."""
LONGEST_VIEW_M: Final = 500.0
EQUATOR_M: Final = 40_075_016.686
MOST_CAMERAS: Final = 20_000
WINDOW_STEP: Final = timedelta(minutes=5)
EMPTY: Final = Tile(b"", "empty")

_STATEMENT: Final = statement("coverage_tile")
_WALKABLE: Final = [one.value for one in StreetClass if one.is_walkable]
_NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FootageWindow:
    """The time for which footage is asked, widened to whole steps so that tiles can be kept."""

    start: datetime
    end: datetime

    @classmethod
    def around(cls, start: datetime | None, end: datetime | None) -> FootageWindow:
        """The window; one in which nothing was recorded where a side is missing."""
        if start is None or end is None or end <= start:
            return cls(_NEVER, _NEVER)
        step_s = WINDOW_STEP.total_seconds()
        first = datetime.fromtimestamp(start.timestamp() // step_s * step_s, UTC)
        last = datetime.fromtimestamp(-(-end.timestamp() // step_s) * step_s, UTC)
        return cls(first, last)


def coverage_tile(address: TileAddress, window: FootageWindow) -> Tile:
    """The tile with the layers `coverage` and `gaps`; empty where it is too far to be seen."""
    if address.map_zoom < FROM_MAP_ZOOM:
        return EMPTY
    layer = road_layer()
    streets = layer.version if layer else ""
    key = ("coverage", registry_version(), streets, window, address)
    return tile_cache().get(key, LIFETIME_S, lambda: _make(address, window))


def _make(address: TileAddress, window: FootageWindow) -> bytes:
    return query_tile(
        _STATEMENT,
        address,
        margin=_reach(address),
        window_start=window.start,
        window_end=window.end,
        range_m=ASSUMED_RANGE_M,
        width_deg=ASSUMED_WIDTH_DEG,
        longest_m=LONGEST_VIEW_M,
        most=MOST_CAMERAS,
        classes=_WALKABLE,
    )


def _reach(address: TileAddress) -> float:
    """How far outside of a tile a camera may stand that sees into it, in widths of the tile."""
    section = address.section(0.0)
    latitude_deg = max(abs(section["south"]), abs(section["north"]))
    width_m = EQUATOR_M / (1 << address.z) * math.cos(math.radians(latitude_deg))
    return LONGEST_VIEW_M / width_m
