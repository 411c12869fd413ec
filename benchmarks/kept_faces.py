"""Made faces for the benchmark of the index, in memory and as rows of the product's own tables."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from sqlalchemy import text

from app.extensions import db
from app.models import Case, Embedder
from app.services.embeddings import embedders
from recognition.faces import FloatArray
from recognition.matching import as_kept
from tests.app import factories

CAMERAS = 3000
SIDE_M = 20_000.0
METRES_PER_DEG = 111_195.0
NEAR_HOME = 25
DAYS = 7
SHOTS_PER_PERSON = 12
SAME_PERSON = 0.62
QUERIES = 200
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


def fill(world: World) -> tuple[Case, Embedder, int]:
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
    db.session.commit()
    return case, embedder, first_id


def build_index(embedder: Embedder) -> float:
    """Make the product's own index, with memory and helpers as `rebuild_index` has; seconds."""
    begun = time.perf_counter()
    db.session.execute(text("SET LOCAL statement_timeout = 0"))
    db.session.execute(text("SET LOCAL maintenance_work_mem = '4GB'"))
    helpers = os.cpu_count() or 1
    db.session.execute(text(f"SET LOCAL max_parallel_maintenance_workers = {helpers}"))
    embedders._create_index(embedder)
    db.session.commit()
    return time.perf_counter() - begun


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
        [
            ("fields", ">i2"),
            ("l1", ">i4"),
            ("n", ">i4"),
            ("l2", ">i4"),
            ("camera", ">i4"),
            ("l3", ">i4"),
            ("age", ">f8"),
            ("l4", ">i4"),
            ("dim", ">i2"),
            ("zero", ">i2"),
            ("numbers", ">f2", dimension),
        ]
    )
    db.session.execute(
        text("CREATE UNLOGGED TABLE bench_faces (n int, camera int, age float8, row halfvec)")
    )
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
            CROSS JOIN LATERAL (
                SELECT CAST(:now AS timestamptz) - b.age * interval '1 s') AS s(seen)
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


def photo_of(case_id: int) -> int:
    found = db.session.scalar(
        text("SELECT id FROM reference_photos WHERE case_id = :case"), {"case": case_id}
    )
    return int(found or 0)


def set_question(case_id: int, photo_id: int, query: Query, world: World) -> None:
    latitude, longitude = _position(world.cameras_m[query.home])
    db.session.execute(
        text(
            "UPDATE reference_embeddings SET embedding = CAST(:row AS halfvec) "
            "WHERE photo_id = :photo"
        ),
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


def outside_transaction(statement: str) -> None:
    db.session.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text(statement))
        connection.execute(text("RESET statement_timeout"))
