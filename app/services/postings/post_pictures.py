"""Pictures of imported posts: out of the zip beside the file, checked, and kept for the workers.

While an import runs they lie beside its table; they are kept, with their rows, when it is done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from sqlalchemy import select

from app.errors import PhotoRefused, TooLarge
from app.extensions import db
from app.intake.post_pictures import PictureArchive, PictureProblem
from app.models import ContributedPhoto
from app.services.contributing import contributed_photos
from app.services.contributing.contributed_photos import ReadPhoto
from app.services.postings import post_import_files
from recognition.photo_origin import PhotoOrigin

MOST_PICTURES: Final = 1000
"""Of one import; each takes about a tenth of a second."""
MOST_OF_A_POST: Final = 8


@dataclass(frozen=True, slots=True)
class StagedPicture:
    """A picture that was read for a post and lies beside the table."""

    post_id: int
    sha256: str
    width_px: int
    height_px: int
    origin: PhotoOrigin

    def as_json(self) -> list[object]:
        """As a job keeps it."""
        at = self.origin.taken_at
        return [
            self.post_id, self.sha256, self.width_px, self.height_px,
            at.isoformat() if at else None, self.origin.latitude_deg, self.origin.longitude_deg,
        ]  # fmt: skip

    @classmethod
    def of_json(cls, kept: Sequence[Any]) -> Self:
        """The inverse of `as_json`."""
        post_id, sha256, width_px, height_px, at, latitude_deg, longitude_deg = kept
        taken_at = datetime.fromisoformat(at) if at else None
        origin = PhotoOrigin(taken_at, latitude_deg, longitude_deg)
        return cls(int(post_id), str(sha256), int(width_px), int(height_px), origin)


class PictureStage:
    """Pictures that were read already, and what was wrong with others."""

    def __init__(
        self, archive: PictureArchive, folder: str, timezone: str, staged: Sequence[StagedPicture]
    ) -> None:
        self._archive = archive
        self._folder = folder
        self._timezone = timezone
        self._known: dict[str, StagedPicture] = {}
        self._wrong: dict[str, str] = {}
        self.staged = list(staged)

    def keep(self, name: str, post_id: int) -> str:
        """Read a picture for a post. Returns what is wrong with it, empty if nothing is."""
        key = name.casefold()
        if key in self._wrong:
            return self._wrong[key]
        if len(self.staged) >= MOST_PICTURES:
            return f"left out; at most {MOST_PICTURES} pictures are taken of one import"
        try:
            known = self._known.get(key) or self._read(name, post_id)
        except (PictureProblem, PhotoRefused, TooLarge) as error:
            self._wrong[key] = str(error)
            return str(error)
        self._known[key] = known
        self.staged.append(
            StagedPicture(post_id, known.sha256, known.width_px, known.height_px, known.origin)
        )
        return ""

    def _read(self, name: str, post_id: int) -> StagedPicture:
        read = contributed_photos.read_one(self._archive.read(name), self._timezone)
        sha256 = post_import_files.keep_picture(self._folder, read.jpeg)
        return StagedPicture(post_id, sha256, read.width_px, read.height_px, read.origin)


def keep_staged(
    folder: str, staged: Sequence[StagedPicture], posts: frozenset[int]
) -> list[ContributedPhoto]:
    """Keep the pictures of those posts (by id) that were added. Does not commit."""
    first: dict[str, ContributedPhoto] = {}
    kept = []
    for one in staged:
        if one.post_id not in posts:
            continue
        known = first.get(one.sha256)
        if known is None:
            jpeg = post_import_files.picture_of(folder, one.sha256)
            photo = ReadPhoto(jpeg, one.width_px, one.height_px, one.origin)
            row = contributed_photos.keep([photo], post_id=one.post_id)[0]
        else:
            row = contributed_photos.keep_again(known, post_id=one.post_id)
        first.setdefault(one.sha256, row)
        kept.append(row)
    return kept


def names_by_post(
    named: Mapping[int, Sequence[str]], posts: Mapping[int, int]
) -> list[tuple[int, int, Sequence[str]]]:
    """Row number, post id and names of pictures, for rows (by number) that became posts."""
    return [
        (row_number, posts[row_number], list(dict.fromkeys(names[:MOST_OF_A_POST])))
        for row_number, names in sorted(named.items())
        if row_number in posts and names
    ]


def by_ids(ids: Sequence[int]) -> Sequence[ContributedPhoto]:
    """Kept pictures, read by one query after the commit that kept them."""
    found = (
        select(ContributedPhoto).where(ContributedPhoto.id.in_(ids)).order_by(ContributedPhoto.id)
    )
    return db.session.scalars(found).all()
