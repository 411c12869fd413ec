"""The protocols of two published systems, at the sizes that the photos at hand allow.

(a) One to many with 300 enrolled identities and 1,200 images: FaceTrace reports 96.4 % accuracy, a
    false-acceptance rate of 0.8 %, and two minutes a search. Here one photo of each enrolled person
    is searched for among the others, and people who are not enrolled are searched for too.
(b) 43 enrolled cases: 99.41 % is reported for a linear SVM on VGG-Face embeddings. Here half of
    each person's photos are enrolled and the other half is searched for.

The classifiers that those systems used stand beside this product's matcher on the same embeddings,
and the method that they beat, Haar cascade and LBPH, on the same photos. Their own photos were not
published, so their figures are quoted and not repeated: photos differ more than methods do.

A threshold is taken from one half of the strangers, so that no more than 0.8 % of them are
accepted, and what it costs is counted on the other half. People and photos are drawn anew 20 times.

PUBLISHED_FOLDER names another folder of photos, with a folder for each person.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.published_classifiers import (
    BY_EMBEDDING,
    Answers,
    Classify,
    Numbers,
    lbph,
    nearest_histogram,
)
from benchmarks.report import Figure, publish, shared_dir
from recognition.errors import TooLittleToMeasure
from recognition.evaluation import LabelledPhoto, embed_photos, photos_of
from recognition.faces import FloatArray
from recognition.images import read_photo
from recognition.matching import Gallery, Reference
from recognition.packs import ChosenRecogniser, choose_recogniser

IDENTITIES, PHOTOS_EACH = 300, 4
CASES = 43
FALSE_ACCEPTANCE = 0.008
DRAWS = 20
MOST_PEOPLE, MOST_PHOTOS_EACH = 600, 8
FEWEST_STRANGERS = 20
OURS = "here: nearest reference photo"
FOLDER_VARIABLE = "PUBLISHED_FOLDER"


@dataclass(frozen=True, eq=False)
class Draw:
    """Photos by their numbers: enrolled, searched for, and of people who are not enrolled."""

    enrolled: Numbers
    probes: Numbers
    strangers: Numbers


@dataclass(frozen=True, eq=False)
class Photos:
    """All photos as every method sees them, and who is on them.

    Attributes:
        people: number of the person on each photo.
        embeddings: by model, float32[n, d].
        histograms: LBPH, rows of zeros where the Haar cascade found no face.
    """

    people: Numbers
    embeddings: Mapping[str, FloatArray]
    histograms: FloatArray


def main() -> None:
    cv2.setNumThreads(1)
    folder, pack = _folder(), str(shared_dir() / "models" / "insightface-mini")
    models = {name: choose_recogniser(name, 1) for name in (pack, "dlib")}
    photos, labelled = _photos(folder, list(models.values()))
    figures = _one_to_many(photos, models) | _cases(photos)
    figures |= _search_time(photos, labelled, next(iter(models.values())))
    publish("published", figures)


def _folder() -> Path:
    given = os.environ.get(FOLDER_VARIABLE)
    return Path(given).resolve() if given else shared_dir() / "faces" / "lfw_subset"


def _photos(
    folder: Path, models: Sequence[ChosenRecogniser]
) -> tuple[Photos, Sequence[LabelledPhoto]]:
    """Embed the photos in which MTCNN finds a face; those without one are left out for all."""
    try:
        photos = _some_of(photos_of(folder))
    except TooLittleToMeasure as error:
        raise SystemExit(str(error)) from error
    embedded = [embed_photos(photos, model) for model in models]
    missing = {name for one in embedded for name, _ in one.left_out}
    kept = [photo for photo in photos if photo.name not in missing]
    print(f"  {len(kept)} photos, {len(missing)} left out", flush=True)
    names = [photo.person for photo in kept]
    _, numbers = np.unique(names, return_inverse=True)
    histograms = lbph([read_photo(photo.path.read_bytes()) for photo in kept])
    print("  LBPH done", flush=True)
    embeddings = {
        model.embedder.name: one.embeddings for model, one in zip(models, embedded, strict=True)
    }
    return Photos(numbers, embeddings, histograms), kept


def _some_of(photos: Sequence[LabelledPhoto]) -> list[LabelledPhoto]:
    """At most 600 people with 8 photos each: enough for both protocols and their strangers."""
    people: dict[str, list[LabelledPhoto]] = {}
    for photo in photos:
        people.setdefault(photo.person, []).append(photo)
    rng = np.random.default_rng(0)
    ordered = [sorted(people)[number] for number in rng.permutation(len(people))]
    several = [name for name in ordered if len(people[name]) > 1]
    single = [name for name in ordered if len(people[name]) == 1]
    chosen = (several + single)[:MOST_PEOPLE]
    return [photo for name in sorted(chosen) for photo in people[name][:MOST_PHOTOS_EACH]]


# ------------------------------------------------------------------------------- one to many


def _one_to_many(photos: Photos, models: Mapping[str, ChosenRecogniser]) -> dict[str, Figure]:
    draws = [_draw_one_to_many(photos.people, seed) for seed in range(DRAWS)]
    first = draws[0]
    enrolled = len(np.unique(photos.people[first.enrolled]))
    images = first.enrolled.size + first.probes.size
    figures = {
        "(a) enrolled identities": Figure(enrolled, f"of {IDENTITIES} in the protocol"),
        "(a) images of them": Figure(images, f"of {IDENTITIES * PHOTOS_EACH} in the protocol"),
        "(a) photos of strangers": Figure(first.strangers.size, "photos"),
        "(a) FaceTrace, as published: accuracy": Figure(0.964, "share"),
        "(a) FaceTrace, as published: false acceptances": Figure(FALSE_ACCEPTANCE, "share"),
        "(a) Haar cascade: photos without a face": Figure(
            int((~photos.histograms.any(axis=1)).sum()), f"of {len(photos.people)}"
        ),
    }
    for label, rows, classify in _methods(photos):
        figures |= _open_set(f"(a) {label}", rows, classify, photos.people, draws)
        print(f"  (a) {label} measured", flush=True)
    for model in models.values():
        figures |= _in_use(photos, model, draws)
    return figures


def _draw_one_to_many(people: Numbers, seed: int) -> Draw:
    """One photo of each enrolled person is searched for; up to three are enrolled."""
    rng = np.random.default_rng(seed)
    enrolled_people, others = _who(people, IDENTITIES, rng)
    enrolled, probes = [], []
    for person in enrolled_people:
        own = rng.permutation(np.flatnonzero(people == person))[:PHOTOS_EACH]
        probes.append(own[:1])
        enrolled.append(own[1:])
    strangers = rng.permutation(np.flatnonzero(np.isin(people, others)))
    return Draw(np.concatenate(enrolled), np.concatenate(probes), strangers)


def _who(people: Numbers, wanted: int, rng: np.random.Generator) -> tuple[Numbers, Numbers]:
    """Whom to enrol, of those on several photos, and who stands for strangers."""
    each, counts = np.unique(people, return_counts=True)
    several = rng.permutation(each[counts > 1])
    chosen = several[:wanted]
    others = np.setdiff1d(each, chosen)
    if len(others) < FEWEST_STRANGERS:
        chosen = chosen[: -max(1, len(chosen) // 3)]
        others = np.setdiff1d(each, chosen)
    return chosen, others


def _methods(photos: Photos) -> list[tuple[str, FloatArray, Classify]]:
    methods = [
        (f"{name}, {model}", rows, classify)
        for model, rows in photos.embeddings.items()
        for name, classify in BY_EMBEDDING.items()
    ]
    return [*methods, ("Haar cascade and LBPH", photos.histograms, nearest_histogram)]


def _open_set(
    label: str, rows: FloatArray, classify: Classify, people: Numbers, draws: Sequence[Draw]
) -> dict[str, Figure]:
    """Rank 1 of enrolled people, and what a threshold taken from other strangers gives."""
    first, kept, accepted = [], [], []
    for draw in draws:
        answers = _answers(rows, classify, people, draw)
        probes = draw.probes.size
        is_right = answers.person[:probes] == people[draw.probes]
        strangers = answers.score[probes:]
        tuning, testing = strangers[::2], strangers[1::2]
        threshold = _threshold(tuning)
        first.append(float(is_right.mean()))
        kept.append(float((is_right & (answers.score[:probes] >= threshold)).mean()))
        accepted.append(float((testing >= threshold).mean()))
    return {
        f"{label}: rank 1": Figure(float(np.mean(first)), "share"),
        f"{label}: accuracy at the threshold": Figure(float(np.mean(kept)), "share"),
        f"{label}: false acceptances": Figure(float(np.mean(accepted)), "share"),
    }


def _answers(rows: FloatArray, classify: Classify, people: Numbers, draw: Draw) -> Answers:
    queries = rows[np.concatenate([draw.probes, draw.strangers])]
    return classify(rows[draw.enrolled], people[draw.enrolled], queries)


def _threshold(strangers: np.ndarray) -> float:
    """The lowest that at most 0.8 % of the strangers reach."""
    allowed = int(FALSE_ACCEPTANCE * strangers.size)
    return float(np.nextafter(np.sort(strangers)[::-1][allowed], np.inf))


def _in_use(photos: Photos, model: ChosenRecogniser, draws: Sequence[Draw]) -> dict[str, Figure]:
    """The same with the threshold that the product uses; it was measured on LFW photos, too."""
    embedder = model.embedder
    rows = photos.embeddings[embedder.name]
    kept, accepted = [], []
    for draw in draws:
        answers = _answers(rows, BY_EMBEDDING[OURS], photos.people, draw)
        probes, is_match = draw.probes.size, answers.score >= embedder.threshold.similarity
        is_right = answers.person[:probes] == photos.people[draw.probes]
        kept.append(float((is_right & is_match[:probes]).mean()))
        accepted.append(float(is_match[probes:].mean()))
    label = f"(a) here at the threshold in use, {embedder.name}"
    return {
        f"{label}: accuracy": Figure(float(np.mean(kept)), "share"),
        f"{label}: false acceptances": Figure(float(np.mean(accepted)), "share"),
    }


# ------------------------------------------------------------------------------------- cases


def _cases(photos: Photos) -> dict[str, Figure]:
    draws = [_draw_cases(photos.people, seed) for seed in range(DRAWS)]
    first = draws[0]
    enrolled = len(np.unique(photos.people[first.enrolled]))
    figures = {
        "(b) enrolled cases": Figure(enrolled, f"of {CASES} in the protocol"),
        "(b) photos enrolled, first draw": Figure(first.enrolled.size, "photos"),
        "(b) photos searched for, first draw": Figure(first.probes.size, "photos"),
        "(b) VGG-Face and SVM, as published: accuracy": Figure(0.9941, "share"),
    }
    for label, rows, classify in _methods(photos):
        right = searched = 0
        for draw in draws:
            person = _answers(rows, classify, photos.people, draw).person
            right += int((person == photos.people[draw.probes]).sum())
            searched += draw.probes.size
        figures[f"(b) {label}: rank 1"] = Figure(right / searched, "share")
        print(f"  (b) {label} measured", flush=True)
    return figures


def _draw_cases(people: Numbers, seed: int) -> Draw:
    rng = np.random.default_rng(seed)
    each, counts = np.unique(people, return_counts=True)
    enrolled, probes = [], []
    for person in rng.permutation(each[counts > 1])[:CASES]:
        own = rng.permutation(np.flatnonzero(people == person))
        middle = -(-own.size // 2)
        enrolled.append(own[:middle])
        probes.append(own[middle:])
    return Draw(np.concatenate(enrolled), np.concatenate(probes), np.array([], np.intp))


# ----------------------------------------------------------------------------------------- time


def _search_time(
    photos: Photos, labelled: Sequence[LabelledPhoto], model: ChosenRecogniser
) -> dict[str, Figure]:
    """From a photo's bytes to the answer, one thread: decode, detect, embed, compare."""
    draw = _draw_one_to_many(photos.people, 0)
    embedder = model.embedder
    rows = photos.embeddings[embedder.name]
    references = [Reference(int(photos.people[at]), int(at), rows[at]) for at in draw.enrolled]
    gallery = Gallery(embedder.sha256, references, embedder.threshold.similarity)
    times_ms = []
    for at in draw.probes:
        begun = time.perf_counter()
        found = embed_photos([labelled[at]], model)
        gallery.match(found.embeddings[0], embedder.sha256)
        times_ms.append(1000 * (time.perf_counter() - begun))
    return {
        "(a) here, a search from photo to answer: p50": Figure(float(np.median(times_ms)), "ms"),
        "(a) FaceTrace, as published: a search": Figure(120_000, "ms"),
    }


if __name__ == "__main__":
    main()
