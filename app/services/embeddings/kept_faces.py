"""Asking the index: which kept faces are nearest to some photos, in a part of space and time.

A web process that has a copy of the kept faces in memory (`services.embeddings.face_memory`)
screens that, and asks the database about what remains. Otherwise one query joins similarity
(pgvector), distance (PostGIS, metres on a sphere) and time. Which way it goes is chosen by
estimate: where little is in reach, every face there is compared; where much is, the nearest come
from the model's HNSW index, which goes on looking until enough of them pass the conditions. If it
gives up early, every face is compared after all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import select, text

from app.current import settings
from app.extensions import db
from app.models import Embedder, ReferenceEmbedding, SearchMethod
from app.models.columns import utc_now
from app.services.embeddings import embedders, face_memory
from app.services.embeddings.face_memory import FaceMemory, Wanted
from app.services.embeddings.galleries import numbers, sent
from recognition.faces import FloatArray

EXACT_UP_TO = 5_000
"""So many comparisons are as quick as a search of the index, and miss nothing."""

_INDEX_STEP = 8.0
"""A step through the index costs about as much as so many comparisons in a row."""

_STEPS_BEFORE_FIRST = 1200
_CANDIDATES = 600
"""`hnsw.ef_search`: how many neighbours the index keeps in view (see benchmarks/index.py)."""

_SPARE = 4
_MOST_STEPS = 100_000

_INDEX_SETTINGS = {
    "hnsw.ef_search": str(_CANDIDATES),
    "hnsw.iterative_scan": "relaxed_order",
    "hnsw.max_scan_tuples": str(_MOST_STEPS),
    "enable_sort": "off",
    "enable_seqscan": "off",
}
_USUAL_SETTINGS = {"enable_sort": "on", "enable_seqscan": "on"}


@dataclass(frozen=True)
class Reach:
    """Which kept faces a search may look at.

    Attributes:
        case_id: whose last-known locations `radius_m` counts from.
        radius_m: cameras this near to an active last-known location; None for all cameras.
        since, until: when the face was seen at its best; None for no limit.
    """

    case_id: int
    radius_m: float | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Survey:
    """What is there to be searched by one model within a reach.

    `seconds` are those of footage, overlaps of one camera counted once, that the model really saw
    (not what it merely went through) and whose faces have not expired.
    """

    faces: int
    faces_of_other_models: int
    cameras: int
    seconds: float
    oldest_at: datetime | None
    newest_at: datetime | None


@dataclass(frozen=True)
class NearFace:
    """A face, the given photo that it is most like, and how far from where the subject was."""

    face_id: int
    photo_id: int
    similarity: float
    distance_m: float | None


@dataclass(frozen=True)
class Nearest:
    """The nearest faces, most similar first, and how they were found."""

    faces: Sequence[NearFace]
    method: SearchMethod


def survey(reach: Reach, embedder: Embedder) -> Survey:
    """Count what a search with this reach looks at."""
    statement = f"""
        WITH reach AS MATERIALIZED ({_reach_sql(reach)}),
        own AS (
            SELECT count(*) AS faces, min(f.best_at) AS oldest_at, max(f.best_at) AS newest_at
            FROM faces AS f WHERE f.embedder_id = :embedder_id AND {_conditions(reach)}
        ),
        other AS (
            SELECT count(*) AS faces
            FROM embedders AS e JOIN faces AS f ON f.embedder_id = e.id
            WHERE e.id <> :embedder_id AND {_conditions(reach)}
        ),
        looked AS ({_looked_sql(reach)})
        SELECT own.faces, other.faces,
               (SELECT count(*) FROM looked WHERE NOT isempty(spans)),
               (SELECT coalesce(sum(seen_share * extract(epoch FROM upper(span) - lower(span))), 0)
                FROM looked, unnest(looked.spans) AS span),
               own.oldest_at, own.newest_at
        FROM own, other
    """  # noqa: S608 (built from this module's own parts; values are bound)
    kept_since = utc_now() - timedelta(hours=settings().face_retention_hours)
    values = {**_values(reach), "embedder_id": embedder.id, "kept_since": kept_since}
    row = db.session.execute(text(statement), values).one()
    return Survey(row[0], row[1], row[2], float(row[3]), row[4], row[5])


def nearest(
    reach: Reach,
    embedder: Embedder,
    photo_ids: Sequence[int],
    limit: int,
    surveyed: Survey,
) -> Nearest:
    """The `limit` kept faces that are most like any of the photos.

    Similarities are those of the embeddings as they are kept, compared one by one, whichever way
    the faces were found.
    """
    memory = face_memory.memory_of(embedder)
    if memory is not None:
        found = _nearest_in_memory(memory, reach, embedder, photo_ids, limit)
        return Nearest(found, SearchMethod.MEMORY)
    method = choose_method(surveyed, _faces_of_model(embedder), len(photo_ids), limit)
    if method is SearchMethod.INDEX:
        found = nearest_by(method, reach, embedder, photo_ids, limit)
        if len(found) >= min(limit, surveyed.faces):
            return Nearest(found, method)
    found = nearest_by(SearchMethod.EXACT, reach, embedder, photo_ids, limit)
    return Nearest(found, SearchMethod.EXACT)


def choose_method(surveyed: Survey, faces_of_model: int, photos: int, limit: int) -> SearchMethod:
    """Compare everything, or ask the index: whichever is likely to be quicker."""
    comparisons = surveyed.faces * photos
    if comparisons <= EXACT_UP_TO:
        return SearchMethod.EXACT
    share = surveyed.faces / max(surveyed.faces, faces_of_model)
    steps = photos * (_STEPS_BEFORE_FIRST + limit * _SPARE / share)
    if steps > photos * _MOST_STEPS or steps * _INDEX_STEP > comparisons:
        return SearchMethod.EXACT
    return SearchMethod.INDEX


def nearest_by(
    method: SearchMethod, reach: Reach, embedder: Embedder, photo_ids: Sequence[int], limit: int
) -> Sequence[NearFace]:
    """As `nearest`, by one given method."""
    by_index = method is SearchMethod.INDEX
    if by_index:
        _set_local(_INDEX_SETTINGS)
    statement = _nearest_sql(reach, embedder, by_index=by_index)
    values = {**_values(reach), "photo_ids": list(photo_ids), "limit": limit}
    # The index brings its faces up only roughly in order: more are taken, and the nearest kept.
    values["taken"] = limit * _SPARE if by_index else limit
    values["distance_case_id"] = reach.case_id
    rows = db.session.execute(text(statement), values).all()
    if by_index:
        _set_local(_USUAL_SETTINGS)
    return [NearFace(*row) for row in rows]


def _nearest_in_memory(
    memory: FaceMemory, reach: Reach, embedder: Embedder, photo_ids: Sequence[int], limit: int
) -> Sequence[NearFace]:
    """As `nearest`, by this process's copy. More are asked for until enough have not expired."""
    memory.refresh()
    photos = _embeddings_of(photo_ids, embedder)
    cameras = db.session.scalars(text(_reach_sql(reach)), _values(reach)).all()
    wanted = Wanted(cameras if reach.radius_m is not None else None, reach.since, reach.until)
    # Place and time were looked at in memory; only what may have changed since is asked here.
    statement = _nearest_sql(Reach(reach.case_id), embedder, by_index=False, among=True)
    values = {"photo_ids": list(photo_ids), "limit": limit, "taken": limit}
    take = limit
    while True:
        near = memory.nearest(photos, wanted, take)
        asked = {**values, "face_ids": near.face_ids, "distance_case_id": reach.case_id}
        rows = db.session.execute(text(statement), asked).all()
        if len(rows) >= limit or near.are_all:
            return [NearFace(*row) for row in rows]
        take *= 4


def _embeddings_of(photo_ids: Sequence[int], embedder: Embedder) -> FloatArray:
    rows = db.session.scalars(
        select(sent(ReferenceEmbedding.embedding)).where(
            ReferenceEmbedding.photo_id.in_(photo_ids),
            ReferenceEmbedding.embedder_id == embedder.id,
        )
    ).all()
    if not rows:
        return np.empty((0, embedder.dimension), dtype=np.float32)
    return np.stack([numbers(row) for row in rows])


def _nearest_sql(reach: Reach, embedder: Embedder, *, by_index: bool, among: bool = False) -> str:
    """The one query. Model and dimension stand in it as numbers, as the index's own terms do."""
    named = "AND f.id = ANY(:face_ids)" if among else ""
    model, dimension = int(embedder.id), int(embedder.dimension)
    typed = f"::halfvec({dimension})" if by_index else ""
    return f"""
        WITH reach AS MATERIALIZED ({_reach_sql(reach)}),
        best AS (
            SELECT DISTINCT ON (near.face_id) near.face_id, r.photo_id, near.distance
            FROM reference_embeddings AS r
            CROSS JOIN LATERAL (
                SELECT f.id AS face_id, f.embedding{typed} <=> r.embedding{typed} AS distance
                FROM faces AS f
                WHERE f.embedder_id = {model} {named}
                      AND {_conditions(reach, as_filter=by_index)}
                ORDER BY f.embedding{typed} <=> r.embedding{typed}
                LIMIT :taken
            ) AS near
            WHERE r.embedder_id = {model} AND r.photo_id = ANY(:photo_ids)
            ORDER BY near.face_id, near.distance
        ),
        kept AS (SELECT * FROM best ORDER BY distance, face_id LIMIT :limit)
        SELECT kept.face_id, kept.photo_id, 1 - kept.distance,
               (SELECT min(ST_Distance(c.position, l.position, false))
                FROM last_known_locations AS l
                WHERE l.case_id = :distance_case_id AND l.active)
        FROM kept JOIN faces AS f ON f.id = kept.face_id JOIN cameras AS c ON c.id = f.camera_id
        ORDER BY kept.distance, kept.face_id
    """  # noqa: S608 (whole numbers and this module's own parts; values are bound)


def _reach_sql(reach: Reach) -> str:
    if reach.radius_m is None:
        return "SELECT NULL::integer AS camera_id WHERE false"
    return """
        SELECT DISTINCT c.id AS camera_id
        FROM last_known_locations AS l
        JOIN cameras AS c ON ST_DWithin(c.position, l.position, :radius_m, false)
        WHERE l.case_id = :case_id AND l.active
    """


def _conditions(reach: Reach, *, as_filter: bool = False) -> str:
    """Conditions on a face.

    As a filter on what the index brings up, the first is asked row by row: `IS TRUE` keeps the
    planner from turning it into a join, which would begin at the cameras.
    """
    parts = ["f.expires_at > now()"]
    if reach.radius_m is not None:
        asked = "(f.camera_id IN (SELECT camera_id FROM reach))"
        parts.append(f"{asked} IS TRUE" if as_filter else asked)
    if reach.since is not None:
        parts.append("f.best_at >= :since")
    if reach.until is not None:
        parts.append("f.best_at < :until")
    return " AND ".join(parts)


def _looked_sql(reach: Reach) -> str:
    """For each camera, when it was looked at by the model, cut to the reach's time.

    `seen_share` is the share of that which was really seen, 0 to 1, taken as even over all of it.
    """
    within = "AND v.camera_id IN (SELECT camera_id FROM reach)" if reach.radius_m else ""
    since = ":since" if reach.since is not None else "NULL"
    until = ":until" if reach.until is not None else "NULL"
    return f"""
        SELECT v.camera_id,
               range_agg(
                   tstzrange(ft.started_at + part.from_s * interval '1 second',
                             ft.started_at + part.checkpoint_s * interval '1 second')
                   * tstzrange({since}, {until})
               ) AS spans,
               least(1, sum(part.seconds_seen) / sum(part.checkpoint_s - part.from_s)) AS seen_share
        FROM visit_parts AS part
        JOIN visits AS v ON v.id = part.visit_id
        JOIN footage AS ft ON ft.id = part.footage_id
        WHERE v.embedder_id = :embedder_id AND part.checkpoint_s > part.from_s
          AND coalesce(v.finished_at, v.heartbeat_at, now()) > :kept_since {within}
        GROUP BY v.camera_id
    """  # noqa: S608


def _values(reach: Reach) -> dict[str, object]:
    values: dict[str, object] = {}
    if reach.radius_m is not None:
        values |= {"case_id": reach.case_id, "radius_m": reach.radius_m}
    if reach.since is not None:
        values["since"] = reach.since
    if reach.until is not None:
        values["until"] = reach.until
    return values


def _faces_of_model(embedder: Embedder) -> int:
    """About how many faces the model has here, from the statistics of its index."""
    estimate = db.session.scalar(
        text("SELECT reltuples FROM pg_class WHERE oid = to_regclass(:name)"),
        {"name": embedders.index_name(embedder)},
    )
    return max(0, int(estimate or 0))


def _set_local(values: dict[str, str]) -> None:
    """Settings for the rest of the transaction, in one go."""
    calls = [f"set_config('{name}', '{value}', true)" for name, value in values.items()]
    db.session.execute(text(f"SELECT {', '.join(calls)}"))
