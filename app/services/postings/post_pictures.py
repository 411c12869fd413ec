"""Pictures of imported posts: out of the zip beside the file, checked, and kept for the workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Final

from app.current import settings
from app.errors import PhotoRefused, TooLarge
from app.intake.post_pictures import PictureArchive, PictureProblem
from app.intake.post_rows import ReadPost
from app.models import ContributedPhoto
from app.services.contributing import contributed_photos

MOST_PICTURES: Final = 1000
"""Of one import; each takes about a tenth of a second."""
MOST_OF_A_POST: Final = 8


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row was not taken, or not whole; `row_number` None for the file as a whole."""

    row_number: int | None
    reason: str
    value: str = ""


class _Kept:
    """Pictures that were read already, and what was wrong with others."""

    def __init__(self, archive: PictureArchive, timezone: str) -> None:
        self._archive = archive
        self._timezone = timezone
        self._rows: dict[str, ContributedPhoto] = {}
        self._wrong: dict[str, str] = {}
        self.photos: list[ContributedPhoto] = []

    def keep(self, name: str, post_id: int) -> str:
        """Keep a picture for a post. Returns what is wrong with it, empty if nothing is."""
        key = name.casefold()
        if key in self._wrong:
            return self._wrong[key]
        if len(self.photos) >= MOST_PICTURES:
            return f"left out; at most {MOST_PICTURES} pictures are taken of one import"
        known = self._rows.get(key)
        try:
            row = self._again(known, post_id) if known else self._first(name, post_id)
        except (PictureProblem, PhotoRefused, TooLarge) as error:
            self._wrong[key] = str(error)
            return str(error)
        self._rows.setdefault(key, row)
        self.photos.append(row)
        return ""

    def _first(self, name: str, post_id: int) -> ContributedPhoto:
        read = contributed_photos.read_one(self._archive.read(name), self._timezone)
        return contributed_photos.keep([read], post_id=post_id)[0]

    def _again(self, known: ContributedPhoto, post_id: int) -> ContributedPhoto:
        return contributed_photos.keep_again(known, post_id=post_id)


def keep_pictures(
    posts: Mapping[int, ReadPost], stream: IO[bytes] | None, timezone: str
) -> tuple[list[ContributedPhoto], list[RowProblem]]:
    """Keep what the posts (by id) name of a zip's pictures. Does not commit.

    Raises Refused and TooLarge for an archive that is none. Addresses in rows are never fetched.
    """
    naming = sum(1 for post in posts.values() if post.images)
    if stream is None:
        sentence = f"{naming} posts name pictures, and no archive came with the file."
        return [], [RowProblem(None, sentence)] if naming else []
    problems: list[RowProblem] = []
    with PictureArchive(stream, settings().max_photo_bytes) as archive:
        kept = _Kept(archive, timezone)
        for post_id, post in posts.items():
            for name in dict.fromkeys(post.images[:MOST_OF_A_POST]):
                wrong = kept.keep(name, post_id)
                if wrong:
                    problems.append(RowProblem(post.row_number, f"Picture: {wrong}", name[:100]))
    return kept.photos, problems
