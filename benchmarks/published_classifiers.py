"""Ways to say who is on a photo, as published systems did, beside this product's own matcher.

Each is given enrolled photos with their people and answers for each query who it is most like, and
how much: a higher score is closer. What they share: the same photos, and the same embeddings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from recognition.detectors.haar import HaarCascade
from recognition.evaluation import middle_face
from recognition.faces import FloatArray, ImageBGR
from recognition.matching import Gallery, Reference

Numbers = npt.NDArray[np.intp]
Scores = npt.NDArray[np.float64]

NEIGHBOURS = 3
SVM_C = 1.0
LBPH_SIDE_PX, LBPH_CELLS, LBPH_LEVELS = 100, 8, 256
"""OpenCV's defaults for LBPH: 8 × 8 cells, radius 1, 8 neighbours; 100 px is a common side."""


@dataclass(frozen=True, eq=False)
class Answers:
    """For each query who it is most like, −1 for nobody, and a score, higher is closer."""

    person: Numbers
    score: Scores


Classify = Callable[[FloatArray, Numbers, FloatArray], Answers]
"""Enrolled rows, who is on each, and queries, to answers."""


def our_matcher(enrolled: FloatArray, people: Numbers, queries: FloatArray) -> Answers:
    """The product's gallery: the cosine with the person's nearest reference photo."""
    model = "0" * 64
    references = [
        Reference(int(person), number, row)
        for number, (person, row) in enumerate(zip(people, enrolled, strict=True))
    ]
    matches = Gallery(model, references, -1.0).match_all(queries, model)
    return Answers(
        np.array([found[0].case_id for found in matches], np.intp),
        np.array([found[0].similarity for found in matches]),
    )


def nearest_euclidean(enrolled: FloatArray, people: Numbers, queries: FloatArray) -> Answers:
    """k nearest neighbours by Euclidean distance, votes weighted by 1 / distance."""
    squares = 2.0 - 2.0 * (queries @ enrolled.T).astype(np.float64)
    return _voted(np.sqrt(np.maximum(squares, 0.0)), people)


def nearest_cosine(enrolled: FloatArray, people: Numbers, queries: FloatArray) -> Answers:
    """k nearest neighbours by cosine distance, votes weighted by 1 / distance."""
    return _voted(1.0 - (queries @ enrolled.T).astype(np.float64), people)


def _voted(distances: Scores, people: Numbers) -> Answers:
    near = np.argsort(distances, axis=1)[:, :NEIGHBOURS]
    winners, scores = [], []
    for row, columns in zip(distances, near, strict=True):
        votes: dict[int, float] = {}
        for column in columns:
            person = int(people[column])
            votes[person] = votes.get(person, 0.0) + 1.0 / max(float(row[column]), 1e-9)
        winner = max(votes, key=lambda person: votes[person])
        winners.append(winner)
        scores.append(-float(row[columns][people[columns] == winner].min()))
    return Answers(np.array(winners, np.intp), np.array(scores))


def linear_svm(enrolled: FloatArray, people: Numbers, queries: FloatArray) -> Answers:
    """One against the rest, squared hinge loss, as LIBLINEAR's default; the score is the margin.

    R.-E. Fan et al., "LIBLINEAR: A Library for Large Linear Classification", JMLR 9 (2008).
    """
    names = np.unique(people)
    rows = np.hstack([enrolled, np.ones((len(enrolled), 1), np.float32)]).astype(np.float64)
    sides = np.where(people[:, None] == names[None], 1.0, -1.0)
    shape = (rows.shape[1], len(names))

    def loss(flat: Scores) -> tuple[float, Scores]:
        weights = flat.reshape(shape)
        short = np.maximum(0.0, 1.0 - sides * (rows @ weights))
        slope = weights - 2.0 * SVM_C * rows.T @ (sides * short)
        return 0.5 * float((weights**2).sum()) + SVM_C * float((short**2).sum()), slope.ravel()

    found = minimize(loss, np.zeros(shape[0] * shape[1]), jac=True, method="L-BFGS-B")
    weights = np.asarray(found.x).reshape(shape)
    margins = queries.astype(np.float64) @ weights[:-1] + weights[-1]
    return Answers(names[margins.argmax(axis=1)], margins.max(axis=1))


BY_EMBEDDING: Mapping[str, Classify] = {
    "here: nearest reference photo": our_matcher,
    "kNN, Euclidean": nearest_euclidean,
    "kNN, cosine": nearest_cosine,
    "linear SVM": linear_svm,
}


def nearest_histogram(enrolled: FloatArray, people: Numbers, queries: FloatArray) -> Answers:
    """The person of the histogram with the smallest chi-square distance, as OpenCV's LBPH.

    A query without a face, all zeros, is nobody; such enrolled photos are passed over.
    """
    known = enrolled.any(axis=1)
    rows, of = enrolled[known], people[known]
    winners, scores = np.full(len(queries), -1, np.intp), np.full(len(queries), -np.inf)
    for number in np.flatnonzero(queries.any(axis=1)):
        sums, gaps = rows + queries[number], rows - queries[number]
        distances = np.divide(gaps**2, sums, out=np.zeros_like(sums), where=sums > 0).sum(axis=1)
        nearest = int(distances.argmin())
        winners[number], scores[number] = of[nearest], -2.0 * float(distances[nearest])
    return Answers(winners, scores)


def lbph(photos: Sequence[ImageBGR]) -> FloatArray:
    """Local binary patterns of the middle face that the Haar cascade finds: float32[n, 16384].

    Rows of photos in which it finds no face are zero. T. Ahonen, A. Hadid, M. Pietikäinen, "Face
    Recognition with Local Binary Patterns", ECCV 2004.
    """
    cascade = HaarCascade()
    rows = np.zeros((len(photos), LBPH_CELLS**2 * LBPH_LEVELS), np.float32)
    for number, photo in enumerate(photos):
        face = middle_face(photo, cascade.detect(photo))
        if face is not None:
            rows[number] = _histograms(photo, face.box_xyxy)
    return rows


def _histograms(image_bgr: ImageBGR, box_xyxy: FloatArray) -> FloatArray:
    height, width = image_bgr.shape[:2]
    left, top, right, bottom = np.clip(
        np.round(box_xyxy).astype(int), 0, [width, height, width, height]
    )
    grey = cv2.cvtColor(image_bgr[top:bottom, left:right], cv2.COLOR_BGR2GRAY)
    side = LBPH_SIDE_PX + 2  # the patterns lack the border
    codes = _patterns(np.asarray(cv2.resize(grey, (side, side)), np.uint8))
    cells = [
        np.bincount(cell.ravel(), minlength=LBPH_LEVELS) / cell.size
        for band in np.array_split(codes, LBPH_CELLS, axis=0)
        for cell in np.array_split(band, LBPH_CELLS, axis=1)
    ]
    return np.concatenate(cells).astype(np.float32)


def _patterns(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """For each inner pixel, which of its eight neighbours are at least as bright, as bits."""
    middle = grey[1:-1, 1:-1]
    codes = np.zeros_like(middle)
    around = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))
    for bit, (row, column) in enumerate(around):
        neighbour = grey[row : row + middle.shape[0], column : column + middle.shape[1]]
        codes |= ((neighbour >= middle) << bit).astype(np.uint8)
    return codes
