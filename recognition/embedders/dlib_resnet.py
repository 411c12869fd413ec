"""dlib's ResNet: the recogniser that can be installed from the package index alone.

Its descriptors are meant for Euclidean distance (0.6 by habit). They have nearly equal lengths
(1.26 to 1.59 over LFW), so the cosine of the normalised descriptors orders pairs about as well:
true pairs accepted at a false-match rate of 1e-3 are 0.93 by cosine and 0.95 by distance, at 1e-4
0.85 and 0.82. The cosines crowd near 1 (strangers at 0.83), which is why a threshold belongs to
its model and is shown with every similarity.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from recognition.alignment import aligned_crop
from recognition.embedders.normalise import unit_rows
from recognition.embedders.thresholds import Threshold, threshold_for
from recognition.errors import BrokenPack, NoModelInstalled
from recognition.faces import FloatArray, ImageBGR

SIDE_PX = 150
LICENCE = "public domain (weights), trained on FaceScrub, VGG-Face and photos from the web"
FILE_NAME = "dlib_face_recognition_resnet_model_v1.dat"

# Where eyes, nose tip and corners of the mouth lie in dlib's own 150 px chips (padding 0.25):
# medians over 259 LFW photos, MTCNN's landmarks carried into the chip that dlib cuts. Standard
# deviations are 2 px at the eyes and 5 px at the mouth.
_TEMPLATE_XY = np.array(
    [[46.8, 44.9], [100.3, 44.9], [73.7, 76.2], [50.1, 102.9], [97.7, 103.0]], np.float32
)


def weights_path() -> Path | None:
    """The installed weight file, or None; the package that carries it is not imported."""
    if importlib.util.find_spec("dlib") is None and importlib.util.find_spec("_dlib") is None:
        return None
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "models" / FILE_NAME
    return path if path.is_file() else None


class DlibEmbedder:
    """dlib's face recognition network. It computes on one thread whatever is asked.

    Args:
        path: the weight file.
        sha256: its hash.

    Raises:
        NoModelInstalled: dlib cannot be imported.
        BrokenPack: the file is damaged.
    """

    name = "dlib ResNet"
    licence = LICENCE
    dimension = 128

    def __init__(self, path: Path, sha256: str) -> None:
        try:
            import dlib
        except ImportError as error:
            raise NoModelInstalled(
                "dlib is not installed. Install the package dlib-bin with pip."
            ) from error
        try:
            self._network = dlib.face_recognition_model_v1(str(path))
        except RuntimeError as error:
            raise BrokenPack(
                f"{path.name} is damaged. Install the package face_recognition_models again."
            ) from error
        self.sha256 = sha256

    @property
    def threshold(self) -> Threshold:
        """Least similarity for a candidate."""
        return threshold_for(self.sha256)

    def align(self, image_bgr: ImageBGR, landmarks_xy: FloatArray) -> ImageBGR:
        """uint8[150, 150, 3], framed as dlib frames a face chip."""
        return aligned_crop(image_bgr, landmarks_xy, _TEMPLATE_XY, SIDE_PX)

    def embed(self, aligned_bgr: Sequence[ImageBGR]) -> FloatArray:
        """float32[n, 128], each row of length 1."""
        if not aligned_bgr:
            return np.empty((0, self.dimension), np.float32)
        chips = [np.ascontiguousarray(crop[:, :, ::-1]) for crop in aligned_bgr]
        return unit_rows(np.asarray(self._network.compute_face_descriptor(chips), np.float32))
