"""Evaluating a model on a folder that holds a folder of photos for each person."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recognition.errors import TooLittleToMeasure, UnreadableImage
from recognition.evaluation.groups import read_groups
from recognition.evaluation.identification import require_people
from recognition.evaluation.labels import (
    LabelledPhoto,
    Naming,
    of_list,
    of_names,
    of_person_folders,
)
from recognition.evaluation.preparation import PREPARE, Preparation, Prepare
from recognition.evaluation.report import (
    MOST_PHOTOS,
    EvaluationReport,
    Subject,
    evaluate_embeddings,
)
from recognition.faces import DetectedFace, FloatArray, ImageBGR
from recognition.images import MAX_PIXELS, read_photo
from recognition.packs import ChosenRecogniser
from recognition.stills import faces_in_still

PICTURE_ENDINGS = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".heic"}
)
"""What counts as a photo; those that cannot be read are reported and not passed over in silence."""

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class EmbeddedFolder:
    """A folder's photos as a model sees them.

    Attributes:
        embeddings: float32[n, d], rows of length 1.
        people: who is on each, n names.
        moments_years: when each was taken, in years (`labels.LabelledPhoto`).
        left_out: photos without a face, unreadable or twice there, with the reason.
    """

    embeddings: FloatArray
    people: tuple[str, ...]
    moments_years: tuple[float | None, ...]
    left_out: tuple[tuple[str, str], ...]


def evaluate_folder(
    folder: Path,
    chosen: ChosenRecogniser,
    *,
    threshold: float | None = None,
    preparation: Preparation = Preparation.NONE,
    naming: Naming = Naming.FOLDERS,
    max_pixels: int = MAX_PIXELS,
    on_progress: OnProgress | None = None,
) -> EvaluationReport:
    """Embed the middle face of every photo and measure.

    Args:
        folder: holds a folder for each person, or photos that are labelled as `labels` says; and
            `groups.csv` (columns person and group) if groups are to be reported apart.
        chosen: the loaded detector and embedder.
        threshold: the one in force, cosine; None for the model's own.
        preparation: what is done to each photo beforehand.
        naming: how the set says who is on a photo.
        max_pixels: larger photos are left out.
        on_progress: called with the number of photos done, and of all.

    Raises:
        TooLittleToMeasure: there are no such folders, too few people, or too many photos.
    """
    photos = photos_of(folder, naming)
    groups = read_groups(folder)
    embedded = embed_photos(
        photos,
        chosen,
        prepare=PREPARE[preparation],
        max_pixels=max_pixels,
        on_progress=on_progress,
    )
    subject = Subject(
        chosen.embedder.name,
        chosen.embedder.sha256,
        chosen.detector.name,
        chosen.embedder.threshold.similarity if threshold is None else threshold,
        preparation.value,
    )
    return evaluate_embeddings(
        embedded.embeddings,
        embedded.people,
        subject,
        left_out=embedded.left_out,
        groups=groups,
        moments_years=embedded.moments_years,
    )


def photos_of(folder: Path, naming: Naming = Naming.FOLDERS) -> tuple[LabelledPhoto, ...]:
    """The photos of a set by name, with who is on them and when they were taken.

    Raises:
        TooLittleToMeasure: there are none, too many, or not of enough people; or what is said of
            them cannot be read.
    """
    if not folder.is_dir():
        what = "is a file, no folder" if folder.exists() else "is not there"
        raise TooLittleToMeasure(
            f"{folder.name or folder} {what}: give a folder that holds a folder for each person."
        )
    try:
        in_folders = tuple(sorted(path for path in folder.glob("*/*") if _is_photo(path)))
        loose = tuple(sorted(path for path in folder.iterdir() if _is_photo(path)))
    except OSError as error:
        raise TooLittleToMeasure(f"{folder.name} cannot be read: {error.strerror}.") from error
    photos = _labelled(folder, naming, in_folders, loose)
    require_people([photo.person for photo in photos], MOST_PHOTOS)
    return photos


def _labelled(
    folder: Path, naming: Naming, in_folders: Sequence[Path], loose: Sequence[Path]
) -> tuple[LabelledPhoto, ...]:
    if naming is not Naming.FOLDERS:
        return of_names(loose or in_folders, naming)
    listed = of_list(folder)
    if listed:
        return listed
    if not in_folders:
        hint = f" (the {len(loose)} photos in it belong into such folders)" if loose else ""
        raise TooLittleToMeasure(
            f"{folder.name} holds no folder with photos: make a folder for each person{hint}."
        )
    return of_person_folders(folder, in_folders)


def _is_photo(path: Path) -> bool:
    return path.suffix.lower() in PICTURE_ENDINGS and not path.name.startswith(".")


def embed_photos(
    photos: Sequence[LabelledPhoto],
    chosen: ChosenRecogniser,
    *,
    prepare: Prepare = PREPARE[Preparation.NONE],
    max_pixels: int = MAX_PIXELS,
    on_progress: OnProgress | None = None,
) -> EmbeddedFolder:
    """The middle face of every photo, embedded.

    A file that was there already counts once: its pair with itself would be a match for any model.
    """
    rows: list[FloatArray] = []
    seen: list[LabelledPhoto] = []
    left_out: list[tuple[str, str]] = []
    known: dict[str, str] = {}
    for number, photo in enumerate(photos, start=1):
        try:
            data = _read_once(photo.path, photo.name, known)
            rows.append(_embedding(prepare(read_photo(data, max_pixels)), chosen))
            seen.append(photo)
        except (UnreadableImage, _LeftOut) as error:
            left_out.append((photo.name, str(error)))
        if on_progress is not None:
            on_progress(number, len(photos))
    stacked = np.stack(rows) if rows else np.empty((0, chosen.embedder.dimension), np.float32)
    return EmbeddedFolder(
        stacked,
        tuple(photo.person for photo in seen),
        tuple(photo.moment_years for photo in seen),
        tuple(left_out),
    )


class _LeftOut(Exception):
    """Why a readable file cannot be used."""


def _read_once(path: Path, name: str, known: dict[str, str]) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _LeftOut(f"The file cannot be opened: {error.strerror}.") from error
    first = known.setdefault(hashlib.sha256(data).hexdigest(), name)
    if first != name and data:
        raise _LeftOut(f"The same file as {first}.")
    return data


def _embedding(image_bgr: ImageBGR, chosen: ChosenRecogniser) -> FloatArray:
    face = middle_face(image_bgr, faces_in_still(chosen.detector, image_bgr))
    if face is None:
        raise _LeftOut("No face was found.")
    rows = chosen.embedder.embed([chosen.embedder.align(image_bgr, face.landmarks_xy)])
    row: FloatArray = rows[0]
    return row


def middle_face(image_bgr: ImageBGR, faces: Sequence[DetectedFace]) -> DetectedFace | None:
    """The face nearest the photo's centre: the person it is about; None without faces."""
    middle = np.array(image_bgr.shape[1::-1], np.float32) / 2
    return min(faces, key=lambda one: float(np.hypot(*(one.centre_xy - middle))), default=None)
