"""Recognition models as rows: embeddings of different ones are never compared."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.models import Embedder
from app.models.columns import utc_now
from app.recogniser import LoadedRecogniser


def list_embedders() -> Sequence[Embedder]:
    """All models that have embedded something here, the newest first."""
    return db.session.scalars(select(Embedder).order_by(Embedder.id.desc())).all()


def newest() -> Embedder | None:
    """The model that came last; None before the first."""
    return db.session.scalar(select(Embedder).order_by(Embedder.id.desc()).limit(1))


def register(recogniser: LoadedRecogniser) -> Embedder:
    """The row of the recogniser's embedder, made with its index at the first meeting."""
    embedder = recogniser.chosen.embedder
    known = _find(embedder.name, embedder.sha256)
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


def _find(name: str, sha256: str) -> Embedder | None:
    return db.session.scalar(
        select(Embedder).where(Embedder.name == name, Embedder.sha256 == sha256)
    )


def _create_index(row: Embedder) -> None:
    """One partial index per model, since models differ in dimension."""
    model_id, dimension = int(row.id), int(row.dimension)
    db.session.execute(
        text(
            f"CREATE INDEX IF NOT EXISTS ix_faces_embedding_{model_id} ON faces"
            f" USING hnsw ((embedding::halfvec({dimension})) halfvec_cosine_ops)"
            f" WHERE embedder_id = {model_id}"
        )
    )
