"""Passwords: which are taken, how they are kept, and how long a check takes for whom."""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import Refused

SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 256
GENERATED_BYTES: Final = 15
"""120 random bits: 20 characters to type once."""

_HASHER: Final = PasswordHasher()

_COMMON_STARTS: Final = frozenset(
    {
        "password", "passw0rd", "passwort", "parola", "letmein", "welcome", "admin",
        "administrator", "qwerty", "qwertz", "azerty", "iloveyou", "changeme", "default",
        "secret", "lastseen", "missing", "police", "trustno1", "dragon", "football", "monkey",
    }
)  # fmt: skip
"""Words that, with digits, marks or themselves behind them, are tried first by everybody."""

_RUNS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
)


def hash_password(password: str) -> str:
    """The argon2id hash that is stored."""
    return _HASHER.hash(_normal(password))


def matches(stored_hash: str, password: str) -> bool:
    """Whether `password` is the one behind `stored_hash`; a damaged hash matches nothing."""
    try:
        return _HASHER.verify(stored_hash, _normal(password))
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored_hash: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(stored_hash)


def spend_the_same_time(password: str) -> None:
    """Check against a hash that nobody has, so that an unknown account takes as long as a known."""
    matches(_nobodys_hash(), password)


def generate() -> str:
    """A new random password."""
    return secrets.token_urlsafe(GENERATED_BYTES)


def check_strength(password: str, *, email: str, name: str) -> None:
    """Raise Refused, with the reason, for a password that is easily guessed."""
    reason = _weakness(_normal(password), email=email, name=name)
    if reason:
        raise Refused(f"This password cannot be used: {reason}.", {"password": reason})


def _weakness(password: str, *, email: str, name: str) -> str:
    plain = password.casefold()
    if len(password) < SHORTEST_PASSWORD:
        return f"it needs at least {SHORTEST_PASSWORD} characters"
    if len(password) > LONGEST_PASSWORD:
        return f"it is longer than {LONGEST_PASSWORD} characters"
    if _contains_identity(plain, email=email.casefold(), name=name.casefold()):
        return "it is the e-mail address or the name"
    if len(set(plain)) < 5:
        return "it repeats the same few characters"
    if any(plain in run * 3 or plain[::-1] in run * 3 for run in _RUNS):
        return "it is a run of neighbouring keys"
    if _is_common(plain):
        return "it is among the first that everybody tries"
    return ""


def _contains_identity(plain: str, *, email: str, name: str) -> bool:
    local_part = email.partition("@")[0]
    known = {email, name, name.replace(" ", ""), local_part}
    core = plain.strip("0123456789!?.,-_#*+ ")
    return plain in known or core in known


def _is_common(plain: str) -> bool:
    core = plain.strip("0123456789!?.,-_#*+@$ ")
    words = {core, core[: len(core) // 2] if core[: len(core) // 2] * 2 == core else core}
    return not core or bool(words & _COMMON_STARTS)


def _normal(password: str) -> str:
    """NFKC, so that the same password from another keyboard is the same password."""
    return unicodedata.normalize("NFKC", password)


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash(secrets.token_urlsafe(32))
