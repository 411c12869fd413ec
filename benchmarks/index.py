"""Finding the nearest of 300,000 and 1,000,000 kept faces, with and without place and time.

The faces are made: people with a place where they live, some shots each at cameras nearby, and
numbers whose spread falls off as that of real embeddings does. The product's own query runs over
the real schema; beside it, in the same run and with one thread each, faiss (IndexFlatIP, exact)
and hnswlib. Recall is against an exact comparison of the embeddings as they are kept.

`INDEX_SIZES=300000x128,1000000x512` chooses what is measured.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import faiss
import hnswlib
import numpy as np
import psutil
from sqlalchemy import text

from app.extensions import db
from app.models import Case, Embedder, SearchMethod
from app.services import embedders, kept_faces
from app.services.kept_faces import Reach
from benchmarks.database import benchmark_app
from benchmarks.report import Figure, publish
from recognition.faces import FloatArray
from recognition.matching import as_kept
from tests.app import factories

SIZES = ((300_000, 128), (300_000, 512), (1_000_000, 128), (1_000_000, 512))
BYTES_PER_NUMBER = 20
"""Memory per number of an embedding while everything is held side by side."""

CAMERAS = 3000
SIDE_M = 20_000.0
METRES_PER_DEG = 111_195.0
NEAR_HOME = 25
DAYS = 7
SHOTS_PER_PERSON = 12
SAME_PERSON = 0.62
QUERIES = 200
NEAREST = 10
RADIUS_M = 3000.0
SINCE_DAYS = 3
CHUNK = 20_000
NOW = datetime(2026, 11, 20, tzinfo=UTC)


@dataclass(frozen=True, eq=False)
class Faces:
    """Kept faces as arrays: row i is the face whose ordinal is i."""

    embeddings: FloatArray
    camera: np.ndarray
    age_s: np.ndarray


@dataclass(frozen=True, eq=False)
class Query:
    """A photo of somebody, and where that person lives (row of the cameras)."""

    embedding: FloatArray
    home: int


@dataclass(frozen=True, eq=False)
class World:
    """Cameras as metres east and north of a corner, people, faces and questions."""

    cameras_m: np.ndarray
    faces: Faces
    queries: Sequence[Query]


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
    publish("index", figures)


def _sizes() -> Sequence[tuple[int, int]]:
    wanted = os.environ.get("INDEX_SIZES")
    if not wanted:
        return SIZES
    pairs = (one.split("x") for one in wanted.split(","))
    return [(int(count), int(dimension)) for count, dimension in pairs]


# -------------------------------------------------------------------------------------- the world


def make_world(count: int, dimension: int) -> World:
    """People who live somewhere, and what cameras near their homes saw of them."""
    rng = np.random.default_rng(count + dimension)
    cameras_m = rng.random((CAMERAS, 2)) * SIDE_M
    people = max(1, count // SHOTS_PER_PERSON)
    spread = (1.0 + np.arange(dimension) / 16.0) ** -0.5
    identities = _unit(rng.normal(size=(people + QUERIES, dimension)).astype(np.float32) * spread)
    homes = rng.integers(0, CAMERAS, people + QUERIES)
    # Some are seen once, some every day.
    owner = rng.choice(people, count, p=_popularity(rng, people))
    near = _nearest_cameras(cameras_m)
    embeddings = np.empty((count, dimension), dtype=np.float32)
    for part in _parts(count):
        embeddings[part] = as_kept(_shots(rng, identities[owner[part]], spread))
    camera = near[homes[owner], rng.integers(0, NEAR_HOME, count)]
    faces = Faces(embeddings, camera, rng.random(count) * DAYS * 86400)
    # Half of the photos show people who were seen, half show people who were not.
    seen = rng.choice(owner, QUERIES // 2)
    asked = np.concatenate([seen, np.arange(people, people + QUERIES - QUERIES // 2)])
    photos = as_kept(_shots(rng, identities[asked], spread))
    queries = [Query(row, int(homes[who])) for row, who in zip(photos, asked, strict=True)]
    return World(cameras_m, faces, queries)


def _popularity(rng: np.random.Generator, people: int) -> np.ndarray:
    weights = rng.exponential(size=people)
    return weights / weights.sum()


def _nearest_cameras(cameras_m: np.ndarray) -> np.ndarray:
    squared = ((cameras_m[:, None] - cameras_m[None]) ** 2).sum(axis=2)
    return np.argpartition(squared, NEAR_HOME, axis=1)[:, :NEAR_HOME]


def _shots(rng: np.random.Generator, identities: FloatArray, spread: np.ndarray) -> FloatArray:
    """One shot of each; two of one person have a cosine of about `SAME_PERSON`."""
    noise = _unit(rng.normal(size=identities.shape).astype(np.float32) * spread)
    return _unit(np.sqrt(SAME_PERSON) * identities + np.sqrt(1 - SAME_PERSON) * noise)


def _unit(rows: np.ndarray) -> FloatArray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def _parts(count: int) -> Iterator[slice]:
    for start in range(0, count, CHUNK):
        yield slice(start, min(count, start + CHUNK))


# ------------------------------------------------------------------------------------ our own way


def _measure_ours(world: World, label: str) -> dict[str, Figure]:
    count = len(world.faces.embeddings)
    with benchmark_app(index_build_memory_mb=4096) as application, application.app_context():
        case, embedder, first_id = _fill(world)
        print(f"{label}: building the index …", flush=True)
        built_s = embedders.rebuild_index(embedder)
        _outside_transaction("VACUUM (ANALYZE) faces")
        everywhere = _ask_all(world, case, embedder, first_id, in_reach=False)
        in_reach = _ask_all(world, case, embedder, first_id, in_reach=True)
        counted = _median_ms([_timed(lambda: kept_faces.survey(Reach(case.id), embedder))[0] for _ in range(5)])  # fmt: skip  # noqa: E501
        size_mb = (db.session.scalar(text("SELECT pg_relation_size(to_regclass(:name))"), {"name": embedders.index_name(embedder)}) or 0) / 2**20  # fmt: skip  # noqa: E501
        added = _median_ms(_add_some(first_id))
        db.session.rollback()
    return {
        f"{label}: index built in": Figure(built_s, "s"),
        f"{label}: size of the index": Figure(size_mb, "MB"),
        f"{label}: adding a face to it, p50": Figure(added, "ms"),
        f"{label}: counting what is searched, p50": Figure(counted, "ms"),
        **_told(f"{label}: everywhere", everywhere, "< 10", "≥ 0.99"),
        **_told(f"{label}: 3 km and 3 days", in_reach, "< 10", "≥ 0.99"),
        f"{label}: faces in reach, median": Figure(
            float(np.median(in_reach.in_reach)), f"of {count:,}"
        ),  # fmt: skip  # noqa: E501
    }


@dataclass(frozen=True, eq=False)
class Asked:
    """What all questions together gave."""

    times_ms: Sequence[float]
    recalls: Sequence[float]
    in_reach: Sequence[int]
    by_index: float


def _told(label: str, asked: Asked, time_goal: str, recall_goal: str) -> dict[str, Figure]:
    return {
        f"{label}: p50": Figure(statistics.median(asked.times_ms), "ms", time_goal),
        f"{label}: p95": Figure(float(np.quantile(asked.times_ms, 0.95)), "ms"),
        f"{label}: recall@{NEAREST}": Figure(float(np.mean(asked.recalls)), "", recall_goal),
        f"{label}: by the index": Figure(asked.by_index, "of questions"),
    }


def _ask_all(
    world: World, case: Case, embedder: Embedder, first_id: int, *, in_reach: bool
) -> Asked:
    """Ask every question as the product does; the case's place and photo are set before each."""
    times, recalls, counts, methods = [], [], [], []
    case_id, photo_id = case.id, _photo_id(case.id)
    for number, query in enumerate(world.queries):
        _set_question(case_id, photo_id, query, world)
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
        methods.append(found.method is SearchMethod.INDEX)
        if number >= 20:  # the first ones warm the caches
            times.append(took_ms)
    return Asked(times, recalls, counts, float(np.mean(methods)))


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


# --------------------------------------------------------------------------------- rows to search


def _fill(world: World) -> tuple[Case, Embedder, int]:
    """Put the world into the real tables; returns the id of face 0."""
    case = factories.make_case(number="BENCH-INDEX")
    dimension = world.faces.embeddings.shape[1]
    embedder = factories.make_embedder(dimension=dimension)
    photo = factories.make_photo(case)
    factories.make_location(case)
    db.session.execute(
        text("INSERT INTO reference_embeddings VALUES (:photo, :model, CAST(:row AS halfvec))"),
        {"photo": photo.id, "model": embedder.id, "row": _vector(world.queries[0].embedding)},
    )
    sweep = factories.make_sweep(case)
    first = factories.make_face(
        factories.make_camera(), sweep=sweep, embedder=embedder, seen_at=NOW
    )
    camera_ids = _add_cameras(world.cameras_m)
    _copy_faces(world, camera_ids)
    first_id = _insert_faces(first.id)
    db.session.execute(text("DELETE FROM faces WHERE id = :id"), {"id": first.id})
    embedders._create_index(embedder)
    db.session.commit()
    return case, embedder, first_id


def _add_cameras(cameras_m: np.ndarray) -> list[int]:
    rows = [
        {"ref": str(n), "latitude": latitude, "longitude": longitude}
        for n, (latitude, longitude) in enumerate(map(_position, cameras_m))
    ]
    db.session.execute(
        text(
            "INSERT INTO cameras (source, ref, name, latitude_deg, longitude_deg, created_at, "
            "updated_at) VALUES ('bench', :ref, :ref, :latitude, :longitude, now(), now())"
        ),
        rows,
    )
    db.session.commit()
    found = db.session.execute(text("SELECT ref, id FROM cameras WHERE source = 'bench'"))
    by_ref = {int(ref): camera_id for ref, camera_id in found}
    return [by_ref[n] for n in range(len(cameras_m))]


def _position(place_m: np.ndarray) -> tuple[float, float]:
    """Latitude and longitude near the equator, where a degree is as long both ways."""
    return float(place_m[1] / METRES_PER_DEG), float(place_m[0] / METRES_PER_DEG)


def _copy_faces(world: World, camera_ids: Sequence[int]) -> None:
    """Number, camera, age and embedding into a table of their own, in PostgreSQL's binary form."""
    faces = world.faces
    dimension = faces.embeddings.shape[1]
    row = np.dtype(
        [("fields", ">i2"), ("l1", ">i4"), ("n", ">i4"), ("l2", ">i4"), ("camera", ">i4"),
         ("l3", ">i4"), ("age", ">f8"), ("l4", ">i4"), ("dim", ">i2"), ("zero", ">i2"),
         ("numbers", ">f2", dimension)]
    )  # fmt: skip
    db.session.execute(text("CREATE UNLOGGED TABLE bench_faces (n int, camera int, age float8, row halfvec)"))  # fmt: skip  # noqa: E501
    db.session.commit()
    raw = db.engine.raw_connection()
    ids = np.asarray(camera_ids)
    try:
        with raw.cursor().copy("COPY bench_faces FROM STDIN (FORMAT binary)") as copy:  # type: ignore[attr-defined]
            copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
            for part in _parts(len(faces.embeddings)):
                block = np.zeros(part.stop - part.start, dtype=row)
                block["fields"], block["l1"], block["l2"], block["l3"] = 4, 4, 4, 8
                block["l4"] = 4 + 2 * dimension
                block["n"] = np.arange(part.start, part.stop)
                block["camera"] = ids[faces.camera[part]]
                block["age"], block["dim"] = faces.age_s[part], dimension
                block["numbers"] = faces.embeddings[part]
                copy.write(block.tobytes())
            copy.write(b"\xff\xff")
        raw.commit()
    finally:
        raw.close()


def _insert_faces(like: int) -> int:
    """Rows of the product's own table; returns the id of face 0, ids follow the numbers."""
    db.session.execute(text("SET LOCAL statement_timeout = 0"))
    db.session.execute(
        text(
            """
            INSERT INTO faces (visit_id, part_id, camera_id, footage_id, embedder_id, chunk_from_s,
                ordinal, embedding, first_s, last_s, best_s, first_at, last_at, best_at, box_xyxy,
                crop_sha256, quality, face_height_px, frames_seen, expires_at, created_at)
            SELECT f.visit_id, f.part_id, b.camera, f.footage_id, f.embedder_id, 1, b.n, b.row,
                f.first_s, f.last_s, f.best_s, s.seen, s.seen, s.seen, f.box_xyxy, f.crop_sha256,
                f.quality, f.face_height_px, f.frames_seen, now() + interval '7 days', now()
            FROM (SELECT * FROM bench_faces ORDER BY n) AS b
            CROSS JOIN faces AS f
            CROSS JOIN LATERAL (SELECT CAST(:now AS timestamptz) - b.age * interval '1 s') AS s(seen)
            WHERE f.id = :like ORDER BY b.n
            """
        ),
        {"like": like, "now": NOW},
    )
    db.session.execute(text("DROP TABLE bench_faces"))
    db.session.commit()
    lowest = db.session.scalar(text("SELECT min(id) FROM faces WHERE chunk_from_s = 1"))
    highest = db.session.scalar(text("SELECT max(id) FROM faces WHERE chunk_from_s = 1"))
    total = db.session.scalar(text("SELECT count(*) FROM faces WHERE chunk_from_s = 1"))
    if lowest is None or highest - lowest + 1 != total:
        raise SystemExit("The faces' ids are not in a row; the truth could not be compared.")
    return int(lowest)


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


def _photo_id(case_id: int) -> int:
    found = db.session.scalar(
        text("SELECT id FROM reference_photos WHERE case_id = :case"), {"case": case_id}
    )
    return int(found or 0)


def _set_question(case_id: int, photo_id: int, query: Query, world: World) -> None:
    latitude, longitude = _position(world.cameras_m[query.home])
    db.session.execute(
        text(
            "UPDATE reference_embeddings SET embedding = CAST(:row AS halfvec) WHERE photo_id = :photo"
        ),  # fmt: skip  # noqa: E501
        {"row": _vector(query.embedding), "photo": photo_id},
    )
    db.session.execute(
        text(
            "UPDATE last_known_locations SET latitude_deg = :latitude, longitude_deg = :longitude "
            "WHERE case_id = :case"
        ),
        {"latitude": latitude, "longitude": longitude, "case": case_id},
    )
    db.session.commit()


def _vector(row: FloatArray) -> str:
    return "[" + ",".join(f"{number:.8g}" for number in row) + "]"


def _outside_transaction(statement: str) -> None:
    db.session.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text(statement))
        connection.execute(text("RESET statement_timeout"))


# ----------------------------------------------------------------------------- what others would do


def _measure_peers(world: World, label: str) -> dict[str, Figure]:
    print(f"{label}: faiss and hnswlib …", flush=True)
    rows = world.faces.embeddings
    flat = faiss.IndexFlatIP(rows.shape[1])
    flat.add(rows)
    exact = _ask_peer(world, lambda query: flat.search(query[None], NEAREST)[1][0])
    picked = _ask_faiss_in_reach(world, flat)
    del flat
    graph = hnswlib.Index(space="ip", dim=rows.shape[1])
    graph.init_index(max_elements=len(rows), M=16, ef_construction=64)
    begun = time.perf_counter()
    graph.add_items(rows, num_threads=os.cpu_count() or 1)
    built_s = time.perf_counter() - begun
    graph.set_ef(200)
    graph.set_num_threads(1)
    near = _ask_peer(world, lambda query: graph.knn_query(query[None], NEAREST)[0][0])
    return {
        f"{label}: faiss IndexFlatIP, everywhere: p50": Figure(exact[0], "ms"),
        f"{label}: faiss IndexFlatIP, everywhere: recall@{NEAREST}": Figure(exact[1], ""),
        f"{label}: faiss IndexFlatIP, 3 km and 3 days: p50": Figure(picked, "ms"),
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
