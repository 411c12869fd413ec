"""Passes: which particle is in which camera's view, in which time bin."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix
from scipy.spatial import cKDTree

from geo.distance import FloatArray, angle_between_deg, normalise_many_deg
from geo.errors import InvalidBelief
from geo.network import BoolArray, IntArray, StreetNetwork
from geo.particles.cloud import ParticleCloud
from geo.particles.time_bins import TimeBins
from geo.particles.tracks import NO_SEGMENT, Float32Array, Tracks, runs
from geo.plane import LocalPlane

_PIECE_M = 100.0
_SAMPLES = 25  # of a piece, so that a view's edge is found within about two metres
_ENOUGH_S = 2.0  # recorders write a key frame every 1 to 4 s; a shorter pass counts in part


@dataclass(frozen=True, eq=False)
class Views:
    """Sectors seen, aligned arrays; a camera that looks several ways has one for each.

    `camera` counts from 0 to `camera_count` − 1. `width_deg` is the full opening, 360 all round.
    """

    camera: IntArray
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    heading_deg: FloatArray
    width_deg: FloatArray
    range_m: FloatArray
    camera_count: int

    def __post_init__(self) -> None:
        if len(self.camera) and not 0 <= self.camera.min() <= self.camera.max() < self.camera_count:
            raise InvalidBelief("A view belongs to a camera that is not there.")


@dataclass(frozen=True, eq=False)
class PassMatrix:
    """Particles × (camera, bin): column `camera * bins.count + bin`, stored by column.

    Values from above 0 to 1 say how well the pass shows a face, against walking through the view.
    """

    seen: csc_matrix
    camera_count: int
    bins: TimeBins

    @property
    def particle_count(self) -> int:
        return int(self.seen.shape[0])

    @property
    def column_count(self) -> int:
        return self.camera_count * self.bins.count

    def column(self, camera: int, bin_index: int) -> tuple[IntArray, Float32Array]:
        """The particles that pass a camera in a bin, each once, and how well they show."""
        number = camera * self.bins.count + bin_index
        begin, end = self.seen.indptr[number], self.seen.indptr[number + 1]
        return self.seen.indices[begin:end], self.seen.data[begin:end]


def find_passes(
    cloud: ParticleCloud, views: Views, network: StreetNetwork | None = None
) -> PassMatrix:
    """All passes of a cloud; `network` must be the one that it was simulated on."""
    plane = cloud.plane
    tracks = cloud.tracks
    seen = _Seen(cloud.bins, views.camera_count)
    on_street = tracks.segment != NO_SEGMENT
    still = tracks.stays
    if network is not None and on_street.any():
        _street_passes(seen, tracks.only(on_street), _street_stretches(network, views))
    _ground_passes(seen, tracks.only(~on_street & ~still), plane, views)
    _stay_passes(seen, tracks.only(still), plane, views)
    return PassMatrix(seen.matrix(len(cloud)), views.camera_count, cloud.bins)


@dataclass(frozen=True, eq=False)
class Stretches:
    """Parts of straight lines that a camera sees, ordered by line: shares of the way, 0 to 1."""

    line: NDArray[np.int64]
    camera: IntArray
    from_share: FloatArray
    to_share: FloatArray


def seen_stretches(
    start_xy_m: tuple[FloatArray, FloatArray],
    end_xy_m: tuple[FloatArray, FloatArray],
    plane: LocalPlane,
    views: Views,
) -> Stretches:
    """Which parts of the lines from start to end lie in which views.

    Found by sampling, to within four metres. Where a view wider than half a circle is left and
    entered again within a hundred metres, the gap counts as seen.
    """
    (x0_m, y0_m), (x1_m, y1_m) = start_xy_m, end_xy_m
    way_x, way_y = x1_m - x0_m, y1_m - y0_m
    enter, leave = _within_surroundings(x0_m, y0_m, way_x, way_y, plane, views)
    counts = np.ceil(np.hypot(way_x, way_y) * np.maximum(leave - enter, 0.0) / _PIECE_M)
    line, number = runs(np.where(leave >= enter, np.maximum(counts, 1), 0))
    width = ((leave - enter) / np.maximum(counts, 1))[line]
    begin = enter[line] + number * width
    middle = begin + width / 2
    piece, view = _near(
        x0_m[line] + middle * way_x[line], y0_m[line] + middle * way_y[line],
        plane, views, margin_m=_PIECE_M / 2,
    )  # fmt: skip
    own, width = line[piece], width[piece]
    steps = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
    share = begin[piece][:, None] + steps * width[:, None]
    x_m = x0_m[own][:, None] + share * way_x[own][:, None]
    y_m = y0_m[own][:, None] + share * way_y[own][:, None]
    inside = _in_view(x_m, y_m, plane, views, view[:, None])
    hit = np.flatnonzero(inside.any(axis=1))
    inside, share, half = inside[hit], share[hit], width[hit] / (2 * _SAMPLES)
    rows = np.arange(len(hit))
    first = share[rows, inside.argmax(axis=1)] - half
    last = share[rows, _SAMPLES - 1 - inside[:, ::-1].argmax(axis=1)] + half
    order = np.argsort(own[hit], kind="stable")
    camera = views.camera[view[hit]]
    return Stretches(own[hit][order], camera[order], first[order], last[order])


def _within_surroundings(
    x0_m: FloatArray,
    y0_m: FloatArray,
    way_x_m: FloatArray,
    way_y_m: FloatArray,
    plane: LocalPlane,
    views: Views,
) -> tuple[FloatArray, FloatArray]:
    """The shares of lines at which they enter and leave the rectangle around all views.

    A line that misses it leaves before it enters (the method of Liang and Barsky, 1984). Ways may
    lead far beyond the last camera, and need not be looked at there.
    """
    view_x, view_y = plane.to_xy_m(views.latitude_deg, views.longitude_deg)
    enter, leave = np.zeros(len(x0_m)), np.ones(len(x0_m))
    if not len(view_x):
        return enter, leave - 2.0
    margin_m = float(views.range_m.max())
    for start, way, places in ((x0_m, way_x_m, view_x), (y0_m, way_y_m, view_y)):
        low, high = places.min() - margin_m, places.max() + margin_m
        moving = np.where(way == 0.0, 1.0, way)
        to_low, to_high = (low - start) / moving, (high - start) / moving
        crosses = way != 0.0
        never = ~crosses & ((start < low) | (start > high))
        enter = np.where(crosses, np.maximum(enter, np.minimum(to_low, to_high)), enter)
        leave = np.where(crosses, np.minimum(leave, np.maximum(to_low, to_high)), leave)
        leave = np.where(never, -1.0, leave)
    return enter, leave


class _Seen:
    """Collects passes as triples for the matrix."""

    def __init__(self, bins: TimeBins, camera_count: int) -> None:
        self._bins = bins
        self.bin_s = bins.bin_s
        self._shape_columns = bins.count * camera_count
        self._parts: list[tuple[IntArray, NDArray[np.int64], Float32Array]] = []

    def add(
        self,
        particle: IntArray,
        camera: IntArray,
        start_s: FloatArray,
        end_s: FloatArray,
        visibility: Float32Array,
        enough_s: float,
    ) -> None:
        """Passes from `start_s` to `end_s`; a bin in which one lasts `enough_s` counts in full."""
        bin_s = self._bins.bin_s
        start_s, end_s = np.maximum(start_s, 0.0), np.minimum(end_s, self._bins.length_s - 1e-6)
        first = np.floor(start_s / bin_s).astype(np.int64)
        last = np.floor(end_s / bin_s).astype(np.int64)
        row, number = runs(np.where(end_s > start_s, last - first + 1, 0))
        column = first[row] + number
        overlap_s = np.minimum(end_s[row], (column + 1) * bin_s) - np.maximum(
            start_s[row], column * bin_s
        )
        value = visibility[row] * np.clip(overlap_s / enough_s, 0.0, 1.0)
        keep = value > 0.0
        row, column = row[keep], column[keep]
        self._parts.append(
            (
                particle[row],
                camera[row].astype(np.int64) * self._bins.count + column,
                value[keep].astype(np.float32),
            )
        )

    def matrix(self, particles: int) -> csc_matrix:
        """Passes of one particle in one bin add up, to 1 at most."""
        shape = (particles, self._shape_columns)
        if not self._parts:
            return csc_matrix(shape, dtype=np.float32)
        particle, column, value = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        matrix = csc_matrix((value, (particle, column)), shape=shape, dtype=np.float32)
        matrix.sum_duplicates()
        np.minimum(matrix.data, 1.0, out=matrix.data)
        return matrix


def _street_stretches(network: StreetNetwork, views: Views) -> Stretches:
    x_m, y_m = network.xy_m
    return seen_stretches(
        (x_m[network.first], y_m[network.first]),
        (x_m[network.second], y_m[network.second]),
        network.plane,
        views,
    )


def _street_passes(seen: _Seen, tracks: Tracks, stretches: Stretches) -> None:
    """Join pieces walked with what is seen of their segments."""
    begin = np.searchsorted(stretches.line, tracks.segment, side="left")
    end = np.searchsorted(stretches.line, tracks.segment, side="right")
    row, number = runs(end - begin)
    stretch = begin[row] + number
    from_share, to_share = stretches.from_share[stretch], stretches.to_share[stretch]
    back = tracks.reverse[row]
    from_share, to_share = (
        np.where(back, 1.0 - to_share, from_share),
        np.where(back, 1.0 - from_share, to_share),
    )
    _moving_passes(seen, tracks, row, stretches.camera[stretch], from_share, to_share)


def _ground_passes(seen: _Seen, tracks: Tracks, plane: LocalPlane, views: Views) -> None:
    if not len(tracks):
        return
    x0_m, y0_m = tracks.x0_m.astype(np.float64), tracks.y0_m.astype(np.float64)
    x1_m, y1_m = tracks.x1_m.astype(np.float64), tracks.y1_m.astype(np.float64)
    found = seen_stretches((x0_m, y0_m), (x1_m, y1_m), plane, views)
    _moving_passes(seen, tracks, found.line, found.camera, found.from_share, found.to_share)


def _moving_passes(
    seen: _Seen,
    tracks: Tracks,
    row: NDArray[np.int64],
    camera: IntArray,
    from_share: FloatArray,
    to_share: FloatArray,
) -> None:
    start_s = tracks.start_s[row]
    whole_s = tracks.end_s[row] - start_s
    seen.add(
        tracks.particle[row], camera, start_s + from_share * whole_s, start_s + to_share * whole_s,
        tracks.visibility[row], _ENOUGH_S,
    )  # fmt: skip


def _stay_passes(seen: _Seen, tracks: Tracks, plane: LocalPlane, views: Views) -> None:
    """Who stays in a view is in it all the while; a whole bin counts in full."""
    if not len(tracks):
        return
    x_m, y_m = tracks.x0_m.astype(np.float64), tracks.y0_m.astype(np.float64)
    row, view = _near(x_m, y_m, plane, views, margin_m=0.0)
    inside = _in_view(x_m[row], y_m[row], plane, views, view)
    row, view = row[inside], view[inside]
    seen.add(
        tracks.particle[row], views.camera[view], tracks.start_s[row], tracks.end_s[row],
        tracks.visibility[row], seen.bin_s,
    )  # fmt: skip


def _near(
    x_m: FloatArray, y_m: FloatArray, plane: LocalPlane, views: Views, *, margin_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs (point, view) nearer than the view's range and `margin_m`.

    Views are taken in groups of similar range, or one far-seeing camera would pair all others with
    every point of its surroundings.
    """
    points = cKDTree(np.column_stack([x_m, y_m]))
    view_x, view_y = plane.to_xy_m(views.latitude_deg, views.longitude_deg)
    group = np.ceil(np.log2(np.maximum(views.range_m, 25.0)))
    pairs: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    for exponent in np.unique(group):
        members = np.flatnonzero(group == exponent)
        tree = cKDTree(np.column_stack([view_x[members], view_y[members]]))
        reach_m = float(views.range_m[members].max()) + margin_m
        found = tree.sparse_distance_matrix(points, reach_m, output_type="ndarray")
        pairs.append((found["j"], members[found["i"]]))
    if not pairs:
        none = np.empty(0, dtype=np.int64)
        return none, none
    return np.concatenate([p for p, _ in pairs]), np.concatenate([v for _, v in pairs])


def _in_view(
    x_m: FloatArray, y_m: FloatArray, plane: LocalPlane, views: Views, view: NDArray[np.int64]
) -> BoolArray:
    """Whether points lie in views, within range and opening."""
    view_x, view_y = plane.to_xy_m(views.latitude_deg, views.longitude_deg)
    east, north = x_m - view_x[view], y_m - view_y[view]
    bearing = normalise_many_deg(np.degrees(np.arctan2(east, north)))
    off_axis = angle_between_deg(views.heading_deg[view], bearing)
    within: BoolArray = np.hypot(east, north) <= views.range_m[view]
    return within & (off_axis <= views.width_deg[view] / 2.0)
