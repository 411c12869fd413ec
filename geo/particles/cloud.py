"""A cloud of particles: many hypotheses of where one person went, over the time of a search."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo.behaviours import Behaviour, SubjectProfile, draw_stay_s, draw_walking_m_per_s
from geo.distance import FloatArray
from geo.errors import InvalidBelief
from geo.network import IntArray, StreetNetwork, TravelMode
from geo.particles.journeys import Ground, Journeys
from geo.particles.starts import DrawnStarts, StartPlace, draw_starts
from geo.particles.time_bins import TimeBins
from geo.particles.tracks import Float32Array, TrackLog, Tracks, runs
from geo.particles.travellers import OFF_STREET, WALKING_SHOWS, Travellers
from geo.particles.wandering import Wanderers
from geo.plane import LocalPlane, plane_around

PARTICLES = 20_000
MAX_PARTICLES = 200_000
_ACCESS_M = 300.0  # a start farther than this from any street is on open ground
_WANDER_MEDIAN_S = 7200.0
_LEAST_LEASH_M = 120.0


@dataclass(frozen=True, eq=False)
class ParticleCloud:
    """Particles and what they did. `source` is the index of the start place of each.

    `x_m`, `y_m` (particles × bins) are positions in the middle of each bin on `plane`, not a
    number before the particle's start.
    """

    plane: LocalPlane
    bins: TimeBins
    starts: tuple[StartPlace, ...]
    behaviour: tuple[Behaviour, ...]
    source: IntArray
    tracks: Tracks
    x_m: Float32Array
    y_m: Float32Array

    def __len__(self) -> int:
        return len(self.source)


def simulate(
    starts: Sequence[StartPlace],
    profile: SubjectProfile,
    bins: TimeBins,
    *,
    network: StreetNetwork | None = None,
    count: int = PARTICLES,
    seed: int = 0,
) -> ParticleCloud:
    """Draw `count` particles; the same arguments always give the same cloud.

    Raises `InvalidBelief` without a start, or where the count is not from 1 to `MAX_PARTICLES`.
    """
    if not 1 <= count <= MAX_PARTICLES:
        raise InvalidBelief(f"A search has from 1 to {MAX_PARTICLES} particles.")
    if not starts:
        raise InvalidBelief("A search needs a last-known location: enter where the person was.")
    rng = np.random.default_rng(seed)
    plane = network.plane if network else plane_around([start.position for start in starts])
    drawn = draw_starts(starts, bins, plane, count, rng)
    log = TrackLog(bins.length_s)
    shares = profile.mix.shares(has_home=profile.home is not None)
    kind = rng.choice(len(shares), count, p=shares)
    _simulate_all(drawn, profile, plane, network, log, kind, rng)
    tracks = log.tracks()
    x_m, y_m = _positions(tracks, count, bins)
    behaviours = tuple(Behaviour)
    return ParticleCloud(
        plane, bins, tuple(starts), tuple(behaviours[k] for k in kind), drawn.source, tracks,
        x_m, y_m,
    )  # fmt: skip


def _simulate_all(
    drawn: DrawnStarts,
    profile: SubjectProfile,
    ground_plane: LocalPlane,
    network: StreetNetwork | None,
    log: TrackLog,
    kind: IntArray,
    rng: np.random.Generator,
) -> None:
    x_m, y_m = drawn.x_m[drawn.place], drawn.y_m[drawn.place]
    nobody = np.full(len(kind), OFF_STREET, dtype=np.int32)
    travellers = Travellers(drawn.at_s.copy(), x_m.copy(), y_m.copy(), nobody, log, network)
    speed = draw_walking_m_per_s(profile.walking_m_per_s, len(kind), rng)
    ground, row = Ground(ground_plane), np.zeros(len(kind), dtype=np.int32)
    if network is not None:
        used, row_of_particle = np.unique(drawn.place, return_inverse=True)
        node, gap_m = network.nearest_nodes(
            *ground_plane.to_degrees(drawn.x_m[used], drawn.y_m[used])
        )
        ground = Ground.on_streets(network, node, rng)
        row = row_of_particle.astype(np.int32)
        _enter_streets(travellers, network, node[row], gap_m[row], speed)
    journeys = Journeys(travellers, ground, profile, x_m, y_m, row, speed, rng)
    who = {behaviour: np.flatnonzero(kind == k) for k, behaviour in enumerate(Behaviour)}
    travellers.stay_until_end(who[Behaviour.STAYS])
    _wander(journeys, who[Behaviour.WANDERS])
    journeys.run_errands(who[Behaviour.WALKS], TravelMode.ON_FOOT)
    journeys.run_errands(who[Behaviour.RIDES], TravelMode.BY_VEHICLE)
    if profile.home is not None:
        home = ground_plane.to_xy_m(profile.home.latitude_deg, profile.home.longitude_deg)
        journeys.head_home(who[Behaviour.HEADS_HOME], (float(home[0]), float(home[1])))


def _enter_streets(
    travellers: Travellers,
    network: StreetNetwork,
    node: IntArray,
    gap_m: FloatArray,
    speed_m_per_s: FloatArray,
) -> None:
    """Walk from the start point to the nearest street, where there is one nearby."""
    near = np.flatnonzero(gap_m <= _ACCESS_M)
    x_m, y_m = network.xy_m
    travellers.go_straight(
        near, x_m[node[near]], y_m[node[near]], speed_m_per_s[near], WALKING_SHOWS
    )
    travellers.node[near] = node[near]


def _wander(journeys: Journeys, who: IntArray) -> None:
    journeys.wait(who)
    rng, travellers = journeys.rng, journeys.travellers
    leash_m = np.maximum(journeys.profile.prior.draw_m(len(who), rng), _LEAST_LEASH_M)
    stop_s = travellers.at_s[who] + draw_stay_s(_WANDER_MEDIAN_S, len(who), rng)
    Wanderers(
        travellers, who, journeys.origin_x_m[who], journeys.origin_y_m[who], leash_m, stop_s,
        journeys.speed_m_per_s[who], rng,
    ).wander()  # fmt: skip
    travellers.stay_until_end(who)


def _positions(tracks: Tracks, count: int, bins: TimeBins) -> tuple[Float32Array, Float32Array]:
    """Where each particle is in the middle of each bin; not a number before its start."""
    first = np.ceil(np.maximum(tracks.start_s, 0.0) / bins.bin_s - 0.5).astype(np.int64)
    after = np.ceil(np.minimum(tracks.end_s, bins.length_s) / bins.bin_s - 0.5).astype(np.int64)
    row, number = runs(np.maximum(after - first, 0))
    column = first[row] + number
    middle_s = (column + 0.5) * bins.bin_s
    whole_s = np.maximum(tracks.end_s - tracks.start_s, 1e-9)
    share = ((middle_s - tracks.start_s[row]) / whole_s[row]).astype(np.float32)
    x_m = np.full((count, bins.count), np.nan, dtype=np.float32)
    y_m = np.full((count, bins.count), np.nan, dtype=np.float32)
    particle = tracks.particle[row]
    x_m[particle, column] = tracks.x0_m[row] + share * (tracks.x1_m - tracks.x0_m)[row]
    y_m[particle, column] = tracks.y0_m[row] + share * (tracks.y1_m - tracks.y0_m)[row]
    return x_m, y_m
