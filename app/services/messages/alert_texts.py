"""What messages about alerts say. Never the subject's name; in texts and webhooks no picture.

A phone shows a text message to whoever stands beside it, and services outside carry it: it holds
the case's number and a link, which asks for a login.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from flask import render_template

from app.errors import NotFound
from app.models import Alert, Case
from app.outputs import LEAD_NOTICE
from app.services.base import media
from app.services.base.links import link_to
from app.services.messages.outbox import Attachment

MOST_SHOWN: Final = 20
"""Alerts that a mail shows one by one, with their crops; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Line:
    """One alert in a mail; `content_id` names its picture, None where there is none."""

    title: str
    at: str
    link: str
    urgency: str
    acknowledged_by: str | None
    content_id: str | None


@dataclass(frozen=True, slots=True)
class MailText:
    """A mail about alerts."""

    subject: str
    text: str
    html: str
    attachments: Sequence[Attachment]


def headline(case: Case, alerts: Sequence[Alert]) -> str:
    """What it is about: "Case 12/2026: Possible sighting at …", or how many alerts there are."""
    what = alerts[0].title if len(alerts) == 1 else f"{len(alerts)} alerts"
    return _one_line(f"Case {case.number}: {what}")[:250]


def link_of(case: Case, alerts: Sequence[Alert]) -> str:
    """The one alert, wherever its reader's role may see it, or the case's list of alerts."""
    if len(alerts) == 1:
        return link_to("alerts.show", alert_id=alerts[0].id)
    return link_to("alerts.case", number=case.number)


def mail(case: Case, alerts: Sequence[Alert]) -> MailText:
    """A mail with a crop for each alert that has one."""
    shown = list(alerts)[-MOST_SHOWN:]
    pictures = {alert.id: picture for alert in shown if (picture := _picture(alert)) is not None}
    lines = [_line(case, alert, pictures.get(alert.id)) for alert in shown]
    more = len(alerts) - len(shown)
    subject = headline(case, alerts)
    values = {
        "headline": subject,
        "lines": lines,
        "more": more,
        "case_link": link_to("alerts.case", number=case.number),
        "notice": LEAD_NOTICE,
    }
    return MailText(
        subject=subject,
        text=render_template("alerts/mail.txt", **values),
        html=render_template("alerts/mail.html", **values),
        attachments=list(pictures.values()),
    )


def escalation(case: Case, alerts: Sequence[Alert], minutes: float) -> str:
    """Says that nobody has acknowledged these; without pictures, as it may go to a shared box."""
    lines = [f"- {alert.title}, raised {_local(case, alert)}" for alert in alerts[:MOST_SHOWN]]
    if len(alerts) > MOST_SHOWN:
        lines.append(f"- and {len(alerts) - MOST_SHOWN} more")
    return "\n".join(
        [
            f"Nobody has acknowledged this in case {case.number} for {minutes:g} minutes:",
            "",
            *lines,
            "",
            link_to("alerts.case", number=case.number),
            "",
            LEAD_NOTICE,
        ]
    )


def push(case: Case, alerts: Sequence[Alert]) -> str:
    """A text message: how many, the case's number, a link; no place, no picture."""
    what = "1 new alert" if len(alerts) == 1 else f"{len(alerts)} new alerts"
    where = link_of(case, alerts)
    return f"Case {_one_line(case.number)}: {what}. {where} {LEAD_NOTICE}"


def webhook(case: Case, alerts: Sequence[Alert]) -> str:
    """The JSON body of a webhook call."""
    body = {
        "event": "alerts",
        "case_number": case.number,
        "notice": LEAD_NOTICE,
        "alerts": [
            {
                "id": alert.id,
                "kind": alert.kind.value,
                "urgency": alert.urgency.value,
                "raised_at": alert.created_at.isoformat(),
                "acknowledged": alert.acknowledged_at is not None,
                "link": link_to("alerts.show", alert_id=alert.id),
            }
            for alert in alerts
        ],
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _line(case: Case, alert: Alert, picture: Attachment | None) -> Line:
    return Line(
        title=alert.title,
        at=_local(case, alert),
        link=link_to("alerts.show", alert_id=alert.id),
        urgency=alert.urgency.value,
        acknowledged_by=alert.acknowledged_by_name,
        content_id=picture.content_id if picture is not None else None,
    )


def _local(case: Case, alert: Alert) -> str:
    """When the footage shows it, else when the alert was raised; on the case's clocks."""
    instant = alert.sighting.seen_at if alert.sighting is not None else alert.created_at
    local = instant.astimezone(ZoneInfo(case.timezone))
    return f"{local.day} {local:%b %Y, %H:%M:%S} ({case.timezone})"


def _picture(alert: Alert) -> Attachment | None:
    if alert.crop_sha256 is None:
        return None
    try:
        data = media.path_of(alert.crop_sha256).read_bytes()
    except (NotFound, FileNotFoundError):
        return None  # the face has expired
    return Attachment(f"alert-{alert.id}.jpg", "image/jpeg", data, content_id=f"alert-{alert.id}")


def _one_line(text: str) -> str:
    return "".join(character for character in " ".join(text.split()) if character.isprintable())
