"""The OpenAPI document, and a page that shows it; all of it is served from here."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import cast

from flask import Blueprint, Response, current_app, render_template, send_from_directory
from flask_openapi3.openapi import OpenAPI

from app.errors import NotFound

api_docs = Blueprint("api_docs", __name__, url_prefix="/api")

_SWAGGER_UI = Path(str(files("flask_openapi3_swagger"))) / "templates" / "swagger"
_ASSETS = frozenset(
    ["css/swagger-ui.css", "js/swagger-ui-bundle.js", "js/swagger-ui-standalone-preset.js"]
)


@api_docs.get("/openapi.json")
def document() -> Response:
    """The OpenAPI 3.1 document."""
    application = cast(OpenAPI, current_app)
    return Response(json.dumps(application.api_doc), mimetype="application/json")


@api_docs.get("/docs")
def page() -> str:
    """The document as a page to read and to try."""
    return render_template("api/docs.html")


@api_docs.get("/docs/assets/<path:name>")
def asset(name: str) -> Response:
    """A file of Swagger UI, from the installed package."""
    if name not in _ASSETS:
        raise NotFound("The page of the API has no such file.")
    return send_from_directory(_SWAGGER_UI, name, max_age=86_400)
