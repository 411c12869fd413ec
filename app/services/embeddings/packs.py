"""Face models as administrators see them: the one in force, and those in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.current import settings
from app.errors import Conflict, NoRecogniser
from app.extensions import db
from app.models import AgeThreshold, PackUse
from app.models.faces import Embedder
from app.recogniser import holder
from app.services.base import audit
from app.services.base.actors import Actor
from app.services.embeddings import age_thresholds, embedders
from recognition.packs import PackChoice


@dataclass(frozen=True, slots=True)
class PackOverview:
    """What is installed and what was used.

    `in_force` is what workers load now, with the reason; None where nothing is installed, and then
    `why_none` says what to do. `detector` is what finds the faces, in words. `embedders` are all
    models that embedded something, newest first, `age_thresholds` what was measured for them by
    years between photos, by the model's id.
    """

    in_force: PackChoice | None
    why_none: str
    embedders: Sequence[Embedder]
    age_thresholds: Mapping[int, Sequence[AgeThreshold]]
    detector: str = ""


def overview() -> PackOverview:
    """The recogniser in force and every model whose embeddings are kept."""
    known, by_age = embedders.list_embedders(), age_thresholds.kept_for_all()
    try:
        detector = holder().detector_in_words()
        return PackOverview(holder().choice(), "", known, by_age, detector)
    except NoRecogniser as error:
        return PackOverview(None, str(error), known, by_age)


def use(actor: Actor, pack: str) -> PackUse:
    """Load a pack and take it from now on, on every machine; empty: whichever is installed.

    Raises Conflict where FACE_PACK decides, and NoRecogniser, with the reason, for a pack that is
    not there or cannot be used.
    """
    if settings().face_pack:
        raise Conflict(
            f"FACE_PACK is set to {settings().face_pack} and comes first: change it in the "
            "environment, or leave it empty to choose here."
        )
    model, model_sha256 = "", ""
    if pack:
        folder = Path(pack).expanduser()
        pack = str(folder.resolve()) if folder.is_dir() else pack
        recogniser = holder().other(pack)
        row = embedders.register(recogniser)
        model, model_sha256 = row.name, row.sha256
    chosen = PackUse(pack=pack, model=model, model_sha256=model_sha256, chosen_by_name=actor.name)
    db.session.add(chosen)
    audit.record(
        actor,
        "model.use",
        subject=f"pack {Path(pack).name}" if pack else "whichever pack is installed",
        details={"pack": pack, "model": model, "sha256": model_sha256},
    )
    db.session.commit()
    return chosen


def why_none() -> str:
    """Why no recogniser is in force, and what to do; empty if one is."""
    try:
        holder().choice()
    except NoRecogniser as error:
        return str(error)
    return ""
