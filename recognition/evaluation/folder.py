"""Evaluating a model on a folder that holds a folder of photos for each person."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recognition.errors import TooLittleToMeasure, UnreadableImage
from recognition.evaluation.report import EvaluationReport, Subject, evaluate_embeddings
from recognition.faces import DetectedFace, FloatArray, ImageBGR
from recognition.images import read_photo
from recognition.packs import ChosenRecogniser

PICTURE_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"})
GROUPS_FILE = "groups.csv"
_PERSON_COLUMNS, _GROUP_COLUMNS = ("person", "name", "folder"), ("group",)

OnProgress = Callable[[int, int], None]
Prepare = Callable[[ImageBGR], ImageBGR]


@dataclass(frozen=True, eq=False)
class EmbeddedFolder:
    """A folder's photos as a model sees them.

    Attributes:
        embeddings: float32[n, d], rows of length 1.
        people: who is on each, n names.
        left_out: photos without a face, or unreadable, with the reason.
    """

    embeddings: FloatArray
    people: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]


def evaluate_folder(
    folder: Path, chosen: ChosenRecogniser, *, on_progress: OnProgress | None = None
) -> EvaluationReport:
    """Embed the middle face of every photo and measure.

    Args:
        folder: holds a folder for each person, and `groups.csv` (columns person and group) if
            groups are to be reported apart.
        chosen: the loaded detector and embedder.
        on_progress: called with the number of photos done, and of all.

    Raises:
        TooLittleToMeasure: there are no such folders, too few people, or too many photos.
    """
    groups = read_groups(folder)
    embedded = embed_folder(folder, chosen, on_progress=on_progress)
    subject = Subject(
        chosen.embedder.name,
        chosen.embedder.sha256,
        chosen.detector.name,
        chosen.embedder.threshold.similarity,
    )
    return evaluate_embeddings(
        embedded.embeddings,
        embedded.people,
        subject,
        left_out=embedded.left_out,
        groups=groups,
    )


def embed_folder(
    folder: Path,
    chosen: ChosenRecogniser,
    *,
    prepare: Prepare | None = None,
    on_progress: OnProgress | None = None,
) -> EmbeddedFolder:
    """The middle face of every photo, embedded; `prepare` changes each photo beforehand."""
    paths = _photos(folder)
    rows: list[FloatArray] = []
    people: list[str] = []
    left_out: list[tuple[str, str]] = []
    for number, path in enumerate(paths, start=1):
        try:
            rows.append(_embedding(path, chosen, prepare))
            people.append(path.parent.name)
        except (UnreadableImage, _NoFace) as error:
            left_out.append((f"{path.parent.name}/{path.name}", str(error)))
        if on_progress is not None:
            on_progress(number, len(paths))
    stacked = np.stack(rows) if rows else np.empty((0, chosen.embedder.dimension), np.float32)
    return EmbeddedFolder(stacked, tuple(people), tuple(left_out))


class _NoFace(Exception):
    """A photo without a face."""


def _photos(folder: Path) -> Sequence[Path]:
    paths = sorted(path for path in folder.glob("*/*") if path.suffix.lower() in PICTURE_ENDINGS)
    if not paths:
        raise TooLittleToMeasure(
            f"{folder.name} holds no folder with photos: make a folder for each person."
        )
    return paths


def _embedding(path: Path, chosen: ChosenRecogniser, prepare: Prepare | None) -> FloatArray:
    image = read_photo(path.read_bytes())
    if prepare is not None:
        image = prepare(image)
    face = middle_face(image, chosen.detector.detect(image))
    if face is None:
        raise _NoFace("No face was found.")
    rows = chosen.embedder.embed([chosen.embedder.align(image, face.landmarks_xy)])
    row: FloatArray = rows[0]
    return row


def middle_face(image_bgr: ImageBGR, faces: Sequence[DetectedFace]) -> DetectedFace | None:
    """The face nearest the photo's centre: the person it is about; None without faces."""
    middle = np.array(image_bgr.shape[1::-1], np.float32) / 2
    return min(faces, key=lambda one: float(np.hypot(*(one.centre_xy - middle))), default=None)


def read_groups(folder: Path) -> Mapping[str, str]:
    """The group of each person from `groups.csv`; empty without that file.

    Raises:
        TooLittleToMeasure: it is there but has no columns for person and group.
    """
    path = folder / GROUPS_FILE
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        columns = {str(name).strip().lower(): name for name in reader.fieldnames or ()}
        person = next((columns[one] for one in _PERSON_COLUMNS if one in columns), None)
        group = next((columns[one] for one in _GROUP_COLUMNS if one in columns), None)
        if person is None or group is None:
            raise TooLittleToMeasure(
                f"{GROUPS_FILE} needs a column “person” (the name of a folder) and one “group”."
            )
        return dict(_rows(reader, person, group))


def _rows(reader: csv.DictReader[str], person: str, group: str) -> Iterator[tuple[str, str]]:
    for row in reader:
        if row.get(person) and row.get(group):
            yield row[person].strip(), row[group].strip()
