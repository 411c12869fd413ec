"""DET and ROC curves as SVG: plain text, no script, readable in print.

Each part has its colour as an attribute, so that a saved file can be looked at, and a class, so
that a page can give it the colours of its theme.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from recognition.evaluation.report import EvaluationReport

_WIDTH, _HEIGHT = 440, 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 22, 50, 56
_MOST_LETTERS = 56
_TICK_LENGTH = 5

Scale = Callable[[float], float]


@dataclass(frozen=True)
class _Axis:
    """One axis: its title, ticks, and where a value lies between its ends, 0 to 1."""

    title: str
    ticks: Sequence[float]
    share: Scale


def det_svg(report: EvaluationReport) -> str:
    """False non-matches over false matches, both on logarithmic axes: lower left is better."""
    least = 1 / max(report.stranger_pairs, report.same_person_pairs)
    y_least = max(1e-4, 1 / report.same_person_pairs)
    x_axis = _logarithmic("False-match rate", max(1e-6, least))
    y_axis = _logarithmic("False-non-match rate", y_least)
    curve = [
        (point.false_match_rate, point.false_non_match_rate)
        for point in report.curve
        if point.false_match_rate > 0 and point.false_non_match_rate > 0
    ]
    at = report.at_threshold
    marks = [(at.false_match_rate, 1 - at.true_match_rate)]
    return _plot("Errors of both kinds (DET)", report, x_axis, y_axis, curve, marks)


def roc_svg(report: EvaluationReport) -> str:
    """True matches over false matches: higher is better."""
    x_axis = _logarithmic("False-match rate", max(1e-6, 1 / report.stranger_pairs))
    ticks = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    y_axis = _Axis("True-match rate", ticks, lambda value: value)
    curve = [
        (point.false_match_rate, 1 - point.false_non_match_rate)
        for point in report.curve
        if point.false_match_rate > 0
    ]
    at = report.at_threshold
    marks = [(at.false_match_rate, at.true_match_rate)]
    return _plot("True and false matches (ROC)", report, x_axis, y_axis, curve, marks)


def _logarithmic(title: str, least: float) -> _Axis:
    low = math.floor(math.log10(least))
    ticks = [10.0**power for power in range(low, 1)]
    return _Axis(title, ticks, lambda value: (math.log10(max(value, 10.0**low)) - low) / -low)


def _plot(
    title: str,
    report: EvaluationReport,
    x_axis: _Axis,
    y_axis: _Axis,
    curve: Sequence[tuple[float, float]],
    marks: Sequence[tuple[float, float]],
) -> str:
    points = [_place(x_axis, y_axis, x, y) for x, y in curve]
    dots = [_place(x_axis, y_axis, x, y) for x, y in marks]
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'class="plot" role="img" font-family="sans-serif" font-size="13">'
    )
    return "\n".join(
        [
            opening,
            f"<title>{escape(title)}: {escape(report.model)}</title>",
            f'<rect class="plot-ground" width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
            _text(10, 18, _short(f"{title}: {report.model}"), size=15),
            _text(10, 37, _subtitle(report), kind="plot-note", colour="#555"),
            *_x_ticks(x_axis),
            *_y_ticks(y_axis),
            _curve(points),
            *_note_where_empty(points),
            *(
                f'<circle class="plot-dot" cx="{x:.1f}" cy="{y:.1f}" r="5" fill="#b3261e"/>'
                for x, y in dots
            ),
            "</svg>",
        ]
    )


def _subtitle(report: EvaluationReport) -> str:
    return (
        f"{report.photos:,} photos of {report.people:,} people; "
        f"dot: threshold {report.at_threshold.threshold:.3f}"
    )


def _curve(points: Sequence[tuple[float, float]]) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (
        f'<polyline class="plot-curve" points="{path}" fill="none" stroke="#0b5cad" '
        'stroke-width="2"/>'
    )


def _short(words: str) -> str:
    return words if len(words) <= _MOST_LETTERS else f"{words[: _MOST_LETTERS - 1]}…"


def _note_where_empty(points: Sequence[tuple[float, float]]) -> list[str]:
    """A curve of errors that were not made has nothing to draw on a logarithmic axis."""
    if points:
        return []
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    return [_text(middle, _HEIGHT / 2, "No errors of both kinds to draw", anchor="middle")]


def _place(x_axis: _Axis, y_axis: _Axis, x: float, y: float) -> tuple[float, float]:
    across, up = (min(1.0, max(0.0, share)) for share in (x_axis.share(x), y_axis.share(y)))
    return (
        _LEFT + across * (_WIDTH - _LEFT - _RIGHT),
        _HEIGHT - _BOTTOM - up * (_HEIGHT - _TOP - _BOTTOM),
    )


def _x_ticks(axis: _Axis) -> list[str]:
    floor = _HEIGHT - _BOTTOM
    parts = []
    for value in axis.ticks:
        x = _LEFT + axis.share(value) * (_WIDTH - _LEFT - _RIGHT)
        parts.append(_line(x, _TOP, x, floor + _TICK_LENGTH))
        parts.append(_text(x, floor + 20, _number(value), anchor="middle"))
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 14, axis.title, anchor="middle"))
    return parts


def _y_ticks(axis: _Axis) -> list[str]:
    parts = []
    for value in axis.ticks:
        y = _HEIGHT - _BOTTOM - axis.share(value) * (_HEIGHT - _TOP - _BOTTOM)
        parts.append(_line(_LEFT - _TICK_LENGTH, y, _WIDTH - _RIGHT, y))
        parts.append(_text(_LEFT - 9, y + 4, _number(value), anchor="end"))
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    turned = f'<g transform="rotate(-90 16 {middle:.1f})">'
    parts.append(turned + _text(16, middle, axis.title, anchor="middle") + "</g>")
    return parts


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return (
        f'<line class="plot-grid" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        'stroke="#ddd"/>'
    )


def _text(
    x: float,
    y: float,
    words: str,
    *,
    size: int = 13,
    anchor: str = "start",
    kind: str = "plot-words",
    colour: str = "#222",
) -> str:
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
        f'fill="{colour}">{escape(words)}</text>'
    )


def _number(value: float) -> str:
    return f"1e{round(math.log10(value))}" if 0 < value < 0.001 else f"{value:g}"
