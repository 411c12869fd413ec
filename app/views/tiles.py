"""Map tiles: streets, cameras, and what the cameras see."""

from __future__ import annotations

from flask import Blueprint, Response, request

from app.errors import Refused
from app.extensions import limiter
from app.inputs.fields import Input, OptionalInstant
from app.security import TILE_LIMIT
from app.services.mapping import camera_tiles, coverage_tiles, road_tiles
from app.services.mapping.coverage_tiles import FootageWindow
from app.services.mapping.tiles import Tile, TileAddress
from app.views.forms import read_query

blueprint = Blueprint("tiles", __name__, url_prefix="/tiles")

TILE_TYPE = "application/vnd.mapbox-vector-tile"
STREETS_SECONDS = 7 * 24 * 3600
_ADDRESS = "/<int:z>/<int:x>/<int:y>.mvt"


class WindowQuery(Input):
    """The time window for which footage is asked."""

    window_start: OptionalInstant = None
    window_end: OptionalInstant = None


@blueprint.get(f"/roads{_ADDRESS}")
@limiter.limit(TILE_LIMIT)
def roads(z: int, x: int, y: int) -> Response:
    """Streets and places. With the version of the imports in `v`, browsers keep it for a week."""
    tile, version = road_tiles.road_tile(TileAddress.of(z, x, y))
    return _answer(tile, STREETS_SECONDS if request.args.get("v") == version else 0)


@blueprint.get(f"/cameras{_ADDRESS}")
@limiter.limit(TILE_LIMIT)
def cameras(z: int, x: int, y: int) -> Response:
    """Cameras: counts when far, each with its headings when near. Browsers ask again each time."""
    return _answer(camera_tiles.camera_tile(TileAddress.of(z, x, y)), 0)


@blueprint.get(f"/coverage{_ADDRESS}")
@limiter.limit(TILE_LIMIT)
def coverage(z: int, x: int, y: int) -> Response:
    """What cameras see, whose footage of the window is at hand, and the streets nobody sees."""
    query = read_query(WindowQuery)
    if query.window_start and query.window_end and query.window_end <= query.window_start:
        raise Refused("The time window ends before it starts; swap the two times.")
    window = FootageWindow.around(query.window_start, query.window_end)
    return _answer(coverage_tiles.coverage_tile(TileAddress.of(z, x, y), window), 0)


def _answer(tile: Tile, seconds: int) -> Response:
    response = Response(tile.data, mimetype=TILE_TYPE)
    response.set_etag(tile.etag)
    response.cache_control.private = True
    if seconds:
        response.cache_control.max_age = seconds
        response.cache_control.immutable = True
    else:
        response.cache_control.no_cache = True
    response.make_conditional(request)
    return response
