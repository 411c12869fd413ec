"""The one table from exceptions to answers: an HTML page, or problem+json (RFC 9457) for programs.

No answer ever carries a trace: what nobody foresaw is logged under an id, and the answer names
the id.
"""

from __future__ import annotations

import base64
import errno
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from flask import Flask, Response, current_app, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from pydantic import ValidationError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError
from werkzeug.exceptions import HTTPException

import cameras.errors
import geo.errors
import recognition.errors
from app import errors
from app.extensions import db, login_manager
from app.log_secrets import mask_paths
from app.plain_reasons import reasons_of

logger = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, as it is told to whoever asked.

    `errors` maps a field to the reason; `extra` holds members that only this kind of problem has.
    """

    status: int
    title: str
    detail: str
    errors: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """The problem+json object."""
        kind = self.title.lower().replace(" ", "-").replace("'", "")
        return {
            "type": f"urn:lastseen:problem:{kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "errors": dict(self.errors),
            **self.extra,
        }


@dataclass(frozen=True, slots=True)
class _Rule:
    """How one kind of exception is answered; with no `sentence`, the exception's own is told."""

    status: int
    title: str
    sentence: str = ""


_DATABASE_DOWN: Final = _Rule(
    503,
    "The database does not answer",
    "The database does not answer. Nothing was changed; try again in a minute.",
)
_CHANGED_MEANWHILE: Final = _Rule(
    409,
    "Conflict",
    "Someone changed the same thing at the same moment. Load the page again, then repeat.",
)
_REDIS_DOWN: Final = _Rule(
    503,
    "Redis does not answer",
    "Redis does not answer. What was already committed is kept; try again in a minute.",
)

TABLE: Final[Mapping[type[Exception], _Rule]] = {
    errors.NotFound: _Rule(404, "Not found"),
    errors.Gone: _Rule(410, "No longer there"),
    errors.PhotoRefused: _Rule(422, "Photo refused"),
    errors.BadQuery: _Rule(400, "Bad Request"),
    errors.Refused: _Rule(422, "Input refused"),
    errors.Conflict: _Rule(409, "Conflict"),
    errors.Forbidden: _Rule(403, "Not allowed"),
    errors.TooLarge: _Rule(413, "Too large"),
    errors.TooOften: _Rule(429, "Too Many Requests"),
    errors.NoRecogniser: _Rule(503, "No face model is installed"),
    errors.Unavailable: _Rule(503, "Not available"),
    ValidationError: _Rule(422, "Input refused"),
    geo.errors.GeoError: _Rule(422, "Input refused"),
    cameras.errors.CamerasError: _Rule(422, "Input refused"),
    recognition.errors.NoModelInstalled: _Rule(503, "No face model is installed"),
    recognition.errors.BrokenPack: _Rule(503, "The face model is damaged"),
    recognition.errors.PackDownloadFailed: _Rule(502, "The face model could not be fetched"),
    recognition.errors.ModelMismatch: _Rule(409, "Conflict"),
    recognition.errors.TooLittleToMeasure: _Rule(422, "Too little to measure"),
    recognition.errors.RecognitionError: _Rule(422, "Photo refused"),
    OperationalError: _DATABASE_DOWN,
    InterfaceError: _DATABASE_DOWN,
    PoolTimeout: _DATABASE_DOWN,
    RedisConnectionError: _REDIS_DOWN,
    RedisTimeoutError: _REDIS_DOWN,
    IntegrityError: _CHANGED_MEANWHILE,
    StaleDataError: _CHANGED_MEANWHILE,
    ObjectDeletedError: _CHANGED_MEANWHILE,
    DataError: _Rule(
        422, "Input refused", "A value is outside what can be stored. Check numbers and times."
    ),
}
"""The nearest class in an exception's ancestry decides."""

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_DISK_FULL: Final = _Rule(
    503,
    "No room on the disk",
    "There is no room on the disk for this, so it was not done. What was there before is kept; "
    "try again when an administrator has made room.",
)

_HTTP_SENTENCES: Final[Mapping[int, str]] = {
    400: "The request is not complete or not readable. Load the page again and repeat.",
    401: "Log in first, or send a valid bearer token.",
    403: "This account may not do that. Ask an administrator if your work needs it.",
    404: "There is nothing at this address.",
    405: "This address does not take that kind of request.",
    413: "That is more than is taken here. Send a smaller file.",
    415: "This kind of content is not taken here: send JSON, and files as multipart/form-data.",
    429: "Too many requests in a short time. Wait a minute, then repeat.",
}

_FORM_EXPIRED: Final = (
    "The form has expired or came from another page. Load the page again and repeat; "
    "a program sends the header X-CSRFToken, or a bearer token."
)

_NEXT_STEPS: Final[Mapping[int, str]] = {
    401: "Log in and open the page again.",
    403: "Go back to your start page. An administrator can change what an account may do.",
    404: "Check the address, or begin at your start page.",
    409: "Load the page again to see the present state, then decide anew.",
    410: "Ask whoever sent you the link.",
    413: "Send a smaller file, or ask an administrator to raise the limit.",
    422: "Go back, correct what is named below, and send it again.",
    429: "Wait a minute, then load the page again.",
    500: "Try once more. If it happens again, give the administrator the id above.",
    502: "Try again later, or install the pack by hand: docs/models.md says how.",
    503: "Wait a minute and load the page again. If it lasts, tell an administrator.",
}


def problem_of(error: Exception) -> Problem:
    """Look an exception up in the table. Whatever is not in it becomes a logged 500."""
    if isinstance(error, HTTPException):
        return _http_problem(error)
    rule = next((TABLE[kind] for kind in type(error).__mro__ if kind in TABLE), None)
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        logger.error("no room on the disk on %s", _asked_for())
        rule = _DISK_FULL
    if rule is None:
        return _unforeseen(error)
    if isinstance(error, ValidationError):
        reasons = reasons_of(error)
        return Problem(rule.status, rule.title, _summary(reasons), reasons)
    if isinstance(error, errors.Refused):
        return Problem(rule.status, rule.title, str(error), error.fields, _photo_extra(error))
    return Problem(rule.status, rule.title, rule.sentence or str(error))


def wants_json() -> bool:
    """Whether the answer goes to a program: under /api, or where the Accept header says so."""
    if request.path == "/api" or request.path.startswith("/api/"):
        return True
    accepted = request.accept_mimetypes
    return not accepted.accept_html and (accepted.accept_json or PROBLEM_JSON in accepted.values())


def install(application: Flask) -> None:
    """Answer every exception through the table."""
    application.register_error_handler(Exception, _handle)


def _handle(error: Exception) -> ResponseReturnValue:
    if isinstance(error, HTTPException) and (error.code is None or error.code < 400):
        return error
    problem = problem_of(error)
    if not isinstance(error, HTTPException):
        _leave_failed_transaction(error)
    response = _json_response(problem) if wants_json() else _html_response(problem)
    if isinstance(error, HTTPException):
        kept = {"allow", "retry-after", "www-authenticate"}
        response.headers.extend([pair for pair in error.get_headers() if pair[0].lower() in kept])
    elif isinstance(error, errors.TooOften):
        response.headers["Retry-After"] = str(error.retry_after_s)
    elif problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = "10"
    return response


def _http_problem(error: HTTPException) -> Problem:
    if isinstance(error, CSRFError):
        return Problem(403, "Form expired", _FORM_EXPIRED)
    status = error.code or 500
    sentence = _HTTP_SENTENCES.get(status) or error.description or error.name
    return Problem(status, error.name.capitalize(), sentence)


def _unforeseen(error: Exception) -> Problem:
    incident = uuid.uuid4().hex[:12]
    logger.error("incident %s on %s", incident, _asked_for(), exc_info=error)
    sentence = f"Something went wrong that nobody foresaw. It was logged under the id {incident}."
    return Problem(500, "Unexpected error", sentence, extra={"incident": incident})


def _leave_failed_transaction(error: Exception) -> None:
    """Make the session usable for the error page, or keep the page away from a dead database."""
    if isinstance(error, OperationalError | InterfaceError | PoolTimeout):
        logger.error("the database failed on %s: %s", _asked_for(), _first_line(error))
        g._login_user = login_manager.anonymous_user()
        g.database_down = True
        return
    db.session.rollback()


def _asked_for() -> str:
    """Method and path for a line of the log: without secrets, and without line breaks in it."""
    return f"{request.method} {mask_paths(request.path)}".encode("unicode_escape").decode()


def _first_line(error: Exception) -> str:
    """What the driver says, without the statement and its values."""
    said = str(error.orig if isinstance(error, DBAPIError) else error).splitlines()
    return f"{type(error).__name__}: {said[0][:300] if said else ''}"


def _json_response(problem: Problem) -> Response:
    body = current_app.json.dumps(problem.as_json())
    return Response(body, status=problem.status, mimetype=PROBLEM_JSON)


def _html_response(problem: Problem) -> Response:
    page = render_template(
        "errors/error.html", problem=problem, next_step=_NEXT_STEPS.get(problem.status, "")
    )
    return Response(page, status=problem.status, mimetype="text/html")


def _photo_extra(error: errors.Refused) -> dict[str, str]:
    if not isinstance(error, errors.PhotoRefused):
        return {}
    marked = base64.b64encode(error.marked_jpeg).decode("ascii")
    return {"reason": error.reason, "marked_jpeg_base64": marked}


def _summary(reasons: Mapping[str, str]) -> str:
    parts = [f"{name or 'the request'}: {reason}" for name, reason in reasons.items()]
    return "The input cannot be taken. " + "; ".join(parts) + "."
