from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cameras.errors import InvalidNamePattern
from cameras.footage import start_time_from_name

KOLKATA = ZoneInfo("Asia/Kolkata")
AT = datetime(2026, 11, 18, 14, 10, tzinfo=KOLKATA)


@pytest.mark.parametrize(
    "name",
    [
        "ch01_20261118_141000.mp4",
        "ch01_20261118141000.mp4",
        "2026-11-18_14-10-00.mkv",
        "2026-11-18 14.10.00.avi",
        "2026_11_18__14_10_00.mp4",
        "gate 2026-11-18T14:10:00+05:30.ts",
        "20261118T084000Z.mp4",
        "20261118T084000+0000.mp4",
        "NVR_ch1_main_20261118141000_20261118142000.dav",
        "192.168.1.64_01_20261118141000123_TIMING.mp4",
        "RLC-410-5MP-01-20261118-141000.mp4",
        "18-11-2026_14-10-00.mp4",
        "18.11.2026 14.10.00.mp4",
        "cam_1794991200.mp4",
        "cam_1794991200000.mp4",
        "2026-11-18/001/dav/14/14.10.00-14.20.00[M][0@0][0].dav",
        "2026-11-18\\001\\14.10.00-14.20.00[R][0@0][0].dav",
        "gate/20261118/141000.mp4",
    ],
)
def test_names_that_recorders_give_are_read(name: str) -> None:
    found = start_time_from_name(name, zone=KOLKATA)
    assert found is not None
    assert found.replace(microsecond=0) == AT
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "name",
    [
        "",
        "hiv00001.mp4",
        "gate.mp4",
        "20261318_141000.mp4",
        "20260230_141000.mp4",
        "20261118_251000.mp4",
        "20261118.mp4",
        "192.168.20.26_cam.mp4",
        "4123456789012345.mp4",
        "141000.mp4",
    ],
)
def test_names_that_say_no_time_give_none(name: str) -> None:
    assert start_time_from_name(name, zone=KOLKATA) is None


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("cam*_%Y%m%d-%H%M%S", "cam07_20261118-141000.mp4"),
        ("%d.%m.%y %Hh%M", "18.11.26 14h10.avi"),
        ("%I-%M-%S %p on %m-%d-%Y.mp4", "02-10-00 PM on 11-18-2026.mp4"),
        ("%Y%m%dT%H%M%S%z", "20261118T084000Z.mp4"),
        ("gate(%s)", "gate(1794991200).mkv"),
        ("100%%_%Y%m%d%H%M", "100%_202611181410.mp4"),
    ],
)
def test_a_pattern_of_the_user_is_followed(pattern: str, name: str) -> None:
    assert start_time_from_name(name, zone=KOLKATA, pattern=pattern) == AT


def test_a_name_that_does_not_fit_the_pattern_gives_none() -> None:
    assert start_time_from_name("20261118_141000.mp4", zone=UTC, pattern="cam_%Y%m%d") is None
    assert start_time_from_name("cam_20261399.mp4", zone=UTC, pattern="cam_%Y%m%d") is None


@pytest.mark.parametrize(
    ("pattern", "says"),
    [("%Q_%Y%m%d", "%Q"), ("%H%M%S", "must hold a date"), ("%Y%m%d_%Y", "twice"), ("%", "%")],
)
def test_a_pattern_that_cannot_work_is_refused(pattern: str, says: str) -> None:
    with pytest.raises(InvalidNamePattern, match=says):
        start_time_from_name("x.mp4", zone=UTC, pattern=pattern)


moments = st.datetimes(
    datetime(2015, 1, 1),  # noqa: DTZ001 - the zone is given to the reader
    datetime(2032, 12, 31),  # noqa: DTZ001
)


@given(moments, st.sampled_from(["%Y%m%d_%H%M%S", "%Y-%m-%d_%H-%M-%S", "%d.%m.%Y %H.%M.%S"]))
def test_any_time_written_in_a_name_is_read_back(moment: datetime, layout: str) -> None:
    zone = timezone(timedelta(hours=5, minutes=30))
    name = f"ch02_{moment.strftime(layout)}.mp4"
    expected = moment.replace(microsecond=0, tzinfo=zone)
    assert start_time_from_name(name, zone=zone) == expected
    assert start_time_from_name(name, zone=zone, pattern=f"ch*_{layout}") == expected


@given(st.text(max_size=40), st.text(max_size=20))
def test_no_name_and_no_pattern_breaks_the_reader(name: str, pattern: str) -> None:
    found = start_time_from_name(name, zone=UTC)
    assert found is None or found.tzinfo is UTC
    try:
        found = start_time_from_name(name, zone=UTC, pattern=pattern)
    except InvalidNamePattern:
        return
    assert found is None or found.tzinfo is UTC
