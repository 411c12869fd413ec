import random
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from geopy.distance import great_circle
from hypothesis import given
from hypothesis import strategies as st

from cameras.addresses import SecretAddress
from cameras.camera import Camera, CameraStatus
from cameras.errors import CamerasError, InvalidWindow
from cameras.held import FootageHeld, FootageState, TimeSpan, footage_outlook, merge_spans
from cameras.ranking import (
    Candidate,
    LastKnownLocation,
    RankingQuestion,
    Reliability,
    rank_cameras,
)
from geo.distance import destination
from geo.points import Point

GATE = Point(12.9757, 77.6063)
KOLKATA = ZoneInfo("Asia/Kolkata")
NOW = datetime(2026, 11, 18, 11, 0, tzinfo=UTC)
SEEN_AT = datetime(2026, 11, 18, 8, 40, tzinfo=UTC)  # 14:10 in Kolkata
WINDOW = TimeSpan(
    datetime(2026, 11, 18, 8, 30, tzinfo=UTC), datetime(2026, 11, 18, 10, 30, tzinfo=UTC)
)
AT_GATE = LastKnownLocation(1, GATE, SEEN_AT, 10.0, label="Cubbon Park gate")
ASK = RankingQuestion((AT_GATE,), NOW, WINDOW, zone=KOLKATA)


def candidate(
    camera_id: int, position: Point, held: tuple[TimeSpan, ...] = (), **values: object
) -> Candidate:
    values.setdefault("status", CameraStatus.ACTIVE)
    camera = Camera("demo", str(camera_id), f"camera {camera_id}", position, **values)  # type: ignore[arg-type]
    return Candidate(camera_id, camera, FootageHeld(held))


def away(bearing_deg: float, distance_m: float) -> Point:
    return destination(GATE, bearing_deg, distance_m)


def only(ranked: Candidate, question: RankingQuestion = ASK) -> str:
    return rank_cameras([ranked], question)[0].reason


nearby = st.builds(away, st.floats(0, 359), st.floats(0, 20_000))
places = st.lists(nearby, min_size=1, max_size=25)
location_lists = st.lists(
    st.builds(LastKnownLocation, st.integers(1, 99), nearby, st.none() | st.just(SEEN_AT)),
    min_size=1,
    max_size=4,
)


def test_a_reason_says_distance_reach_view_and_footage_in_one_sentence() -> None:
    camera = candidate(1, away(45, 141), (WINDOW,), headings_deg=(225.0,), field_of_view_deg=60.0)
    assert only(camera) == (
        "140 m north-east of ‘Cubbon Park gate’ (seen 14:10); on foot from 14:11; looks that way; "
        "footage 14:00–16:00 is held."
    )


@given(places, location_lists)
def test_the_order_is_that_of_geopy_distances(
    spots: list[Point], locations: list[LastKnownLocation]
) -> None:
    ranked = rank_cameras(
        [candidate(i, spot) for i, spot in enumerate(spots)],
        RankingQuestion(tuple(locations), NOW),
    )
    assert [entry.rank for entry in ranked] == list(range(1, len(spots) + 1))
    brute = {
        i: min(
            great_circle(
                (at.position.latitude_deg, at.position.longitude_deg),
                (spot.latitude_deg, spot.longitude_deg),
            ).m
            for at in locations
        )
        for i, spot in enumerate(spots)
    }
    for entry in ranked:
        assert entry.distance_m == pytest.approx(brute[entry.camera_id], rel=1e-6, abs=1e-3)
    distances = [entry.distance_m for entry in ranked]
    assert distances == sorted(distances)


@given(places, st.randoms(use_true_random=False))
def test_input_order_does_not_matter(spots: list[Point], shuffler: random.Random) -> None:
    # Doubled, so that there are ties to break.
    candidates = [candidate(i, spot) for i, spot in enumerate(spots + spots)]
    expected = [entry.camera_id for entry in rank_cameras(candidates, ASK)]
    shuffler.shuffle(candidates)
    assert [entry.camera_id for entry in rank_cameras(candidates, ASK)] == expected


@given(places, st.integers(0, 30), st.integers(1, 10))
def test_pages_continue_each_other(spots: list[Point], offset: int, limit: int) -> None:
    candidates = [candidate(i, spot) for i, spot in enumerate(spots)]
    whole = rank_cameras(candidates, ASK)
    assert rank_cameras(candidates, ASK, offset=offset, limit=limit) == whole[offset:][:limit]


def test_the_nearest_relevant_location_is_named() -> None:
    far = LastKnownLocation(2, away(90, 5_000), SEEN_AT, label="bus stop")
    question = RankingQuestion((AT_GATE, far), NOW, WINDOW)
    ranked = rank_cameras([candidate(1, away(90, 4_900)), candidate(2, away(90, 300))], question)
    assert [(entry.camera_id, entry.location_id) for entry in ranked] == [(1, 2), (2, 1)]


def test_locations_after_the_window_and_withdrawn_ones_do_not_count() -> None:
    later = LastKnownLocation(2, away(0, 2_000), WINDOW.end + timedelta(minutes=1))
    false_tip = LastKnownLocation(3, away(0, 2_000), SEEN_AT, reliability=Reliability.WITHDRAWN)
    question = RankingQuestion((AT_GATE, later, false_tip), NOW, WINDOW)
    assert question.relevant_locations() == (AT_GATE,)
    assert rank_cameras([candidate(1, away(0, 2_000))], question)[0].location_id == 1
    only_later = RankingQuestion((later, false_tip), NOW, WINDOW)
    assert only_later.relevant_locations() == (later,)


def test_without_a_relevant_location_nothing_is_ranked() -> None:
    assert rank_cameras([candidate(1, GATE)], RankingQuestion((), NOW)) == []
    assert rank_cameras([], ASK) == []


def test_planned_and_removed_cameras_and_those_beyond_the_radius_are_left_out() -> None:
    candidates = [
        candidate(1, away(0, 10), status=CameraStatus.REMOVED),
        candidate(2, away(0, 20), status=CameraStatus.PLANNED),
        candidate(3, away(0, 30), status=CameraStatus.OFFLINE),
        candidate(4, away(0, 600)),
    ]
    ranked = rank_cameras(candidates, ASK, radius_m=500)
    assert [entry.camera_id for entry in ranked] == [3]
    assert "reported offline" in ranked[0].reason


def test_reach_tells_walking_from_riding() -> None:
    # Two hours less ten minutes until the window ends: 9.2 km on foot, 52 km by vehicle.
    near, middle, far = (
        rank_cameras([candidate(1, away(0, metres))], ASK)[0] for metres in (5_000, 20_000, 100_000)
    )
    assert (near.reach.on_foot, near.reach.by_vehicle) == (True, True)
    assert (middle.reach.on_foot, middle.reach.by_vehicle) == (False, True)
    assert "not reachable on foot in that time, by vehicle from 14:51" in middle.reason
    assert (far.reach.on_foot, far.reach.by_vehicle) == (False, False)
    assert "too far to be reached in that time, even by vehicle" in far.reason


def test_reach_is_not_known_without_a_time() -> None:
    undated = LastKnownLocation(1, GATE, None)
    entry = rank_cameras([candidate(1, away(0, 50_000))], RankingQuestion((undated,), NOW))[0]
    assert entry.reach.on_foot is None
    assert entry.reach.on_foot_from is None
    assert "time not known" in entry.reason
    assert "whether it could be reached in time is not known" in entry.reason


def test_an_earlier_location_keeps_a_camera_reachable_that_a_later_one_rules_out() -> None:
    late = LastKnownLocation(2, away(90, 3_000), WINDOW.end - timedelta(minutes=1))
    question = RankingQuestion((AT_GATE, late), NOW, WINDOW)
    entry = rank_cameras([candidate(1, away(90, 1_600))], question)[0]
    assert entry.location_id == 2
    assert entry.reach.on_foot is True


def test_the_future_cannot_have_been_reached_yet() -> None:
    window = TimeSpan(NOW - timedelta(minutes=10), NOW + timedelta(hours=5))
    recent = LastKnownLocation(1, GATE, NOW - timedelta(minutes=1))
    question = RankingQuestion((recent,), NOW, window)
    entry = rank_cameras([candidate(1, away(0, 5_000))], question)[0]
    assert entry.reach.by_vehicle is False


def test_a_view_is_yes_no_or_not_known() -> None:
    north = away(0, 200)
    assert "looks that way" in only(candidate(1, north, headings_deg=(180.0,)))
    assert "looks another way" in only(candidate(1, north, headings_deg=(0.0,)))
    assert "where it looks is not known" in only(candidate(1, north))


def test_a_wrong_clock_is_mentioned() -> None:
    assert "its clock is 95 s fast" in only(candidate(1, GATE, clock_offset_s=95.0))
    assert "its clock is 210 s slow" in only(candidate(1, GATE, clock_offset_s=-210.0))
    assert "clock" not in only(candidate(1, GATE, clock_offset_s=2.0))


def outlook_words(now: datetime = NOW, **values: object) -> str:
    camera = candidate(1, away(0, 200), **values)
    return only(camera, RankingQuestion((AT_GATE,), now, WINDOW, zone=KOLKATA))


def test_footage_is_foretold_from_retention() -> None:
    assert "should still be on its recorder until 21 Nov 14:00" in outlook_words(
        retention_hours=72.0
    )
    assert "overwriting that time now, all of it by 17:00" in outlook_words(retention_hours=1.0)
    assert "probably overwritten since 16:15" in outlook_words(retention_hours=0.25)
    assert "whether footage exists is not known" in outlook_words()


def test_a_live_stream_is_offered_only_for_a_window_that_is_not_over() -> None:
    stream = SecretAddress("rtsp://u:p@cctv.example/x")
    during = WINDOW.end - timedelta(minutes=5)
    assert "live stream, nothing recorded is held" in outlook_words(during, stream_address=stream)
    assert "not known, a live stream does" in outlook_words(stream_address=stream)


def test_footage_that_covers_part_of_the_window_is_called_partial() -> None:
    part = TimeSpan(WINDOW.start - timedelta(hours=1), WINDOW.start + timedelta(minutes=30))
    camera = candidate(1, GATE, (part,)).camera
    outlook = footage_outlook(camera, FootageHeld((part,)), WINDOW, NOW)
    assert outlook.state is FootageState.PARTLY_HELD
    assert outlook.held_share == pytest.approx(0.25)
    assert "only footage 14:00–14:30 is held" in only(candidate(1, GATE, (part,)))


def test_without_a_window_all_held_footage_counts() -> None:
    question = RankingQuestion((AT_GATE,), NOW, zone=KOLKATA)
    assert "footage 14:00–16:00 is held" in only(candidate(1, GATE, (WINDOW,)), question)
    assert "whether footage exists is not known" in only(candidate(1, GATE), question)


instants = st.integers(0, 1_000).map(lambda minute: WINDOW.start + timedelta(minutes=minute))
spans = st.tuples(instants, instants).filter(lambda pair: pair[0] < pair[1])


@given(st.lists(spans, max_size=8))
def test_merged_spans_cover_the_same_minutes_without_touching(
    pairs: list[tuple[datetime, datetime]],
) -> None:
    merged = merge_spans([TimeSpan(start, end) for start, end in pairs])
    for before, after in pairwise(merged):
        assert before.end < after.start

    def covers(some: list[tuple[datetime, datetime]], minute: int) -> bool:
        moment = WINDOW.start + timedelta(minutes=minute, seconds=30)
        return any(start <= moment < end for start, end in some)

    as_pairs = [(span.start, span.end) for span in merged]
    assert all(covers(pairs, m) == covers(as_pairs, m) for m in range(0, 1_000, 7))


def test_a_window_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(InvalidWindow, match="ends before it starts"):
        TimeSpan(WINDOW.end, WINDOW.start)
    with pytest.raises(InvalidWindow, match="time zone"):
        TimeSpan(datetime(2026, 1, 1), datetime(2026, 1, 2))  # noqa: DTZ001 - that is the point


def test_a_location_needs_a_zone_and_an_uncertainty_that_is_a_length() -> None:
    with pytest.raises(CamerasError):
        LastKnownLocation(1, GATE, datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point
    for uncertainty_m in (-1.0, float("nan"), float("inf")):
        with pytest.raises(CamerasError):
            LastKnownLocation(1, GATE, None, uncertainty_m)


def test_three_thousand_cameras_are_ranked_within_20_ms() -> None:
    shuffler = random.Random(7)
    candidates = [
        candidate(i, away(shuffler.uniform(0, 359), shuffler.uniform(0, 20_000)))
        for i in range(3_000)
    ]
    durations_s = []
    for _ in range(5):
        started = time.perf_counter()
        rank_cameras(candidates, ASK, limit=50)
        durations_s.append(time.perf_counter() - started)
    # The best of five: other work on the machine is not the ranking's.
    assert min(durations_s) < 0.020
