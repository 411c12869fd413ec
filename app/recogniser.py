"""The face models that this process holds, loaded once, when they are first needed."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import cv2
from flask import Flask, current_app
from sqlalchemy import select

from app.config import Settings
from app.errors import NoRecogniser
from app.extensions import db
from app.models import PackUse
from recognition.errors import BrokenPack, NoModelInstalled
from recognition.packs import (
    ChosenRecogniser,
    PackChoice,
    choose_pack,
    detector_in_words,
    load,
)


@dataclass(frozen=True, eq=False)
class LoadedRecogniser:
    """A detector and an embedder in memory, and why these were chosen.

    `lock` is held by whoever uses them from several threads: not every model can be shared.
    """

    chosen: ChosenRecogniser
    lock: threading.Lock

    def looking_from(self, smallest_face_px: int) -> LoadedRecogniser:
        """The same models, whose detector looks for faces from this size on."""
        detector = self.chosen.detector
        if detector.smallest_face_px == smallest_face_px:
            return self
        return replace(
            self, chosen=replace(self.chosen, detector=detector.from_size(smallest_face_px))
        )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A pack that is asked for, empty for any, and by what."""

    pack: str
    by: str


class RecogniserHolder:
    """Chooses the recogniser, and loads it at most once for each choice."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loading = threading.Lock()
        self._loaded: LoadedRecogniser | None = None
        self._loaded_for: _Asked | None = None

    def choice(self) -> PackChoice:
        """Which pack would be loaded, and why, without loading it. Raises NoRecogniser."""
        return self._choose(self._asked())

    def detector_in_words(self) -> str:
        """Which detector FACE_DETECTOR asks for. Raises NoRecogniser where it is not to be had."""
        home = self._settings.insightface_home
        try:
            return detector_in_words(self.choice(), self._settings.face_detector, home)
        except (NoModelInstalled, BrokenPack) as error:
            raise NoRecogniser(str(error)) from error

    def get(self) -> LoadedRecogniser:
        """The recogniser; loading takes a second or two. Raises NoRecogniser.

        It is loaded at the first call, and anew when another pack was chosen since.
        """
        asked = self._asked()
        with self._loading:
            if self._loaded is None or asked != self._loaded_for:
                self._loaded = self._load(self._choose(asked))
                self._loaded_for = asked
            return self._loaded

    def other(self, pack: str) -> LoadedRecogniser:
        """Another pack, loaded for once and not kept. Raises NoRecogniser."""
        return self._load(self._choose(_Asked(pack, "This command")))

    def _asked(self) -> _Asked:
        """FACE_PACK comes first, then what was chosen with `flask packs use`."""
        if self._settings.face_pack:
            return _Asked(self._settings.face_pack, "FACE_PACK")
        newest = select(PackUse.pack).order_by(PackUse.id.desc()).limit(1)
        return _Asked(db.session.scalar(newest) or "", "“flask packs use”")

    def _choose(self, asked: _Asked) -> PackChoice:
        try:
            return choose_pack(asked.pack, self._settings.insightface_home, asked.by)
        except (NoModelInstalled, BrokenPack) as error:
            raise NoRecogniser(str(error)) from error

    def _load(self, choice: PackChoice) -> LoadedRecogniser:
        threads = self._settings.recognition_threads
        cv2.setNumThreads(threads)
        try:
            chosen = load(
                choice,
                threads,
                self._settings.face_detector,
                self._settings.smallest_face_px,
                self._settings.insightface_home,
            )
        except (NoModelInstalled, BrokenPack) as error:
            raise NoRecogniser(str(error)) from error
        return LoadedRecogniser(chosen, threading.Lock())


def install(application: Flask, settings: Settings) -> None:
    """Give the application its holder."""
    application.extensions["lastseen_recogniser"] = RecogniserHolder(settings)


def holder() -> RecogniserHolder:
    """The current application's holder."""
    held: RecogniserHolder = current_app.extensions["lastseen_recogniser"]
    return held
