"""Recognition models as rows: embeddings of different ones are never compared."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from app.current import settings
from app.extensions import db
from app.models import Embedder
from app.models.columns import utc_now
from app.recogniser import LoadedRecogniser

INDEX_NEIGHBOURS, INDEX_CANDIDATES = 24, 128
"""How densely the index is knit: with pgvector's own 16 and 64, people who were never seen get up
to 5 % other neighbours than they should (benchmarks/index.py); a denser one takes longer to build.
"""


def list_embedders() -> Sequence[Embedder]:
    """All models that have embedded something here, the newest first."""
    return db.session.scalars(select(Embedder).order_by(Embedder.id.desc())).all()


def newest() -> Embedder | None:
    """The model that came last; None before the first."""
    return db.session.scalar(select(Embedder).order_by(Embedder.id.desc()).limit(1))


def register(recogniser: LoadedRecogniser) -> Embedder:
    """The row of the recogniser's embedder, made with its index at the first meeting."""
    embedder = recogniser.chosen.embedder
    known = find_known(recogniser)
    if known is not None:
        return known
    threshold = embedder.threshold
    db.session.execute(
        insert(Embedder)
        .values(
            name=embedder.name,
            sha256=embedder.sha256,
            dimension=embedder.dimension,
            threshold_similarity=threshold.similarity,
            false_match_rate=threshold.false_match_rate,
            threshold_measured_on=threshold.measured_on,
            licence=embedder.licence,
            fallback=recogniser.chosen.pack.is_fallback,
            created_at=utc_now(),
        )
        .on_conflict_do_nothing()
    )
    row = db.session.scalars(
        select(Embedder).where(Embedder.name == embedder.name, Embedder.sha256 == embedder.sha256)
    ).one()
    _create_index(row)
    db.session.commit()
    return row


def index_name(embedder: Embedder) -> str:
    """The name of the model's own index of faces."""
    return f"ix_faces_embedding_{int(embedder.id)}"


def rebuild_index(embedder: Embedder) -> float:
    """Build the model's index of kept faces anew, beside the old one. Returns the seconds it took.

    Worth doing after many faces were added or expired. It takes more memory
    (`INDEX_BUILD_MEMORY_MB`) and several processes, and cannot be part of a transaction.
    """
    name, begun = index_name(embedder), time.perf_counter()
    db.session.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for setting, value in (
            ("statement_timeout", "0"),
            ("maintenance_work_mem", f"{settings().index_build_memory_mb}MB"),
            ("max_parallel_maintenance_workers", str(os.cpu_count() or 1)),
        ):
            connection.execute(
                text("SELECT set_config(:name, :value, false)"), {"name": setting, "value": value}
            )
        connection.execute(text(f"REINDEX INDEX CONCURRENTLY {name}"))
        # The connection goes back to the pool as it was.
        connection.execute(text("RESET ALL"))
    return time.perf_counter() - begun


def find_known(recogniser: LoadedRecogniser) -> Embedder | None:
    """The row of the recogniser's embedder; None where it was never met."""
    embedder = recogniser.chosen.embedder
    return db.session.scalar(
        select(Embedder).where(Embedder.name == embedder.name, Embedder.sha256 == embedder.sha256)
    )


def _create_index(row: Embedder) -> None:
    """One partial index per model, since models differ in dimension."""
    model_id, dimension = int(row.id), int(row.dimension)
    db.session.execute(
        text(
            f"CREATE INDEX IF NOT EXISTS {index_name(row)} ON faces"
            f" USING hnsw ((embedding::halfvec({dimension})) halfvec_cosine_ops)"
            f" WITH (m = {INDEX_NEIGHBOURS}, ef_construction = {INDEX_CANDIDATES})"
            f" WHERE embedder_id = {model_id}"
        )
    )
