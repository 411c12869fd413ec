"""Competing routes: what remains of a list of sights when some exclude each other.

Each alternative is a largest-possible choice without two that exclude each other: nothing could be
added to it. Every sight is in at least one alternative, so none is ever dropped.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from math import prod

Chosen = tuple[int, ...]
"""Indices of sights, in order of time."""


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The competing routes, the heaviest first.

    `is_complete` is False where there are more combinations than were asked for. Even then every
    sight is in one of `routes`.
    """

    routes: tuple[Chosen, ...]
    is_complete: bool


def alternatives(
    weights: Sequence[float], excluded: Sequence[tuple[int, int]], *, limit: int = 12
) -> Alternatives:
    """All consistent choices among sights 0 … len(weights) − 1, or about `limit` of them.

    `excluded` are pairs that cannot both be true. A route's weight, by which they are ordered, is
    the sum of its sights'. Where the combinations exceed `limit`, more than `limit` routes may be
    returned: as many as it takes for each sight to be in one.
    """
    rivals: dict[int, set[int]] = {index: set() for index in range(len(weights))}
    for first, second in excluded:
        rivals[first].add(second)
        rivals[second].add(first)
    settled = tuple(index for index, others in rivals.items() if not others)
    choices, is_complete = [], True
    for group in _groups(rivals):
        found, all_found = _choices(group, rivals, limit)
        choices.append(sorted(found, key=lambda one: _weight(one, weights), reverse=True))
        is_complete = is_complete and all_found
    combined, all_combined = _combine(choices, limit)
    routes = [tuple(sorted((*settled, *one))) for one in combined]
    routes.sort(key=lambda route: _weight(route, weights), reverse=True)
    return Alternatives(tuple(routes), is_complete and all_combined)


def _weight(chosen: Chosen, weights: Sequence[float]) -> float:
    return sum(weights[index] for index in chosen)


def _groups(rivals: Mapping[int, set[int]]) -> list[list[int]]:
    """Sights that exclude each other directly or through others, in groups of two or more."""
    groups, seen = [], set[int]()
    for start, others in rivals.items():
        if start in seen or not others:
            continue
        group, waiting = set[int](), [start]
        while waiting:
            index = waiting.pop()
            if index not in group:
                group.add(index)
                waiting.extend(rivals[index])
        seen |= group
        groups.append(sorted(group))
    return groups


def _choices(
    group: Sequence[int], rivals: Mapping[int, set[int]], limit: int
) -> tuple[list[Chosen], bool]:
    """The largest choices of one group; past `limit`, only as many more as cover all of it."""
    found = list(islice(_maximal(group, rivals), limit + 1))
    if len(found) <= limit:
        return found, True
    found = found[:limit]
    covered = {index for chosen in found for index in chosen}
    for index in group:
        if index not in covered:
            chosen = _grown(index, group, rivals)
            found.append(chosen)
            covered.update(chosen)
    return found, False


def _maximal(group: Sequence[int], rivals: Mapping[int, set[int]]) -> Iterator[Chosen]:
    """Every choice to which nothing can be added.

    C. Bron and J. Kerbosch, "Algorithm 457: finding all cliques of an undirected graph", CACM 16
    (1973), with pivots, on the graph of pairs that do not exclude each other. An explicit stack
    keeps groups of any size off the interpreter's recursion limit.
    """
    members = frozenset(group)
    friends = {index: members - rivals[index] - {index} for index in group}
    stack: list[tuple[Chosen, frozenset[int], frozenset[int]]] = [((), members, frozenset())]
    while stack:
        chosen, possible, done = stack.pop()
        if not possible and not done:
            yield tuple(sorted(chosen))
            continue
        pivot = max(possible | done, key=lambda index: len(friends[index] & possible))
        branches = []
        for index in sorted(possible - friends[pivot]):
            near = friends[index]
            branches.append(((*chosen, index), possible & near, done & near))
            possible, done = possible - {index}, done | {index}
        stack.extend(reversed(branches))


def _grown(start: int, group: Sequence[int], rivals: Mapping[int, set[int]]) -> Chosen:
    """A largest choice that holds `start`, taking others in order of time."""
    chosen = {start}
    for index in group:
        if not rivals[index] & chosen:
            chosen.add(index)
    return tuple(sorted(chosen))


def _combine(choices: Sequence[Sequence[Chosen]], limit: int) -> tuple[list[Chosen], bool]:
    """One choice of each group, combined; past `limit`, every choice of every group once."""
    if prod(len(one) for one in choices) <= limit:
        return [sum(parts, ()) for parts in product(*choices)], True
    rows = max(len(one) for one in choices)
    return [sum((one[min(row, len(one) - 1)] for one in choices), ()) for row in range(rows)], False
