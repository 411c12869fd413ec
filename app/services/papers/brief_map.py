"""The brief's map, drawn as lines and text: no network, and sharp at any size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from fpdf import FPDF

from app.services.papers.brief_content import Brief, BriefStop, BriefStreet
from app.services.papers.brief_fonts import MAIN
from geo.plane import LocalPlane, plane_around
from geo.points import Point

GROUND: Final = (244, 241, 234)
STREET: Final = (205, 205, 198)
MAIN_STREET: Final = (176, 176, 166)
FRAME: Final = (120, 130, 140)
PLACE: Final = (184, 18, 79)
SIGHTING: Final = (18, 98, 58)
ORDER: Final = (90, 100, 112)
EXCLUDED: Final = (147, 24, 15)
_SCALES_M: Final = (
    20,
    50,
    100,
    200,
    500,
    1000,
    2000,
    5000,
    10_000,
    20_000,
    50_000,
    100_000,
    500_000,
)
_LEAST_WIDTH_M: Final = 300.0
_MARGIN_SHARE: Final = 0.14
_DOT_MM: Final = 2.6


@dataclass(frozen=True)
class Frame:
    """Where on the page the map stands, in millimetres, and what of the ground it shows."""

    left_mm: float
    top_mm: float
    width_mm: float
    height_mm: float
    plane: LocalPlane
    metres_per_mm: float

    def place(self, point: Point) -> tuple[float, float]:
        """A position on the page; north is up."""
        x_m, y_m = self.plane.to_xy_m(point.latitude_deg, point.longitude_deg)
        return (
            self.left_mm + self.width_mm / 2 + float(x_m) / self.metres_per_mm,
            self.top_mm + self.height_mm / 2 - float(y_m) / self.metres_per_mm,
        )

    def holds(self, point: Point) -> bool:
        """Whether a position lies within the frame."""
        x_mm, y_mm = self.place(point)
        right_mm, bottom_mm = self.left_mm + self.width_mm, self.top_mm + self.height_mm
        return self.left_mm <= x_mm <= right_mm and self.top_mm <= y_mm <= bottom_mm


def frame_around(stops: Sequence[BriefStop], box_mm: tuple[float, float, float, float]) -> Frame:
    """A frame (left, top, width, height) that shows all stops of the first route."""
    left_mm, top_mm, width_mm, height_mm = box_mm
    shown = [stop for stop in stops if not stop.is_left_out] or list(stops)
    plane = plane_around(stop.position for stop in shown)
    x_m, y_m = plane.to_xy_m(
        [stop.position.latitude_deg for stop in shown],
        [stop.position.longitude_deg for stop in shown],
    )
    reach_m = max(stop.uncertainty_m for stop in shown)
    half_x_m = max(float(abs(x_m).max()) + reach_m, _LEAST_WIDTH_M / 2) * (1 + _MARGIN_SHARE)
    half_y_m = max(float(abs(y_m).max()) + reach_m, _LEAST_WIDTH_M / 2) * (1 + _MARGIN_SHARE)
    metres_per_mm = max(2 * half_x_m / width_mm, 2 * half_y_m / height_mm)
    return Frame(left_mm, top_mm, width_mm, height_mm, plane, metres_per_mm)


def bounds_of(frame: Frame) -> tuple[Point, Point]:
    """The frame's south-west and north-east corner on the ground."""
    half_x_m = frame.width_mm / 2 * frame.metres_per_mm
    half_y_m = frame.height_mm / 2 * frame.metres_per_mm
    latitude, longitude = frame.plane.to_degrees([-half_x_m, half_x_m], [-half_y_m, half_y_m])
    south_west, north_east = zip(latitude.tolist(), longitude.tolist(), strict=True)
    return Point(*south_west), Point(*north_east)


def draw_map(document: FPDF, frame: Frame, brief: Brief) -> None:
    """Ground, streets, uncertainties, the order of the stops, their numbers, scale and north."""
    box = (frame.left_mm, frame.top_mm, frame.width_mm, frame.height_mm)
    with document.local_context():
        document.set_fill_color(*GROUND)
        document.rect(*box, style="F")
        with document.rect_clip(*box):
            _streets(document, frame, brief.streets)
            _uncertainties(document, frame, brief.stops)
            _order(document, frame, brief.stops)
            for stop in reversed(brief.stops):
                if frame.holds(stop.position):
                    _number(document, frame, stop)
        document.set_draw_color(*FRAME)
        document.set_line_width(0.3)
        document.rect(*box)
        _scale(document, frame)
        _north(document, frame)


def _streets(document: FPDF, frame: Frame, streets: Sequence[BriefStreet]) -> None:
    for street in sorted(streets, key=lambda one: one.is_main):
        document.set_draw_color(*(MAIN_STREET if street.is_main else STREET))
        document.set_line_width(0.7 if street.is_main else 0.3)
        document.polyline([frame.place(point) for point in street.points])


def _uncertainties(document: FPDF, frame: Frame, stops: Sequence[BriefStop]) -> None:
    document.set_line_width(0.2)
    for stop in stops:
        colour = SIGHTING if stop.is_sighting else PLACE
        document.set_draw_color(*colour)
        document.set_fill_color(*colour)
        x_mm, y_mm = frame.place(stop.position)
        radius_mm = stop.uncertainty_m / frame.metres_per_mm
        if radius_mm > _DOT_MM / 2:
            with document.local_context(fill_opacity=0.12):
                document.circle(x_mm, y_mm, radius_mm, style="DF")


def _order(document: FPDF, frame: Frame, stops: Sequence[BriefStop]) -> None:
    chosen = [stop for stop in stops if not stop.is_left_out]
    document.set_line_width(0.5)
    for start, end in pairwise(chosen):
        document.set_draw_color(*(EXCLUDED if end.is_impossible else ORDER))
        document.set_dash_pattern(dash=1.4, gap=1.2)
        document.line(*frame.place(start.position), *frame.place(end.position))
    document.set_dash_pattern()


def _number(document: FPDF, frame: Frame, stop: BriefStop) -> None:
    x_mm, y_mm = frame.place(stop.position)
    colour = EXCLUDED if stop.is_left_out else SIGHTING if stop.is_sighting else PLACE
    document.set_draw_color(*colour)
    document.set_line_width(0.4)
    document.set_fill_color(*((255, 255, 255) if stop.is_left_out else colour))
    document.circle(x_mm, y_mm, _DOT_MM, style="DF")
    document.set_text_color(*(EXCLUDED if stop.is_left_out else (255, 255, 255)))
    document.set_font(MAIN, "B", 7 if stop.number < 100 else 5.5)
    document.set_xy(x_mm - _DOT_MM, y_mm - _DOT_MM)
    document.cell(2 * _DOT_MM, 2 * _DOT_MM, str(stop.number), align="C")
    document.set_text_color(0, 0, 0)


def _scale(document: FPDF, frame: Frame) -> None:
    wanted_m = frame.width_mm / 5 * frame.metres_per_mm
    length_m = max((one for one in _SCALES_M if one <= wanted_m), default=_SCALES_M[0])
    length_mm = length_m / frame.metres_per_mm
    x_mm, y_mm = frame.left_mm + 4, frame.top_mm + frame.height_mm - 5
    document.set_fill_color(255, 255, 255)
    document.rect(x_mm - 1.5, y_mm - 5, length_mm + 3, 7, style="F")
    document.set_draw_color(0, 0, 0)
    document.set_line_width(0.4)
    document.line(x_mm, y_mm, x_mm + length_mm, y_mm)
    for end_mm in (x_mm, x_mm + length_mm):
        document.line(end_mm, y_mm - 1.2, end_mm, y_mm)
    document.set_font(MAIN, size=7)
    document.set_xy(x_mm, y_mm - 4.6)
    text = f"{length_m} m" if length_m < 1000 else f"{length_m // 1000} km"
    document.cell(length_mm, 3.4, text, align="C")


def _north(document: FPDF, frame: Frame) -> None:
    x_mm, y_mm = frame.left_mm + frame.width_mm - 7, frame.top_mm + 4
    document.set_fill_color(255, 255, 255)
    document.circle(x_mm, y_mm + 4.2, 5.2, style="F")
    document.set_fill_color(40, 50, 60)
    document.polygon([(x_mm, y_mm), (x_mm - 1.6, y_mm + 4.4), (x_mm + 1.6, y_mm + 4.4)], style="F")
    document.set_font(MAIN, "B", 8)
    document.set_xy(x_mm - 3, y_mm + 4.4)
    document.cell(6, 4, "N", align="C")
