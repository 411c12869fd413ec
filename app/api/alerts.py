"""Alerts that wait for somebody, and saying that one was seen."""

from __future__ import annotations

from flask import Response
from flask_login import current_user
from flask_openapi3.blueprint import APIBlueprint

from app.alert_pages import page_of
from app.api.document import READ, SIGHTINGS, WRITE, answers
from app.api.paths import AlertPath
from app.api.replies import reply
from app.current import actor
from app.outputs import PageOut
from app.outputs.alerts import AlertOut
from app.services.base import views_audit
from app.services.messages import alerts

api_alerts = APIBlueprint(
    "api_alerts", __name__, url_prefix="/api", abp_tags=[SIGHTINGS], abp_security=READ
)


@api_alerts.get(
    "/alerts", summary="List alerts that wait", responses=answers({200: PageOut[AlertOut]})
)
def list_alerts() -> Response:
    """The newest 50 that nobody has acknowledged, of open cases that you have not switched off.

    `total` counts all of them.
    """
    items = [AlertOut.of(alert, page_of(alert)) for alert in alerts.list_open(current_user.id)]
    total = alerts.count_open(current_user.id) if len(items) == alerts.TRAY_LIMIT else len(items)
    output: PageOut[AlertOut] = PageOut(
        items=items, total=total, page=1, per_page=alerts.TRAY_LIMIT
    )
    return reply(output)


@api_alerts.post(
    "/alerts/<int:alert_id>/acknowledge",
    summary="Acknowledge an alert",
    security=WRITE,
    responses=answers({200: AlertOut}, 404),
)
def acknowledge_alert(path: AlertPath) -> Response:
    """Say that you saw it; who did so first stands in the audit log."""
    alert = alerts.acknowledge(actor(), path.alert_id)
    if alert.withdrawn_at is not None or alert.acknowledged_by_id != actor().user_id:
        # The answer tells what another has said of it.
        views_audit.look_at(actor(), alert.case, "alerts")
    return reply(AlertOut.of(alert, page_of(alert)))
