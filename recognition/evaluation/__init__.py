"""How well a recogniser tells people apart, in the words of NIST's face recognition evaluations."""

from recognition.evaluation.decisions import Decisions
from recognition.evaluation.folder import EmbeddedFolder, embed_folder, evaluate_folder, middle_face
from recognition.evaluation.identification import Identification, IdentificationPoint, identify
from recognition.evaluation.intervals import Interval, wilson
from recognition.evaluation.plots import det_svg, roc_svg
from recognition.evaluation.report import (
    EvaluationReport,
    GroupReport,
    MeasuredPoint,
    Subject,
    evaluate_embeddings,
)
from recognition.evaluation.verification import OperatingPoint, Verification, verify_all_pairs

__all__ = [
    "Decisions",
    "EmbeddedFolder",
    "EvaluationReport",
    "GroupReport",
    "Identification",
    "IdentificationPoint",
    "Interval",
    "MeasuredPoint",
    "OperatingPoint",
    "Subject",
    "Verification",
    "det_svg",
    "embed_folder",
    "evaluate_embeddings",
    "evaluate_folder",
    "identify",
    "middle_face",
    "roc_svg",
    "verify_all_pairs",
    "wilson",
]
