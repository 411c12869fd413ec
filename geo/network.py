"""A network of streets as arrays: nearest nodes, and ways on foot and by vehicle."""

import io
import zipfile
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from geo.distance import FloatArray, haversine_many_m
from geo.errors import InvalidNetwork
from geo.plane import LocalPlane
from geo.points import Point

IntArray = NDArray[np.signedinteger[Any]]
BoolArray = NDArray[np.bool_]

MAX_NODES = 2_000_000
_SHORTEST_M = 0.05  # two vertices at one place are still an edge, and a sparse zero would be none
_FIELDS = ("latitude_deg", "longitude_deg", "first", "second", "length_m", "forward", "backward")


class TravelMode(StrEnum):
    """How someone moves through a network: on foot one-way rules do not hold."""

    ON_FOOT = "on_foot"
    BY_VEHICLE = "by_vehicle"


@dataclass(frozen=True, slots=True)
class Adjacency:
    """The walkable neighbours of all nodes: those of node i are `[offsets[i]:offsets[i + 1]]`.

    `segment` is the segment walked along, `reverse` whether from its second to its first node.
    """

    offsets: IntArray
    neighbour: IntArray
    segment: IntArray
    reverse: BoolArray


@dataclass(frozen=True, slots=True)
class WayTrees:
    """Shortest ways from some roots to every node, one row for each root.

    `distance_m` is infinite where there is no way. `previous` is the node before on the way, −1 at
    the root and where there is none; `segment` and `reverse` are how it is entered from there.
    """

    roots: IntArray
    distance_m: NDArray[np.float32]
    previous: IntArray
    segment: IntArray
    reverse: BoolArray


@dataclass(frozen=True, eq=False)
class StreetNetwork:
    """Straight street segments between nodes; bends of a street are nodes of their own.

    `first` and `second` are the node numbers of each segment, no pair twice; `forward` and
    `backward` say in which directions vehicles may drive. On foot both are open. Raises
    `InvalidNetwork`.
    """

    latitude_deg: FloatArray
    longitude_deg: FloatArray
    first: IntArray
    second: IntArray
    length_m: FloatArray
    forward: BoolArray
    backward: BoolArray

    def __post_init__(self) -> None:
        nodes = len(self.latitude_deg)
        if nodes < 2 or len(self.first) < 1:
            raise InvalidNetwork("This street network has no streets: import another file.")
        if nodes > MAX_NODES:
            raise InvalidNetwork(
                f"This street network has more than {MAX_NODES} nodes: cut it to the search's area."
            )
        sizes = {len(getattr(self, name)) for name in _FIELDS[2:]}
        ends = np.concatenate([self.first, self.second])
        inside = ends.min() >= 0 and ends.max() < nodes
        if len(sizes) != 1 or len(self.longitude_deg) != nodes or not inside:
            raise InvalidNetwork("This street network is damaged: import its file again.")

    @property
    def node_count(self) -> int:
        return len(self.latitude_deg)

    @property
    def segment_count(self) -> int:
        return len(self.first)

    @cached_property
    def plane(self) -> LocalPlane:
        """The flat map on which `x_m` and `y_m` are measured, centred on the network."""
        return LocalPlane(
            Point(
                float((self.latitude_deg.min() + self.latitude_deg.max()) / 2),
                float((self.longitude_deg.min() + self.longitude_deg.max()) / 2),
            )
        )

    @cached_property
    def xy_m(self) -> tuple[FloatArray, FloatArray]:
        """The nodes' metres east and north of the network's middle."""
        return self.plane.to_xy_m(self.latitude_deg, self.longitude_deg)

    def nearest_nodes(
        self, latitude_deg: ArrayLike, longitude_deg: ArrayLike
    ) -> tuple[IntArray, FloatArray]:
        """The node nearest to each position, and how many metres away it is."""
        x_m, y_m = self.plane.to_xy_m(latitude_deg, longitude_deg)
        distance_m, node = self._tree.query(np.column_stack([np.ravel(x_m), np.ravel(y_m)]))
        return np.asarray(node, dtype=np.int32), np.asarray(distance_m, dtype=np.float64)

    def travel_distances_m(
        self,
        roots: ArrayLike,
        mode: TravelMode = TravelMode.ON_FOOT,
        *,
        limit_m: float = np.inf,
    ) -> FloatArray:
        """Metres along streets from each root (row) to each node (column); infinite if no way."""
        rows = np.atleast_1d(np.asarray(roots, dtype=np.int32))
        found: FloatArray = dijkstra(self._graph(mode), indices=rows, limit=limit_m)
        return found

    def way_trees(self, roots: ArrayLike, mode: TravelMode = TravelMode.ON_FOOT) -> WayTrees:
        """Shortest ways from each root to every node."""
        rows = np.atleast_1d(np.asarray(roots, dtype=np.int32))
        distance_m, previous = dijkstra(self._graph(mode), indices=rows, return_predecessors=True)
        previous = np.where(previous < 0, -1, previous).astype(np.int32)
        entered = previous >= 0
        segment = np.full(previous.shape, -1, dtype=np.int32)
        reverse = np.zeros(previous.shape, dtype=np.bool_)
        nodes = np.broadcast_to(np.arange(self.node_count, dtype=np.int32), previous.shape)
        segment[entered], reverse[entered] = self.segments_between(
            previous[entered], nodes[entered]
        )
        return WayTrees(rows, distance_m.astype(np.float32), previous, segment, reverse)

    def segments_between(self, start: IntArray, end: IntArray) -> tuple[IntArray, BoolArray]:
        """The segment joining each pair of neighbours, and whether it is walked in reverse."""
        keys, segment = self._keys
        wanted = self._key(np.minimum(start, end), np.maximum(start, end))
        found = segment[np.searchsorted(keys, wanted)]
        return found, self.first[found] != start

    @cached_property
    def adjacency(self) -> Adjacency:
        """The walkable neighbours of every node."""
        start = np.concatenate([self.first, self.second])
        order = np.argsort(start, kind="stable")
        counts = np.bincount(start, minlength=self.node_count)
        numbers = np.arange(self.segment_count, dtype=np.int32)
        return Adjacency(
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
            np.concatenate([self.second, self.first])[order],
            np.concatenate([numbers, numbers])[order],
            order >= self.segment_count,
        )

    def to_bytes(self) -> bytes:
        """The network as a compressed file of arrays, which `from_bytes` reads."""
        file = io.BytesIO()
        np.savez_compressed(file, **{name: getattr(self, name) for name in _FIELDS})
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "StreetNetwork":
        """Read what `to_bytes` wrote. Raises `InvalidNetwork`."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                return cls(*(file[name] for name in _FIELDS))
        except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise InvalidNetwork(
                "The kept street network cannot be read: import its file again."
            ) from error

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(np.column_stack(self.xy_m))

    @cached_property
    def _keys(self) -> tuple[NDArray[np.int64], IntArray]:
        """Sorted keys of all node pairs, and the segment of each, for look-up by bisection."""
        keys = self._key(np.minimum(self.first, self.second), np.maximum(self.first, self.second))
        order = np.argsort(keys)
        return keys[order], order.astype(np.int32)

    def _key(self, low: IntArray, high: IntArray) -> NDArray[np.int64]:
        return low.astype(np.int64) * self.node_count + high

    def _graph(self, mode: TravelMode) -> csr_matrix:
        return self._walking if mode is TravelMode.ON_FOOT else self._driving

    @cached_property
    def _walking(self) -> csr_matrix:
        everywhere = np.ones(self.segment_count, dtype=np.bool_)
        return self._matrix(everywhere, everywhere)

    @cached_property
    def _driving(self) -> csr_matrix:
        return self._matrix(self.forward, self.backward)

    def _matrix(self, forward: BoolArray, backward: BoolArray) -> csr_matrix:
        start = np.concatenate([self.first[forward], self.second[backward]])
        end = np.concatenate([self.second[forward], self.first[backward]])
        length_m = np.concatenate([self.length_m[forward], self.length_m[backward]])
        return csr_matrix((length_m, (start, end)), shape=(self.node_count, self.node_count))


def network_of(
    latitude_deg: FloatArray,
    longitude_deg: FloatArray,
    start: IntArray,
    end: IntArray,
    stretch: FloatArray,
    two_way: BoolArray,
) -> StreetNetwork:
    """A network from directed pieces of street, in which a pair of nodes may come repeatedly.

    `stretch` (1 or more) is how much longer a piece is than the straight line between its ends.
    Raises `InvalidNetwork`.
    """
    real = start != end
    start, end, stretch, two_way = start[real], end[real], stretch[real], two_way[real]
    if not len(start):
        raise InvalidNetwork("This file holds no streets: import one with lines between places.")
    straight_m = haversine_many_m(
        latitude_deg[start], longitude_deg[start], latitude_deg[end], longitude_deg[end]
    )
    length_m = np.maximum(straight_m * np.maximum(stretch, 1.0), _SHORTEST_M)
    low, high = np.minimum(start, end), np.maximum(start, end)
    pairs, number = np.unique(low.astype(np.int64) * len(latitude_deg) + high, return_inverse=True)
    shortest_m = np.full(len(pairs), np.inf)
    np.minimum.at(shortest_m, number, length_m)
    forward, backward = np.zeros(len(pairs), np.bool_), np.zeros(len(pairs), np.bool_)
    forward[number[(start == low) | two_way]] = True
    backward[number[(start == high) | two_way]] = True
    return StreetNetwork(
        latitude_deg,
        longitude_deg,
        (pairs // len(latitude_deg)).astype(np.int32),
        (pairs % len(latitude_deg)).astype(np.int32),
        shortest_m,
        forward,
        backward,
    )
