"""How people want to be told of alerts: in their account, and case by case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select

from app.current import settings
from app.errors import Refused
from app.extensions import db
from app.inputs.alerts import AlertSettingsInput
from app.models import AlertMode, AlertPreference, AlertUrgency, Case
from app.models.accounts import Role, User
from app.services.base import audit
from app.services.base.access import visible_to
from app.services.base.actors import Actor

MAIL: Final = "mail"
CHANNEL_PREFIX: Final = "channel:"
WEBHOOK_PREFIX: Final = "webhook:"
DEFAULT_GROUP_MINUTES: Final = 2
TOLD_ROLES: Final = frozenset(Role) - {Role.PARTNER, Role.EXAMINER}
"""Who reads alerts. Whoever has become an examiner since they chose theirs judges blind."""
_TOLD_MODES: Final = (AlertMode.ACCOUNT, AlertMode.OWN)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How one person wants to be told; quiet hours are on the clock of `timezone`."""

    channels: tuple[str, ...]
    least_urgency: AlertUrgency
    quiet_from: time | None
    quiet_until: time | None
    timezone: str
    urgent_breaks_quiet: bool
    group_minutes: int

    def wants(self, urgency: AlertUrgency) -> bool:
        """Whether an alert of this urgency is to be sent."""
        return urgency.rank >= self.least_urgency.rank

    def quiet_until_instant(self, now: datetime, *, urgent_case: bool) -> datetime | None:
        """When the quiet hours end that `now` lies in; None if a message may go out now."""
        begin, end = self.quiet_from, self.quiet_until
        if begin is None or end is None or begin == end:
            return None
        if urgent_case and self.urgent_breaks_quiet:
            return None
        local = now.astimezone(ZoneInfo(self.timezone))
        clock = local.time()
        is_quiet = begin <= clock < end if begin < end else clock >= begin or clock < end
        if not is_quiet:
            return None
        day = local.date() if clock < end else local.date() + timedelta(days=1)
        return datetime.combine(day, end, local.tzinfo).astimezone(now.tzinfo)


@dataclass(frozen=True, slots=True)
class Told:
    """A person who is sent a case's alerts."""

    user: User
    wishes: Wishes


@dataclass(frozen=True, slots=True)
class CaseWishes:
    """What a person has chosen for a case, and the wishes that come of it."""

    mode: AlertMode
    wishes: Wishes


def channels_on_offer() -> Sequence[tuple[str, str]]:
    """Each channel's key and its name for people; addresses are never shown."""
    given = settings()
    offered = [(MAIL, "E-mail")] if given.mail_is_configured else []
    offered += [
        (f"{CHANNEL_PREFIX}{name}", f"{name} (push or SMS)") for name in given.channel_addresses
    ]
    offered += [
        (f"{WEBHOOK_PREFIX}{name}", f"{name} (webhook)") for name in given.webhook_addresses
    ]
    return offered


def account_wishes(user: User) -> Wishes:
    """A person's settings for all cases that name no others."""
    row = db.session.scalar(_rows(user.id, None))
    return _wishes(row) if row is not None else _default_wishes()


def case_wishes(user: User, case: Case) -> CaseWishes:
    """A person's settings for a case; whoever opened it is told unless they say otherwise."""
    row = db.session.scalar(_rows(user.id, case.id))
    if row is not None and row.mode is AlertMode.OWN:
        return CaseWishes(row.mode, _wishes(row))
    implied = AlertMode.ACCOUNT if case.created_by_id == user.id else AlertMode.PAGES
    return CaseWishes(row.mode if row is not None else implied, account_wishes(user))


def keep_account_wishes(actor: Actor, user: User, given: AlertSettingsInput) -> None:
    """Set a person's settings for all cases. Raises Refused for a channel that is not on offer."""
    _keep(user, None, given)
    audit.record(actor, "alert_settings.change", subject=user.email, details=_facts(given))
    db.session.commit()


def keep_case_wishes(actor: Actor, user: User, case: Case, given: AlertSettingsInput) -> None:
    """Set a person's settings for one case. Raises Refused, as above."""
    _keep(user, case, given)
    details = _facts(given)
    audit.record(actor, "alert_settings.change", case=case, subject=user.email, details=details)
    db.session.commit()


def set_urgent(actor: Actor, case: Case, *, urgent: bool) -> None:
    """Mark a case as urgent or not: its alerts may break quiet hours of those who let them."""
    if case.urgent != urgent:
        case.urgent = urgent
        audit.record(actor, "case.urgent" if urgent else "case.not_urgent", case=case)
    db.session.commit()


def people_to_tell(case: Case) -> Sequence[Told]:
    """Everybody who is sent messages about a case that they may see, in three queries."""
    rows = db.session.scalars(
        select(AlertPreference).where(AlertPreference.case_id == case.id)
    ).all()
    chosen = {row.user_id: row for row in rows}
    ids = {row.user_id for row in rows if row.mode in _TOLD_MODES}
    if case.created_by_id is not None and case.created_by_id not in chosen:
        ids.add(case.created_by_id)
    accounts = {
        row.user_id: row
        for row in db.session.scalars(
            select(AlertPreference).where(
                AlertPreference.user_id.in_(ids), AlertPreference.case_id.is_(None)
            )
        )
    }
    users = db.session.scalars(
        select(User)
        .join(Case, Case.id == case.id)
        .where(User.id.in_(ids), User.active, User.role.in_(TOLD_ROLES), visible_to(User.id))
        .order_by(User.id)
    )
    told = []
    for user in users:
        own = chosen.get(user.id)
        row = own if own is not None and own.mode is AlertMode.OWN else accounts.get(user.id)
        told.append(Told(user, _wishes(row) if row is not None else _default_wishes()))
    return told


def _rows(user_id: int, case_id: int | None) -> Select[AlertPreference]:
    rows = select(AlertPreference).where(AlertPreference.user_id == user_id)
    if case_id is None:
        return rows.where(AlertPreference.case_id.is_(None))
    return rows.where(AlertPreference.case_id == case_id)


def _keep(user: User, case: Case | None, given: AlertSettingsInput) -> None:
    offered = {key for key, _ in channels_on_offer()}
    if not set(given.channels) <= offered:
        raise Refused("A channel is not on offer.", {"channels": "choose among those shown"})
    # Two windows of one person that save at once: the second waits, and finds the first's row.
    db.session.execute(select(User.id).where(User.id == user.id).with_for_update())
    case_id = case.id if case is not None else None
    row = db.session.scalar(_rows(user.id, case_id))
    if row is None:
        row = AlertPreference(user_id=user.id, case_id=case_id)
        db.session.add(row)
    row.mode = given.mode
    row.channels = list(given.channels)
    row.least_urgency = given.least_urgency
    row.quiet_from, row.quiet_until = given.quiet_from, given.quiet_until
    row.timezone = given.timezone
    row.urgent_breaks_quiet = given.urgent_breaks_quiet
    row.group_minutes = given.group_minutes


def _facts(given: AlertSettingsInput) -> dict[str, object]:
    return {
        "mode": given.mode,
        "channels": list(given.channels),
        "least_urgency": given.least_urgency,
        "group_minutes": given.group_minutes,
    }


def _wishes(row: AlertPreference) -> Wishes:
    return Wishes(
        channels=tuple(row.channels),
        least_urgency=row.least_urgency,
        quiet_from=row.quiet_from,
        quiet_until=row.quiet_until,
        timezone=row.timezone,
        urgent_breaks_quiet=row.urgent_breaks_quiet,
        group_minutes=row.group_minutes,
    )


def _default_wishes() -> Wishes:
    return Wishes(
        channels=(MAIL,) if settings().mail_is_configured else (),
        least_urgency=AlertUrgency.NORMAL,
        quiet_from=None,
        quiet_until=None,
        timezone=settings().default_timezone,
        urgent_breaks_quiet=True,
        group_minutes=DEFAULT_GROUP_MINUTES,
    )
