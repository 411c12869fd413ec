"""Accounts, contacts and cases as a graph: what hangs together, and how it is drawn.

An account hangs on the contacts in its posts; posts without an account stand for themselves. A case
hangs on a contact by an accepted mark of one of its reports, and on an account by a face in a
picture that nobody rejected. Only cases that the account may see are in it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import networkx as nx
from sqlalchemy import case, func, or_, select

from app.extensions import db
from app.inputs.posts import LinkQuery
from app.intake.marks import MarkKind
from app.models import (
    Case,
    ContributedFace,
    ContributedMatch,
    ContributedPhoto,
    MarkState,
    MatchState,
    Post,
    PostAccount,
    PostContact,
    PostContactUse,
    Report,
    ReportMark,
)
from app.services.base import access, audit, post_access
from app.services.base.actors import Actor
from app.services.postings import graph_layout

if TYPE_CHECKING:
    Graph = nx.Graph[str]
else:
    Graph = nx.Graph

MOST_NODES: Final = 120
"""Of one component that are drawn at first; the others are counted."""
MOST_MORE: Final = 60
"""Links of one thing that come when it is opened, to those with the most links first."""
MOST_DRAWN: Final = 300
MOST_COMPONENTS: Final = 200


class NodeKind(StrEnum):
    """What a node stands for."""

    ACCOUNT = "account"
    POST = "post"
    CONTACT = "contact"
    CASE = "case"


@dataclass(frozen=True)
class Node:
    """One thing in the graph; `x` and `y` are 0 to 1, `row_id` the id of what it stands for.

    Of its `links`, `hidden` lead to things that are not drawn.
    """

    key: str
    kind: NodeKind
    row_id: int
    label: str
    detail: str
    links: int
    hidden: int
    x: float
    y: float


@dataclass(frozen=True)
class Edge:
    """Two nodes and why they hang together; `posts` counts the posts that say so, 0 for cases."""

    first: Node
    second: Node
    reason: str
    posts: int


@dataclass(frozen=True)
class LinkPicture:
    """One component, drawn. `left_out` counts its nodes that are not; `sizes` are all components'.

    `component` counts from 1, the largest first.
    """

    nodes: Sequence[Node]
    edges: Sequence[Edge]
    left_out: int
    component: int
    sizes: Sequence[int]
    case: Case | None


@dataclass(frozen=True, slots=True)
class _Link:
    first: str
    second: str
    reason: str
    posts: int = 0


def draw(actor: Actor, query: LinkQuery) -> LinkPicture:
    """One component of the graph, or the one around a case, an account or a contact; audited.

    Raises NotFound for a case that the account may not see.
    """
    post_access.require_right(actor)
    around = access.require_case(actor, query.case) if query.case else None
    asked = query.model_dump(mode="json", exclude_defaults=True)
    audit.record(actor, "posts.links", case=around, details=asked)
    audit.commit()
    reports = list(_of_reports(actor))
    linked = [int(link.second[1:]) for link in reports]
    graph = _graph([*_of_posts(linked), *reports, *_of_faces(actor)])
    wanted = _wanted(query, around)
    components = _components(graph, wanted)
    sizes = [len(found) for found in components]
    if not components:
        return LinkPicture((), (), 0, 1, (), around)
    at = min(query.component, len(components))
    members = components[at - 1]
    first = _drawn_first(graph, members, wanted)
    part = graph.subgraph(_with_opened(graph, members, first, query.open_keys))
    nodes = _nodes(part, graph, first)
    return LinkPicture(
        nodes=sorted(nodes.values(), key=lambda node: (-node.links, node.kind, node.label)),
        edges=_edges(part, nodes),
        left_out=len(members) - part.number_of_nodes(),
        component=at,
        sizes=sizes[:MOST_COMPONENTS],
        case=around,
    )


# ------------------------------------------------------------------------------------------- links
# Keys: A account, P post without an account, C contact, K case, each with its id.


def _of_posts(linked: Sequence[int]) -> Iterator[_Link]:
    """Contacts of more than one post, and those of cases, by who uses them."""
    alone = case((Post.account_id.is_(None), Post.id))
    rows = db.session.execute(
        select(Post.account_id, alone, PostContactUse.contact_id, func.count())
        .join(Post, Post.id == PostContactUse.post_id)
        .join(PostContact, PostContact.id == PostContactUse.contact_id)
        .where(Post.active, or_(PostContact.posts > 1, PostContact.id.in_(linked)))
        .group_by(Post.account_id, alone, PostContactUse.contact_id)
    )
    for account_id, post_id, contact_id, count in rows:
        first = f"A{account_id}" if account_id is not None else f"P{post_id}"
        yield _Link(first, f"C{contact_id}", "used in posts", count)


def _of_reports(actor: Actor) -> Iterator[_Link]:
    """Phone and vehicle numbers of reports that a person accepted into a case."""
    rows = db.session.execute(
        select(Report.case_id, PostContact.id)
        .join(ReportMark, ReportMark.report_id == Report.id)
        .join(PostContact, PostContact.value == ReportMark.value)
        .where(
            ReportMark.kind.in_((MarkKind.PHONE, MarkKind.VEHICLE)),
            PostContact.kind.in_(("phone", "vehicle")),
            ReportMark.state == MarkState.ACCEPTED,
            Report.removed_at.is_(None),
            PostContact.posts > 0,
            Report.case_id.in_(access.visible_ids(actor)),
        )
        .distinct()
    )
    for case_id, contact_id in rows:
        yield _Link(f"K{case_id}", f"C{contact_id}", "accepted from a report of the case")


def _of_faces(actor: Actor) -> Iterator[_Link]:
    """Faces in posts' pictures that are like a subject, unless a person rejected them."""
    alone = case((Post.account_id.is_(None), Post.id))
    rows = db.session.execute(
        select(
            ContributedMatch.case_id,
            Post.account_id,
            alone,
            func.count(Post.id.distinct()),
            func.bool_or(ContributedMatch.state == MatchState.CONFIRMED),
        )
        .join(ContributedFace, ContributedFace.id == ContributedMatch.face_id)
        .join(ContributedPhoto, ContributedPhoto.id == ContributedFace.photo_id)
        .join(Post, Post.id == ContributedPhoto.post_id)
        .where(
            Post.active,
            ContributedMatch.state != MatchState.REJECTED,
            ContributedMatch.case_id.in_(access.visible_ids(actor)),
        )
        .group_by(ContributedMatch.case_id, Post.account_id, alone)
    )
    for case_id, account_id, post_id, posts, confirmed in rows:
        who = f"A{account_id}" if account_id is not None else f"P{post_id}"
        said = "confirmed by a person" if confirmed else "a candidate, not decided"
        yield _Link(f"K{case_id}", who, f"a face in a picture is like the subject, {said}", posts)


# ------------------------------------------------------------------------------------------ drawing


def _graph(links: Sequence[_Link]) -> Graph:
    graph: Graph = nx.Graph()
    for link in links:
        graph.add_edge(link.first, link.second, reason=link.reason, posts=link.posts)
    return graph


def _wanted(query: LinkQuery, case: Case | None) -> str | None:
    if case is not None:
        return f"K{case.id}"
    if query.account_id is not None:
        return f"A{query.account_id}"
    return f"C{query.contact_id}" if query.contact_id is not None else None


def _components(graph: Graph, wanted: str | None) -> list[set[str]]:
    """The components, the largest first: those with two accounts or a case, or the wanted one."""
    if wanted is not None:
        return [nx.node_connected_component(graph, wanted)] if wanted in graph else []
    told = [
        found
        for found in nx.connected_components(graph)
        if any(key[0] == "K" for key in found) or sum(key[0] in "AP" for key in found) > 1
    ]
    return sorted(told, key=lambda found: (-len(found), min(found)))


def _drawn_first(graph: Graph, members: set[str], wanted: str | None) -> list[str]:
    """At most `MOST_NODES`, each linked with one before it.

    They begin with what was asked for, else with a case or with what has the most links, and go on
    with cases and with what has the most links among the neighbours of those that are in.
    """

    def rank(key: str) -> tuple[bool, int, str]:
        return key[0] != "K", -graph.degree(key), key

    start = wanted if wanted in members else min(members, key=rank)
    waiting, met = [(rank(start), start)], {start}
    shown: list[str] = []
    while waiting and len(shown) < MOST_NODES:
        _, key = heapq.heappop(waiting)
        shown.append(key)
        for other in graph[key]:
            if other not in met:
                met.add(other)
                heapq.heappush(waiting, (rank(other), other))
    return shown


def _with_opened(
    graph: Graph, members: set[str], first: Sequence[str], opened: Sequence[str]
) -> list[str]:
    """Those that are drawn at first, and some more links of each thing that was opened."""
    shown = dict.fromkeys(first)
    for key in opened:
        if key not in members:
            continue
        more = [other for other in graph[key] if other not in shown]
        more.sort(key=lambda other: (other[0] != "K", -graph.degree(other), other))
        shown.update(dict.fromkeys([key, *more[:MOST_MORE]]))
    return list(shown)[:MOST_DRAWN]


def _nodes(part: Graph, whole: Graph, first: Sequence[str]) -> Mapping[str, Node]:
    texts = _labels(list(part))
    places = graph_layout.places(part, first)
    return {
        key: Node(
            key=key,
            kind=_KINDS[key[0]],
            row_id=int(key[1:]),
            label=texts[key][0],
            detail=texts[key][1],
            links=whole.degree(key),
            hidden=whole.degree(key) - part.degree(key),
            x=places[key][0],
            y=places[key][1],
        )
        for key in part
        if key in texts
    }


_KINDS: Final = {
    "A": NodeKind.ACCOUNT,
    "P": NodeKind.POST,
    "C": NodeKind.CONTACT,
    "K": NodeKind.CASE,
}


def _labels(keys: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """A short name and a line more for each node."""
    ids = {kind: [int(key[1:]) for key in keys if key[0] == kind] for kind in _KINDS}
    texts = {f"P{post_id}": (f"post {post_id}", "no account named") for post_id in ids["P"]}
    for account in db.session.scalars(select(PostAccount).where(PostAccount.id.in_(ids["A"]))):
        texts[f"A{account.id}"] = account.handle, account.platform or "no platform named"
    for contact in db.session.scalars(select(PostContact).where(PostContact.id.in_(ids["C"]))):
        texts[f"C{contact.id}"] = contact.value, f"{contact.kind.value}, {contact.posts} posts"
    for one in db.session.scalars(select(Case).where(Case.id.in_(ids["K"]))):
        texts[f"K{one.id}"] = one.number, one.state.value
    return texts


def _edges(part: Graph, nodes: Mapping[str, Node]) -> Sequence[Edge]:
    found = [
        Edge(nodes[first], nodes[second], values["reason"], values["posts"])
        for first, second, values in part.edges(data=True)
        if first in nodes and second in nodes
    ]
    return sorted(found, key=lambda edge: (-edge.posts, edge.first.label, edge.second.label))
