"""For how long wrong passwords and wrong codes lock an account."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

FREE_ATTEMPTS: Final = 4
"""Wrong attempts in a row before the first lock."""
FIRST_LOCK: Final = timedelta(seconds=30)
LONGEST_LOCK: Final = timedelta(minutes=30)


def lock_after(failures: int, now: datetime) -> datetime | None:
    """Until when an account is locked after so many wrong attempts in a row."""
    if failures <= FREE_ATTEMPTS:
        return None
    doublings = min(failures - FREE_ATTEMPTS - 1, 16)
    locked_for = min(FIRST_LOCK * (1 << doublings), LONGEST_LOCK)
    return now + locked_for
