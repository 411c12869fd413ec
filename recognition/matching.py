"""Comparing one embedding with the galleries of all open cases at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recognition.errors import ModelMismatch
from recognition.faces import FloatArray


@dataclass(frozen=True, eq=False)
class Reference:
    """The embedding of one reference photo: float32[d] of length 1."""

    case_id: int
    reference_id: int
    embedding: FloatArray


@dataclass(frozen=True)
class Match:
    """A case whose gallery holds a face this similar; similarity is a cosine, −1 to 1."""

    case_id: int
    reference_id: int
    similarity: float


class Gallery:
    """The reference photos of some cases, embedded by one model.

    Args:
        embedder_sha256: hash of the model that made every embedding here.
        references: may be empty; then nothing matches.
        threshold: least similarity of a match.

    Raises:
        ModelMismatch: the embeddings differ in length.
    """

    def __init__(
        self, embedder_sha256: str, references: Sequence[Reference], threshold: float
    ) -> None:
        self.embedder_sha256 = embedder_sha256
        self.threshold = threshold
        self._references = tuple(references)
        if len({reference.embedding.shape for reference in references}) > 1:
            raise ModelMismatch(
                "The gallery mixes embeddings of different models. Embed its photos again."
            )
        rows = [reference.embedding for reference in references]
        self._matrix = np.stack(rows).astype(np.float32) if rows else None

    def __len__(self) -> int:
        return len(self._references)

    def match(self, embedding: FloatArray, embedder_sha256: str) -> list[Match]:
        """Every case at or above the threshold with its most similar photo, best case first.

        Args:
            embedding: float32[d] of length 1.
            embedder_sha256: hash of the model that made it.

        Raises:
            ModelMismatch: the embedding comes from another model than the gallery.
        """
        if embedder_sha256 != self.embedder_sha256:
            raise ModelMismatch(
                "This face and the gallery were embedded by different models, so they cannot be "
                "compared. Embed the reference photos again with the model in use."
            )
        if self._matrix is None:
            return []
        if embedding.shape != self._matrix.shape[1:]:
            raise ModelMismatch(
                "This face's embedding has another length than the gallery's. Embed it again."
            )
        similarities = self._matrix @ embedding
        best: dict[int, Match] = {}
        for index in np.argsort(-similarities, kind="stable"):
            similarity = float(similarities[index])
            if similarity < self.threshold:
                break
            reference = self._references[index]
            found = Match(reference.case_id, reference.reference_id, similarity)
            best.setdefault(reference.case_id, found)
        return list(best.values())
