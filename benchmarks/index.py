"""Finding the nearest of 300,000 and 1,000,000 kept faces, with and without place and time.

The faces are made: people with a place where they live, some shots each at cameras nearby, and
numbers whose spread falls off as that of real embeddings does. The product's own query runs over
the real schema, from the copy in memory that a web process has and from the index in the database
that every other process asks; beside it, in the same run and with one thread each, faiss
(IndexFlatIP, exact) and hnswlib. Recall is against an exact comparison of the embeddings as they
are kept.

`INDEX_SIZES=300000x128,1000000x512` chooses what is measured; `INDEX_DATABASE=0` leaves out the
index in the database and hnswlib, which take long to build.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import faiss
import hnswlib
import numpy as np
import psutil
from sqlalchemy import text

from app.extensions import db
from app.models import Case, Embedder, SearchMethod
from app.services.embeddings import embedders, face_memory, kept_faces
from app.services.embeddings.kept_faces import Reach
from benchmarks.database import benchmark_app
from benchmarks.kept_faces import (
    NOW,
    QUERIES,
    Query,
    World,
    build_index,
    fill,
    make_world,
    outside_transaction,
    photo_of,
    set_question,
)
from benchmarks.report import Figure, publish
from recognition.faces import FloatArray

SIZES = ((300_000, 128), (300_000, 512), (1_000_000, 128), (1_000_000, 512))
WITH_DATABASE = os.environ.get("INDEX_DATABASE", "1") != "0"
BYTES_PER_NUMBER = 20
"""Memory per number of an embedding while everything is held side by side."""

NEAREST = 10
RADIUS_M = 3000.0
SINCE_DAYS = 3


def main() -> None:
    """Measure each size, in a database of its own, and publish."""
    faiss.omp_set_num_threads(1)
    figures: dict[str, Figure] = {}
    for count, dimension in _sizes():
        label = f"{count:,} × {dimension}-d"
        needed = count * dimension * BYTES_PER_NUMBER
        if needed > psutil.virtual_memory().available:
            print(f"{label}: left out, it needs {needed / 2**30:.0f} GB of memory.", flush=True)
            continue
        print(f"{label}: making faces …", flush=True)
        world = make_world(count, dimension)
        figures |= _measure_ours(world, label)
        figures |= _measure_peers(world, label)
    figures["load of the machine meanwhile (1 on 2 cores is half busy)"] = Figure(
        os.getloadavg()[2], ""
    )
    publish("index", figures)


def _sizes() -> Sequence[tuple[int, int]]:
    wanted = os.environ.get("INDEX_SIZES")
    if not wanted:
        return SIZES
    pairs = (one.split("x") for one in wanted.split(","))
    return [(int(count), int(dimension)) for count, dimension in pairs]


# ------------------------------------------------------------------------------------ our own way


def _measure_ours(world: World, label: str) -> dict[str, Figure]:
    with benchmark_app() as application, application.app_context():
        case, embedder, first_id = fill(world)
        asking = _Asking(world, case, embedder, first_id)
        figures: dict[str, Figure] = {}
        if WITH_DATABASE:
            figures |= _measure_database(asking, label)
        else:
            outside_transaction("VACUUM (ANALYZE) faces")
        print(f"{label}: the copy in memory …", flush=True)
        copied_ms, _ = _timed(lambda: face_memory.keep(embedder))
        figures[f"{label}: copying the faces to memory"] = Figure(copied_ms / 1000, "s")
        figures |= _ask_both(asking, f"{label}: memory", "< 10", "≥ 0.99")
        db.session.rollback()
    return figures


@dataclass(frozen=True, eq=False)
class _Asking:
    """Whom to ask for, in which world, and the id of its first face."""

    world: World
    case: Case
    embedder: Embedder
    first_id: int


def _measure_database(asking: _Asking, label: str) -> dict[str, Figure]:
    print(f"{label}: building the index …", flush=True)
    built_s = build_index(asking.embedder)
    outside_transaction("VACUUM (ANALYZE) faces")
    figures = _ask_both(asking, f"{label}: database", "", "")
    reach = Reach(asking.case.id)
    counted = [_timed(lambda: kept_faces.survey(reach, asking.embedder))[0] for _ in range(5)]
    size = db.session.scalar(
        text("SELECT pg_relation_size(to_regclass(:name))"),
        {"name": embedders.index_name(asking.embedder)},
    )
    added = _median_ms(_add_some(asking.first_id))
    db.session.rollback()
    return {
        f"{label}: index built in": Figure(built_s, "s"),
        f"{label}: size of the index": Figure((size or 0) / 2**20, "MB"),
        f"{label}: adding a face to it, p50": Figure(added, "ms"),
        f"{label}: counting what is searched, p50": Figure(_median_ms(counted), "ms"),
        **figures,
    }


def _ask_both(asking: _Asking, label: str, time_goal: str, recall_goal: str) -> dict[str, Figure]:
    """Without and with a bound on place and time."""
    everywhere = _ask_all(asking, in_reach=False)
    in_reach = _ask_all(asking, in_reach=True)
    return {
        **_told(f"{label}, everywhere", everywhere, time_goal, recall_goal),
        **_told(f"{label}, 3 km and 3 days", in_reach, time_goal, recall_goal),
        f"{label}, 3 km and 3 days: faces in reach, median": Figure(
            float(np.median(in_reach.in_reach)), f"of {len(asking.world.faces.embeddings):,}"
        ),
    }


@dataclass(frozen=True, eq=False)
class Asked:
    """What all questions together gave.

    `cpu_ms` is the database's own computing time per question, counting and setting the question
    included: it depends less than the others on what else the machine does.
    """

    cpu_ms: float
    times_ms: Sequence[float]
    recalls: Sequence[float]
    in_reach: Sequence[int]
    by_index: float


def _told(label: str, asked: Asked, time_goal: str, recall_goal: str) -> dict[str, Figure]:
    seen = float(np.mean(asked.recalls[: QUERIES // 2]))
    return {
        f"{label}: p50": Figure(statistics.median(asked.times_ms), "ms", time_goal),
        f"{label}: CPU of the database per question": Figure(asked.cpu_ms, "ms"),
        f"{label}: p95": Figure(float(np.quantile(asked.times_ms, 0.95)), "ms"),
        f"{label}: recall@{NEAREST}": Figure(float(np.mean(asked.recalls)), "", recall_goal),
        f"{label}: recall@{NEAREST}, people who were seen": Figure(seen, ""),
        f"{label}: not by comparing everything": Figure(asked.by_index, "of questions"),
    }


def _ask_all(asking: _Asking, *, in_reach: bool) -> Asked:
    """Ask every question as the product does; the case's place and photo are set before each."""
    world, case, embedder = asking.world, asking.case, asking.embedder
    first_id = asking.first_id
    times, recalls, counts, methods = [], [], [], []
    server = psutil.Process(db.session.scalar(text("SELECT pg_backend_pid()")) or 0)
    cpu_before = sum(server.cpu_times()[:2])
    case_id, photo_id = case.id, photo_of(case.id)
    for number, query in enumerate(world.queries):
        set_question(case_id, photo_id, query, world)
        since = NOW - timedelta(days=SINCE_DAYS)
        reach = Reach(case_id, RADIUS_M, since) if in_reach else Reach(case_id)
        surveyed = kept_faces.survey(reach, embedder)
        took_ms, found = _timed(
            lambda: kept_faces.nearest(reach, embedder, [photo_id], NEAREST, surveyed)  # noqa: B023
        )
        db.session.commit()
        allowed = _allowed(world, query) if in_reach else None
        truth = _truth(world, query, allowed)
        hit = {one.face_id - first_id for one in found.faces}
        recalls.append(len(hit & truth) / max(1, len(truth)))
        counts.append(surveyed.faces)
        methods.append(found.method is not SearchMethod.EXACT)
        if number >= 20:  # the first ones warm the caches
            times.append(took_ms)
    cpu_ms = 1000 * (sum(server.cpu_times()[:2]) - cpu_before) / len(world.queries)
    return Asked(cpu_ms, times, recalls, counts, float(np.mean(methods)))


def _allowed(world: World, query: Query) -> np.ndarray:
    """Which faces lie in reach, by plain arithmetic; a metre at the edge does not matter here."""
    home = world.cameras_m[query.home]
    near = np.hypot(*(world.cameras_m - home).T) <= RADIUS_M
    return near[world.faces.camera] & (world.faces.age_s <= SINCE_DAYS * 86400)


def _truth(world: World, query: Query, allowed: np.ndarray | None) -> set[int]:
    if allowed is None:
        similarities = world.faces.embeddings @ query.embedding
        return set(np.argpartition(-similarities, NEAREST)[:NEAREST].tolist())
    rows = np.flatnonzero(allowed)
    similarities = world.faces.embeddings[rows] @ query.embedding
    return set(rows[np.argsort(-similarities)[:NEAREST]].tolist())


def _timed(call: Callable[[], object]) -> tuple[float, object]:
    begun = time.perf_counter()
    answer = call()
    return 1000 * (time.perf_counter() - begun), answer


def _median_ms(times: Sequence[float]) -> float:
    return statistics.median(times)


def _add_some(first_id: int) -> list[float]:
    """Milliseconds for one more face, as a worker adds it (copies of faces that are there)."""
    times = []
    for number in range(50):
        took_ms, _ = _timed(
            lambda: db.session.execute(
                text(
                    """
                    INSERT INTO faces (visit_id, part_id, camera_id, footage_id, embedder_id,
                        chunk_from_s, ordinal, embedding, first_s, last_s, best_s, first_at,
                        last_at, best_at, box_xyxy, crop_sha256, quality, face_height_px,
                        frames_seen, expires_at, created_at)
                    SELECT visit_id, part_id, camera_id, footage_id, embedder_id, 2, ordinal,
                        embedding, first_s, last_s, best_s, first_at, last_at, best_at, box_xyxy,
                        crop_sha256, quality, face_height_px, frames_seen, expires_at, created_at
                    FROM faces WHERE id = :id
                    """
                ),
                {"id": first_id + number * 997},  # noqa: B023
            )
        )
        times.append(took_ms)
    return times


# ----------------------------------------------------------------------------- what others would do


def _measure_peers(world: World, label: str) -> dict[str, Figure]:
    print(f"{label}: faiss and hnswlib …", flush=True)
    rows = world.faces.embeddings
    flat = faiss.IndexFlatIP(rows.shape[1])
    flat.add(rows)
    exact = _ask_peer(world, lambda query: flat.search(query[None], NEAREST)[1][0])
    picked = _ask_faiss_in_reach(world, flat)
    figures = {
        f"{label}: faiss IndexFlatIP, everywhere: p50": Figure(exact[0], "ms"),
        f"{label}: faiss IndexFlatIP, everywhere: recall@{NEAREST}": Figure(exact[1], ""),
        f"{label}: faiss IndexFlatIP, 3 km and 3 days: p50": Figure(picked, "ms"),
    }
    return figures | (_measure_hnswlib(world, label) if WITH_DATABASE else {})


def _measure_hnswlib(world: World, label: str) -> dict[str, Figure]:
    rows = world.faces.embeddings
    graph = hnswlib.Index(space="ip", dim=rows.shape[1])
    graph.init_index(max_elements=len(rows), M=16, ef_construction=64)
    begun = time.perf_counter()
    graph.add_items(rows, num_threads=os.cpu_count() or 1)
    built_s = time.perf_counter() - begun
    graph.set_ef(200)
    graph.set_num_threads(1)
    near = _ask_peer(world, lambda query: graph.knn_query(query[None], NEAREST)[0][0])
    return {
        f"{label}: hnswlib (M 16, ef 200), everywhere: p50": Figure(near[0], "ms"),
        f"{label}: hnswlib (M 16, ef 200), everywhere: recall@{NEAREST}": Figure(near[1], ""),
        f"{label}: hnswlib built in": Figure(built_s, "s"),
    }


def _ask_peer(world: World, ask: Callable[[FloatArray], np.ndarray]) -> tuple[float, float]:
    """Median milliseconds and mean recall."""
    times, recalls = [], []
    for query in world.queries:
        begun = time.perf_counter()
        found = ask(query.embedding)
        times.append(1000 * (time.perf_counter() - begun))
        truth = _truth(world, query, None)
        recalls.append(len(truth & set(found.tolist())) / len(truth))
    return statistics.median(times), float(np.mean(recalls))


def _ask_faiss_in_reach(world: World, flat: faiss.IndexFlatIP) -> float:
    """Median milliseconds with the faces in reach named to it; finding those is not counted."""
    times = []
    for query in world.queries[:50]:
        bits = np.packbits(_allowed(world, query), bitorder="little")
        chosen = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bits))
        took_ms, _ = _timed(
            lambda: flat.search(query.embedding[None], NEAREST, params=chosen)  # noqa: B023
        )
        times.append(took_ms)
    return statistics.median(times)


if __name__ == "__main__":
    main()
