"""OGC API – Features, Part 1 (core and GeoJSON): the data for people's own GIS tools.

Reading needs the account's rights: a bearer token, or HTTP Basic with a token as the password.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from flask import Response, request, url_for
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from app.api.document import FEATURES, READ, answers, binary
from app.api.replies import large_json
from app.current import actor
from app.inputs.ogc import FeatureQuery, read_feature_query, refuse_unknown
from app.services.mapping import ogc
from app.services.mapping.ogc import Collection, Extent

api_ogc = APIBlueprint(
    "api_ogc", __name__, url_prefix="/api/ogc", abp_tags=[FEATURES], abp_security=READ
)

GEOJSON: Final = "application/geo+json"
JSON_TYPE: Final = "application/json"
OPENAPI_TYPE: Final = "application/vnd.oai.openapi+json;version=3.1"
CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_SPECIFICATION: Final = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
CONFORMS_TO: Final = (f"{_SPECIFICATION}core", f"{_SPECIFICATION}geojson")
_ONLY_FORMAT: Final = frozenset({"f"})

_JSON_ANSWER = binary("As the standard describes it.", JSON_TYPE)
_FEATURES_ANSWER = binary("GeoJSON, longitude first.", GEOJSON)


class CollectionPath(BaseModel):
    """A collection: `cameras`, `sightings.NUMBER` or `last-known-locations.NUMBER`."""

    collection: str = Field(max_length=100, json_schema_extra={"example": "cameras"})


class FeaturePath(CollectionPath):
    """A feature of a collection."""

    feature: str = Field(max_length=40)


class ItemsQuery(BaseModel):
    """`bbox=west,south,east,north`, `datetime` (instant or interval), `limit` and `offset`."""

    model_config = ConfigDict(extra="allow")

    bbox: str | None = None
    datetime: str | None = None
    limit: str | None = None
    offset: str | None = None


@api_ogc.get("", summary="Landing page", responses=answers({200: _JSON_ANSWER}, 400))
def landing() -> Response:
    """Where everything is."""
    refuse_unknown(request.args, _ONLY_FORMAT)
    links = [
        _link("self", _address("landing"), "This document"),
        _link("conformance", _address("conformance"), "What this server conforms to"),
        _link("data", _address("list_collections"), "The collections"),
        _link("service-desc", url_for("api_docs.document", _external=True), "API", OPENAPI_TYPE),
        _link("service-doc", url_for("api_docs.page", _external=True), "Handbook", "text/html"),
    ]
    words = "Cameras, sightings and last-known locations. Sightings are leads, not identifications."
    return large_json({"title": "Lastseen", "description": words, "links": links}, JSON_TYPE)


@api_ogc.get(
    "/conformance", summary="Conformance classes", responses=answers({200: _JSON_ANSWER}, 400)
)
def conformance() -> Response:
    """Part 1: core, and GeoJSON."""
    refuse_unknown(request.args, _ONLY_FORMAT)
    return large_json({"conformsTo": list(CONFORMS_TO)}, JSON_TYPE)


@api_ogc.get(
    "/collections", summary="List collections", responses=answers({200: _JSON_ANSWER}, 400)
)
def list_collections() -> Response:
    """The cameras, and the sightings and last-known locations of each open case."""
    refuse_unknown(request.args, _ONLY_FORMAT)
    listed = [_collection(one, None) for one in ogc.list_collections(actor())]
    links = [_link("self", _address("list_collections"), "The collections")]
    return large_json({"collections": listed, "links": links}, JSON_TYPE)


@api_ogc.get(
    "/collections/<collection>",
    summary="Describe a collection",
    responses=answers({200: _JSON_ANSWER}, 400, 404),
)
def show_collection(path: CollectionPath) -> Response:
    """With its extent in space and time."""
    refuse_unknown(request.args, _ONLY_FORMAT)
    found = ogc.find_collection(path.collection)
    return large_json(_collection(found, ogc.extent_of(found)), JSON_TYPE)


@api_ogc.get(
    "/collections/<collection>/items",
    summary="Read features",
    responses=answers({200: _FEATURES_ANSWER}, 400, 404),
)
def list_items(path: CollectionPath, query: ItemsQuery) -> Response:  # noqa: ARG001 (documented)
    """In order of their ids, `limit` at a time. Reading a case's leaves an audit entry."""
    wanted = read_feature_query(request.args)
    found = ogc.find_collection(path.collection)
    page = ogc.list_features(actor(), found, wanted)
    answer = {
        "type": "FeatureCollection",
        "features": page.features,
        "numberMatched": page.matched,
        "numberReturned": len(page.features),
        "timeStamp": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "links": _page_links(found, wanted, page.matched),
    }
    return _as_features(answer)


@api_ogc.get(
    "/collections/<collection>/items/<feature>",
    summary="Read one feature",
    responses=answers({200: _FEATURES_ANSWER}, 400, 404),
)
def show_item(path: FeaturePath) -> Response:
    """By its id."""
    refuse_unknown(request.args, _ONLY_FORMAT)
    found = ogc.find_collection(path.collection)
    feature = ogc.find_feature(actor(), found, path.feature)
    here = _address("show_item", collection=found.id, feature=path.feature)
    links = [_link("self", here, "This feature", GEOJSON), _link_to(found, "collection")]
    return _as_features({**feature, "links": links})


def _collection(collection: Collection, extent: Extent | None) -> dict[str, Any]:
    items = _address("list_items", collection=collection.id)
    described: dict[str, Any] = {
        "id": collection.id,
        "title": collection.title,
        "description": collection.description,
        "itemType": "feature",
        "crs": [CRS84],
        "links": [_link_to(collection, "self"), _link("items", items, "Features", GEOJSON)],
    }
    if extent is not None and extent.bbox is not None:
        described["extent"] = {"spatial": {"bbox": [list(extent.bbox)], "crs": CRS84}}
        if extent.start is not None and extent.end is not None:
            interval = [one.astimezone(UTC).isoformat() for one in (extent.start, extent.end)]
            described["extent"]["temporal"] = {"interval": [interval]}
    return described


def _page_links(collection: Collection, query: FeatureQuery, matched: int) -> list[dict[str, str]]:
    links = [
        _link("self", _page(collection, query.offset), "This page", GEOJSON),
        _link_to(collection, "collection"),
    ]
    if query.offset + query.limit < matched:
        after = _page(collection, query.offset + query.limit)
        links.append(_link("next", after, "Next page", GEOJSON))
    if query.offset > 0:
        before = _page(collection, max(0, query.offset - query.limit))
        links.append(_link("prev", before, "Page before", GEOJSON))
    return links


def _page(collection: Collection, offset: int) -> str:
    """The same query at another offset."""
    kept: Mapping[str, str] = {
        name: value for name, value in request.args.items() if name != "offset"
    }
    more = {"offset": str(offset)} if offset else {}
    return url_for(
        "api_ogc.list_items", collection=collection.id, _external=True, **{**kept, **more}
    )


def _link_to(collection: Collection, rel: str) -> dict[str, str]:
    address = _address("show_collection", collection=collection.id)
    return _link(rel, address, collection.title)


def _link(rel: str, href: str, title: str, media_type: str = JSON_TYPE) -> dict[str, str]:
    return {"rel": rel, "href": href, "title": title, "type": media_type}


def _address(name: str, **values: str) -> str:
    return url_for(f"api_ogc.{name}", _external=True, **values)


def _as_features(answer: dict[str, Any]) -> Response:
    response = large_json(answer, GEOJSON)
    response.headers["Content-Crs"] = f"<{CRS84}>"
    return response
