"""The face models that this process holds, loaded once, when they are first needed."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import cv2
from flask import Flask, current_app

from app.config import Settings
from app.errors import NoRecogniser
from recognition.errors import BrokenPack, NoModelInstalled
from recognition.packs import ChosenRecogniser, PackChoice, choose_pack, load


@dataclass(frozen=True, eq=False)
class LoadedRecogniser:
    """A detector and an embedder in memory, and why these were chosen.

    `lock` is held by whoever uses them from several threads: not every model can be shared.
    """

    chosen: ChosenRecogniser
    lock: threading.Lock


class RecogniserHolder:
    """Chooses and loads the recogniser of `settings` at most once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loading = threading.Lock()
        self._loaded: LoadedRecogniser | None = None

    def choice(self) -> PackChoice:
        """Which pack would be loaded, and why, without loading it. Raises NoRecogniser."""
        try:
            return choose_pack(self._settings.face_pack or None, self._settings.insightface_home)
        except (NoModelInstalled, BrokenPack) as error:
            raise NoRecogniser(str(error)) from error

    def get(self) -> LoadedRecogniser:
        """The recogniser; the first call takes a second or two. Raises NoRecogniser."""
        with self._loading:
            if self._loaded is None:
                self._loaded = self._load(self.choice())
            return self._loaded

    def other(self, pack: str) -> LoadedRecogniser:
        """Another pack, loaded for once and not kept. Raises NoRecogniser."""
        try:
            return self._load(choose_pack(pack, self._settings.insightface_home))
        except (NoModelInstalled, BrokenPack) as error:
            raise NoRecogniser(str(error)) from error

    def _load(self, choice: PackChoice) -> LoadedRecogniser:
        threads = self._settings.recognition_threads
        cv2.setNumThreads(threads)
        try:
            chosen = load(choice, threads, smallest_face_px=self._settings.smallest_face_px)
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
