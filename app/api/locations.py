"""Last-known locations of a case, and the ranking of cameras around them."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from app.api.document import LOCATIONS, RANKING, READ, WRITE, answers
from app.api.paths import CaseLocationPath, CasePath
from app.api.replies import reply
from app.current import actor
from app.inputs import LocationChange, LocationInput, RankingQuery
from app.outputs import GeocodedPlaceOut, LocationOut, PageOut, RankingOut, whole_list
from app.services.base import views_audit
from app.services.casework import cases
from app.services.places import locations
from app.services.prioritisation import planning

api_locations = APIBlueprint("api_locations", __name__, url_prefix="/api", abp_security=READ)


class LocationsQuery(BaseModel):
    """Which last-known locations to list."""

    model_config = ConfigDict(extra="forbid")

    include_inactive: bool = False


class GeocodeQuery(BaseModel):
    """An address in words."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(min_length=2, max_length=300)


@api_locations.get(
    "/cases/<number>/locations",
    summary="List last-known locations",
    tags=[LOCATIONS],
    responses=answers({200: PageOut[LocationOut]}, 404),
)
def list_locations(path: CasePath, query: LocationsQuery) -> Response:
    """The latest first; inactive ones only when asked for."""
    case = views_audit.look_at(actor(), cases.find_case(path.number), "locations")
    rows = locations.list_locations(case, query.include_inactive)
    return reply(whole_list(rows, lambda row: LocationOut.of(row, case.timezone)))


@api_locations.post(
    "/cases/<number>/locations",
    summary="Add a last-known location",
    tags=[LOCATIONS],
    security=WRITE,
    responses=answers({201: LocationOut}, 400, 404, 415),
)
def add_location(path: CasePath, body: LocationInput) -> Response:
    """The ranking follows."""
    case = cases.find_case(path.number)
    location = locations.add_location(actor(), case, body)
    return reply(LocationOut.of(location, case.timezone), 201)


@api_locations.patch(
    "/cases/<number>/locations/<int:location_id>",
    summary="Change a last-known location",
    tags=[LOCATIONS],
    security=WRITE,
    responses=answers({200: LocationOut}, 400, 404, 415),
)
def change_location(path: CaseLocationPath, body: LocationChange) -> Response:
    """Fields that are not given stay; `active: true` restores one that was removed."""
    case = cases.find_case(path.number)
    location = locations.change_location(actor(), case, path.location_id, body)
    return reply(LocationOut.of(location, case.timezone))


@api_locations.delete(
    "/cases/<number>/locations/<int:location_id>",
    summary="Remove a last-known location",
    tags=[LOCATIONS],
    security=WRITE,
    responses=answers({200: LocationOut}, 404),
)
def remove_location(path: CaseLocationPath) -> Response:
    """It stays on record, and ranks no camera any more."""
    case = cases.find_case(path.number)
    location = locations.remove_location(actor(), case, path.location_id)
    return reply(LocationOut.of(location, case.timezone))


@api_locations.get(
    "/cases/<number>/cameras",
    summary="Rank cameras for a case",
    tags=[RANKING],
    responses=answers({200: RankingOut}, 404),
)
def rank_cameras(path: CasePath, query: RankingQuery) -> Response:
    """Cameras by distance from the nearest relevant last-known location, each with its reason."""
    case = cases.find_case(path.number)
    ranked = planning.rank_for_case(case, query, actor=actor())
    return reply(RankingOut.of(ranked, case.timezone))


@api_locations.get(
    "/geocode",
    summary="Find an address",
    tags=[LOCATIONS],
    responses=answers({200: PageOut[GeocodedPlaceOut]}),
)
def geocode(query: GeocodeQuery) -> Response:
    """Places for an address; 503 where no geocoder is configured."""
    return reply(whole_list(locations.geocode(query.q), GeocodedPlaceOut.model_validate))
