"""Outputs for alerts: what waits for somebody."""

from __future__ import annotations

from app.models.alerts import Alert, AlertKind, AlertUrgency
from app.outputs.base import LEAD_NOTICE, Output, UtcInstant, local_text


class AlertOut(Output):
    """One alert. `raised_at_local` is on the case's clocks; `link` is a page its reader sees."""

    id: int
    case_number: str
    kind: AlertKind
    urgency: AlertUrgency
    title: str
    link: str
    raised_at: UtcInstant
    raised_at_local: str
    acknowledged_at: UtcInstant | None
    acknowledged_by: str | None
    withdrawn_at: UtcInstant | None
    notice: str = LEAD_NOTICE

    @classmethod
    def of(cls, alert: Alert, link: str) -> AlertOut:
        """From the row with its case, and the path of the page that shows it to the reader."""
        return cls(
            id=alert.id,
            case_number=alert.case.number,
            kind=alert.kind,
            urgency=alert.urgency,
            title=alert.title,
            link=link,
            raised_at=alert.created_at,
            raised_at_local=local_text(alert.created_at, alert.case.timezone),
            acknowledged_at=alert.acknowledged_at,
            acknowledged_by=alert.acknowledged_by_name,
            withdrawn_at=alert.withdrawn_at,
        )
