"""Searches of the faces that are kept already: what was asked, what was searched, what came up."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.cases import Case, ReferencePhoto
from app.models.columns import UtcTime, choice, utc_now
from app.models.faces import Embedder, Face


class SearchOccasion(StrEnum):
    """Why kept faces were searched: a new reference photo, or because a person asked."""

    PHOTO = "new photo"
    REQUEST = "request"


class SearchMethod(StrEnum):
    """How the nearest faces were found; whichever way, they were then compared one by one.

    By comparing every face in reach, from the index (which may miss some), or from the copy in this
    process's memory (which misses none).
    """

    EXACT = "exact"
    MEMORY = "memory"
    INDEX = "index"


class FaceSearch(Model):
    """One search of kept faces for one case, with what it was allowed to look at.

    `cameras_searched`, `seconds_searched` (footage whose faces are kept, overlaps counted once),
    `faces_searched`, `oldest_face_at` and `newest_face_at` say what "nothing found" means.
    `faces_of_other_models` were in reach and could not be compared. `is_cut_off`: more faces than
    `face_limit` reached the threshold.
    """

    __tablename__ = "face_searches"
    __table_args__ = (Index("ix_face_searches_case_id_id", "case_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    embedder_id: Mapped[int] = mapped_column(ForeignKey("embedders.id"))
    occasion: Mapped[SearchOccasion] = mapped_column(choice(SearchOccasion))
    purpose: Mapped[str] = mapped_column(Text)
    searched_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    searched_by_name: Mapped[str] = mapped_column(String(254))
    photo_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    radius_m: Mapped[float | None]
    seen_since: Mapped[UtcTime | None]
    seen_until: Mapped[UtcTime | None]
    face_limit: Mapped[int]
    shows_below: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    threshold_similarity: Mapped[float]
    method: Mapped[SearchMethod] = mapped_column(choice(SearchMethod))
    faces_searched: Mapped[int]
    faces_of_other_models: Mapped[int]
    cameras_searched: Mapped[int]
    seconds_searched: Mapped[float]
    oldest_face_at: Mapped[UtcTime | None]
    newest_face_at: Mapped[UtcTime | None]
    above_threshold: Mapped[int]
    proposed: Mapped[int]
    is_cut_off: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    milliseconds: Mapped[float]
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)

    case: Mapped[Case] = relationship()
    embedder: Mapped[Embedder] = relationship()


class FaceSearchResult(Model):
    """One face that a search brought up; it goes with its face when that expires.

    `threshold_similarity` is what was asked of this photo and face, which may depend on the years
    between them; None in searches of earlier versions. `distance_m` is from the
    camera to the nearest last-known location, None without one.
    """

    __tablename__ = "face_search_results"
    __table_args__ = (Index("ix_face_search_results_face_id", "face_id"),)

    search_id: Mapped[int] = mapped_column(
        ForeignKey("face_searches.id", ondelete="CASCADE"), primary_key=True
    )
    rank: Mapped[int] = mapped_column(primary_key=True)
    face_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("faces.id", ondelete="CASCADE"))
    photo_id: Mapped[int | None] = mapped_column(
        ForeignKey("reference_photos.id", ondelete="SET NULL")
    )
    similarity: Mapped[float]
    threshold_similarity: Mapped[float | None]
    distance_m: Mapped[float | None]

    search: Mapped[FaceSearch] = relationship()
    face: Mapped[Face] = relationship()
    photo: Mapped[ReferencePhoto | None] = relationship()
