"""Face models as administrators see them: the one in force, and those in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app.errors import NoRecogniser
from app.extensions import db
from app.models.faces import Embedder
from app.recogniser import holder
from recognition.packs import PackChoice


@dataclass(frozen=True, slots=True)
class PackOverview:
    """What is installed and what was used.

    `in_force` is what workers load now, with the reason; None where nothing is installed, and then
    `why_none` says what to do. `embedders` are all models that embedded something, newest first.
    """

    in_force: PackChoice | None
    why_none: str
    embedders: Sequence[Embedder]


def overview() -> PackOverview:
    """The recogniser in force and every model whose embeddings are kept."""
    embedders = db.session.scalars(select(Embedder).order_by(Embedder.id.desc())).all()
    try:
        return PackOverview(holder().choice(), "", embedders)
    except NoRecogniser as error:
        return PackOverview(None, str(error), embedders)


def why_none() -> str:
    """Why no recogniser is in force, and what to do; empty if one is."""
    try:
        holder().choice()
    except NoRecogniser as error:
        return str(error)
    return ""
