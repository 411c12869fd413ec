"""The JSON API under /api: parse, one service call, answer."""

from __future__ import annotations

from flask import request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.openapi import OpenAPI
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from app.api.administration import api_administration
from app.api.alerts import api_alerts
from app.api.cameras import api_cameras
from app.api.case_files import api_case_files
from app.api.case_imports import api_case_imports
from app.api.cases import api_cases
from app.api.docs import api_docs
from app.api.document import openapi_options
from app.api.examples import attach_examples
from app.api.face_searches import api_face_searches
from app.api.footage import api_footage
from app.api.footage_requests import api_footage_requests
from app.api.found import api_found, api_found_persons
from app.api.live import api_live
from app.api.locations import api_locations
from app.api.members import api_members
from app.api.ogc import api_ogc
from app.api.people import api_people
from app.api.persons import api_persons
from app.api.photos import api_photos
from app.api.planning import api_planning
from app.api.posters import api_posters
from app.api.posts import api_posts
from app.api.reports import api_reports
from app.api.roads import api_roads
from app.api.route import api_route
from app.api.sightings import api_sightings
from app.api.sweeps import api_sweeps
from app.api.timeline import api_timeline
from app.api.tips import api_tips

__all__ = ["openapi_options", "register"]

BLUEPRINTS: tuple[APIBlueprint, ...] = (
    api_cases,
    api_case_imports,
    api_case_files,
    api_members,
    api_photos,
    api_locations,
    api_reports,
    api_sweeps,
    api_sightings,
    api_face_searches,
    api_tips,
    api_found,
    api_found_persons,
    api_persons,
    api_posts,
    api_alerts,
    api_live,
    api_planning,
    api_timeline,
    api_route,
    api_posters,
    api_ogc,
    api_cameras,
    api_footage,
    api_footage_requests,
    api_roads,
    api_administration,
    api_people,
)


def register(application: OpenAPI) -> None:
    """Add all operations, the OpenAPI document and its page."""
    for blueprint in BLUEPRINTS:
        application.register_api(blueprint)
    attach_examples(application)
    application.register_blueprint(api_docs)
    application.before_request(refuse_unreadable_body)


def refuse_unreadable_body() -> None:
    """A body that is not what the operation reads is refused in words, not taken for empty."""
    if not request.path.startswith("/api/") or request.method not in {"POST", "PATCH", "PUT"}:
        return
    if request.is_json:
        try:
            request.get_json()
        except RecursionError as error:
            raise BadRequest("The body is nested too deeply.") from error
    elif request.content_length and request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType("Send the body as JSON, with Content-Type: application/json.")
