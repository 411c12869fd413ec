"""Reading photos that people hand in, and writing crops."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from recognition.errors import UnreadableImage
from recognition.faces import ImageBGR

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF")
MAX_PIXELS = 50_000_000
_SIXTEEN_BIT = {"I;16", "I;16B", "I;16L", "I;16N", "I", "F"}


_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif")


def read_photo(
    data: bytes, max_pixels: int = MAX_PIXELS, max_side_px: int | None = None
) -> ImageBGR:
    """A photo as BGR uint8[h, w, 3], upright as its EXIF orientation says.

    The type is told by content, never by name. Transparency is laid on white; 16-bit and CMYK are
    converted; of several pages or frames the first is read.

    Args:
        data: the file's bytes.
        max_pixels: larger photos are refused before they are decoded.
        max_side_px: larger photos are scaled down to this; JPEG already while it is decoded, so
            that a large one takes no more memory than it has to. None keeps the size.

    Raises:
        UnreadableImage: the bytes are no photo, are damaged, or it is too large.
    """
    if not data:
        raise UnreadableImage("This file is empty. Choose the photo again.")
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        raise UnreadableImage(
            "This is a HEIC photo, which cannot be read here. Send it as JPEG: on an iPhone choose "
            "Settings, Camera, Formats, Most Compatible, or send a screenshot of the photo."
        )
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as photo:
            _refuse_large(photo.size, max_pixels)
            if max_side_px is not None:
                photo.draft("RGB", (max_side_px, max_side_px))
            photo.load()
            # The orientation is read before the mode changes, which drops EXIF.
            upright = _as_rgb(ImageOps.exif_transpose(photo))
            if max_side_px is not None:
                upright.thumbnail((max_side_px, max_side_px), Image.Resampling.LANCZOS)
            rgb = np.asarray(upright, np.uint8)
    except UnidentifiedImageError as error:
        raise UnreadableImage(
            "This file is not a photo. JPEG, PNG, WebP and TIFF can be read."
        ) from error
    except Image.DecompressionBombError as error:
        raise UnreadableImage(
            "This photo has too many pixels. Scale it down and hand it in again."
        ) from error
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
        raise UnreadableImage(
            "This photo is damaged or incomplete. Save or send it again."
        ) from error
    return np.ascontiguousarray(rgb[:, :, ::-1])


def taken_on(data: bytes) -> date | None:
    """The day on which the photo's own EXIF says that it was taken; None without a believable one.

    A camera's clock may be wrong and a scan names the day of scanning: this is only a proposal.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as photo:
            named = photo.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
        day = datetime.strptime(str(named)[:10], "%Y:%m:%d").date()  # noqa: DTZ007 - a day only
    except (UnidentifiedImageError, Image.DecompressionBombError):
        return None
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError, KeyError, TypeError):
        return None
    return day if date(1900, 1, 1) <= day <= datetime.now(UTC).date() else None


def encode_jpeg(image_bgr: ImageBGR, quality: int = 90) -> bytes:
    """The image as JPEG bytes.

    Raises:
        ValueError: the image is empty.
    """
    if image_bgr.size == 0:
        raise ValueError("An empty image cannot be encoded.")
    _, encoded = cv2.imencode(".jpg", image_bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return encoded.tobytes()


def _refuse_large(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise UnreadableImage(
            f"This photo has {width * height / 1e6:.0f} megapixels; at most "
            f"{max_pixels / 1e6:.0f} can be read. Scale it down and hand it in again."
        )


def _as_rgb(photo: Image.Image) -> Image.Image:
    """Any mode as RGB; what is transparent becomes white, 16 bits become the upper 8."""
    if photo.mode in _SIXTEEN_BIT:
        return Image.fromarray(_to_eight_bits(np.asarray(photo))).convert("RGB")
    if photo.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in photo.info:
        layered = photo.convert("RGBA")
        white = Image.new("RGBA", layered.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, layered).convert("RGB")
    return photo.convert("RGB")


def _to_eight_bits(tones: np.ndarray) -> np.ndarray:
    """Grey levels of 16 or 32 bits as uint8; floats up to 1 are taken as shares of white."""
    white = 1.0 if tones.dtype.kind == "f" and float(tones.max(initial=0)) <= 1.0 else 65535.0
    if tones.dtype.kind != "f" and int(tones.max(initial=0)) <= 255:
        white = 255.0
    return np.clip(tones.astype(np.float64) / white * 255.0, 0, 255).astype(np.uint8)
