"""Comparing embeddings with the galleries of all open cases at once, and saying what carried it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from recognition.age_gaps import DaySpan, GapThresholds
from recognition.errors import ModelMismatch
from recognition.faces import FloatArray
from recognition.limits import DayLimits, RowLimits
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
    no match. `taken`: the days on which the photo may have been taken, None where nobody knows.
    """

    case_id: int
    reference_id: int
    embedding: FloatArray
    artificial: bool = False
    taken: DaySpan | None = None


@dataclass(frozen=True, eq=False)
class RejectedFace:
    """A face of which a person said that it is not the case's subject: float32[d] of length 1."""

    case_id: int
    sighting_id: int
    embedding: FloatArray


@dataclass(frozen=True)
class PhotoSimilarity:
    """How alike a face and one reference photo are: a cosine, −1 to 1, beside what is asked of it.

    Attributes:
        reference_id: the photo.
        similarity: cosine.
        artificial: whether it is a computed picture, which carries nothing.
        threshold: least similarity at which this photo carries a match with this face.
        measured_key: the measurement by gap that the threshold rests on (`BandThreshold.key`);
            None where it is the model's own.
    """

    reference_id: int
    similarity: float
    artificial: bool
    threshold: float
    measured_key: int | None = None

    @property
    def carries(self) -> bool:
        """Whether it proposes the case, alone if need be."""
        return not self.artificial and self.similarity >= self.threshold


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
        similarities: all reference photos of the case, the most similar first; at least one of
            them carries the match.
        nearest_rejected: the rejected face that is most like this one, None without any.
    """

    case_id: int
    similarities: tuple[PhotoSimilarity, ...]
    nearest_rejected: RejectedSimilarity | None = None

    @property
    def carrier(self) -> PhotoSimilarity:
        """The photo that carries the match: the most similar of those at their own threshold.

        One that is more alike, but has a higher threshold for its age and misses it, does not.
        """
        return next(one for one in self.similarities if one.carries)

    @property
    def reference_id(self) -> int:
        """The photo that carries the match."""
        return self.carrier.reference_id

    @property
    def similarity(self) -> float:
        """Cosine with the photo that carries the match."""
        return self.carrier.similarity

    @property
    def threshold(self) -> float:
        """Least similarity that was asked of the photo that carries the match."""
        return self.carrier.threshold

    @property
    def without_best(self) -> float | None:
        """What remains without the photo that carries the match; None without another real one."""
        carrier = self.carrier
        others = (one for one in self.similarities if one is not carrier and not one.artificial)
        return next((one.similarity for one in others), None)

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
        threshold: the least similarity of a match: the model's own, or by the years that lie
            between photo and face.
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
        threshold: float | GapThresholds,
        *,
        rejected: Sequence[RejectedFace] = (),
        raises: Mapping[int, float] | None = None,
    ) -> None:
        self.embedder_sha256 = embedder_sha256
        ordered = sorted(references, key=lambda reference: reference.case_id)
        self._matrix = _stack([one.embedding for one in ordered])
        self._reference_ids = np.array([one.reference_id for one in ordered], dtype=np.int64)
        self._artificial = np.array([one.artificial for one in ordered], dtype=np.bool_)
        case_of_row = np.array([one.case_id for one in ordered], dtype=np.int64)
        self._case_ids, self._starts = np.unique(case_of_row, return_index=True)
        self._ends = np.append(self._starts[1:], len(ordered))
        self._limits = RowLimits(
            case_of_row, [one.taken for one in ordered], threshold, raises or {}
        )
        self._rejected = _by_case(rejected)
        self._screen = (
            Int8Screen(Quantised.of(self._matrix)) if len(ordered) >= _SCREEN_FROM_ROWS else None
        )

    def __len__(self) -> int:
        return len(self._reference_ids)

    def match(
        self, embedding: FloatArray, embedder_sha256: str, seen_on: date | None = None
    ) -> list[Match]:
        """Every case of which a real photo is at or above its threshold, the most similar first.

        Args:
            embedding: float32[d] of length 1.
            embedder_sha256: hash of the model that made it.
            seen_on: the day on which the face was seen; None where nobody knows.

        Raises:
            ModelMismatch: the embedding comes from another model than the gallery.
        """
        return self.match_all(embedding[None], embedder_sha256, [seen_on])[0]

    def match_all(
        self,
        embeddings: FloatArray,
        embedder_sha256: str,
        seen_on: Sequence[date | None] | None = None,
    ) -> list[list[Match]]:
        """As `match`, for float32[n, d] at once, which is quicker than one after the other.

        `seen_on` holds the n days; without it none is known.
        """
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
        upper = self._upper_bounds(faces)
        found: list[list[Match]] = [[] for _ in faces]
        for day, numbers in _by_day(seen_on, len(faces)).items():
            limits = self._limits.on_day(day)
            # A view where all faces are of one day, which is the usual case.
            some = upper if len(numbers) == len(faces) else upper[numbers]
            for number, cases in zip(numbers, self._cases_in_question(some, limits), strict=True):
                found[number] = self._explained(faces[number], cases, limits)
        return found

    @property
    def least_threshold(self) -> float:
        """No photo here is asked for less, on whichever day a face was seen."""
        return self._limits.least

    def threshold_of(self, reference_id: int, seen_on: date | None) -> float:
        """What is asked of one photo for a face of a day. Raises KeyError where it is not here."""
        rows = np.flatnonzero(self._reference_ids == reference_id)
        if not len(rows):
            raise KeyError(reference_id)
        return self._limits.on_day(seen_on).of(int(rows[0]))[0]

    def _upper_bounds(self, faces: FloatArray) -> FloatArray:
        screen = self._screen
        return screen.upper_bounds(faces) if screen is not None else faces @ self._matrix.T

    def _cases_in_question(
        self, upper: FloatArray, limits: DayLimits
    ) -> list[npt.NDArray[np.intp]]:
        """For each face the cases that may match: all that do, and a few more.

        More come of the screen, and of artificial photos, which carry no match in the end.
        """
        slack = 1e-6  # the exact product is summed in another order
        if limits.is_one_by_case:
            best = np.maximum.reduceat(upper, self._starts, axis=1)
            least = limits.similarities[self._starts]
            return [np.flatnonzero(row >= least - slack) for row in best]
        # Each photo has a limit of its own: the case may match if any photo's excess is positive.
        upper -= limits.rounded
        best = np.maximum.reduceat(upper, self._starts, axis=1)
        return [np.flatnonzero(row >= -slack) for row in best]

    def _explained(
        self, face: FloatArray, cases: npt.NDArray[np.intp], limits: DayLimits
    ) -> list[Match]:
        found = [
            match for case in cases if (match := self._compare(face, int(case), limits)) is not None
        ]
        return sorted(found, key=lambda match: -match.similarity)

    def _compare(self, face: FloatArray, case: int, limits: DayLimits) -> Match | None:
        rows = slice(int(self._starts[case]), int(self._ends[case]))
        case_id = int(self._case_ids[case])
        similarities = self._ranked(face, rows, limits)
        if not any(one.carries for one in similarities):
            return None
        return Match(case_id, similarities, _nearest_rejected(face, self._rejected.get(case_id)))

    def _ranked(
        self, face: FloatArray, rows: slice, limits: DayLimits
    ) -> tuple[PhotoSimilarity, ...]:
        similarities = self._matrix[rows] @ face
        return tuple(
            PhotoSimilarity(
                int(self._reference_ids[rows.start + row]),
                float(similarities[row]),
                bool(self._artificial[rows.start + row]),
                *limits.of(rows.start + int(row)),
            )
            for row in np.argsort(-similarities, kind="stable")
        )


def _by_day(seen_on: Sequence[date | None] | None, count: int) -> dict[date | None, list[int]]:
    """The numbers of the faces of each day."""
    if seen_on is None:
        return {None: list(range(count))}
    if len(seen_on) != count:
        raise ValueError("Each face needs a day, or None.")
    grouped: dict[date | None, list[int]] = {}
    for number, day in enumerate(seen_on):
        grouped.setdefault(day, []).append(number)
    return grouped


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


def _nearest_rejected(face: FloatArray, anchors: _Anchors | None) -> RejectedSimilarity | None:
    if anchors is None:
        return None
    similarities = anchors.matrix @ face
    nearest = int(np.argmax(similarities))
    return RejectedSimilarity(int(anchors.sighting_ids[nearest]), float(similarities[nearest]))
