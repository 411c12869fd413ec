"""When and where a photo says that it was taken: the EXIF that is read before it is stripped."""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from PIL import Image

from recognition.images import FORMATS

_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_TAKEN, _TAKEN_OFFSET = 0x9003, 0x9011
_GPS_LATITUDE_REF, _GPS_LATITUDE, _GPS_LONGITUDE_REF, _GPS_LONGITUDE = 1, 2, 3, 4
_FIRST_YEAR = 1990
_UNREADABLE = (OSError, SyntaxError, ValueError, TypeError, KeyError, EOFError, struct.error)


@dataclass(frozen=True)
class PhotoOrigin:
    """What a photo's own data say; None for what they do not.

    Anybody can write these data: they are a claim of the file, and no evidence.
    """

    taken_at: datetime | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None


def read_origin(data: bytes, zone: tzinfo) -> PhotoOrigin:
    """Time and place from EXIF; whatever is missing, damaged or impossible is None.

    Args:
        data: the file's bytes, of a photo that `recognition.images.read_photo` can read.
        zone: taken for the camera's clock where the photo does not say its offset from UTC.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as photo:
            exif = photo.getexif()
            taken = _taken_at(exif.get_ifd(_EXIF_IFD), zone)
            latitude_deg, longitude_deg = _position(exif.get_ifd(_GPS_IFD))
    except (*_UNREADABLE, Image.DecompressionBombError):
        return PhotoOrigin()
    return PhotoOrigin(taken, latitude_deg, longitude_deg)


def _taken_at(tags: Mapping[int, object], zone: tzinfo) -> datetime | None:
    try:
        wall = datetime.strptime(str(tags.get(_TAKEN, "")).strip("\x00 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
        taken = wall.replace(tzinfo=_offset(str(tags.get(_TAKEN_OFFSET, ""))) or zone)
        at = taken.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if at.year >= _FIRST_YEAR else None


def _offset(text: str) -> timezone | None:
    """An offset as EXIF writes it ("+05:30"); None for anything else."""
    text = text.strip("\x00 ")
    if len(text) != 6 or text[0] not in "+-" or text[3] != ":":
        return None
    hours, minutes = text[1:3], text[4:6]
    if not (hours.isdecimal() and minutes.isdecimal() and int(hours) < 15 and int(minutes) < 60):
        return None
    size = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-size if text[0] == "-" else size)


def _position(tags: Mapping[int, object]) -> tuple[float | None, float | None]:
    latitude_deg = _degrees(tags.get(_GPS_LATITUDE), tags.get(_GPS_LATITUDE_REF), "NS", 90.0)
    longitude_deg = _degrees(tags.get(_GPS_LONGITUDE), tags.get(_GPS_LONGITUDE_REF), "EW", 180.0)
    if latitude_deg is None or longitude_deg is None:
        return None, None
    if latitude_deg == 0.0 and longitude_deg == 0.0:
        return None, None  # what cameras write that have no fix
    return latitude_deg, longitude_deg


def _degrees(value: object, side: object, sides: str, largest: float) -> float | None:
    """Degrees, minutes and seconds with their hemisphere letter as signed degrees."""
    letter = str(side or "").strip("\x00 ").upper()
    if not isinstance(value, tuple) or len(value) != 3 or letter not in tuple(sides):
        return None
    try:
        whole, minutes, seconds = (float(part) for part in value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    size = whole + minutes / 60.0 + seconds / 3600.0
    if not math.isfinite(size) or not 0.0 <= size <= largest:
        return None
    return -size if letter == sides[1] else size
