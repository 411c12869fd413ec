"""A receipt's hash says the same in every version: those that are kept must still be checked."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone

from app.services.base import receipts


def test_the_hash_is_over_json_with_its_keys_in_order_and_no_blanks() -> None:
    written = b'{"faces":2,"name":"\\u00e9"}'
    assert receipts.hash_of({"name": "é", "faces": 2}) == hashlib.sha256(written).hexdigest()


def test_an_instant_is_written_in_utc_to_the_microsecond() -> None:
    india = timezone(timedelta(hours=5, minutes=30))
    assert receipts.moment(datetime(2026, 11, 18, 5, 30, tzinfo=india)) == (
        "2026-11-18T00:00:00.000000+00:00"
    )
    assert receipts.moment(datetime(2026, 11, 18, 1, 2, 3, 4, tzinfo=UTC)).endswith(
        "03.000004+00:00"
    )
