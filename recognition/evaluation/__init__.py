"""How well a recogniser tells people apart, in the words of NIST's face recognition evaluations."""

from recognition.evaluation.by_age import (
    AgeBandReport,
    AgeReport,
    BandPoint,
    UnmeasuredRate,
    by_age,
)
from recognition.evaluation.decisions import Decisions
from recognition.evaluation.folder import (
    EmbeddedFolder,
    embed_photos,
    evaluate_folder,
    middle_face,
    photos_of,
)
from recognition.evaluation.identification import Identification, IdentificationPoint, identify
from recognition.evaluation.intervals import Interval, wilson
from recognition.evaluation.labels import LabelledPhoto, Naming
from recognition.evaluation.plots import det_svg, roc_svg
from recognition.evaluation.points import MeasuredPoint
from recognition.evaluation.preparation import PREPARE, Preparation
from recognition.evaluation.report import (
    FALSE_MATCH_RATES,
    EvaluationReport,
    GroupReport,
    LeftGroup,
    Subject,
    evaluate_embeddings,
)
from recognition.evaluation.verification import OperatingPoint, Verification, verify_all_pairs

__all__ = [
    "FALSE_MATCH_RATES",
    "PREPARE",
    "AgeBandReport",
    "AgeReport",
    "BandPoint",
    "Decisions",
    "EmbeddedFolder",
    "EvaluationReport",
    "GroupReport",
    "Identification",
    "IdentificationPoint",
    "Interval",
    "LabelledPhoto",
    "LeftGroup",
    "MeasuredPoint",
    "Naming",
    "OperatingPoint",
    "Preparation",
    "Subject",
    "UnmeasuredRate",
    "Verification",
    "by_age",
    "det_svg",
    "embed_photos",
    "evaluate_embeddings",
    "evaluate_folder",
    "identify",
    "middle_face",
    "photos_of",
    "roc_svg",
    "verify_all_pairs",
    "wilson",
]
