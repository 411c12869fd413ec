"""Vector tiles (Mapbox Vector Tile, Web Mercator), made by PostGIS and kept for a while.

A tile is 512 pixels wide on the screen, so that tile zoom `z` is drawn at map zoom `z + 1`.
"""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from flask import current_app
from sqlalchemy import Row, TextClause, text

from app.errors import NotFound
from app.extensions import db

DEEPEST_ZOOM: Final = 16
EXTENT: Final = 4096
"""Units across a tile; at the deepest zoom one is 15 cm at the equator."""
KEPT_BYTES: Final = 48 * 1024 * 1024
MOST_KEPT: Final = 20_000
"""Tiles, however small: most are empty, and there are windows without number."""
_EXTENSION: Final = "lastseen_tiles"
_SQL: Final = Path(__file__).parent / "sql"


@dataclass(frozen=True, slots=True)
class TileAddress:
    """Which section of the map, as `z/x/y` with y counted from the north."""

    z: int
    x: int
    y: int

    @classmethod
    def of(cls, z: int, x: int, y: int) -> TileAddress:
        """Check an address. Raises NotFound."""
        if z > DEEPEST_ZOOM or x >= 1 << z or y >= 1 << z:
            raise NotFound(f"There is no map tile {z}/{x}/{y}.")
        return cls(z, x, y)

    def section(self, margin: float) -> dict[str, float]:
        """The section in degrees, wider by `margin` of itself on each side.

        It ends at the 180th meridian: a box that wraps around would hold everything but the tile.
        """
        size = 1 << self.z
        return {
            "west": max(-180.0, _longitude_deg((self.x - margin) / size)),
            "south": _latitude_deg((self.y + 1 + margin) / size),
            "east": min(180.0, _longitude_deg((self.x + 1 + margin) / size)),
            "north": _latitude_deg((self.y - margin) / size),
        }

    @property
    def map_zoom(self) -> int:
        """The zoom at which the tile is drawn."""
        return self.z + 1


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile's bytes and the tag by which a browser asks whether they have changed."""

    data: bytes
    etag: str


class TileCache:
    """Tiles that this process has made, the least recently used ones forgotten first.

    A tile is made by one thread while others that want it wait, so that many maps opening at once
    ask the database once.
    """

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._kept_bytes = kept_bytes
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}
        self._tiles: OrderedDict[Hashable, tuple[float, Tile]] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable, lifetime_s: float, make: Callable[[], bytes]) -> Tile:
        """The tile of `key`, made anew if it is older than `lifetime_s`."""
        with self._lock:
            found = self._fresh(key, lifetime_s)
            if found is not None:
                return found
            making = self._making.setdefault(key, threading.Lock())
        try:
            with making:
                with self._lock:
                    found = self._fresh(key, lifetime_s)
                return found if found is not None else self._keep(key, make())
        finally:
            with self._lock:
                self._making.pop(key, None)

    def _fresh(self, key: Hashable, lifetime_s: float) -> Tile | None:
        made_at, tile = self._tiles.get(key, (0.0, None))
        if tile is None or time.monotonic() - made_at > lifetime_s:
            return None
        self._tiles.move_to_end(key)
        return tile

    def _keep(self, key: Hashable, data: bytes) -> Tile:
        tile = Tile(data, hashlib.sha256(data).hexdigest()[:24])
        with self._lock:
            self._drop(key)
            self._tiles[key] = (time.monotonic(), tile)
            self._bytes += len(data)
            while self._is_full() and len(self._tiles) > 1:
                self._drop(next(iter(self._tiles)))
        return tile

    def _is_full(self) -> bool:
        return self._bytes > self._kept_bytes or len(self._tiles) > MOST_KEPT

    def _drop(self, key: Hashable) -> None:
        _, tile = self._tiles.pop(key, (0.0, None))
        self._bytes -= len(tile.data) if tile else 0


def tile_cache() -> TileCache:
    """The cache of this process."""
    found: TileCache = current_app.extensions.setdefault(_EXTENSION, TileCache())
    return found


def statement(name: str) -> TextClause:
    """The SQL of `sql/NAME.sql`, with its parameters."""
    return text((_SQL / f"{name}.sql").read_text(encoding="utf-8"))


def query_tile(
    sql: TextClause, address: TileAddress, *, margin: float = 0.001, **parameters: Any
) -> bytes:
    """Run a statement that answers with the layers of one tile, each a column, and join them.

    It looks for things in the tile's section, wider by `margin` of it on each side.
    """
    place = {"z": address.z, "x": address.x, "y": address.y, **address.section(margin)}
    values = {**place, "extent": EXTENT, **parameters}
    row: Row[Any] = db.session.execute(sql, values).one()
    return b"".join(bytes(layer) for layer in row if layer)


def _longitude_deg(share: float) -> float:
    """Longitude at a share of the world's width."""
    return share * 360.0 - 180.0


def _latitude_deg(share: float) -> float:
    """Latitude at a share of the Mercator world's height, from the north."""
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * share))))
