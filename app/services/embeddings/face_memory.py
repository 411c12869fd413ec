"""A copy of the kept faces in a web process's memory, in which a search misses none.

The database stays the truth: before each question the copy takes up what was added, and what the
copy brings up is asked for once more, so that expired faces drop out. Camera and time of a face
never change.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
from flask import Flask, current_app, has_request_context
from sqlalchemy import func, select

from app.current import settings
from app.extensions import db
from app.models import Embedder, Face
from app.models.columns import utc_now
from app.services.embeddings.galleries import numbers, sent
from recognition.embedding_memory import EmbeddingMemory
from recognition.faces import FloatArray

_COPIES: Final = "lastseen_face_memory"
_TAIL_IDS: Final = 5_000
"""Ids are drawn before they are committed: among the last so many, some may still turn up."""

_READ_AT_ONCE: Final = 20_000
_BYTES_PER_NUMBER: Final = 3.5
"""Eight bits, and what ONNX Runtime keeps beside them."""

_EXPIRED_SHARE: Final = 0.3
_FEW_FACES: Final = 10_000


@dataclass(frozen=True)
class Wanted:
    """Which faces count: those of some cameras (None for all), seen within a time."""

    camera_ids: Sequence[int] | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Near:
    """Faces among which the nearest are; `are_all`: no others count at all."""

    face_ids: list[int]
    are_all: bool


class FaceMemory:
    """The kept faces of one model: what they look like, where and when they were seen."""

    def __init__(self, embedder: Embedder, threads: int) -> None:
        self._embedder_id = embedder.id
        self._lock = threading.Lock()
        self._memory = EmbeddingMemory(embedder.dimension, threads)
        self._ids = np.empty(0, dtype=np.int64)
        self._cameras = np.empty(0, dtype=np.int64)
        self._seen_s = np.empty(0, dtype=np.float64)
        self._expires_s = np.empty(0, dtype=np.float64)

    def __len__(self) -> int:
        return len(self._ids)

    def refresh(self) -> None:
        """Take up the faces that were committed since, whatever their ids."""
        with self._lock:
            floor = int(self._ids.max()) - _TAIL_IDS if len(self._ids) else 0
            known = self._ids[self._ids > floor]
            if self._committed(floor) != len(known) or not len(known):
                self._read(floor, known)

    def nearest(self, photos: FloatArray, wanted: Wanted, take: int) -> Near:
        """Faces among which the `take` nearest of every photo (float32[m, d]) are."""
        with self._lock:
            allowed = self._allowed(wanted)
            if not len(photos) or not allowed.any():
                return Near([], are_all=True)
            rows = self._memory.nearest(photos, take, allowed)
            return Near(self._ids[rows].tolist(), bool(len(rows) >= allowed.sum()))

    def is_worn(self) -> bool:
        """Whether so many of its faces have expired that it should be made anew."""
        expired = np.count_nonzero(self._expires_s < utc_now().timestamp())
        return len(self) > _FEW_FACES and bool(expired > _EXPIRED_SHARE * len(self))

    def _committed(self, floor: int) -> int:
        statement = select(func.count(Face.id)).where(
            Face.embedder_id == self._embedder_id, Face.id > floor
        )
        return int(db.session.scalar(statement) or 0)

    def _read(self, floor: int, known: npt.NDArray[np.int64]) -> None:
        statement = (
            select(
                Face.id,
                Face.camera_id,
                func.extract("epoch", Face.best_at),
                func.extract("epoch", Face.expires_at),
                sent(Face.embedding),
            )
            .where(
                Face.embedder_id == self._embedder_id,
                Face.id > floor,
                Face.id.not_in(known.tolist()),
            )
            .order_by(Face.id)
            .execution_options(yield_per=_READ_AT_ONCE)
        )
        for part in db.session.execute(statement).partitions():
            ids, cameras, seen_s, expires_s, embeddings = zip(*part, strict=True)
            added = (
                np.append(self._ids, np.array(ids, dtype=np.int64)),
                np.append(self._cameras, np.array(cameras, dtype=np.int64)),
                np.append(self._seen_s, np.array(seen_s, dtype=np.float64)),
                np.append(self._expires_s, np.array(expires_s, dtype=np.float64)),
            )
            # The last step that can fail: ids and embeddings must stay in step.
            self._memory.add(np.stack([numbers(raw) for raw in embeddings]))
            self._ids, self._cameras, self._seen_s, self._expires_s = added

    def _allowed(self, wanted: Wanted) -> npt.NDArray[np.bool_]:
        allowed = np.ones(len(self._ids), dtype=np.bool_)
        if wanted.camera_ids is not None and len(self._ids):
            table = np.zeros(int(max(self._cameras.max(), *wanted.camera_ids, 0)) + 1, np.bool_)
            table[list(wanted.camera_ids)] = True
            allowed &= table[self._cameras]
        if wanted.since is not None:
            allowed &= self._seen_s >= wanted.since.timestamp()
        if wanted.until is not None:
            allowed &= self._seen_s < wanted.until.timestamp()
        return allowed


class _Copies:
    """The copies of this process, one per model; made in the background at the first search."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ready: dict[int, FaceMemory] = {}
        self._being_made: set[int] = set()

    def copy_of(self, embedder: Embedder) -> FaceMemory | None:
        """The copy if it is ready; makes a request's process begin one if it is not."""
        with self._lock:
            found = self._ready.get(embedder.id)
            if found is not None and not found.is_worn():
                return found
            if not has_request_context() or embedder.id in self._being_made:
                return None
            self._ready.pop(embedder.id, None)
            self._being_made.add(embedder.id)
        application: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        arguments = (application, embedder.id)
        threading.Thread(target=self._make, args=arguments, daemon=True).start()
        return None

    def keep(self, embedder: Embedder, copy: FaceMemory) -> None:
        """Use this copy from now on."""
        with self._lock:
            self._ready[embedder.id] = copy

    def _make(self, application: Flask, embedder_id: int) -> None:
        try:
            with application.app_context():
                embedder = db.session.get_one(Embedder, embedder_id)
                if fits(embedder):
                    self.keep(embedder, make(embedder))
        finally:
            with self._lock:
                self._being_made.discard(embedder_id)


def install(application: Flask) -> None:
    """Give the application a place for its copies."""
    application.extensions[_COPIES] = _Copies()


def memory_of(embedder: Embedder) -> FaceMemory | None:
    """This process's copy of the model's kept faces; None while there is none."""
    copies: _Copies = current_app.extensions[_COPIES]
    return copies.copy_of(embedder) if settings().face_memory_mb else None


def keep(embedder: Embedder) -> FaceMemory:
    """Make a copy now and use it from now on."""
    copies: _Copies = current_app.extensions[_COPIES]
    made = make(embedder)
    copies.keep(embedder, made)
    return made


def make(embedder: Embedder) -> FaceMemory:
    """A copy of all kept faces of the model, read now."""
    copy = FaceMemory(embedder, settings().recognition_threads)
    copy.refresh()
    return copy


def fits(embedder: Embedder) -> bool:
    """Whether the kept faces of the model fit into `FACE_MEMORY_MB`."""
    faces = db.session.scalar(select(func.count(Face.id)).where(Face.embedder_id == embedder.id))
    needed_mb = (faces or 0) * embedder.dimension * _BYTES_PER_NUMBER / 2**20
    return needed_mb <= settings().face_memory_mb
