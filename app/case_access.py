"""Which case a request is about, and whether whoever sent it may see that case.

`app.gate` asks this before any view runs, so a view that forgets to ask leaks nothing. What
may not be seen is answered as what does not exist. A route names its case by the arguments of its
address alone: an argument is in `CASE_ARGUMENTS` or in `OTHER_ARGUMENTS`, and a test holds that
every route's is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import request

from app.current import actor
from app.services.base import access
from app.services.base.actors import Actor
from app.services.mapping import ogc

Check = Callable[[Actor, Any], object]

LARGEST_INTEGER: Final = 2**31 - 1
LARGEST_BIG_INTEGER: Final = 2**63 - 1
"""No id is larger, and none comes near: what is asked for beyond them is looked for at the end."""


def _collection(asker: Actor, collection_id: str) -> None:
    kind, _, number = collection_id.partition(".")
    if kind in (ogc.SIGHTINGS, ogc.LOCATIONS) and number:
        access.require_case(asker, number)


def _sweep(asker: Actor, sweep_id: int) -> None:
    access.require_sweep(asker, min(sweep_id, LARGEST_INTEGER))


def _visit(asker: Actor, visit_id: int) -> None:
    access.require_visit(asker, min(visit_id, LARGEST_INTEGER))


def _sighting(asker: Actor, sighting_id: int) -> None:
    access.require_sighting(asker, min(sighting_id, LARGEST_BIG_INTEGER))


def _request(asker: Actor, request_id: int) -> None:
    access.require_request(asker, min(request_id, LARGEST_INTEGER))


def _alert(asker: Actor, alert_id: int) -> None:
    access.require_alert(asker, min(alert_id, LARGEST_BIG_INTEGER))


CASE_ARGUMENTS: Final[Mapping[str, Check]] = {
    "number": access.require_case,
    "sweep_id": _sweep,
    "visit_id": _visit,
    "sighting_id": _sighting,
    "alert_id": _alert,
    "request_id": _request,
    "collection": _collection,
}
"""Arguments of addresses that name a case, or something that belongs to one."""

OTHER_ARGUMENTS: Final = frozenset(
    {
        # Within the case that stands before them in the address:
        "photo_id", "location_id", "search_id", "trace_id", "feature", "format", "member_id",
        "report_id", "mark_id", "person_id", "candidate_id",
        # Of no case:
        "camera_id", "footage_id", "source_id", "user_id", "token_id", "session_id", "link_id",
        "registration_id", "evaluation_id", "check_id", "kind", "token", "filename", "name",
        "x", "y", "z",
        # The secret of an upload link, and what was sent by it: the service asks for both.
        "secret", "delivery_id",
        # Checked where they are read, because one may belong to several cases, or to none:
        "sha256", "message_id", "tip_id", "found_id", "match_id", "code", "post_id", "import_id",
        "distinction_id",
        # An administrator's view of a restricted case that shows nothing of what it holds:
        "restricted_id",
        # An open request to purge a case, of which administrators see the number and the reason:
        "purge_id",
    }
)  # fmt: skip
"""Arguments that name no case, or whose case another argument or the service checks."""


def check_request() -> None:
    """Raises NotFound unless whoever sent the request may see the case that it is about."""
    for name, value in (request.view_args or {}).items():
        check = CASE_ARGUMENTS.get(name)
        if check is not None:
            check(actor(), value)
