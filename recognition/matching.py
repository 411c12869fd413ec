"""Comparing embeddings with the galleries of all open cases at once, and saying what carried it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recognition.errors import ModelMismatch
from recognition.faces import FloatArray
from recognition.screening import Int8Screen, Quantised

KEPT_PRECISION = 2.0**-10
"""How far the cosine of two embeddings as they are kept can be from the exact one.

Half precision rounds each number by at most 2⁻¹¹ of itself, and so turns a vector by at most about
2⁻¹¹ radians; a cosine changes by no more than both turns together.
"""

REJECTED_MARGIN = 0.05
"""A face counts as like a rejected one if it is this much more like it than like any photo.

Wide enough for what two shots of one passer-by differ by; a face that is about as near to the
subject as to the rejected stranger stays unmarked, for a person to decide.
"""

_SCREEN_FROM_ROWS = 4096
"""Smaller galleries are compared whole: that takes no longer."""


@dataclass(frozen=True, eq=False)
class Reference:
    """The embedding of one reference photo: float32[d] of length 1.

    `artificial`: a computed picture, as of the subject at a later age. It is compared, and carries
    no match.
    """

    case_id: int
    reference_id: int
    embedding: FloatArray
    artificial: bool = False


@dataclass(frozen=True, eq=False)
class RejectedFace:
    """A face of which a person said that it is not the case's subject: float32[d] of length 1."""

    case_id: int
    sighting_id: int
    embedding: FloatArray


@dataclass(frozen=True)
class PhotoSimilarity:
    """How alike a face and one reference photo are: a cosine, −1 to 1."""

    reference_id: int
    similarity: float
    artificial: bool = False


@dataclass(frozen=True)
class RejectedSimilarity:
    """How alike a face and one rejected face of the case are: a cosine, −1 to 1."""

    sighting_id: int
    similarity: float


@dataclass(frozen=True)
class Match:
    """A case whose gallery holds a face this similar, and what that rests on.

    Attributes:
        case_id: the case.
        threshold: least similarity of a match for this case.
        similarities: all reference photos of the case, the most similar first; at least one of
            them is real.
        nearest_rejected: the rejected face that is most like this one, None without any.
    """

    case_id: int
    threshold: float
    similarities: tuple[PhotoSimilarity, ...]
    nearest_rejected: RejectedSimilarity | None = None

    @property
    def real(self) -> tuple[PhotoSimilarity, ...]:
        """The real photos alone, the most similar first: only they carry a match."""
        return tuple(one for one in self.similarities if not one.artificial)

    @property
    def reference_id(self) -> int:
        """The photo that carries the match."""
        return self.real[0].reference_id

    @property
    def similarity(self) -> float:
        """Cosine with the photo that carries the match."""
        return self.real[0].similarity

    @property
    def without_best(self) -> float | None:
        """What remains without the photo that carries the match; None where it is the only one."""
        real = self.real
        return real[1].similarity if len(real) > 1 else None

    @property
    def like_rejected(self) -> bool:
        """Whether the face is more like one that a person rejected than like the subject."""
        return self.nearest_rejected is not None and is_like_rejected(
            self.similarity, self.nearest_rejected.similarity
        )


def is_like_rejected(similarity: float, rejected_similarity: float) -> bool:
    """Whether a face is, by the margin, more like a rejected face than like the subject."""
    return rejected_similarity >= similarity + REJECTED_MARGIN


def as_kept(embeddings: FloatArray) -> FloatArray:
    """Embeddings as the database keeps them: rounded to half precision, of length 1 again.

    Everything is compared in this form, so that a later search decides as the sweep did.
    """
    rounded = embeddings.astype(np.float16).astype(np.float32)
    lengths = np.linalg.norm(rounded, axis=-1, keepdims=True)
    kept: FloatArray = rounded / np.maximum(lengths, np.float32(1e-12))
    return kept


class Gallery:
    """The reference photos of some cases, embedded by one model.

    Args:
        embedder_sha256: hash of the model that made every embedding here.
        references: may be empty; then nothing matches.
        threshold: the model's own least similarity of a match.
        rejected: faces that people rejected, as negative anchors of their cases.
        raises: by how much some cases have raised the threshold for themselves; never negative.

    Raises:
        ModelMismatch: the embeddings differ in length.
        ValueError: a case would lower the threshold.
    """

    def __init__(
        self,
        embedder_sha256: str,
        references: Sequence[Reference],
        threshold: float,
        *,
        rejected: Sequence[RejectedFace] = (),
        raises: Mapping[int, float] | None = None,
    ) -> None:
        raises = raises or {}
        if any(value < 0 for value in raises.values()):
            raise ValueError("A case may raise a model's threshold, and never lower it.")
        self.embedder_sha256 = embedder_sha256
        self.threshold = threshold
        ordered = sorted(references, key=lambda reference: reference.case_id)
        self._matrix = _stack([one.embedding for one in ordered])
        self._reference_ids = np.array([one.reference_id for one in ordered], dtype=np.int64)
        self._artificial = np.array([one.artificial for one in ordered], dtype=np.bool_)
        case_of_row = np.array([one.case_id for one in ordered], dtype=np.int64)
        self._case_ids, self._starts = np.unique(case_of_row, return_index=True)
        self._ends = np.append(self._starts[1:], len(ordered))
        self._thresholds = np.array(
            [threshold + raises.get(int(case_id), 0.0) for case_id in self._case_ids]
        )
        self._rejected = _by_case(rejected)
        self._screen = (
            Int8Screen(Quantised.of(self._matrix)) if len(ordered) >= _SCREEN_FROM_ROWS else None
        )

    def __len__(self) -> int:
        return len(self._reference_ids)

    def match(self, embedding: FloatArray, embedder_sha256: str) -> list[Match]:
        """Every case of which a real photo is at or above its threshold, the most similar first.

        Args:
            embedding: float32[d] of length 1.
            embedder_sha256: hash of the model that made it.

        Raises:
            ModelMismatch: the embedding comes from another model than the gallery.
        """
        return self.match_all(embedding[None], embedder_sha256)[0]

    def match_all(self, embeddings: FloatArray, embedder_sha256: str) -> list[list[Match]]:
        """As `match`, for float32[n, d] at once, which is quicker than one after the other."""
        if embedder_sha256 != self.embedder_sha256:
            raise ModelMismatch(
                "This face and the gallery were embedded by different models, so they cannot be "
                "compared. Embed the reference photos again with the model in use."
            )
        if not len(self):
            return [[] for _ in embeddings]
        if embeddings.shape[1:] != self._matrix.shape[1:]:
            raise ModelMismatch(
                "This face's embedding has another length than the gallery's. Embed it again."
            )
        faces = as_kept(embeddings)
        return [
            self._explained(face, cases)
            for face, cases in zip(faces, self._cases_in_question(faces), strict=True)
        ]

    def _cases_in_question(self, faces: FloatArray) -> list[npt.NDArray[np.intp]]:
        """For each face the cases that may match: all that do, and a few more.

        More come of the screen, and of artificial photos, which carry no match in the end.
        """
        screen = self._screen
        upper = screen.upper_bounds(faces) if screen is not None else faces @ self._matrix.T
        best = np.maximum.reduceat(upper, self._starts, axis=1)
        slack = 1e-6  # the exact product is summed in another order
        return [np.flatnonzero(row >= self._thresholds - slack) for row in best]

    def _explained(self, face: FloatArray, cases: npt.NDArray[np.intp]) -> list[Match]:
        matches = [self._compare(face, int(case)) for case in cases]
        found = [one for one in matches if one.real and one.similarity >= one.threshold]
        return sorted(found, key=lambda match: -match.similarity)

    def _compare(self, face: FloatArray, case: int) -> Match:
        rows = slice(int(self._starts[case]), int(self._ends[case]))
        case_id = int(self._case_ids[case])
        return Match(
            case_id,
            float(self._thresholds[case]),
            _ranked(face, self._matrix[rows], self._reference_ids[rows], self._artificial[rows]),
            _nearest_rejected(face, self._rejected.get(case_id)),
        )


@dataclass(frozen=True, eq=False)
class _Anchors:
    """The rejected faces of one case."""

    matrix: FloatArray
    sighting_ids: npt.NDArray[np.int64]


def _by_case(rejected: Sequence[RejectedFace]) -> dict[int, _Anchors]:
    grouped: dict[int, list[RejectedFace]] = {}
    for face in rejected:
        grouped.setdefault(face.case_id, []).append(face)
    anchors = {}
    for case_id, faces in grouped.items():
        ids = np.array([face.sighting_id for face in faces], dtype=np.int64)
        anchors[case_id] = _Anchors(_stack([face.embedding for face in faces]), ids)
    return anchors


def _stack(embeddings: Sequence[FloatArray]) -> FloatArray:
    if len({embedding.shape for embedding in embeddings}) > 1:
        raise ModelMismatch(
            "The gallery mixes embeddings of different models. Embed its photos again."
        )
    if not embeddings:
        return np.empty((0, 0), dtype=np.float32)
    return as_kept(np.stack(embeddings).astype(np.float32))


def _ranked(
    face: FloatArray,
    matrix: FloatArray,
    reference_ids: npt.NDArray[np.int64],
    artificial: npt.NDArray[np.bool_],
) -> tuple[PhotoSimilarity, ...]:
    similarities = matrix @ face
    order = np.argsort(-similarities, kind="stable")
    return tuple(
        PhotoSimilarity(int(reference_ids[row]), float(similarities[row]), bool(artificial[row]))
        for row in order
    )


def _nearest_rejected(face: FloatArray, anchors: _Anchors | None) -> RejectedSimilarity | None:
    if anchors is None:
        return None
    similarities = anchors.matrix @ face
    nearest = int(np.argmax(similarities))
    return RejectedSimilarity(int(anchors.sighting_ids[nearest]), float(similarities[nearest]))
