"""Which similarity makes a candidate, for each known model, and how that was measured.

The product asks for a false-match rate of 1 in 10,000 comparisons. A sweep compares every
passer-by of many cameras with every open case: at 1 in 1,000 a busy street gives a reviewer dozens
of strangers an hour, and a reviewer who sees only strangers stops looking. At 1 in 10,000 the
better models lose under four of a hundred true pairs, and a passer-by has several good shots.

Of 33,059 pairs of strangers 1 in 10,000 is three, so each rate is known only to a factor of about
two; `python -m benchmarks thresholds` measures them again. LFW shows mostly light-skinned adults:
elsewhere strangers reach a threshold more often, with dlib far more often.
"""

from __future__ import annotations

from dataclasses import dataclass

TARGET_FALSE_MATCH_RATE = 1e-4
_LFW = (
    "259 LFW photos of 110 people, 33,059 pairs of strangers, MTCNN, face nearest the centre; "
    "other people than LFW's mostly light-skinned adults match falsely more often"
)


@dataclass(frozen=True)
class Threshold:
    """A candidate's least similarity.

    Attributes:
        similarity: cosine, −1 to 1; at or above it a face is proposed as a candidate.
        false_match_rate: share of pairs of strangers that reach it; None if nobody measured it.
        measured_on: the photos and the way, or why there is no measurement.
        same_person_floor: cosine that hardly any two shots of one person fall below; two halves of
            one track under it are taken apart.
    """

    similarity: float
    false_match_rate: float | None
    measured_on: str
    same_person_floor: float


W_MBF_SHA256 = "568bc182e11d257b94c2df9b82e07400f3e6785fc84b3e3240377ba984f33503"
DLIB_SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"

_MEASURED = {
    W_MBF_SHA256: Threshold(0.405, TARGET_FALSE_MATCH_RATE, _LFW, 0.15),
    DLIB_SHA256: Threshold(0.935, TARGET_FALSE_MATCH_RATE, _LFW, 0.87),
}

_UNMEASURED = Threshold(
    0.42,
    None,
    "not measured here: a cautious value for ArcFace-trained networks; measure it on your own "
    "photos before you rely on it",
    0.15,
)


def threshold_for(sha256: str) -> Threshold:
    """The measured threshold of a known weight file, else a cautious one that says so."""
    return _MEASURED.get(sha256, _UNMEASURED)
