"""Outputs for sightings and reviews. Each says that it is a lead and no identification."""

from __future__ import annotations

from collections.abc import Sequence

from app.inputs import ComparisonInput
from app.models.cases import ReferencePhoto
from app.models.faces import Embedder, Face
from app.models.sightings import (
    Review,
    ReviewStage,
    Sighting,
    SightingClip,
    SightingSimilarity,
    SightingState,
    Verdict,
)
from app.outputs.age_gaps import gap_of, gap_remark
from app.outputs.base import LEAD_NOTICE, Output, UtcInstant, local_text, picture_address
from app.outputs.cameras import CameraRefOut
from app.outputs.cases import plain_quality
from app.outputs.clocks import uncertainty_s_of
from app.outputs.thresholds import AgeThresholdOut, by_age
from cameras.planning.travel import TravelCheck


class MatchingModelOut(Output):
    """The model whose embeddings were compared.

    `false_match_rate` is the share of different people at or over the threshold, on the data that
    `threshold_measured_on` names; null where it was not measured. `fallback` marks the recogniser
    that is used only where no better one is installed.
    """

    name: str
    sha256: str
    false_match_rate: float | None
    threshold_measured_on: str
    fallback: bool

    @classmethod
    def of(cls, embedder: Embedder) -> MatchingModelOut:
        """From a row."""
        return cls.model_validate(embedder)


class FaceOut(Output):
    """One person's appearance on one camera; seconds are those of the recording."""

    id: int
    visit_id: int
    footage_id: int
    first_at: UtcInstant
    last_at: UtcInstant
    best_at: UtcInstant
    first_s: float
    last_s: float
    best_s: float
    crop: str
    face_height_px: float
    frames_seen: int
    quality: dict[str, float | int | str | bool | None]
    made_up_footage: bool

    @classmethod
    def of(cls, face: Face) -> FaceOut:
        """From a row with its footage."""
        return cls(
            id=face.id,
            visit_id=face.visit_id,
            footage_id=face.footage_id,
            first_at=face.first_at,
            last_at=face.last_at,
            best_at=face.best_at,
            first_s=face.first_s,
            last_s=face.last_s,
            best_s=face.best_s,
            crop=picture_address(face.crop_sha256),
            face_height_px=face.face_height_px,
            frames_seen=face.frames_seen,
            quality=plain_quality(face.quality),
            made_up_footage=face.footage.made_up,
        )


class PhotoRefOut(Output):
    """A reference photo beside a sighting; `age_gap` says how long before it it was taken.

    `artificial`: a computed picture, as of the subject at a later age.
    """

    id: int
    file_name: str
    picture: str
    face_picture: str
    artificial: bool
    taken: str | None
    age_gap: str | None

    @classmethod
    def of(cls, photo: ReferencePhoto, sighting: Sighting) -> PhotoRefOut:
        """From a row, and the sighting that it is shown with."""
        gap = gap_of(photo, sighting)
        return cls(
            id=photo.id,
            file_name=photo.file_name,
            picture=picture_address(photo.sha256),
            face_picture=picture_address(photo.face_sha256),
            artificial=photo.artificial,
            taken=photo.taken,
            age_gap=gap and gap.words,
        )


class PhotoSimilarityOut(Output):
    """How alike the face and one reference photo are; `carried` marks the one that it rests on.

    An `artificial` one carries nothing. `threshold_similarity` is what was asked of this photo and
    face; null in those of earlier versions. `age_gap_remark` says how that was measured for the
    years between them, or, where they are three or more, that it was not.
    """

    photo_id: int
    file_name: str
    similarity: float
    threshold_similarity: float | None
    active: bool
    carried: bool
    artificial: bool
    taken: str | None
    age_gap: str | None
    age_gap_remark: str | None

    @classmethod
    def of(cls, one: SightingSimilarity, sighting: Sighting) -> PhotoSimilarityOut:
        """From a row with its photo, and its sighting with case and model."""
        gap = gap_of(one.photo, sighting)
        return cls(
            photo_id=one.photo_id,
            file_name=one.photo.file_name,
            similarity=round(one.similarity, 4),
            threshold_similarity=rounded(one.threshold_similarity),
            active=one.photo.active,
            carried=one.photo_id == sighting.reference_photo_id,
            artificial=one.photo.artificial,
            taken=one.photo.taken,
            age_gap=gap and gap.words,
            age_gap_remark=gap_remark(one, sighting),
        )


class LikeRejectedOut(Output):
    """The rejected face of this case that is most like this one.

    `marked`: it is more like it, by the margin, than like any photo; such a sighting is shown last.
    """

    sighting_id: int | None
    similarity: float
    marked: bool


class TravelOut(Output):
    """Whether the subject can have been there, given the confirmed sightings; nothing is dropped.

    `verdict` is on_foot, by_vehicle, unlikely or impossible.
    """

    verdict: str
    possible: bool
    needed_m_per_s: float
    reason: str

    @classmethod
    def of(cls, check: TravelCheck) -> TravelOut:
        """From the check."""
        return cls(
            verdict=check.verdict.value,
            possible=check.is_possible,
            needed_m_per_s=round(check.needed_m_per_s, 2),
            reason=check.reason,
        )


class SightingOut(Output):
    """A face proposed for a case. A confirmed one is a lead only with `is_lead`; until then it is
    provisional and `awaits` a second or third review. `standing` says so in words.

    `similarity` is a cosine from −1 to 1, beside the threshold of the photo that carried it, which
    `threshold_by_age` says the measurement of; null where it is the model's own.

    `similarities` are those with all reference photos, the highest first. `without_best` is what
    remains without the photo that carried it (null where there is no other real one), and
    `stands_without_best` whether that still reaches the threshold. The time may be wrong by
    `seen_at_uncertainty_s`, either way.
    """

    id: int
    case_number: str
    state: SightingState
    is_lead: bool
    awaits: ReviewStage | None
    reviews_needed: int
    standing: str
    seen_at: UtcInstant
    seen_at_local: str
    seen_at_uncertainty_s: float
    latitude_deg: float
    longitude_deg: float
    similarity: float
    threshold_similarity: float
    threshold_by_age: AgeThresholdOut | None
    model: MatchingModelOut
    camera: CameraRefOut
    face: FaceOut
    reference_photo: PhotoRefOut | None
    similarities: list[PhotoSimilarityOut]
    without_best: float | None
    stands_without_best: bool | None
    like_rejected: LikeRejectedOut | None
    travel: TravelOut | None
    made_up: bool
    created_at: UtcInstant
    notice: str = LEAD_NOTICE

    @classmethod
    def of(cls, sighting: Sighting) -> SightingOut:
        """From a row with its case, face (and its footage), camera, embedder and photo."""
        case, photo = sighting.case, sighting.reference_photo
        return cls(
            id=sighting.id,
            case_number=case.number,
            state=sighting.state,
            is_lead=sighting.is_lead,
            awaits=sighting.awaits,
            reviews_needed=sighting.reviews_needed,
            standing=sighting.standing,
            seen_at=sighting.seen_at,
            seen_at_local=local_text(sighting.seen_at, case.timezone),
            seen_at_uncertainty_s=round(uncertainty_s_of(sighting), 1),
            latitude_deg=sighting.latitude_deg,
            longitude_deg=sighting.longitude_deg,
            similarity=round(sighting.similarity, 4),
            threshold_similarity=round(sighting.threshold_similarity, 4),
            threshold_by_age=by_age(sighting.age_threshold),
            model=MatchingModelOut.of(sighting.embedder),
            camera=CameraRefOut.of(sighting.camera),
            face=FaceOut.of(sighting.face),
            reference_photo=PhotoRefOut.of(photo, sighting) if photo and photo.is_kept else None,
            similarities=[PhotoSimilarityOut.of(one, sighting) for one in sighting.similarities],
            without_best=rounded(sighting.without_best),
            stands_without_best=sighting.stands_without_best,
            like_rejected=_like_rejected(sighting),
            travel=TravelOut.of(sighting.travel) if sighting.travel else None,
            made_up=case.made_up or sighting.face.footage.made_up,
            created_at=sighting.created_at,
        )


def rounded(similarity: float | None) -> float | None:
    """To four places, as similarities are shown."""
    return None if similarity is None else round(similarity, 4)


def _like_rejected(sighting: Sighting) -> LikeRejectedOut | None:
    if sighting.rejected_similarity is None:
        return None
    return LikeRejectedOut(
        sighting_id=sighting.rejected_sighting_id,
        similarity=round(sighting.rejected_similarity, 4),
        marked=sighting.like_rejected,
    )


class ReviewOut(Output):
    """One person's verdict; one that was undone no longer counts.

    `blind`: it was given without knowing similarity, threshold, rank or what others said.
    """

    id: int
    sighting_id: int
    reviewer_name: str
    verdict: Verdict
    remarks: str
    blind: bool
    comparison: ComparisonInput | None
    created_at: UtcInstant
    undone_at: UtcInstant | None

    @classmethod
    def of(cls, review: Review) -> ReviewOut:
        """From a row."""
        return cls.model_validate(review)


class SightingWithReviewsOut(SightingOut):
    """A sighting with all that people said of it, oldest first."""

    reviews: list[ReviewOut]

    @classmethod
    def of_all(cls, sighting: Sighting, reviews: list[Review]) -> SightingWithReviewsOut:
        """From a row and its reviews."""
        return cls(
            **dict(SightingOut.of(sighting)), reviews=[ReviewOut.of(review) for review in reviews]
        )


class BlindSightingOut(Output):
    """What a blind reviewer is shown: the face, the subject's photos, place and time.

    Nothing of the recogniser, of rank, or of what others said.
    """

    id: int
    case_number: str
    seen_at: UtcInstant
    seen_at_local: str
    latitude_deg: float
    longitude_deg: float
    camera: CameraRefOut
    crop: str
    reference_photos: list[PhotoRefOut]
    made_up: bool
    notice: str = LEAD_NOTICE

    @classmethod
    def of(cls, sighting: Sighting, photos: Sequence[ReferencePhoto]) -> BlindSightingOut:
        """From a row with its case, face (and its footage) and camera, and the case's photos."""
        case = sighting.case
        return cls(
            id=sighting.id,
            case_number=case.number,
            seen_at=sighting.seen_at,
            seen_at_local=local_text(sighting.seen_at, case.timezone),
            latitude_deg=sighting.latitude_deg,
            longitude_deg=sighting.longitude_deg,
            camera=CameraRefOut.of(sighting.camera),
            crop=picture_address(sighting.face.crop_sha256),
            reference_photos=[PhotoRefOut.of(photo, sighting) for photo in photos],
            made_up=case.made_up or sighting.face.footage.made_up,
        )


class ClipOut(Output):
    """The seconds around a sighting, `from_s` to `to_s` of its recording; a file with its hash."""

    sighting_id: int
    sha256: str | None
    size_bytes: int | None
    from_s: float | None
    to_s: float | None
    recording_sha256: str | None
    made_at: UtcInstant

    @classmethod
    def of(cls, clip: SightingClip) -> ClipOut:
        """From a row."""
        return cls.model_validate(clip)
