"""What can go wrong in the recognition room.

    RecognitionError
    ├── NoModelInstalled        no recogniser can be found on this machine
    ├── BrokenPack              a model file is missing, damaged or of the wrong kind
    ├── PackDownloadFailed      a pack could not be fetched or did not arrive whole
    ├── UnreadableImage         a photo cannot be decoded, or is refused before decoding
    ├── ReferenceRefused        a photo is readable, but no good as a reference
    ├── TooLittleToMeasure      photos from which no error rate can be had
    └── ModelMismatch           embeddings of two different models met

Every message is a sentence for an investigator or an administrator and says what to do.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recognition.faces import DetectedFace


class RecognitionError(Exception):
    """Base of all errors of this room."""


class NoModelInstalled(RecognitionError):
    """No recogniser is installed: nothing can be searched, and no result is invented."""


class BrokenPack(RecognitionError):
    """A model pack or weight file is missing, damaged or not what it should be."""


class PackDownloadFailed(RecognitionError):
    """A model pack could not be downloaded and installed."""


class UnreadableImage(RecognitionError):
    """A photo cannot be read, or is refused before it is decoded."""


class TooLittleToMeasure(RecognitionError, ValueError):
    """Too few people or pairs for an error rate, or more photos than fit into memory."""


class ModelMismatch(RecognitionError):
    """Embeddings of different models were about to be compared."""


class RefusalReason(StrEnum):
    """Why a photo is no good as a reference photo."""

    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    TOO_SMALL = "too_small"
    BLURRED = "blurred"
    TURNED_AWAY = "turned_away"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    CUT_OFF = "cut_off"


class ReferenceRefused(RecognitionError):
    """A readable photo that fails the reference gate.

    Args:
        reason: the code of the first failed check.
        sentence: what is wrong with this photo and what to do.
        faces: every face found, so that the screen can mark them on the picture.
    """

    def __init__(
        self, reason: RefusalReason, sentence: str, faces: tuple[DetectedFace, ...] = ()
    ) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence
        self.faces = faces
