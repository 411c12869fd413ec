"""What the OpenAPI document says of all operations alike: who may call, and how errors look."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask_openapi3.models.info import Info
from flask_openapi3.models.tag import Tag
from pydantic import ValidationError

from app.outputs import LEAD_NOTICE, ProblemOut

API_VERSION = "1.0.0"

SECURITY_SCHEMES: dict[str, dict[str, str]] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token from the account page or `flask users token`. Needs no CSRF token.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "session",
        "description": "The cookie of a logged-in browser.",
    },
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRFToken",
        "description": "The token of the page's `csrf-token` meta element, beside the cookie.",
    },
}

READ: list[dict[str, list[Any]]] = [{"bearer": []}, {"session": []}]
"""Security of an operation that changes nothing."""

WRITE: list[dict[str, list[Any]]] = [{"bearer": []}, {"session": [], "csrf": []}]
"""Security of an operation that changes something."""

_PROBLEM_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Not allowed",
    404: "Not found",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported Media Type",
    422: "Input refused",
    429: "Too Many Requests",
    503: "Not available",
}

_PROBLEM_WORDS = {
    400: "The request cannot be read, for example because its JSON is broken.",
    401: "Nobody is logged in, or the token is not valid (any more).",
    403: "This account's role may not do that, or the CSRF token is missing.",
    404: "There is no such thing, or none that this account may see.",
    409: "It contradicts what is there already.",
    413: "More bytes than are taken.",
    415: "The body is of a type that this operation does not take.",
    422: "The input cannot be taken; `errors` says which field and why.",
    429: "Too many requests; `Retry-After` says when to go on.",
    503: "A part of the installation does not answer; `detail` names it.",
}


def problem(status: int) -> dict[str, Any]:
    """The description of one problem answer (RFC 9457)."""
    title = _PROBLEM_TITLES[status]
    example = {
        "type": f"urn:lastseen:problem:{title.lower().replace(' ', '-')}",
        "title": title,
        "status": status,
        "detail": _PROBLEM_WORDS[status],
        "errors": {"window_end": "must be a time"} if status == 422 else {},
    }
    return {
        "description": _PROBLEM_WORDS[status],
        "content": {
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/ProblemOut"},
                "example": example,
            }
        },
    }


def answers(success: Mapping[int, Any], *problems: int) -> dict[str | int | HTTPStatus, Any]:
    """The answers of one operation: its own, those that all have, and the named problems."""
    described: dict[str | int | HTTPStatus, Any] = {
        str(code): model for code, model in success.items()
    }
    for status in (401, 403, 429, 503, *problems):
        described[str(status)] = problem(status)
    if "422" not in described:
        described["422"] = problem(422)
    return described


def binary(description: str, *media_types: str) -> dict[str, Any]:
    """The description of an answer that is a file or a stream."""
    return {
        "description": description,
        "content": {media: {"schema": {"type": "string"}} for media in media_types},
    }


def openapi_options() -> dict[str, Any]:
    """Arguments with which `flask_openapi3.OpenAPI` is made."""
    return {
        "info": Info(title="Lastseen", version=API_VERSION, description=_DESCRIPTION),
        "security_schemes": SECURITY_SCHEMES,
        "doc_ui": False,
        "validation_error_status": 422,
        "validation_error_model": ProblemOut,
        "validation_error_callback": _hand_on,
    }


def _hand_on(error: ValidationError) -> None:
    """Leave the answer to `app.problems`, which turns all errors into problem+json."""
    raise error


_DESCRIPTION = f"""\
Cases, cameras, rankings, sweeps and sightings of a search for a missing person.

**{LEAD_NOTICE}** A similarity is the cosine of two embeddings (−1 to 1, higher is closer) and is \
given beside the threshold that was in force. A person decides.

Times are ISO 8601 in UTC; fields that end in `_local` show the clock of the case's time zone. \
Positions are WGS 84 degrees, distances metres, bearings degrees clockwise from north. \
Lists are `{{items, total, page, per_page}}`. Errors are problem+json (RFC 9457)."""

CASES = Tag(name="Cases", description="One search for one missing person.")
PHOTOS = Tag(name="Reference photos", description="Photos of the subject behind a quality gate.")
LOCATIONS = Tag(name="Last-known locations", description="Where and when the subject was.")
RANKING = Tag(name="Ranking", description="Which camera to look at next, and why.")
SWEEPS = Tag(name="Sweeps", description="Ordered visits to cameras over one time window.")
SIGHTINGS = Tag(name="Sightings", description=f"Faces proposed for a case. {LEAD_NOTICE}")
TIMELINE = Tag(name="Timeline", description="Stops in order of time, and what cannot be.")
FACE_SEARCHES = Tag(
    name="Face searches", description=f"Faces kept from earlier sweeps. {LEAD_NOTICE}"
)
TIPS = Tag(name="Tips", description=f"What the public handed in. {LEAD_NOTICE}")
FOUND_PERSONS = Tag(name="Found persons", description=f"Found, unidentified persons. {LEAD_NOTICE}")
PERSONS = Tag(
    name="Persons of interest", description=f"Beside the subject, apart from them. {LEAD_NOTICE}"
)
POSTS = Tag(name="Posts", description="Imported posts; leads, no accusation.")
FEATURES = Tag(name="OGC API – Features", description="The data for GIS tools.")
ROUTE = Tag(name="Route", description="Confirmed sightings in order of time, as files.")
CAMERAS = Tag(name="Cameras", description="The registry of cameras.")
FOOTAGE = Tag(name="Footage", description="Recordings of cameras, kept by reference.")
REQUESTS = Tag(name="Requests", description="Footage that is asked of owners.")
ADMINISTRATION = Tag(name="Administration", description="State, accounts and the audit log.")
