"""What the scheduler does with alerts: works out whom to tell, composes messages, escalates.

Each step takes the time as an argument, may run twice and in two processes at once: rows are
locked, and others pass locked rows by.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload, selectinload

from app.current import settings
from app.errors import Refused
from app.extensions import db
from app.models import (
    Alert,
    AlertNotice,
    AlertUrgency,
    Case,
    CaseState,
    NoticeState,
    Transport,
)
from app.models.accounts import Role, User
from app.models.columns import utc_now
from app.services.base import audit
from app.services.base.access import visible_to
from app.services.base.actors import SCHEDULER
from app.services.base.rights import PERSONS
from app.services.messages import alert_settings, alert_texts, outbox
from app.services.messages.alert_settings import CHANNEL_PREFIX, MAIL, WEBHOOK_PREFIX, Told, Wishes

BATCH: Final = 200

log = logging.getLogger(__name__)


def run(now: datetime | None = None) -> None:
    """One round: whom to tell of what is new, what is due, and what nobody has acknowledged."""
    at = now or utc_now()
    tell_of_new(at)
    compose_due(at)
    escalate(at)


def tell_of_new(now: datetime) -> int:
    """Make notices for alerts that have none yet. Commits; returns how many alerts it looked at."""
    alerts = db.session.scalars(
        select(Alert)
        .options(joinedload(Alert.case))
        .where(Alert.told_at.is_(None))
        .order_by(Alert.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True, of=Alert)
    ).all()
    people: dict[int, Sequence[Told]] = {}
    for alert in alerts:
        alert.told_at = now
        if alert.withdrawn_at is not None or alert.case.state is not CaseState.OPEN:
            continue
        if alert.case_id not in people:
            people[alert.case_id] = alert_settings.people_to_tell(alert.case)
        _add_notices(alert, people[alert.case_id], now)
    db.session.commit()
    return len(alerts)


def compose_due(now: datetime) -> int:
    """Put messages into the outbox for groups that are due. Returns how many groups there were."""
    groups = db.session.execute(
        select(Alert.case_id, AlertNotice.user_id, AlertNotice.channel)
        .join(Alert, Alert.id == AlertNotice.alert_id)
        .where(AlertNotice.state == NoticeState.PENDING, AlertNotice.due_at <= now)
        .group_by(Alert.case_id, AlertNotice.user_id, AlertNotice.channel)
        .limit(BATCH)
    ).all()
    db.session.rollback()
    for case_id, user_id, channel in groups:
        _compose_group(case_id, user_id, channel, now)
        db.session.commit()
    return len(groups)


def escalate(now: datetime) -> int:
    """Write to whoever is responsible about alerts that nobody has acknowledged in time."""
    minutes = settings().alert_escalation_minutes
    if not minutes or not settings().mail_is_configured:
        return 0
    late = db.session.scalars(
        select(Alert)
        .join(Case, Case.id == Alert.case_id)
        .options(joinedload(Alert.case))
        .where(
            Alert.acknowledged_at.is_(None),
            Alert.withdrawn_at.is_(None),
            Alert.escalated_at.is_(None),
            Alert.person_id.is_(None),
            Alert.urgency != AlertUrgency.LOW,
            Alert.created_at <= now - timedelta(minutes=minutes),
            Case.state == CaseState.OPEN,
        )
        .order_by(Alert.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True, of=Alert)
    ).all()
    by_case: dict[Case, list[Alert]] = defaultdict(list)
    for alert in late:
        alert.escalated_at = now
        by_case[alert.case].append(alert)
    for case, alerts in by_case.items():
        _escalate_case(case, alerts, minutes)
    db.session.commit()
    return len(late)


def _add_notices(alert: Alert, people: Sequence[Told], now: datetime) -> None:
    """One notice per person for mail; per channel for those that several people share."""
    wanted: dict[tuple[str, int | None], tuple[datetime, int]] = {}
    for told in people:
        if not told.wishes.wants(alert.urgency):
            continue
        if alert.person_id is not None and not PERSONS.held_by_account(told.user):
            continue
        if told.user.id in alert.not_for_ids:
            continue
        for channel in _channels(alert, told):
            due = _due(alert, told, channel, now)
            key = (channel, told.user.id if channel == MAIL else None)
            wanted[key] = min(wanted.get(key, (due, told.user.id)), (due, told.user.id))
    if wanted:
        rows = [
            {"alert_id": alert.id, "user_id": user_id, "channel": channel, "due_at": due}
            for (channel, _), (due, user_id) in wanted.items()
        ]
        made = {"state": NoticeState.PENDING, "created_at": now}
        db.session.execute(
            insert(AlertNotice)
            .values([{**row, **made} for row in rows])
            .on_conflict_do_nothing(index_elements=["alert_id", "user_id", "channel"])
        )


def _channels(alert: Alert, told: Told) -> Sequence[str]:
    """By what they are told; of persons of interest by nothing that somebody else may read."""
    if alert.person_id is None:
        return told.wishes.channels
    return [channel for channel in told.wishes.channels if channel == MAIL]


def _due(alert: Alert, told: Told, channel: str, now: datetime) -> datetime:
    """When the group goes out that the alert joins: the one that waits already, else a new one."""
    waiting: datetime | None = db.session.scalar(
        select(func.min(AlertNotice.due_at))
        .join(Alert, Alert.id == AlertNotice.alert_id)
        .where(
            Alert.case_id == alert.case_id,
            AlertNotice.user_id == told.user.id,
            AlertNotice.channel == channel,
            AlertNotice.state == NoticeState.PENDING,
        )
    )
    due = now + timedelta(minutes=told.wishes.group_minutes)
    quiet_until = told.wishes.quiet_until_instant(due, urgent_case=alert.case.urgent)
    return waiting or quiet_until or due


def _compose_group(case_id: int, user_id: int, channel: str, now: datetime) -> None:
    """One message for all that waits for one person by one channel. Does not commit."""
    notices = db.session.scalars(
        select(AlertNotice)
        .join(Alert, Alert.id == AlertNotice.alert_id)
        .where(
            Alert.case_id == case_id,
            AlertNotice.user_id == user_id,
            AlertNotice.channel == channel,
            AlertNotice.state == NoticeState.PENDING,
        )
        .order_by(AlertNotice.id)
        .with_for_update(skip_locked=True, of=AlertNotice)
    ).all()
    if not notices:
        return
    case, alerts = db.session.get_one(Case, case_id), _held([one.alert_id for one in notices])
    told = next(
        (one for one in alert_settings.people_to_tell(case) if one.user.id == user_id), None
    )
    if told is None or channel not in told.wishes.channels or case.state is not CaseState.OPEN:
        _leave_out(notices)
        return
    if _is_put_off(notices, told.wishes, case, now):
        return
    sees_persons = PERSONS.held_by_account(told.user)
    standing = [
        alert
        for alert in alerts
        if alert.withdrawn_at is None and (alert.person_id is None or sees_persons)
    ]
    told_of = {alert.id for alert in standing}
    _leave_out([one for one in notices if one.alert_id not in told_of])
    if standing:
        _queue(told.user, channel, case, standing, [n for n in notices if n.alert_id in told_of])


def _held(alert_ids: Sequence[int]) -> Sequence[Alert]:
    """The alerts, held against a verdict that would withdraw one before the message is committed.

    The verdict waits, then finds the message and takes it back.
    """
    return db.session.scalars(
        select(Alert)
        .where(Alert.id.in_(alert_ids))
        .options(selectinload(Alert.sighting))
        .order_by(Alert.id)
        .with_for_update(read=True, of=Alert)
        .execution_options(populate_existing=True)
    ).all()


def _is_put_off(notices: Sequence[AlertNotice], wishes: Wishes, case: Case, now: datetime) -> bool:
    """Whether it is quiet now; if so, the group is due when that ends."""
    quiet_until = wishes.quiet_until_instant(now, urgent_case=case.urgent)
    if quiet_until is None:
        return False
    for notice in notices:
        notice.due_at = quiet_until
    return True


def _leave_out(notices: Sequence[AlertNotice]) -> None:
    for notice in notices:
        notice.state = NoticeState.LEFT_OUT


def _queue(
    user: User,
    channel: str,
    case: Case,
    alerts: Sequence[Alert],
    notices: Sequence[AlertNotice],
) -> None:
    try:
        message_id = _message(user, channel, case, alerts)
    except Refused as error:
        log.error("Alerts of case %s cannot be sent by %s: %s", case.id, channel, error)
        _leave_out(notices)
        return
    for notice in notices:
        notice.state, notice.message_id = NoticeState.QUEUED, message_id


def _message(user: User, channel: str, case: Case, alerts: Sequence[Alert]) -> int | None:
    subject = alert_texts.headline(case, alerts)
    if channel == MAIL:
        mail = alert_texts.mail(case, alerts)
        return outbox.queue(
            Transport.MAIL,
            recipient=user.email,
            subject=mail.subject,
            text=mail.text,
            html=mail.html,
            attachments=mail.attachments,
        )
    if channel.startswith(WEBHOOK_PREFIX):
        name, text = channel.removeprefix(WEBHOOK_PREFIX), alert_texts.webhook(case, alerts)
        return outbox.queue(Transport.WEBHOOK, recipient=name, subject=subject, text=text)
    name, text = channel.removeprefix(CHANNEL_PREFIX), alert_texts.push(case, alerts)
    return outbox.queue(Transport.CHANNEL, recipient=name, subject=subject, text=text)


def _escalate_case(case: Case, alerts: Sequence[Alert], minutes: float) -> None:
    addresses = _responsible(case)
    text = alert_texts.escalation(case, alerts, minutes)
    for address in addresses:
        outbox.queue_mail(
            to=address,
            subject=f"Not acknowledged: {alert_texts.headline(case, alerts)}",
            text=text,
            dedupe_key=f"escalation of alert {alerts[0].id} to {address}"[:200],
        )
    audit.record(
        SCHEDULER,
        "alert.escalate",
        case=case,
        details={"alerts": [alert.id for alert in alerts], "to": list(addresses)},
    )


def _responsible(case: Case) -> Sequence[str]:
    """ALERT_ESCALATION_TO; else who is told of the case; else the administrators.

    Of a restricted case only who is told of it, else all the people on its list.
    """
    if settings().escalation_addresses and not case.restricted:
        return settings().escalation_addresses
    told = [one.user.email for one in alert_settings.people_to_tell(case)]
    if told:
        return told
    last_resort = true() if case.restricted else User.role == Role.ADMINISTRATOR
    people = (
        select(User.email)
        .join(Case, Case.id == case.id)
        .where(User.active, User.role != Role.PARTNER, visible_to(User.id), last_resort)
    )
    return db.session.scalars(people.order_by(User.id)).all()
