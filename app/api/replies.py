"""Answers: validated models straight to bytes, without a detour over dicts."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel

JSON_TYPE = "application/json"


def reply(output: BaseModel, status: int = 200, *, location: str | None = None) -> Response:
    """`output` as JSON; `location` names what was made."""
    response = Response(output.model_dump_json(), status, mimetype=JSON_TYPE)
    if location is not None:
        response.headers["Location"] = location
    return response


def nothing() -> Response:
    """Done, and there is nothing to say."""
    return Response(status=204)
