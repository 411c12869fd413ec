"""The route as one HTML file with a map that opens where there is no network.

folium links Leaflet and four other libraries from the network; here its links are taken out and
Leaflet's own files are written into the page, and so is the script that plays the route back. A
content security policy in the page forbids every other request, except for map tiles where the
installation has a tile address.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import folium
from branca.element import Element, Figure
from jinja2 import Template

from app.config import PROJECT_ROOT
from app.errors import Unavailable

LEAFLET_FOLDER = PROJECT_ROOT / "static" / "vendor" / "leaflet"
PAGE_STYLE = PROJECT_ROOT / "static" / "css" / "route_export.css"
RING_RADII_M = (250, 500, 1000)
SCRIPTS = PROJECT_ROOT / "static" / "js" / "timeline"
_LABELLED_STOPS = 15
"""More camera names than this at once would hide the map."""


@dataclass(frozen=True)
class RouteStop:
    """One confirmed sighting on the map; `facts` are lines of text, `crop_jpeg` its face.

    `speed_on_m_per_s` is the speed assumed for the way to the next stop; None where no way can be.
    """

    number: int
    latitude_deg: float
    longitude_deg: float
    time_text: str
    at: datetime
    arrived_at: datetime
    left_at: datetime
    uncertainty_m: float
    time_uncertainty_s: float
    speed_on_m_per_s: float | None
    camera_name: str
    facts: tuple[str, ...]
    crop_jpeg: bytes | None = None


@dataclass(frozen=True)
class KnownPlace:
    """A last-known location on the map."""

    latitude_deg: float
    longitude_deg: float
    uncertainty_m: float
    label: str
    time_text: str


@dataclass(frozen=True)
class RouteMap:
    """All that the page shows. `warnings` stand above everything else."""

    title: str
    notice: str
    warnings: tuple[str, ...]
    stops: Sequence[RouteStop]
    places: Sequence[KnownPlace]
    made_at_text: str
    timezone: str
    tile_url: str = ""
    tile_attribution: str = ""


class _Verbatim(Element):
    """Text that goes into the page as it is, and is never read as a template."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


def route_map(content: RouteMap) -> bytes:
    """The page as UTF-8 HTML. Raises Unavailable when Leaflet's files are not installed."""
    drawn = _empty_map(content)
    _draw_places(drawn, content.places)
    _draw_stops(drawn, content.stops)
    drawn.fit_bounds(_bounds(content), max_zoom=17, padding=(30, 30))
    figure = cast(Figure, drawn.get_root())
    figure.title = escape(content.title)
    _add_head(figure, content)
    figure.html.add_child(_Verbatim(_panel(content) + _player(content, drawn.get_name())))
    return str(figure.render()).encode("utf-8")


def _empty_map(content: RouteMap) -> folium.Map:
    drawn = folium.Map(
        location=_bounds(content)[0],
        tiles=None,
        control_scale=True,
        zoom_start=15,
        max_zoom=20,
    )
    drawn.default_js, drawn.default_css = [], []
    if content.tile_url:
        folium.TileLayer(
            tiles=content.tile_url, attr=escape(content.tile_attribution), control=False
        ).add_to(drawn)
    return drawn


def _draw_places(drawn: folium.Map, places: Sequence[KnownPlace]) -> None:
    for place in places:
        at = (place.latitude_deg, place.longitude_deg)
        folium.Circle(
            at, radius=place.uncertainty_m, color="#8a4b00", weight=2, fill=True, fill_opacity=0.15
        ).add_to(drawn)
        folium.CircleMarker(
            at,
            radius=6,
            color="#8a4b00",
            fill=True,
            fill_opacity=1,
            tooltip=_tooltip(f"Last known: {place.label}, {place.time_text}"),
        ).add_to(drawn)
    for radius_m in RING_RADII_M if places else ():
        newest = (places[0].latitude_deg, places[0].longitude_deg)
        folium.Circle(
            newest, radius=radius_m, color="#8a4b00", weight=1, dash_array="4 6", fill=False
        ).add_to(drawn)


def _draw_stops(drawn: folium.Map, stops: Sequence[RouteStop]) -> None:
    line = [(stop.latitude_deg, stop.longitude_deg) for stop in stops]
    if len(line) > 1:
        folium.PolyLine(line, color="#0b5cad", weight=4, opacity=0.8).add_to(drawn)  # type: ignore[no-untyped-call]
    named = len(stops) <= _LABELLED_STOPS
    for stop in stops:
        folium.Marker(
            (stop.latitude_deg, stop.longitude_deg),
            icon=folium.DivIcon(
                html=f"<span>{stop.number}</span>",
                class_name="stop",
                icon_size=(28, 28),
                icon_anchor=(14, 14),
            ),
            tooltip=_tooltip(
                f"{stop.number} · {stop.time_text} · {stop.camera_name}", permanent=named
            ),
        ).add_to(drawn)


def _tooltip(text: str, *, permanent: bool = False) -> folium.Tooltip:
    return folium.Tooltip(_safe_in_script(text), sticky=not permanent, permanent=permanent)


def _safe_in_script(text: str) -> str:
    """Text as HTML that also cannot leave the JavaScript template string that folium writes."""
    safe = escape(text)
    for character in "`$\\{}":
        safe = safe.replace(character, f"&#{ord(character)};")
    return " ".join(safe.split())


def _bounds(content: RouteMap) -> list[tuple[float, float]]:
    spots: list[RouteStop | KnownPlace] = [*content.stops, *content.places]
    latitudes = [spot.latitude_deg for spot in spots]
    longitudes = [spot.longitude_deg for spot in spots]
    return [(min(latitudes), min(longitudes)), (max(latitudes), max(longitudes))]


def _add_head(figure: Figure, content: RouteMap) -> None:
    policy = (
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
        f"img-src data: {_tile_origins(content.tile_url)}"
    )
    style = _leaflet_style() + _read(PAGE_STYLE)
    figure.header.add_child(
        _Verbatim(
            f'<meta http-equiv="Content-Security-Policy" content="{escape(policy.strip())}">\n'
            f"<style>{style}</style>\n<script>{_leaflet_script()}</script>\n"
        ),
        index=0,
    )


def _tile_origins(tile_url: str) -> str:
    """The hosts that tiles come from; `{s}` stands for any name below the host's domain."""
    if not tile_url:
        return ""
    parts = urlsplit(tile_url)
    return f"{parts.scheme}://{parts.netloc.replace('{s}', '*')}"


def _leaflet_script() -> str:
    """Leaflet, without the marker pictures that it would fetch before folium sets other icons."""
    no_picture = "L.Marker.prototype.options.icon = L.divIcon({className: ''});"
    return f"{_read(LEAFLET_FOLDER / 'leaflet.js')}\n{no_picture}"


def _leaflet_style() -> str:
    """Leaflet's style sheet with its small pictures written into it."""

    def inlined(match: re.Match[str]) -> str:
        picture = LEAFLET_FOLDER / match[1]
        if not picture.is_file():
            return "none"
        encoded = base64.b64encode(picture.read_bytes()).decode("ascii")
        return f"url(data:image/png;base64,{encoded})"

    return re.sub(r"url\((images/[\w.-]+\.png)\)", inlined, _read(LEAFLET_FOLDER / "leaflet.css"))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise Unavailable(
            f"The map library is not installed ({path.name} is missing): run `make setup` on the "
            "server, or export GeoJSON, GPX, KML or CSV."
        ) from error


def _player(content: RouteMap, map_name: str) -> str:
    """The bar that plays the route, its data, and the scripts behind it."""
    data = {
        "map": map_name,
        "timezone": content.timezone,
        "stops": [_played(stop) for stop in content.stops],
        "legs": [{"speed": stop.speed_on_m_per_s} for stop in content.stops[:-1]],
    }
    # No text of the data can end the script element that holds it.
    text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    reach = _read(SCRIPTS / "reach.js").replace("export function", "function")
    script = f"(() => {{\n{reach}\n{_read(SCRIPTS / 'offline_player.js')}\n}})();"
    return (
        "<section id='player' aria-label='Playback'>"
        "<button type='button' id='before' aria-label='Stop before'>‹</button>"
        "<button type='button' id='play'>Play</button>"
        "<button type='button' id='next' aria-label='Next stop'>›</button>"
        "<select id='speed' aria-label='Speed of the playback'></select>"
        "<input type='range' id='moment' min='0' value='0' aria-label='Moment'>"
        "<output id='moment-words'></output></section>"
        f"<script type='application/json' id='playback'>{text}</script><script>{script}</script>"
    )


def _played(stop: RouteStop) -> dict[str, float | str]:
    return {
        "name": stop.camera_name,
        "latitude_deg": stop.latitude_deg,
        "longitude_deg": stop.longitude_deg,
        "uncertainty_m": stop.uncertainty_m,
        "time_uncertainty_s": stop.time_uncertainty_s,
        "atMs": stop.at.timestamp() * 1000,
        "arrivedMs": stop.arrived_at.timestamp() * 1000,
        "leftMs": stop.left_at.timestamp() * 1000,
    }


def _panel(content: RouteMap) -> str:
    warnings = "".join(f"<p class='warning'>{escape(text)}</p>" for text in content.warnings)
    stops = "".join(_stop_item(stop) for stop in content.stops)
    return (
        f"<aside><h1>{escape(content.title)}</h1><p class='notice'>{escape(content.notice)}</p>"
        f"{warnings}<ol>{stops}</ol>{_legend(content)}"
        f"<p class='made-at'>Made {escape(content.made_at_text)}</p></aside>"
    )


def _stop_item(stop: RouteStop) -> str:
    picture = ""
    if stop.crop_jpeg is not None:
        encoded = base64.b64encode(stop.crop_jpeg).decode("ascii")
        picture = (
            f"<img alt='Face of sighting {stop.number}' src='data:image/jpeg;base64,{encoded}'>"
        )
    facts = "".join(f"<li>{escape(fact)}</li>" for fact in stop.facts)
    return (
        f"<li>{picture}<strong>{escape(stop.time_text)}</strong><br>{escape(stop.camera_name)}"
        f"<ul>{facts}</ul></li>"
    )


def _legend(content: RouteMap) -> str:
    rows = [("key-stop", "confirmed sighting, in order of time")]
    if len(content.stops) > 1:
        rows.append(("key-line", "order of sightings, not the way that was taken"))
    if content.places:
        rings = ", ".join(str(radius_m) for radius_m in RING_RADII_M)
        rows.append(("key-place", "last-known location and its uncertainty"))
        rows.append(("key-ring", f"{rings} m around the latest"))
    items = "".join(f"<li><span class='{key}'></span>{escape(text)}</li>" for key, text in rows)
    return f"<h2>Legend</h2><ul class='legend'>{items}</ul>"
