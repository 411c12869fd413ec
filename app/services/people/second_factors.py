"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes.

The app's secret is derived, not kept: HKDF (RFC 5869, one block) over SECRET_KEY with a random salt
for each enrolment. Who reads the database makes no codes; who changes SECRET_KEY makes every app
invalid, and an administrator resets them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import pyotp
import segno
from sqlalchemy import delete, func, select, update

from app.current import settings
from app.errors import Conflict, Refused
from app.extensions import db
from app.models.accounts import User
from app.models.columns import utc_now
from app.models.factors import RecoveryCode, SecondFactor
from app.services.base import audit
from app.services.base.actors import Actor
from app.services.people.lockout import lock_after

ISSUER: Final = "Lastseen"
PERIOD_S: Final = 30
CLOCK_TOLERANCE_STEPS: Final = 1
"""An app's clock may be one period off in either direction."""
SECRET_BYTES: Final = 20
SALT_BYTES: Final = 16
RECOVERY_CODES: Final = 10
RECOVERY_BYTES: Final = 10

CODE_REFUSED: Final = (
    "This code is not taken. Wait for the next one; if it goes on, check the clock of your phone. "
    "After several wrong codes the account waits for a while."
)


def is_enrolled(user_id: int) -> bool:
    """Whether the account has a confirmed second factor."""
    wanted = select(SecondFactor.user_id).where(
        SecondFactor.user_id == user_id, SecondFactor.confirmed_at.is_not(None)
    )
    return db.session.scalar(wanted) is not None


def must_enrol(user: User) -> bool:
    """Whether the account's role needs a second factor (SECOND_FACTOR_ROLES) and it has none."""
    return user.role.value in settings().roles_with_second_factor and not is_enrolled(user.id)


def find(user: User) -> SecondFactor | None:
    """The account's factor, also one that is not confirmed yet."""
    return db.session.get(SecondFactor, user.id)


def begin(user: User) -> SecondFactor:
    """Make a new secret to be confirmed. Raises Conflict while a confirmed one is in force."""
    factor = db.session.get(SecondFactor, user.id, with_for_update=True)
    if factor is not None and factor.confirmed_at is not None:
        raise Conflict("A second factor is in force already. Remove it first.")
    if factor is None:
        factor = SecondFactor(user_id=user.id)
        db.session.add(factor)
    factor.salt, factor.created_at = secrets.token_bytes(SALT_BYTES), utc_now()
    db.session.commit()
    return factor


def secret_of(factor: SecondFactor) -> str:
    """The secret in base32, as apps take it."""
    key = settings().secret_key.get_secret_value().encode()
    extracted = hmac.digest(factor.salt, key, "sha256")
    info = f"lastseen second factor {factor.user_id}".encode() + b"\x01"
    secret = hmac.digest(extracted, info, "sha256")[:SECRET_BYTES]
    return base64.b32encode(secret).decode()


def picture_of(user: User, factor: SecondFactor) -> str:
    """The QR code to photograph, as the address of an SVG picture (`data:`)."""
    address = pyotp.TOTP(secret_of(factor)).provisioning_uri(name=user.email, issuer_name=ISSUER)
    code = segno.make(address, error="m", micro=False)
    picture: str = code.svg_data_uri(scale=5, border=4, dark="#000", light="#fff")
    return picture


def confirm(actor: Actor, user: User, code: str) -> Sequence[str]:
    """Put the factor into force by its first code; returns the recovery codes, shown only now."""
    factor = db.session.get(SecondFactor, user.id, with_for_update=True)
    if factor is None or factor.confirmed_at is not None:
        raise Conflict("There is nothing to confirm. Load the page again.")
    _check_code(actor, user, factor, code, recovery=False)
    factor.confirmed_at = utc_now()
    codes = _new_recovery_codes(user)
    audit.record(actor, "second_factor.confirm", subject=user.email)
    db.session.commit()
    return codes


def check(actor: Actor, user: User, code: str) -> None:
    """Take a code of the app, or a recovery code. Each is taken once. Commits.

    Raises Refused with one sentence for every reason. Wrong codes lock the factor as wrong
    passwords lock an account, and a right password does not lift that.
    """
    factor = db.session.get(SecondFactor, user.id, with_for_update=True)
    if factor is None or factor.confirmed_at is None:
        raise Refused("This account has no second factor.")
    _check_code(actor, user, factor, code, recovery=True)
    db.session.commit()


def check_if_enrolled(actor: Actor, user: User, code: str) -> None:
    """Before something that needs it: `check` for accounts with a factor, else nothing."""
    if is_enrolled(user.id):
        check(actor, user, code)


def new_recovery_codes(actor: Actor, user: User, code: str) -> Sequence[str]:
    """Replace all recovery codes; needs a code of the app. They are shown only now."""
    check(actor, user, code)
    codes = _new_recovery_codes(user)
    audit.record(actor, "second_factor.recovery_codes", subject=user.email)
    db.session.commit()
    return codes


def remove(actor: Actor, user: User, code: str) -> None:
    """Take one's own factor away, with a code of it."""
    check(actor, user, code)
    _delete(user)
    audit.record(actor, "second_factor.remove", subject=user.email)
    db.session.commit()


def reset(actor: Actor, user: User) -> None:
    """Take somebody's factor away, whose phone is lost; ends their sessions.

    Raises Conflict for one's own: that takes a code, or whoever holds an administrator's open
    browser or API token could put a factor of theirs in its place.
    """
    if actor.user_id == user.id:
        raise Conflict(
            "This is your own second factor: remove it on your account's page, with a code. If "
            "your phone is lost, ask another administrator."
        )
    _delete(user)
    user.session_epoch += 1
    audit.record(actor, "second_factor.reset", subject=user.email)
    db.session.commit()


def recovery_codes_left(user: User) -> int:
    """How many recovery codes were not used."""
    statement = select(func.count()).where(
        RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None)
    )
    return db.session.scalar(statement) or 0


def _check_code(
    actor: Actor, user: User, factor: SecondFactor, code: str, *, recovery: bool
) -> None:
    now = utc_now()
    typed = "".join(code.split()).replace("-", "").upper()
    is_locked = factor.locked_until is not None and factor.locked_until > now
    if not is_locked and (step := _step_of(factor, typed, now)) is not None:
        factor.last_step, factor.failed_attempts, factor.locked_until = step, 0, None
        return
    if not is_locked and recovery and _use_recovery_code(actor, user, typed):
        factor.failed_attempts, factor.locked_until = 0, None
        return
    if not is_locked:
        factor.failed_attempts += 1
        factor.locked_until = lock_after(factor.failed_attempts, now)
    reason = "second factor is locked" if is_locked else "wrong second factor"
    details = {"reason": reason, "failed_attempts": factor.failed_attempts}
    audit.record(actor, "second_factor.refuse", subject=user.email, details=details)
    db.session.commit()
    raise Refused(CODE_REFUSED, {"code": "is not taken"})


def _step_of(factor: SecondFactor, typed: str, now: datetime) -> int | None:
    """The period whose code this is; None for a wrong code, or one that was taken before."""
    if len(typed) != 6 or not typed.isascii() or not typed.isdigit():
        return None
    totp = pyotp.TOTP(secret_of(factor), interval=PERIOD_S)
    present = int(now.timestamp()) // PERIOD_S
    found = None
    for step in range(present - CLOCK_TOLERANCE_STEPS, present + CLOCK_TOLERANCE_STEPS + 1):
        if hmac.compare_digest(totp.at(step * PERIOD_S), typed) and step > factor.last_step:
            found = step
    return found


def _use_recovery_code(actor: Actor, user: User, typed: str) -> bool:
    used = db.session.scalar(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id,
            RecoveryCode.code_sha256 == _digest(typed),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=utc_now())
        .returning(RecoveryCode.id)
    )
    if used is None:
        return False
    audit.record(actor, "second_factor.use_recovery_code", subject=user.email)
    return True


def _new_recovery_codes(user: User) -> list[str]:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    plain = [
        base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode()
        for _ in range(RECOVERY_CODES)
    ]
    db.session.add_all(RecoveryCode(user_id=user.id, code_sha256=_digest(one)) for one in plain)
    return [f"{one[:4]}-{one[4:8]}-{one[8:12]}-{one[12:]}" for one in plain]


def _delete(user: User) -> None:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    db.session.execute(delete(SecondFactor).where(SecondFactor.user_id == user.id))


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
