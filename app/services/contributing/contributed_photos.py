"""Photos of tips, found persons and posts: read, stripped, encoded anew, kept, handed to a worker.

Nothing of the file that was handed in is kept but its pixels, and what its EXIF says of time and
place. Faces are looked for by a worker (`services.contributing.contributions`), never in a web
request.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import exists, false, or_, select

from app.current import settings
from app.errors import NotFound, PhotoRefused, Refused, TooLarge
from app.extensions import db
from app.models import (
    ContributedFace,
    ContributedPhoto,
    PhotoState,
)
from app.models.columns import utc_now
from app.services.base import dispatch, kept_pictures
from recognition.errors import UnreadableImage
from recognition.images import encode_jpeg, read_photo
from recognition.photo_origin import PhotoOrigin, read_origin

MOST_PHOTOS = 5
"""In one tip, or in one entry of a found person."""
MAX_SIDE_PX = 3200
"""Larger photos are scaled down, as the browser does before it sends them: what a stranger sends
takes a megabyte, and of 12 megapixels hardly a face of 56 px is lost. At 2400 px nine in ten of
those were, as they fell below what the detector looks for (`make bench-shrinking`)."""
_DECODING = "lastseen_decoding"
_DECODED_AT_ONCE = 2
"""A photo of 50 megapixels takes 150 MB while it is read."""


@dataclass(frozen=True, eq=False)
class ReadPhoto:
    """A handed-in photo as it will be kept, and what its file said of time and place."""

    jpeg: bytes
    width_px: int
    height_px: int
    origin: PhotoOrigin

    def with_origin(self, *, time: bool, place: bool) -> ReadPhoto:
        """The photo with only as much of its origin as its sender lets be used."""
        said = self.origin
        kept = PhotoOrigin(
            said.taken_at if time else None,
            said.latitude_deg if place else None,
            said.longitude_deg if place else None,
        )
        return replace(self, origin=kept)


def read_all(files: Sequence[bytes], timezone: str) -> list[ReadPhoto]:
    """Read photos as they were handed in; the same one twice counts once.

    Raises PhotoRefused or TooLarge with a sentence for whoever sent it, and which photo it is
    about; Refused for too many.
    """
    if len(files) > MOST_PHOTOS:
        raise Refused(
            f"At most {MOST_PHOTOS} photos can be sent at once.",
            {"photos": f"choose at most {MOST_PHOTOS}"},
        )
    unique = list(dict.fromkeys(files))
    return [_read(data, timezone, at, len(unique)) for at, data in enumerate(unique, start=1)]


def read_one(data: bytes, timezone: str) -> ReadPhoto:
    """Read one photo. Raises PhotoRefused or TooLarge."""
    return _read(data, timezone, 1, 1)


def keep(
    photos: Sequence[ReadPhoto],
    *,
    tip_id: int | None = None,
    found_person_id: int | None = None,
    post_id: int | None = None,
) -> list[ContributedPhoto]:
    """Write the photos for their one owner. Does not commit."""
    kept = [
        ContributedPhoto(
            tip_id=tip_id,
            found_person_id=found_person_id,
            post_id=post_id,
            sha256=kept_pictures.store(photo.jpeg),
            width_px=photo.width_px,
            height_px=photo.height_px,
            size_bytes=len(photo.jpeg),
            taken_at=photo.origin.taken_at,
            latitude_deg=photo.origin.latitude_deg,
            longitude_deg=photo.origin.longitude_deg,
            state=PhotoState.WAITING,
            queued_at=utc_now(),
        )
        for photo in photos
    ]
    db.session.add_all(kept)
    db.session.flush()
    return kept


def keep_again(photo: ContributedPhoto, *, post_id: int) -> ContributedPhoto:
    """The same picture for another post. Does not commit."""
    row = ContributedPhoto(
        post_id=post_id,
        sha256=photo.sha256,
        width_px=photo.width_px,
        height_px=photo.height_px,
        size_bytes=photo.size_bytes,
        taken_at=photo.taken_at,
        latitude_deg=photo.latitude_deg,
        longitude_deg=photo.longitude_deg,
        state=PhotoState.WAITING,
        queued_at=utc_now(),
    )
    db.session.add(row)
    db.session.flush()
    return row


def hand_over(photos: Sequence[ContributedPhoto]) -> None:
    """Give committed photos to the workers; what Redis loses, the scheduler puts in again."""
    dispatch.enqueue_photos([(photo.id, photo.attempt) for photo in photos])


def require_picture(
    sha256: str, *, tip_id: int | None = None, found_person_id: int | None = None
) -> None:
    """Raises NotFound unless this is a picture of the one owner."""
    if not is_picture_of(sha256, tip_id=tip_id, found_person_id=found_person_id):
        raise NotFound("There is no such picture.")


def is_picture_of(
    sha256: str,
    *,
    tip_id: int | None = None,
    found_person_id: int | None = None,
    post_id: int | None = None,
) -> bool:
    """Whether this is a photo of the one owner, or a face in one of its photos."""
    owners = (
        (ContributedPhoto.tip_id, tip_id),
        (ContributedPhoto.found_person_id, found_person_id),
        (ContributedPhoto.post_id, post_id),
    )
    # A comparison with None would be true for the pictures of all others.
    owner = or_(false(), *(column == value for column, value in owners if value is not None))
    is_face = exists().where(
        ContributedFace.photo_id == ContributedPhoto.id, ContributedFace.crop_sha256 == sha256
    )
    query = select(ContributedPhoto.id).where(owner, (ContributedPhoto.sha256 == sha256) | is_face)
    return db.session.scalar(query.limit(1)) is not None


def _read(data: bytes, timezone: str, ordinal: int, count: int) -> ReadPhoto:
    which = f"Photo {ordinal} of {count}: " if count > 1 else ""
    if len(data) > settings().max_photo_bytes:
        most_mb = settings().max_photo_bytes // 2**20
        raise TooLarge(f"{which}The photo is larger than {most_mb} MB: send a smaller one.")
    try:
        with _decoding():
            image_bgr = read_photo(data, settings().max_photo_pixels, MAX_SIDE_PX)
            jpeg = encode_jpeg(image_bgr)
    except UnreadableImage as error:
        raise PhotoRefused(f"{which}{error}", "unreadable") from error
    height_px, width_px = image_bgr.shape[:2]
    return ReadPhoto(jpeg, width_px, height_px, read_origin(data, ZoneInfo(timezone)))


def _decoding() -> threading.BoundedSemaphore:
    """Held while a photo is decoded, so that many at once cannot take all memory."""
    held: threading.BoundedSemaphore = current_app.extensions.setdefault(
        _DECODING, threading.BoundedSemaphore(_DECODED_AT_ONCE)
    )
    return held


def look_again(photos: Sequence[ContributedPhoto]) -> None:
    """Let photos wait for a worker anew; what was decided on their matches stays. No commit."""
    for photo in photos:
        photo.state, photo.queued_at = PhotoState.WAITING, utc_now()
        photo.attempt += 1
