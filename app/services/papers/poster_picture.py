"""A poster as a square picture for messengers, without any metadata."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import segno
from PIL import Image, ImageDraw, ImageFont

from app.errors import Unavailable
from app.services.papers.brief_fonts import script_of
from app.services.papers.poster_content import Poster
from app.services.papers.poster_pdf import MADE_UP

SIDE_PX: Final = 1080
_BAND_PX: Final = 140
_EDGE_PX: Final = 40
_QR_PX: Final = 250
_BAND: Final = (176, 22, 31)
_INK: Final = (20, 24, 28)


@dataclass(frozen=True)
class _Pen:
    """Draws text in the scripts that it holds, each with its own font."""

    draw: ImageDraw.ImageDraw
    font_dir: Path

    def width(self, text: str, size_px: int, *, bold: bool = False) -> float:
        return sum(
            self.draw.textlength(part, self._font(script, size_px, bold))
            for script, part in _runs(text)
        )

    def fitted(self, text: str, size_px: int, room_px: float, *, bold: bool = False) -> int:
        """The size at which the text fits into one line, not less than 22 pixels."""
        while size_px > 22 and self.width(text, size_px, bold=bold) > room_px:
            size_px -= 2
        return size_px

    def write(
        self, at: tuple[float, float], text: str, size_px: int, ink: tuple[int, int, int],
        *, bold: bool = False,
    ) -> None:  # fmt: skip
        left = at[0]
        for script, part in _runs(text):
            font = self._font(script, size_px, bold)
            self.draw.text((left, at[1]), part, ink, font, anchor="ls")
            left += self.draw.textlength(part, font)

    def _font(self, script: str, size_px: int, bold: bool) -> ImageFont.FreeTypeFont:
        path = self.font_dir / f"NotoSans{script}-{'Bold' if bold else 'Regular'}.ttf"
        if not path.is_file():  # Pillow would look for one of this name elsewhere
            raise Unavailable(
                f"The font {path.name} is not installed, so no poster can be drawn: install "
                "Debian's package fonts-noto-core, or set FONT_DIR to a folder of Noto fonts."
            )
        return ImageFont.truetype(str(path), size_px, layout_engine=ImageFont.Layout.RAQM)


def poster_png(poster: Poster, font_dir: Path) -> bytes:
    """Draw the poster, 1080 by 1080 pixels. Raises Unavailable where a font is missing."""
    picture = Image.new("RGB", (SIDE_PX, SIDE_PX), (255, 255, 255))
    draw = ImageDraw.Draw(picture)
    pen = _Pen(draw, font_dir)
    draw.rectangle((0, 0, SIDE_PX, _BAND_PX), fill=_BAND)
    _centred(pen, poster.heading, 96, _BAND_PX - 42, (255, 255, 255), bold=True)
    foot_px = SIDE_PX - _EDGE_PX - _QR_PX
    lines = [(poster.name, 60, True)] if poster.name else []
    lines += [(f"{what}: {text}", 34, False) for what, text in poster.facts]
    wrapped = [
        (line, size, bold)
        for text, size, bold in lines
        for line in _wrap(pen, text, size, SIDE_PX - 2 * _EDGE_PX, bold=bold)
    ]
    height_px = sum(round(size * 1.35) for _, size, _ in wrapped)
    top_px = _BAND_PX + (46 if poster.made_up else 16)
    if poster.made_up:
        _centred(pen, MADE_UP, 26, _BAND_PX + 34, _INK, bold=True)
    bottom_px = foot_px - 16 - height_px - (34 if poster.photo_note else 0)
    _photo(picture, poster, top_px, bottom_px)
    line_px = bottom_px
    if poster.photo_note:
        _centred(pen, poster.photo_note, 26, bottom_px + 28, _INK, bold=True)
        line_px += 34
    for text, size, bold in wrapped:
        line_px += round(size * 1.35)
        _centred(pen, text, size, line_px - round(size * 0.3), _INK, bold=bold)
    _foot(picture, pen, poster, foot_px)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _photo(picture: Image.Image, poster: Poster, top_px: int, bottom_px: int) -> None:
    room_px = bottom_px - top_px
    if poster.photo is None or room_px < 60:
        return
    with Image.open(poster.photo) as opened:
        photo = opened.convert("RGB")
    scale = min((SIDE_PX - 2 * _EDGE_PX) / photo.width, room_px / photo.height)
    size = (max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))
    picture.paste(photo.resize(size, Image.Resampling.LANCZOS), ((SIDE_PX - size[0]) // 2, top_px))


def _foot(picture: Image.Image, pen: _Pen, poster: Poster, top_px: int) -> None:
    code = io.BytesIO()
    segno.make(poster.address, error="m", micro=False).save(code, kind="png", scale=8, border=2)
    code.seek(0)
    with Image.open(code) as opened:
        square = opened.convert("RGB").resize((_QR_PX, _QR_PX), Image.Resampling.NEAREST)
    picture.paste(square, (_EDGE_PX, top_px))
    left_px = _EDGE_PX + _QR_PX + 30
    room_px = SIDE_PX - _EDGE_PX - left_px
    line_px = top_px + 56
    lines = [(line, 32, False) for line in _wrap(pen, poster.call, 32, room_px)]
    lines += [(poster.address, 34, True)]
    lines += [(f"Or call {poster.phone}", 40, True)] if poster.phone else []
    for text, size, bold in lines:
        fitted = pen.fitted(text, size, room_px, bold=bold)
        pen.write((left_px, line_px), text, fitted, _INK, bold=bold)
        line_px += round(size * 1.4)


def _centred(
    pen: _Pen, text: str, size_px: int, base_px: int, ink: tuple[int, int, int], *, bold: bool
) -> None:
    size = pen.fitted(text, size_px, SIDE_PX - 2 * _EDGE_PX, bold=bold)
    left = (SIDE_PX - pen.width(text, size, bold=bold)) / 2
    pen.write((left, base_px), text, size, ink, bold=bold)


def _wrap(pen: _Pen, text: str, size_px: int, room_px: float, *, bold: bool = False) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if not lines[-1] or pen.width(longer, size_px, bold=bold) <= room_px:
            lines[-1] = longer
        else:
            lines.append(word)
    return [line for line in lines if line]


def _runs(text: str) -> Iterator[tuple[str, str]]:
    """Stretches of one script; blanks and digits go with what stands before them."""
    script, part = "", ""
    for character in text:
        found = script_of(character)
        if found != script and character.strip() and (found or character.isalpha()):
            if part:
                yield script, part
            script, part = found, ""
        part += character
    if part:
        yield script, part
