"""Alerts: raising them, acknowledging them, and which are open for whom.

An alert is written in the transaction of what it tells of. Whom it is sent to is worked out by the
scheduler (`services.messages.alert_rounds`): raising one costs one insert and can fail nobody's
work.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload, selectinload

from app.errors import NotFound
from app.extensions import db
from app.models import (
    Alert,
    AlertKind,
    AlertMode,
    AlertNotice,
    AlertPreference,
    AlertUrgency,
    Case,
    CaseState,
    MessageState,
    NoticeState,
    OutgoingMessage,
    PersonOfInterest,
    Sighting,
    SightingState,
    Sweep,
    Visit,
    VisitState,
)
from app.models.columns import utc_now
from app.services.base import audit, live, person_records
from app.services.base.access import visible_alerts, visible_alerts_to, visible_cases, visible_to
from app.services.base.actors import Actor
from app.services.base.links import path_to
from app.services.base.pages import Page, paginate
from app.services.messages import outbox

URGENCIES: Final = {
    AlertKind.SIGHTING: AlertUrgency.NORMAL,
    AlertKind.TIP_MATCH: AlertUrgency.NORMAL,
    AlertKind.FOUND_PERSON_MATCH: AlertUrgency.HIGH,
    AlertKind.POST_MATCH: AlertUrgency.NORMAL,
    AlertKind.REVIEW_DISAGREEMENT: AlertUrgency.LOW,
    AlertKind.SWEEP_FAILED: AlertUrgency.LOW,
    AlertKind.PERSON_OF_INTEREST: AlertUrgency.NORMAL,
}
"""How urgent a kind is unless whoever raises an alert says otherwise."""

LONGEST_TITLE = 300
TRAY_LIMIT = 50


def raise_alert(
    case: Case,
    kind: AlertKind,
    *,
    title: str,
    path: str,
    dedupe_key: str,
    urgency: AlertUrgency | None = None,
    sighting: Sighting | None = None,
    person: PersonOfInterest | None = None,
    crop_sha256: str | None = None,
    not_for: Collection[int] = (),
) -> int | None:
    """Tell people of something, once; call it inside the transaction that makes that something.

    Commits nothing. `title` is one sentence that names place or time and **never the subject**: it
    is shown on pages and in mails. `path` is the page that shows the matter, as
    `services.base.links.path_to` makes it ("/sightings/12"). `dedupe_key` says what it is about
    ("tip 7 match 3"): a second alert with the same key is not raised, so a job may run twice.
    `crop_sha256` is a picture of the media folder that mails show (never text messages or
    webhooks). With a `sighting`, the alert is withdrawn when that is rejected, and acknowledged by
    its review. With a `person` of interest it is there for accounts with the right alone: open
    pages of the case are not told, and messages go out by mail only. Accounts that it is `not_for`
    could do nothing of what it asks for: they neither get nor see it, so that none of them
    acknowledges it for the others.

    Returns the alert's id; None if it was raised before. Raises ValueError for a path that leads
    elsewhere.
    """
    if not path.startswith("/") or path.startswith("//"):
        raise ValueError(f"{path!r} is no path of this installation")
    alert_id = db.session.scalar(
        insert(Alert)
        .values(
            case_id=case.id,
            kind=kind,
            urgency=urgency or URGENCIES[kind],
            title=_one_line(title),
            path=path,
            crop_sha256=crop_sha256,
            sighting_id=sighting.id if sighting is not None else None,
            person_id=person.id if person is not None else None,
            not_for_ids=sorted(not_for),
            dedupe_key=dedupe_key,
        )
        .on_conflict_do_nothing(index_elements=["dedupe_key"])
        .returning(Alert.id)
    )
    if alert_id is not None and person is None:
        live.publish(case.id, "alert", {"id": alert_id, "kind": kind.value})
    return alert_id


def raise_for_sighting(sighting: Sighting) -> None:
    """Tell people of a new candidate; one that is more like a rejected face is less urgent."""
    raise_alert(
        sighting.case,
        AlertKind.SIGHTING,
        title=f"Possible sighting at {sighting.camera.name}",
        path=path_to("sightings.show", sighting_id=sighting.id),
        dedupe_key=f"sighting {sighting.id}",
        urgency=AlertUrgency.LOW if sighting.like_rejected else None,
        sighting=sighting,
        crop_sha256=sighting.face.crop_sha256,
    )


def raise_for_sweep(sweep: Sweep) -> None:
    """Tell people of a sweep that ended with visits that could not look."""
    failed, visits = db.session.execute(
        select(func.count().filter(Visit.state == VisitState.FAILED), func.count()).where(
            Visit.sweep_id == sweep.id
        )
    ).one()
    if not failed:
        return
    raise_alert(
        sweep.case,
        AlertKind.SWEEP_FAILED,
        title=f"Sweep {sweep.ordinal}: {failed} of {visits} visits could not look",
        path=path_to("sweeps.show", sweep_id=sweep.id),
        dedupe_key=f"sweep {sweep.id} finished {sweep.finished_at}",
        urgency=AlertUrgency.NORMAL if failed == visits else None,
    )


def follow_verdict(actor: Actor, sighting: Sighting) -> None:
    """Bring a sighting's alerts in line with what was said of it. Does not commit.

    A verdict acknowledges. A rejection also withdraws: the sighting is left out of messages that
    are not yet sent, and messages that wait for their server are composed anew without it.
    """
    rejected = sighting.state is SightingState.REJECTED
    alerts = db.session.scalars(
        select(Alert).where(Alert.sighting_id == sighting.id).with_for_update()
    ).all()
    for alert in alerts:
        if sighting.state is not SightingState.CANDIDATE:
            _acknowledge(actor, alert, how="verdict")
        if (alert.withdrawn_at is not None) != rejected:
            alert.withdrawn_at = utc_now() if rejected else None
    if rejected and alerts:
        _take_back_waiting_messages([alert.id for alert in alerts])


def find_alert(alert_id: int) -> Alert:
    """One alert. Raises NotFound."""
    alert = db.session.get(Alert, alert_id)
    if alert is None:
        raise NotFound(f"There is no alert {alert_id}.")
    return alert


def acknowledge_by_key(actor: Actor, dedupe_key: str) -> None:
    """Acknowledge the alert with this key, if it was raised, by what was decided. No commit."""
    alert = db.session.scalar(
        select(Alert).where(Alert.dedupe_key == dedupe_key).with_for_update(of=Alert)
    )
    if alert is not None:
        _acknowledge(actor, alert, how="verdict")


def withdraw_of_person(person: PersonOfInterest) -> None:
    """Take back what still waits about a person of interest, unsent messages too. No commit."""
    _withdraw(Alert.person_id == person.id)


def withdraw_by_key(dedupe_key: str) -> None:
    """Take back the alert with this key, if it waits, with its unsent messages. No commit."""
    _withdraw(Alert.dedupe_key == dedupe_key)


def _withdraw(wanted: ColumnElement[bool]) -> None:
    alerts = db.session.scalars(
        select(Alert).where(wanted, _is_open()).with_for_update(of=Alert)
    ).all()
    for alert in alerts:
        alert.withdrawn_at = utc_now()
    if alerts:
        _take_back_waiting_messages([alert.id for alert in alerts])


def acknowledge(actor: Actor, alert_id: int) -> Alert:
    """Say that somebody saw it. The first who does stands in the audit log. Raises NotFound."""
    alert = db.session.get(Alert, alert_id, with_for_update={"of": Alert})
    if alert is None:
        raise NotFound(f"There is no alert {alert_id}.")
    _acknowledge(actor, alert, how="by hand")
    db.session.commit()
    return alert


def acknowledge_case(actor: Actor, case: Case) -> int:
    """Acknowledge all open alerts of a case; how many there were."""
    alerts = db.session.scalars(
        select(Alert)
        .where(Alert.case_id == case.id, _is_open(), visible_alerts(actor))
        .order_by(Alert.id)
        .with_for_update()
    ).all()
    for alert in alerts:
        _acknowledge(actor, alert, how="by hand, with all of the case")
    db.session.commit()
    return len(alerts)


def count_open(user_id: int) -> int:
    """How many alerts wait, of open cases that this person sees and has not switched off."""
    statement = select(func.count()).select_from(Alert).where(_is_open_for(user_id))
    return db.session.scalar(statement) or 0


def list_open(user_id: int) -> Sequence[Alert]:
    """The newest of these, for the tray."""
    statement = (
        select(Alert)
        .options(joinedload(Alert.case))
        .where(_is_open_for(user_id))
        .order_by(Alert.id.desc())
        .limit(TRAY_LIMIT)
    )
    return db.session.scalars(statement).all()


def list_alerts(
    actor: Actor, case: Case | None, page: int, per_page: int, *, only_open: bool
) -> Page[Alert]:
    """Alerts of a case, or of all that `actor` sees, with what was sent of each; newest first."""
    statement = (
        select(Alert)
        .options(
            joinedload(Alert.case),
            selectinload(Alert.notices).joinedload(AlertNotice.user),
            selectinload(Alert.notices).joinedload(AlertNotice.message),
        )
        .where(exists().where(Case.id == Alert.case_id, visible_cases(actor)))
        .where(visible_alerts(actor))
        .order_by(Alert.id.desc())
    )
    if case is not None:
        statement = statement.where(Alert.case_id == case.id)
    if only_open:
        statement = statement.where(_is_open())
    return paginate(statement, page, per_page)


def retry_message(actor: Actor, message_id: int) -> OutgoingMessage:
    """Try a message about alerts again.

    Raises NotFound for one about something else, or about a case that `actor` may not see.
    """
    about_alerts = exists().where(
        AlertNotice.message_id == message_id,
        Alert.id == AlertNotice.alert_id,
        Case.id == Alert.case_id,
        visible_cases(actor),
        visible_alerts(actor),
    )
    if not db.session.scalar(select(about_alerts)):
        raise NotFound(f"There is no message {message_id} about alerts.")
    return outbox.retry(actor, message_id)


def _is_open_for(user_id: int) -> ColumnElement[bool]:
    in_open_case = exists().where(
        Case.id == Alert.case_id, Case.state == CaseState.OPEN, visible_to(user_id)
    )
    switched_off = exists().where(
        AlertPreference.user_id == user_id,
        AlertPreference.case_id == Alert.case_id,
        AlertPreference.mode == AlertMode.OFF,
    )
    return and_(_is_open(), in_open_case, ~switched_off, visible_alerts_to(user_id))


def _is_open() -> ColumnElement[bool]:
    return and_(Alert.acknowledged_at.is_(None), Alert.withdrawn_at.is_(None))


def _acknowledge(actor: Actor, alert: Alert, how: str) -> None:
    if alert.acknowledged_at is not None:
        return
    alert.acknowledged_at = utc_now()
    alert.acknowledged_by_id, alert.acknowledged_by_name = actor.user_id, actor.name
    if alert.person_id is not None:
        person_records.note(
            actor, "acknowledge", alert.case, details={"alert": alert.id, "how": how}
        )
        return
    audit.record(
        actor,
        "alert.acknowledge",
        case=alert.case,
        subject=f"alert {alert.id}: {alert.title}",
        details={"kind": alert.kind.value, "raised_at": alert.created_at, "how": how},
    )
    live.publish(alert.case_id, "alert", {"id": alert.id, "kind": alert.kind.value})


def _take_back_waiting_messages(alert_ids: Sequence[int]) -> None:
    """Withdraw messages that tell of these and are not sent, for the rest to be composed anew.

    One that is being sent at this moment is locked by its sender and passed by: it goes out.
    """
    of_these = select(AlertNotice.message_id).where(AlertNotice.alert_id.in_(alert_ids))
    waiting = db.session.scalars(
        select(OutgoingMessage)
        .where(
            OutgoingMessage.id.in_(of_these),
            or_(
                OutgoingMessage.state == MessageState.WAITING,
                OutgoingMessage.state == MessageState.FAILED,
            ),
        )
        .with_for_update(skip_locked=True)
    ).all()
    for message in waiting:
        message.state, message.ended_at = MessageState.WITHDRAWN, utc_now()
        message.failure = "A sighting in it was rejected; the rest is sent in another message."
        message.attachments.clear()
        db.session.execute(
            update(AlertNotice)
            .where(AlertNotice.message_id == message.id)
            .values(state=NoticeState.PENDING, message_id=None, due_at=utc_now())
        )


def _one_line(text: str) -> str:
    line = "".join(one for one in " ".join(text.split()) if one.isprintable())
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1] + "…"
