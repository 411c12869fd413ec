import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.behaviours import (
    FASTEST_TRAVEL_M_PER_S,
    Behaviour,
    BehaviourMix,
    SubjectProfile,
    profile_for,
)
from geo.belief_grid import belief_cells
from geo.distance import destination, haversine_many_m
from geo.errors import InvalidBelief
from geo.network import StreetNetwork
from geo.network_files import read_network
from geo.particles import (
    ParticleCloud,
    StartPlace,
    TimeBins,
    Views,
    bins_covering,
    find_passes,
    simulate,
)
from geo.particles.passes import seen_stretches
from geo.particles.tracks import NO_SEGMENT, TrackLog
from geo.plane import LocalPlane, plane_around
from geo.points import Point
from geo.view import FieldOfView

HERE = Point(12.9716, 77.6)
SEEN_AT = datetime(2026, 11, 18, 8, 0, tzinfo=UTC)
BINS = bins_covering(SEEN_AT - timedelta(hours=1), SEEN_AT + timedelta(hours=7))
START = StartPlace(HERE, SEEN_AT, 100.0)


@pytest.fixture(scope="module")
def streets(shared_dir: Path) -> StreetNetwork:
    return read_network((shared_dir / "roads/central_bengaluru.graphml").read_bytes())


@pytest.fixture(scope="module")
def on_streets(streets: StreetNetwork) -> ParticleCloud:
    return simulate([START], profile_for("child_7_9"), BINS, network=streets, count=600, seed=3)


@pytest.fixture(scope="module")
def on_open_ground() -> ParticleCloud:
    return simulate([START], profile_for("child_7_9", home=HERE), BINS, count=600, seed=3)


def views_at(
    *places: Point, range_m: float = 40.0, heading: float = 0.0, width: float = 360.0
) -> Views:
    count = len(places)
    return Views(
        np.arange(count, dtype=np.int32),
        np.array([p.latitude_deg for p in places]),
        np.array([p.longitude_deg for p in places]),
        np.full(count, heading),
        np.full(count, width),
        np.full(count, range_m),
        count,
    )


def test_the_same_question_gives_the_same_cloud(streets: StreetNetwork) -> None:
    first, second, other = (
        simulate([START], profile_for("dementia"), BINS, network=streets, count=50, seed=seed)
        for seed in (1, 1, 2)
    )
    assert np.array_equal(first.x_m, second.x_m, equal_nan=True)
    assert not np.array_equal(first.x_m, other.x_m, equal_nan=True)


@pytest.mark.parametrize("ground", ["on_streets", "on_open_ground"])
def test_each_journey_is_one_unbroken_line_in_time_and_space(
    ground: str, request: pytest.FixtureRequest
) -> None:
    tracks = request.getfixturevalue(ground).tracks
    order = np.lexsort((tracks.end_s, tracks.start_s, tracks.particle))
    same = np.diff(tracks.particle[order]) == 0
    end_s, next_s = tracks.end_s[order][:-1][same], tracks.start_s[order][1:][same]
    assert np.allclose(end_s, next_s, atol=0.05)
    for last, first in ((tracks.x1_m, tracks.x0_m), (tracks.y1_m, tracks.y0_m)):
        assert np.allclose(last[order][:-1][same], first[order][1:][same], atol=0.1)


@pytest.mark.parametrize("ground", ["on_streets", "on_open_ground"])
def test_nobody_moves_faster_than_what_counts_as_reachable(
    ground: str, request: pytest.FixtureRequest
) -> None:
    tracks = request.getfixturevalue(ground).tracks
    way_m = np.hypot(tracks.x1_m - tracks.x0_m, tracks.y1_m - tracks.y0_m)
    lasting_s = tracks.end_s - tracks.start_s
    moving = lasting_s > 0.5
    assert (way_m[moving] / lasting_s[moving]).max() < FASTEST_TRAVEL_M_PER_S


def test_walks_on_streets_follow_their_segments(
    on_streets: ParticleCloud, streets: StreetNetwork
) -> None:
    tracks = on_streets.tracks
    street = tracks.segment != NO_SEGMENT
    assert street.mean() > 0.5
    x_m, _ = streets.xy_m
    first, second = streets.first[tracks.segment[street]], streets.second[tracks.segment[street]]
    start = np.where(tracks.reverse[street], second, first)
    end = np.where(tracks.reverse[street], first, second)
    assert np.allclose(tracks.x0_m[street], x_m[start], atol=0.01)
    assert np.allclose(tracks.x1_m[street], x_m[end], atol=0.01)


def test_who_heads_home_is_there_in_the_end(streets: StreetNetwork) -> None:
    home = destination(HERE, 200, 900)
    profile = SubjectProfile(profile_for("child_10_12").prior, BehaviourMix(0, 0, 1, 0, 0), home)
    cloud = simulate([START], profile, BINS, network=streets, count=40, seed=1)
    assert set(cloud.behaviour) == {Behaviour.HEADS_HOME}
    last = cloud.plane.to_degrees(cloud.x_m[:, -1], cloud.y_m[:, -1])
    assert haversine_many_m(home.latitude_deg, home.longitude_deg, *last).max() < 160


def test_without_a_home_nobody_heads_there(on_streets: ParticleCloud) -> None:
    assert Behaviour.HEADS_HOME not in on_streets.behaviour
    with pytest.raises(InvalidBelief, match="home"):
        BehaviourMix(0, 0, 1, 0, 0).shares(has_home=False)


def test_an_unknown_time_spreads_the_starts_over_the_whole_search() -> None:
    cloud = simulate([StartPlace(HERE, None, 50.0)], profile_for("broad"), BINS, count=800, seed=1)
    started = np.isfinite(cloud.x_m).mean(axis=0)
    assert started[len(started) // 2] == pytest.approx(0.5, abs=0.1)
    known = simulate([START], profile_for("broad"), BINS, count=800, seed=1)
    assert np.isfinite(known.x_m[:, 13]).mean() > 0.99


def test_places_share_the_particles_by_weight() -> None:
    starts = [StartPlace(HERE, SEEN_AT, 10, 3.0), StartPlace(destination(HERE, 0, 5000), SEEN_AT)]
    cloud = simulate(starts, profile_for("broad"), BINS, count=2000, seed=1)
    assert (cloud.source == 0).mean() == pytest.approx(0.75, abs=0.04)


metres = st.integers(-200, 200).map(float)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 359), st.integers(10, 180) | st.just(360), st.integers(10, 90), metres,
       metres, metres, metres)  # fmt: skip
def test_a_line_is_seen_where_its_points_are_in_the_field_of_view(
    heading: int, width: int, range_m: int, x0: float, y0: float, x1: float, y1: float
) -> None:
    plane, view = LocalPlane(HERE), FieldOfView(heading, width, range_m)
    found = seen_stretches(
        (np.array([x0]), np.array([y0])), (np.array([x1]), np.array([y1])), plane,
        views_at(HERE, range_m=range_m, heading=heading, width=width),
    )  # fmt: skip
    shares = np.linspace(0.0, 1.0, 41)
    latitude, longitude = plane.to_degrees(x0 + shares * (x1 - x0), y0 + shares * (y1 - y0))
    truth = np.array(
        [
            view.sees(HERE, Point(float(a), float(b)))
            for a, b in zip(latitude, longitude, strict=True)
        ]
    )
    inside = (found.from_share[:, None] <= shares) & (shares <= found.to_share[:, None])
    away_m = np.hypot(x0 + shares * (x1 - x0), y0 + shares * (y1 - y0))
    # Edges are found to within the step of the sampling, so only what is clear of them must agree;
    # right under a camera every direction is as true.
    for number in range(2, 39):
        around = truth[number - 2 : number + 3]
        if away_m[number] > 1.0 and (around.all() or not around.any()):
            assert inside[:, number].any() == truth[number]


def test_passes_agree_with_the_positions_along_the_tracks(
    on_streets: ParticleCloud, streets: StreetNetwork
) -> None:
    camera = destination(HERE, 45, 150)
    passes = find_passes(on_streets, views_at(camera), streets)
    camera_x, camera_y = on_streets.plane.to_xy_m(camera.latitude_deg, camera.longitude_deg)
    tracks = on_streets.tracks
    way_x, way_y = tracks.x1_m - tracks.x0_m, tracks.y1_m - tracks.y0_m
    to_x, to_y = camera_x - tracks.x0_m, camera_y - tracks.y0_m
    along = (to_x * way_x + to_y * way_y) / np.maximum(way_x**2 + way_y**2, 1e-9)
    share = np.clip(along, 0.0, 1.0)
    nearest_m = np.full(len(on_streets), np.inf)
    away_m = np.hypot(to_x - share * way_x, to_y - share * way_y)
    np.minimum.at(nearest_m, tracks.particle, away_m)
    passed = np.asarray(passes.seen.sum(axis=1)).ravel() > 0.0
    assert passed.sum() > 20
    assert not passed[nearest_m > 45.0].any()
    assert passed[nearest_m < 33.0].mean() > 0.95


def test_a_street_walked_backwards_is_seen_at_its_other_end_first() -> None:
    """A camera over the east end of one long street, walked once each way at a known speed."""
    west, east = HERE, destination(HERE, 90, 600)
    line = {
        "type": "LineString",
        "coordinates": [[p.longitude_deg, p.latitude_deg] for p in (west, east)],
    }
    feature = {"type": "Feature", "geometry": line, "properties": {}}
    network = read_network(
        json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    )
    x_m, y_m = network.xy_m
    bins = TimeBins(SEEN_AT, 20, 60.0)
    log = TrackLog(bins.length_s)
    ends, starts = np.array([600.0, 600.0]), np.array([0.0, 0.0])
    reverse = np.array([False, True])
    begin = np.where(reverse, network.second[0], network.first[0])
    end = np.where(reverse, network.first[0], network.second[0])
    log.add(
        np.array([0, 1], np.int32), starts, ends, (x_m[begin], y_m[begin]), (x_m[end], y_m[end]),
        visibility=1.0, segment=np.zeros(2, np.int32), reverse=reverse,
    )  # fmt: skip
    nobody = np.full((2, bins.count), np.nan, np.float32)
    cloud = ParticleCloud(
        network.plane, bins, (), (), np.zeros(2, np.int32), log.tracks(), nobody, nobody
    )
    seen = find_passes(cloud, views_at(east, range_m=60.0), network).seen.toarray() > 0.0
    # One metre a second: 60 m before the east end is minute 9 eastwards, minute 0 westwards.
    from_west = int(
        network.longitude_deg[network.first[0]] > network.longitude_deg[network.second[0]]
    )
    assert np.flatnonzero(seen[from_west]).tolist() == [9]
    assert 0 in np.flatnonzero(seen[1 - from_west])
    assert 9 not in np.flatnonzero(seen[1 - from_west])


def test_who_stays_in_view_is_seen_in_every_bin() -> None:
    profile = SubjectProfile(profile_for("broad").prior, BehaviourMix(1, 0, 0, 0, 0))
    cloud = simulate([StartPlace(HERE, SEEN_AT, 0.0)], profile, BINS, count=50, seed=1)
    passes = find_passes(cloud, views_at(HERE, destination(HERE, 0, 5000), range_m=100))
    per_bin = [len(passes.column(0, number)[0]) for number in range(BINS.count)]
    assert per_bin[-1] == per_bin[12] == 50
    assert sum(len(passes.column(1, number)[0]) for number in range(BINS.count)) == 0


def test_no_camera_means_no_pass(on_open_ground: ParticleCloud) -> None:
    passes = find_passes(on_open_ground, views_at())
    assert passes.seen.nnz == 0


def test_the_grid_holds_all_probability_of_those_who_have_started(
    on_streets: ParticleCloud,
) -> None:
    weight = np.random.default_rng(1).random(len(on_streets))
    cells = belief_cells(
        on_streets.plane, on_streets.x_m, on_streets.y_m, weight, BINS, 20, most_cells=10**6
    )
    started = np.isfinite(on_streets.x_m[:, 20])
    assert cells.mass.sum() == pytest.approx(weight[started].sum() / weight.sum())
    assert np.all(np.diff(cells.mass) <= 0)
    assert np.all(cells.north_deg > cells.south_deg)
    assert np.all(cells.east_deg > cells.west_deg)
    x_m, y_m = on_streets.x_m[0, 20], on_streets.y_m[0, 20]
    latitude, longitude = on_streets.plane.to_degrees(x_m, y_m)
    assert (
        (cells.south_deg <= latitude) & (latitude < cells.north_deg)
        & (cells.west_deg <= longitude) & (longitude < cells.east_deg)
    ).sum() == 1  # fmt: skip


@settings(deadline=None)
@given(st.floats(-70, 70), st.floats(-180, 180), st.floats(0, 359), st.floats(1, 20_000))
def test_a_plane_measures_like_the_sphere_and_leads_back(
    latitude: float, longitude: float, bearing: float, away_m: float
) -> None:
    centre = Point(latitude, longitude)
    there = destination(centre, bearing, away_m)
    plane = plane_around([centre])
    x_m, y_m = plane.to_xy_m(there.latitude_deg, there.longitude_deg)
    assert np.hypot(x_m, y_m) == pytest.approx(away_m, rel=0.01)
    back = plane.to_degrees(x_m, y_m)
    assert haversine_many_m(there.latitude_deg, there.longitude_deg, *back) < 0.01


def test_times_that_make_no_search_are_refused() -> None:
    with pytest.raises(InvalidBelief):
        TimeBins(SEEN_AT.replace(tzinfo=None), 4)
    with pytest.raises(InvalidBelief):
        bins_covering(SEEN_AT, SEEN_AT)
    with pytest.raises(InvalidBelief):
        bins_covering(SEEN_AT, SEEN_AT + timedelta(days=400))
    with pytest.raises(InvalidBelief):
        simulate([], profile_for("broad"), BINS)
    with pytest.raises(InvalidBelief):
        profile_for("no_such_category")
