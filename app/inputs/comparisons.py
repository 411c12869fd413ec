"""The checklist of a facial comparison: one face beside the reference photos, feature by feature.

The features are those of the Facial Identification Scientific Working Group's "Facial Image
Comparison Feature List for Morphological Analysis", the scale runs from one to the other side in
words: nobody's eye measures a probability.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints

from app.inputs.fields import Input, no_control_characters


class Feature(StrEnum):
    """What is compared."""

    FACE_SHAPE = "face_shape"
    HAIRLINE = "hairline"
    FOREHEAD = "forehead"
    EYEBROWS = "eyebrows"
    EYES = "eyes"
    CHEEKS = "cheeks"
    NOSE = "nose"
    EARS = "ears"
    MOUTH = "mouth"
    CHIN = "chin"
    NECK = "neck"
    FACIAL_HAIR = "facial_hair"
    FACIAL_LINES = "facial_lines"
    MARKS = "marks"
    ALTERATIONS = "alterations"


FEATURE_WORDS: Final[Mapping[Feature, tuple[str, str]]] = {
    Feature.FACE_SHAPE: ("Face shape and proportions", "outline, height to width, spacing"),
    Feature.HAIRLINE: ("Hairline", "course, density, parting"),
    Feature.FOREHEAD: ("Forehead", "height, width, brow ridges"),
    Feature.EYEBROWS: ("Eyebrows", "shape, thickness, distance"),
    Feature.EYES: ("Eyes", "spacing, lids and folds, corners"),
    Feature.CHEEKS: ("Cheeks", "cheekbones, fullness, dimples"),
    Feature.NOSE: ("Nose", "root, bridge, tip, nostrils"),
    Feature.EARS: ("Ears", "setting, lobe, helix, protrusion"),
    Feature.MOUTH: ("Mouth and lips", "width, fullness, groove above"),
    Feature.CHIN: ("Chin and jaw line", "shape, cleft, angle"),
    Feature.NECK: ("Neck", "length, thickness, visible lines"),
    Feature.FACIAL_HAIR: ("Facial hair", "course, density; changes quickly"),
    Feature.FACIAL_LINES: ("Facial lines", "folds and wrinkles"),
    Feature.MARKS: ("Scars and marks", "moles, scars, spots and their places"),
    Feature.ALTERATIONS: ("Alterations", "piercing, tattoo, make-up, glasses"),
}
"""Each feature's name, and what to look at."""


class Finding(StrEnum):
    """What one feature shows."""

    SIMILAR = "similar"
    DISSIMILAR = "dissimilar"
    NOT_COMPARABLE = "not comparable"


class Suitability(StrEnum):
    """Whether the pictures are good enough to be compared."""

    SUITABLE = "suitable"
    LIMITED = "limited"
    UNSUITABLE = "unsuitable"


class Conclusion(StrEnum):
    """The comparison's outcome. None of them is an identification."""

    STRONG_SAME = "strong support for the same person"
    SOME_SAME = "some support for the same person"
    LIMITED_SAME = "limited support for the same person"
    NEITHER = "supports neither"
    LIMITED_DIFFERENT = "limited support for different people"
    SOME_DIFFERENT = "some support for different people"
    STRONG_DIFFERENT = "strong support for different people"


Remark = Annotated[str, StringConstraints(max_length=300), AfterValidator(no_control_characters)]


class FeatureInput(Input):
    """What one feature shows, and why."""

    finding: Finding
    remark: Remark = ""


class ComparisonInput(Input):
    """A filled checklist; features that nobody looked at are left out."""

    suitability: Suitability
    features: dict[Feature, FeatureInput] = Field(default_factory=dict)
    conclusion: Conclusion
