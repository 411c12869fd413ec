"""One to many: is this face among the enrolled people, and who is it?

One photo of each enrolled person is the gallery. Mated probes are their other photos; non-mated
probes show people who are not enrolled. FPIR is the share of non-mated probes for which anybody
reaches the threshold; FNIR the share of mated probes whose own person is not the most similar one,
or does not reach it (NIST's names, rank 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recognition.errors import TooLittleToMeasure
from recognition.faces import FloatArray


@dataclass(frozen=True)
class IdentificationPoint:
    """A threshold and what it costs in searches of a gallery: both rates, 0 to 1."""

    threshold: float
    false_positive_rate: float
    false_negative_rate: float


@dataclass(frozen=True)
class Identification:
    """Searches of one gallery.

    Attributes:
        gallery_size: enrolled people, one photo each.
        mated_probes, non_mated_probes: searches for people who are, and are not, enrolled.
        rank_1: share of mated probes whose own person is the most similar, whatever the threshold.
        at_threshold: at the product's threshold.
        points: at round false-positive rates, as far as the probes suffice.
    """

    gallery_size: int
    mated_probes: int
    non_mated_probes: int
    rank_1: float
    at_threshold: IdentificationPoint
    points: tuple[IdentificationPoint, ...]


_RATES = (0.1, 0.03, 0.01, 1e-3)


def identify(
    embeddings: FloatArray, people: Sequence[str], threshold: float
) -> Identification | None:
    """Enrol everybody who is on two photos or more, and search for all other photos.

    Where too few people are on a single photo to stand for strangers, every third person is left
    out of the gallery. None where there are fewer than two people to enrol.

    Args:
        embeddings: float32[n, d], rows of length 1.
        people: who is on each photo, n names.
        threshold: the product's, cosine.
    """
    names = np.asarray(people)
    enrolled, strangers = _split(names)
    if len(enrolled) < 2 or not strangers:
        return None
    gallery = np.array([int(np.flatnonzero(names == name)[0]) for name in enrolled])
    is_probe = np.ones(len(names), bool)
    is_probe[gallery] = False
    is_mated = np.isin(names, enrolled) & is_probe
    is_other = np.isin(names, list(strangers))
    to_gallery = embeddings @ embeddings[gallery].T
    best, place = to_gallery.max(axis=1), to_gallery.argmax(axis=1)
    is_right = names[gallery][place] == names
    mated = np.where(is_right, best, -np.inf)[is_mated]
    others = best[is_other]
    return Identification(
        len(gallery),
        int(mated.size),
        int(others.size),
        float(is_right[is_mated].mean()),
        _at(mated, others, threshold),
        tuple(
            _at(mated, others, _threshold_for(others, rate))
            for rate in _RATES
            if rate * others.size >= 1
        ),
    )


def _split(names: npt.NDArray[np.str_]) -> tuple[list[str], set[str]]:
    """Who is enrolled, and who stands for strangers."""
    each, counts = np.unique(names, return_counts=True)
    several, single = list(each[counts > 1]), set(each[counts == 1])
    if len(single) * 3 >= len(several):
        return several, single
    return [name for index, name in enumerate(several) if index % 3], single | set(several[::3])


def _threshold_for(others: FloatArray, rate: float) -> float:
    above = np.sort(others)[::-1][min(int(rate * others.size), others.size - 1)]
    return float(np.nextafter(above, np.float32(np.inf)))


def _at(mated: FloatArray, others: FloatArray, threshold: float) -> IdentificationPoint:
    return IdentificationPoint(
        threshold, float(np.mean(others >= threshold)), float(np.mean(mated < threshold))
    )


def require_people(people: Sequence[str], most_photos: int) -> None:
    """Refuse what cannot be measured at all, or would not fit into memory.

    Raises:
        TooLittleToMeasure: nobody is on two photos, all are one person, or there are too many.
    """
    counts = np.unique(np.asarray(people), return_counts=True)[1] if people else np.array([])
    if len(counts) < 2 or counts.max() < 2:
        raise TooLittleToMeasure(
            "At least two people are needed, one of them on two photos with a face: make a folder "
            "for each person, and put that person's photos into it."
        )
    if len(people) > most_photos:
        raise TooLittleToMeasure(
            f"These are {len(people):,} photos, and every pair is compared in memory: evaluate a "
            f"part of {most_photos:,} at most."
        )
