"""Where the things of a graph are drawn: those that are linked near each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import networkx as nx

if TYPE_CHECKING:
    Graph = nx.Graph[str]
else:
    Graph = nx.Graph

_SEED: Final = 7
"""The same graph is drawn the same each time."""
_APART: Final = 2.5
"""Distance that linked nodes keep, in units of the usual one: names must be readable."""


def places(part: Graph, first: Sequence[str]) -> Mapping[str, tuple[float, float]]:
    """Both coordinates of each node, 0 to 1.

    The nodes `first` lie to each other as if there were no others, so that nothing jumps about when
    more come.
    """
    if not part.number_of_nodes():
        return {}
    apart = _APART / math.sqrt(max(1, len(first)))
    found = nx.spring_layout(part.subgraph(first), seed=_SEED, iterations=120, k=apart)
    if len(found) < part.number_of_nodes():
        found = nx.spring_layout(
            part, pos=found, fixed=list(found), seed=_SEED, iterations=40, k=apart
        )
    xs, ys = [float(x) for x, _ in found.values()], [float(y) for _, y in found.values()]
    width, height = (max(xs) - min(xs)) or 1.0, (max(ys) - min(ys)) or 1.0
    return {
        key: ((float(x) - min(xs)) / width, (float(y) - min(ys)) / height)
        for key, (x, y) in found.items()
    }
