"""Which page shows an alert to whoever asks: not every role may open the page it is about."""

from __future__ import annotations

from flask import current_app, url_for
from werkzeug.exceptions import HTTPException

from app.gate import can
from app.models import Alert


def page_of(alert: Alert) -> str:
    """The alert's own page, else the case map with the sighting, else the case's alerts."""
    if _may_open(alert.path):
        return alert.path
    number = alert.case.number
    if alert.sighting_id is not None and can("cases.show"):
        return url_for("cases.show", number=number, sighting=alert.sighting_id)
    return url_for("alerts.case", number=number)


def _may_open(path: str) -> bool:
    try:
        endpoint, _ = current_app.url_map.bind("").match(path)
    except HTTPException:
        return False  # a page that this version does not have any more
    return can(endpoint)
