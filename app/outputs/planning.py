"""Outputs of search planning."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from app.outputs.base import Output, UtcInstant, local_text
from geo.belief_grid import BeliefCells
from geo.priors import DistancePrior

NOTE = "A model of where people of this category go, not an observation."


class BeliefLike(Protocol):
    """What `services.prioritisation.planning.belief_at` answers."""

    @property
    def at(self) -> UtcInstant: ...
    @property
    def times(self) -> tuple[UtcInstant, ...]: ...
    @property
    def cells(self) -> BeliefCells: ...


class BeliefOut(Output):
    """Cells as [south, west, north, east, share of the probability]; heaviest first."""

    at: UtcInstant
    at_local: str
    times: list[UtcInstant]
    cells: list[tuple[float, float, float, float, float]]
    note: str = NOTE

    @classmethod
    def of(cls, layer: BeliefLike, timezone: str) -> BeliefOut:
        """From the service's layer."""
        cells = layer.cells
        table = np.column_stack(
            [cells.south_deg, cells.west_deg, cells.north_deg, cells.east_deg, cells.mass]
        )
        return cls(
            at=layer.at,
            at_local=local_text(layer.at, timezone),
            times=list(layer.times),
            cells=[tuple(row) for row in np.round(table, 6).tolist()],
        )


class PriorOut(Output):
    """Distances in kilometres within which that share of people of the category is found."""

    category: str
    label: str
    shares: list[float]
    distances_km: list[float]
    source: str
    is_own: bool

    @classmethod
    def of(cls, prior: DistancePrior, *, is_own: bool) -> PriorOut:
        """From a prior."""
        return cls(
            category=prior.category,
            label=prior.label,
            shares=[quantile.share for quantile in prior.quantiles],
            distances_km=[quantile.distance_m / 1000.0 for quantile in prior.quantiles],
            source=prior.source,
            is_own=is_own,
        )
