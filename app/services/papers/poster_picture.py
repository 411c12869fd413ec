"""A poster as a square picture for messengers, without any metadata."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import segno
from PIL import Image, ImageDraw, ImageFont

from app.errors import Unavailable
from app.services.papers.brief_fonts import FROM_RIGHT, script_of
from app.services.papers.poster_content import Poster
from app.services.papers.poster_pdf import MADE_UP, QR_BORDER

SIDE_PX: Final = 1080
_BAND_PX: Final = 140
_EDGE_PX: Final = 40
_QR_PX: Final = 250
_LEAST_PHOTO_PX: Final = 220
_SCALES: Final = (1.0, 0.85, 0.7, 0.6, 0.5)
"""Of the lines' sizes: the first at which long ones leave a photo that can be recognised."""
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
    top_px = _BAND_PX + (46 if poster.made_up else 16)
    room_px = foot_px - 50 - top_px - (_LEAST_PHOTO_PX if poster.photo else 0)
    wrapped = next(
        (lines for scale in _SCALES if _height_px(lines := _lines(pen, poster, scale)) <= room_px),
        _lines(pen, poster, _SCALES[-1]),
    )
    height_px = _height_px(wrapped)
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


def _lines(pen: _Pen, poster: Poster, scale: float) -> list[tuple[str, int, bool]]:
    """Name and facts as lines that fit the width: text, size in pixels, bold."""
    texts = [(poster.name, round(60 * scale), True)] if poster.name else []
    texts += [(f"{what}: {text}", round(34 * scale), False) for what, text in poster.facts]
    return [
        (line, size, bold)
        for text, size, bold in texts
        for line in _wrap(pen, text, size, SIDE_PX - 2 * _EDGE_PX, bold=bold)
    ]


def _height_px(lines: Sequence[tuple[str, int, bool]]) -> int:
    return sum(round(size * 1.35) for _, size, _ in lines)


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
    # Whole pixels for each module, and the margin that the standard asks for: else phones fail.
    code = segno.make(poster.address, error="m", micro=False)
    drawn = io.BytesIO()
    side = code.symbol_size(scale=1, border=QR_BORDER)[0]
    code.save(drawn, kind="png", scale=max(1, _QR_PX // side), border=QR_BORDER)
    drawn.seek(0)
    with Image.open(drawn) as opened:
        picture.paste(opened.convert("RGB"), (_EDGE_PX, top_px))
    left_px = _EDGE_PX + _QR_PX + 30
    room_px = SIDE_PX - _EDGE_PX - left_px
    line_px = top_px + 14
    lines = [(line, 32, False) for line in _wrap(pen, poster.call, 32, room_px)]
    size_px = pen.fitted(poster.address, 34, room_px, bold=True)
    lines += [
        (line, size_px, True) for line in _wrap(pen, poster.address, size_px, room_px, bold=True)
    ]
    lines += [(f"Or call {poster.phone}", 40, True)] if poster.phone else []
    for text, size, bold in lines:
        line_px += round(size * 1.4)
        fitted = pen.fitted(text, size, room_px, bold=bold)
        pen.write((left_px, line_px), text, fitted, _INK, bold=bold)


def _centred(
    pen: _Pen, text: str, size_px: int, base_px: int, ink: tuple[int, int, int], *, bold: bool
) -> None:
    size = pen.fitted(text, size_px, SIDE_PX - 2 * _EDGE_PX, bold=bold)
    left = (SIDE_PX - pen.width(text, size, bold=bold)) / 2
    pen.write((left, base_px), text, size, ink, bold=bold)


def _wrap(pen: _Pen, text: str, size_px: int, room_px: float, *, bold: bool = False) -> list[str]:
    lines = [""]
    for word in _words(pen, text, size_px, room_px, bold=bold):
        longer = f"{lines[-1]} {word}".strip()
        if not lines[-1] or pen.width(longer, size_px, bold=bold) <= room_px:
            lines[-1] = longer
        else:
            lines.append(word)
    return [line for line in lines if line]


def _words(pen: _Pen, text: str, size_px: int, room_px: float, *, bold: bool) -> Iterator[str]:
    """The words; one that is wider than the room in pieces that are not."""
    for word in text.split():
        piece = ""
        for character in word:
            is_mark = unicodedata.category(character).startswith("M")
            if piece and not is_mark and pen.width(piece + character, size_px, bold=bold) > room_px:
                yield piece
                piece = ""
            piece += character
        yield piece


def _runs(text: str) -> Iterator[tuple[str, str]]:
    """Stretches of one script; blanks and digits go with what stands before them.

    Behind a script that runs from right to left blanks go with what follows: they would be drawn at
    its other end.
    """
    script, part = "", ""
    for character in text:
        found = script_of(character)
        if found != script and character.strip() and (found or character.isalpha()):
            kept = part.rstrip() if script in FROM_RIGHT else part
            if kept:
                yield script, kept
            script, part = found, part[len(kept) :]
        part += character
    if part:
        yield script, part
