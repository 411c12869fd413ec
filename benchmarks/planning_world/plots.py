"""Plots as SVG, written by hand: no plotting library is needed for a few step curves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

_WIDTH, _HEIGHT = 810, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 270, 46, 52
_COLOURS = ("#1b6ca8", "#c0392b", "#2e8b57", "#8e5ea2", "#d98c1f", "#555555", "#0f9d9d")


def write_found_curves(path: Path, title: str, hours: Mapping[str, Sequence[float]]) -> None:
    """Share of cases in which the person is found (up), by camera-hours spent (logarithmic)."""
    finite = [value for values in hours.values() for value in values if math.isfinite(value)]
    low = math.floor(math.log10(max(min(finite), 0.01)))
    high = math.ceil(math.log10(max(finite)))
    lines = [*_frame(title, low, high)]
    for number, (name, values) in enumerate(hours.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        lines.append(_curve(sorted(values), low, high, colour))
        lines.append(_legend(number, name, colour))
    path.write_text("\n".join([*lines, "</svg>", ""]), encoding="utf-8")


def _x(value: float, low: int, high: int) -> float:
    share = (math.log10(max(value, 10.0**low)) - low) / (high - low)
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def _frame(title: str, low: int, high: int) -> list[str]:
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"',
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_LEFT}" y="24" font-size="15">{escape(title)}</text>',
    ]
    for power in range(low, high + 1):
        x = _x(10.0**power, low, high)
        lines.append(f'<path d="M{x:.1f} {_y(0):.1f}V{_y(1):.1f}" stroke="#ddd"/>')
        label = f"{10.0**power:g}"
        lines.append(f'<text x="{x:.1f}" y="{_y(0) + 18:.1f}" text-anchor="middle">{label}</text>')
    for step in range(0, 101, 25):
        y = _y(step / 100)
        lines.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>')
        lines.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{step} %</text>')
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    lines.append(
        f'<text x="{middle}" y="{_HEIGHT - 12}" text-anchor="middle">'
        "camera-hours of footage processed until the first true sighting</text>"
    )
    return lines


def _curve(values: Sequence[float], low: int, high: int, colour: str) -> str:
    path = f"M{_x(10.0**low, low, high):.1f} {_y(0):.1f}"
    for place, value in enumerate(values, start=1):
        if math.isfinite(value):
            path += f"H{_x(value, low, high):.1f}V{_y(place / len(values)):.1f}"
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _legend(number: int, name: str, colour: str) -> str:
    x, y = _WIDTH - _RIGHT + 14, _TOP + 14 + 22 * number
    return (
        f'<path d="M{x} {y - 4}h18" stroke="{colour}" stroke-width="3"/>'
        f'<text x="{x + 24}" y="{y}">{escape(name)}</text>'
    )
