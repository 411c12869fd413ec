"""The belief as a map layer: how much probability lies in each cell at each time."""

from dataclasses import dataclass

import numpy as np

from geo.distance import FloatArray
from geo.errors import InvalidBelief
from geo.network import IntArray
from geo.particles.time_bins import TimeBins
from geo.particles.tracks import Float32Array
from geo.plane import LocalPlane

CELL_M = 75.0
MOST_CELLS = 4_000


@dataclass(frozen=True, eq=False)
class BeliefCells:
    """The cells of one time that hold probability, heaviest first; edges in degrees.

    `mass` is each cell's share of the particles' probability at that time. Together they are 1,
    but for the particles that start later and for cells left out as the lightest.
    """

    south_deg: FloatArray
    west_deg: FloatArray
    north_deg: FloatArray
    east_deg: FloatArray
    mass: FloatArray


def belief_cells(
    plane: LocalPlane,
    x_m: Float32Array,
    y_m: Float32Array,
    weight: FloatArray,
    bins: TimeBins,
    bin_index: int,
    *,
    cell_m: float = CELL_M,
    most_cells: int = MOST_CELLS,
) -> BeliefCells:
    """Where the person may be in the middle of a bin, on square cells of `cell_m` metres.

    `x_m` and `y_m` are particles × bins, not a number before a particle's start; `weight` is by
    particle. Raises `InvalidBelief`.
    """
    if not 0 <= bin_index < bins.count:
        raise InvalidBelief("This time lies outside the search.")
    if cell_m < 1.0:
        raise InvalidBelief("A cell of the belief is at least one metre wide.")
    here = np.isfinite(x_m[:, bin_index])
    column = np.floor(x_m[here, bin_index] / cell_m).astype(np.int64)
    row = np.floor(y_m[here, bin_index] / cell_m).astype(np.int64)
    cells, number = np.unique(np.column_stack([column, row]), axis=0, return_inverse=True)
    mass = np.bincount(number.ravel(), weights=weight[here], minlength=len(cells))
    mass = mass / weight.sum()
    order = np.argsort(-mass, kind="stable")[:most_cells]
    return _with_edges(plane, cells[order].astype(np.int32), mass[order], cell_m)


def _with_edges(plane: LocalPlane, cells: IntArray, mass: FloatArray, cell_m: float) -> BeliefCells:
    south, west = plane.to_degrees(cells[:, 0] * cell_m, cells[:, 1] * cell_m)
    north, east = plane.to_degrees((cells[:, 0] + 1) * cell_m, (cells[:, 1] + 1) * cell_m)
    return BeliefCells(south, west, north, east, mass)
