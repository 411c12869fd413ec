"""The route of a case: its confirmed sightings in order of time, and files of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.current import settings
from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.models import Case, Face, LastKnownLocationRow, Review, Sighting, SightingState, Verdict
from app.models.columns import utc_now
from app.outputs import LEAD_NOTICE
from app.services.base import audit, media
from app.services.base.actors import Actor
from app.services.places import locations
from app.services.places.folium_maps import KnownPlace, RouteMap, RouteStop, route_map
from app.services.places.legs import FASTEST_ON_ROADS_M_PER_S, leg_between, sight_of_sighting
from app.services.places.speeds import speeds_of
from geo.formats import (
    CotPlace,
    RoutePoint,
    cot_document,
    cot_package,
    route_to_csv,
    route_to_geojson,
    route_to_gpx,
    route_to_kml,
)
from geo.legs import exclusions
from geo.points import Point

MADE_UP_WARNING = "Made-up demonstration data: these people, places and times are invented."
ROUTE_FORMATS: Final = ("geojson", "gpx", "kml", "csv", "html", "cot", "tak")


@dataclass(frozen=True)
class Export:
    """A file that leaves the product."""

    data: bytes
    media_type: str
    file_name: str
    sightings: int


@dataclass(frozen=True)
class _Stop:
    """A confirmed sighting with the review that confirmed it; None where an import made it so.

    `rivals` are the ids of the confirmed sightings that cannot be the subject if this one is.
    """

    sighting: Sighting
    review: Review | None
    rivals: tuple[int, ...]


def _csv(_title: str, route: Sequence[RoutePoint]) -> str:
    """With a byte-order mark, so that spreadsheets read it as UTF-8."""
    return "\ufeff" + route_to_csv(route)


_WRITERS: Final[Mapping[str, tuple[Callable[[str, Sequence[RoutePoint]], str], str]]] = {
    "geojson": (route_to_geojson, "application/geo+json"),
    "gpx": (route_to_gpx, "application/gpx+xml"),
    "kml": (route_to_kml, "application/vnd.google-earth.kml+xml"),
    "csv": (_csv, "text/csv; charset=utf-8"),
}


_ENDINGS: Final[Mapping[str, str]] = {"tak": "-tak.zip"}


def route_of(case: Case) -> list[Sighting]:
    """The confirmed sightings of a case in order of time, with all that an export says of them."""
    query = (
        select(Sighting)
        .where(Sighting.case_id == case.id, Sighting.state == SightingState.CONFIRMED)
        .options(
            joinedload(Sighting.camera),
            joinedload(Sighting.embedder),
            joinedload(Sighting.reference_photo),
            joinedload(Sighting.face).joinedload(Face.footage),
        )
        .order_by(Sighting.seen_at, Sighting.id)
    )
    return list(db.session.scalars(query))


def latest_reviews(sighting_ids: Sequence[int]) -> dict[int, Review]:
    """The last verdict by which each sighting was confirmed, of those that were not undone."""
    query = (
        select(Review)
        .where(Review.sighting_id.in_(sighting_ids), Review.undone_at.is_(None))
        .where(Review.verdict == Verdict.CONFIRMED)
        .order_by(Review.id)
    )
    return {review.sighting_id: review for review in db.session.scalars(query)}


def export_route(actor: Actor, case: Case, format: str, *, with_crops: bool = False) -> Export:
    """The route as a file: `geojson`, `gpx`, `kml`, `csv`, `html` (a map that plays without a
    network), `cot` (Cursor on Target) or `tak` (the same as a TAK data package).

    The audit log gets the format, the count and the file's SHA-256. `with_crops` puts the faces'
    pictures into the `html` map. Raises Refused for another format, Conflict for an empty route.
    """
    if format not in ROUTE_FORMATS:
        raise Refused(
            f"The route cannot be exported as “{format[:20]}”: choose {', '.join(ROUTE_FORMATS)}.",
            {"format": f"must be one of {', '.join(ROUTE_FORMATS)}"},
        )
    stops = _stops(case)
    if not stops:
        raise Conflict(
            f"Case {case.number} has no confirmed sighting yet, so there is no route to export."
        )
    data, media_type = _write(case, stops, format, with_crops)
    _record(actor, case, format, len(stops), data, with_crops)
    ending = _ENDINGS.get(format, f".{format}")
    return Export(data, media_type, f"route-{case.number}{ending}", len(stops))


def route_files(case: Case, formats: Sequence[str]) -> dict[str, bytes]:
    """The route in several formats, by file name, for a bundle whose export is audited itself."""
    stops = _stops(case)
    return {
        f"route{_ENDINGS.get(format, f'.{format}')}": _write(case, stops, format, False)[0]
        for format in formats
    }


def _write(case: Case, stops: Sequence[_Stop], format: str, with_crops: bool) -> tuple[bytes, str]:
    if format == "html":
        return route_map(_map_content(case, stops, with_crops)), "text/html; charset=utf-8"
    if format == "cot":
        return cot_document(_cot_places(case, stops), utc_now()).encode("utf-8"), "application/xml"
    if format == "tak":
        package = cot_package(_title(case, stops), _cot_places(case, stops), utc_now())
        return package, "application/zip"
    writer, media_type = _WRITERS[format]
    text = writer(_title(case, stops), [_route_point(case, stop) for stop in stops])
    return text.encode("utf-8"), media_type


def _record(
    actor: Actor, case: Case, format: str, count: int, data: bytes, with_crops: bool
) -> None:
    details = {
        "format": format,
        "sightings": count,
        "sha256": hashlib.sha256(data).hexdigest(),
        "with_crops": with_crops and format == "html",
    }
    audit.record(
        actor, "route.export", case=case, subject=f"route of {case.number}", details=details
    )
    audit.commit()


def _stops(case: Case) -> list[_Stop]:
    sightings = route_of(case)
    latest = latest_reviews([sighting.id for sighting in sightings])
    rivals = _rivals(sightings)
    return [_Stop(one, latest.get(one.id), tuple(rivals[one.id])) for one in sightings]


def _rivals(sightings: Sequence[Sighting]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {sighting.id: [] for sighting in sightings}
    for first, second in exclusions([sight_of_sighting(one) for one in sightings]):
        found[sightings[first].id].append(sightings[second].id)
        found[sightings[second].id].append(sightings[first].id)
    return found


def _is_made_up(case: Case, stops: Sequence[_Stop]) -> bool:
    return case.made_up or any(stop.sighting.face.footage.made_up for stop in stops)


def _title(case: Case, stops: Sequence[_Stop]) -> str:
    title = f"Route of case {case.number}"
    return f"{title} (made-up demonstration data)" if _is_made_up(case, stops) else title


def _route_point(case: Case, stop: _Stop) -> RoutePoint:
    sighting = stop.sighting
    return RoutePoint(
        position=Point(sighting.latitude_deg, sighting.longitude_deg),
        at=sighting.seen_at,
        name=sighting.camera.name,
        description="; ".join((_local(sighting.seen_at, case), *_facts(stop))),
        attributes=_attributes(case, stop),
    )


def _cot_places(case: Case, stops: Sequence[_Stop]) -> list[CotPlace]:
    return [
        CotPlace(
            f"lastseen.{case.number}.sighting.{stop.sighting.id}",
            _route_point(case, stop),
            sight_of_sighting(stop.sighting).uncertainty_m,
        )
        for stop in stops
    ]


def _attributes(case: Case, stop: _Stop) -> dict[str, str | float]:
    sighting, camera, embedder = stop.sighting, stop.sighting.camera, stop.sighting.embedder
    attributes: dict[str, str | float] = {
        "sighting_id": sighting.id,
        "case_number": case.number,
        "seen_at_local": _local(sighting.seen_at, case),
        "camera_name": camera.name,
        "camera_ref": camera.ref,
        "camera_source": camera.source,
        "is_lead": "yes" if sighting.is_lead else "no",
        "standing": sighting.standing,
        "similarity": round(sighting.similarity, 4),
        "threshold_similarity": round(sighting.threshold_similarity, 4),
        "model_name": embedder.name,
        "model_sha256": embedder.sha256,
        "clock_offset_s": sighting.face.footage.clock_offset_s,
        "made_up": "yes" if case.made_up or sighting.face.footage.made_up else "no",
        "lead_notice": LEAD_NOTICE,
    }
    if embedder.false_match_rate is not None:
        attributes["false_match_rate"] = embedder.false_match_rate
    if stop.rivals:
        attributes["excludes_sighting_ids"] = "; ".join(str(one) for one in stop.rivals)
    if stop.review is not None:
        attributes["reviewer"] = stop.review.reviewer_name
        attributes["reviewed_at"] = _local(stop.review.created_at, case)
    return attributes


def _facts(stop: _Stop) -> tuple[str, ...]:
    sighting = stop.sighting
    facts = [
        sighting.standing,
        f"similarity {sighting.similarity:.3f}",
        f"threshold {sighting.threshold_similarity:.3f} ({sighting.embedder.name})",
        f"camera {sighting.camera.ref}",
    ]
    if stop.review is not None:
        facts.append(f"confirmed by {stop.review.reviewer_name}")
    if stop.rivals:
        facts.append(f"cannot be if {_listed(stop.rivals)} is: they exclude each other")
    if offset_s := sighting.face.footage.clock_offset_s:
        facts.append(f"camera clock off by {offset_s:+.0f} s, taken off")
    return tuple(facts)


def _listed(sighting_ids: Sequence[int]) -> str:
    return " or ".join(f"sighting {one}" for one in sighting_ids)


def _local(instant: datetime, case: Case) -> str:
    return instant.astimezone(ZoneInfo(case.timezone)).strftime("%Y-%m-%d %H:%M:%S %Z")


def _map_content(case: Case, stops: Sequence[_Stop], with_crops: bool) -> RouteMap:
    return RouteMap(
        title=_title(case, stops),
        notice=LEAD_NOTICE,
        warnings=_warnings(case, stops),
        stops=[
            _map_stop(case, number, stop, after, with_crops)
            for number, (stop, after) in enumerate(zip_longest(stops, stops[1:]), start=1)
        ],
        places=[
            _map_place(case, row)
            for row in locations.list_locations(case)
            if row.sighting_id is None
        ],
        made_at_text=f"{_local(utc_now(), case)}; times are those of {case.timezone}",
        timezone=case.timezone,
        tile_url=settings().tile_url,
        tile_attribution=settings().tile_attribution,
    )


def _warnings(case: Case, stops: Sequence[_Stop]) -> tuple[str, ...]:
    warnings = [MADE_UP_WARNING] if _is_made_up(case, stops) else []
    numbers = {stop.sighting.id: number for number, stop in enumerate(stops, start=1)}
    pairs = {
        (number, numbers[rival])
        for number, stop in enumerate(stops, start=1)
        for rival in stop.rivals
        if numbers[rival] > number
    }
    if pairs:
        told = ", ".join(f"{first} and {second}" for first, second in sorted(pairs)[:10])
        more = f" and {len(pairs) - 10} more pairs" if len(pairs) > 10 else ""
        warnings.append(f"These cannot both be the subject: {told}{more}.")
    return tuple(warnings)


def _map_stop(
    case: Case, number: int, stop: _Stop, after: _Stop | None, with_crops: bool
) -> RouteStop:
    sighting, sight = stop.sighting, sight_of_sighting(stop.sighting)
    return RouteStop(
        number=number,
        latitude_deg=sighting.latitude_deg,
        longitude_deg=sighting.longitude_deg,
        time_text=_local(sighting.seen_at, case),
        at=sight.at,
        arrived_at=sight.arrived_at,
        left_at=sight.left_at,
        uncertainty_m=sight.uncertainty_m,
        time_uncertainty_s=sight.time_uncertainty_s,
        speed_on_m_per_s=None if after is None else _speed_between(case, stop, after),
        camera_name=sighting.camera.name,
        facts=(f"sighting {sighting.id}", *_facts(stop)),
        crop_jpeg=_crop(sighting) if with_crops else None,
    )


def _speed_between(case: Case, stop: _Stop, after: _Stop) -> float | None:
    """The slowest assumed speed with which the next sighting can be reached; None for none."""
    speeds = speeds_of(case)
    leg = leg_between(sight_of_sighting(stop.sighting), sight_of_sighting(after.sighting), speeds)
    least = leg.least_speed_m_per_s
    known = (speeds.walking_m_per_s, speeds.vehicle_m_per_s, FASTEST_ON_ROADS_M_PER_S)
    return None if least is None else next((one for one in known if least <= one), None)


def _crop(sighting: Sighting) -> bytes | None:
    try:
        return media.path_of(sighting.face.crop_sha256).read_bytes()
    except (NotFound, FileNotFoundError):
        # The retention period of the picture is over; the sighting itself stays.
        return None


def _map_place(case: Case, row: LastKnownLocationRow) -> KnownPlace:
    seen_at = row.seen_at
    return KnownPlace(
        latitude_deg=row.latitude_deg,
        longitude_deg=row.longitude_deg,
        uncertainty_m=row.uncertainty_m,
        label=row.label,
        time_text="time unknown" if seen_at is None else _local(seen_at, case),
    )
