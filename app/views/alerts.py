"""Alerts: what waits for somebody, what was sent to whom, and how one wants to be told."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.alert_pages import page_of
from app.current import actor, settings
from app.inputs.alerts import AlertQuery, AlertSettingsInput
from app.models import AlertMode, AlertUrgency, Case
from app.models.accounts import User
from app.services.base import views_audit
from app.services.casework import cases
from app.services.messages import alert_settings, alerts
from app.services.messages.alert_settings import Wishes
from app.views.accounts import safe_next
from app.views.forms import Form, read_query

blueprint = Blueprint("alerts", __name__)

SETTINGS_FIELDS = (
    "mode",
    "channels",
    "least_urgency",
    "quiet_from",
    "quiet_until",
    "timezone",
    "group_minutes",
)


@blueprint.get("/alerts")
def index() -> str:
    """The alerts of all cases."""
    query = read_query(AlertQuery)
    only_open = query.show == "open"
    page = alerts.list_alerts(actor(), None, query.page, query.per_page, only_open=only_open)
    # What became of alerts tells what was said of sightings; those that are open tell nothing.
    what = "open_alerts" if only_open else "alerts"
    cases_shown = {alert.case_id: alert.case for alert in page.items}
    views_audit.look_at_all(actor(), {what: cases_shown.values()})
    page = alerts.list_alerts(actor(), None, query.page, query.per_page, only_open=only_open)
    return render_template("alerts/index.html", page=page, show=query.show)


@blueprint.get("/alerts/<int:alert_id>")
def show(alert_id: int) -> ResponseReturnValue:
    """Lead to the page that shows the alert to whoever asks; messages link here."""
    return redirect(page_of(alerts.find_alert(alert_id)))


@blueprint.post("/alerts/<int:alert_id>/acknowledge")
def acknowledge(alert_id: int) -> ResponseReturnValue:
    """Say that an alert was seen."""
    alert = alerts.acknowledge(actor(), alert_id)
    flash(f"Acknowledged: {alert.title}.", "success")
    return redirect(safe_next(request.form.get("next", "") or url_for("alerts.index")))


@blueprint.get("/cases/<number>/alerts", endpoint="case")
def show_case(number: str) -> str:
    """A case's alerts with what was sent of each, and one's own settings for the case."""
    case = views_audit.look_at(actor(), cases.find_case(number), "alerts")
    chosen = alert_settings.case_wishes(_myself(), case)
    return _case_page(case, _as_typed(chosen.wishes, chosen.mode))


@blueprint.post("/cases/<number>/alerts/acknowledge")
def acknowledge_case(number: str) -> ResponseReturnValue:
    """Say that all open alerts of a case were seen."""
    count = alerts.acknowledge_case(actor(), cases.find_case(number))
    flash(f"Acknowledged: {count} alerts.", "success")
    return redirect(url_for("alerts.case", number=number))


@blueprint.post("/cases/<number>/alerts/settings")
def save_case(number: str) -> ResponseReturnValue:
    """Choose how to be told of this case."""
    case = cases.find_case(number)
    form = _typed()
    with form:
        alert_settings.keep_case_wishes(actor(), _myself(), case, _read(form))
        flash("Your alerts for this case are set.", "success")
        return redirect(url_for("alerts.case", number=number))
    return _case_page(cases.find_case(number), form), form.status


@blueprint.post("/cases/<number>/urgent")
def set_urgent(number: str) -> ResponseReturnValue:
    """Mark the case as urgent, or as not urgent any more."""
    urgent = request.form.get("urgent") == "1"
    alert_settings.set_urgent(actor(), cases.find_case(number), urgent=urgent)
    words = "is urgent: its alerts break the quiet hours of those who allow it"
    flash(f"Case {number} {words if urgent else 'is not urgent any more'}.", "success")
    return redirect(url_for("alerts.case", number=number))


@blueprint.get("/account/alerts")
def account() -> str:
    """One's own settings for all cases that name no others."""
    return _account_page(_as_typed(alert_settings.account_wishes(_myself()), AlertMode.OWN))


@blueprint.post("/account/alerts")
def save_account() -> ResponseReturnValue:
    """Choose how to be told in general."""
    form = _typed()
    with form:
        alert_settings.keep_account_wishes(actor(), _myself(), _read(form))
        flash("Your alerts are set.", "success")
        return redirect(url_for("alerts.account"))
    return _account_page(form), form.status


@blueprint.post("/alerts/messages/<int:message_id>/retry")
def retry(message_id: int) -> ResponseReturnValue:
    """Try a message about alerts again that could not be delivered."""
    message = alerts.retry_message(actor(), message_id)
    flash(f"The message to {message.recipient} is tried again.", "success")
    return redirect(safe_next(request.form.get("next", "") or url_for("alerts.index")))


def _myself() -> User:
    user: User = current_user._get_current_object()
    return user


def _typed() -> Form:
    values = dict(request.form)
    values["channels"] = " ".join(request.form.getlist("channels"))
    return Form(values, shown=SETTINGS_FIELDS)


def _read(form: Form) -> AlertSettingsInput:
    return form.read(
        AlertSettingsInput,
        channels=tuple(form.value("channels").split()),
        urgent_breaks_quiet=bool(form.value("urgent_breaks_quiet")),
    )


def _as_typed(wishes: Wishes, mode: AlertMode) -> Form:
    return Form(
        {
            "mode": mode.value,
            "channels": " ".join(wishes.channels),
            "least_urgency": wishes.least_urgency.value,
            "quiet_from": f"{wishes.quiet_from:%H:%M}" if wishes.quiet_from else "",
            "quiet_until": f"{wishes.quiet_until:%H:%M}" if wishes.quiet_until else "",
            "timezone": wishes.timezone,
            "urgent_breaks_quiet": "1" if wishes.urgent_breaks_quiet else "",
            "group_minutes": str(wishes.group_minutes),
        }
    )


def _case_page(case: Case, form: Form) -> str:
    query = read_query(AlertQuery, show="all")
    page = alerts.list_alerts(actor(), case, query.page, query.per_page, only_open=False)
    return render_template(
        "alerts/case.html",
        case=case,
        page=page,
        form=form,
        modes=list(AlertMode),
        urgencies=list(AlertUrgency),
        channels=alert_settings.channels_on_offer(),
    )


def _account_page(form: Form) -> str:
    return render_template(
        "alerts/account.html",
        form=form,
        urgencies=list(AlertUrgency),
        channels=alert_settings.channels_on_offer(),
        mail_is_configured=settings().mail_is_configured,
    )
