"""The printed brief of a case: its timeline with a map, photos and the reasons, on paper."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from app.current import settings
from app.errors import Conflict, NotFound
from app.extensions import db
from app.inputs import ComparisonInput
from app.models import Case, ReferencePhoto, Review, Road, RoadSource, Sighting
from app.models.columns import utc_now
from app.outputs import LEAD_NOTICE
from app.outputs.age_gaps import gap_of, gap_remark
from app.services.base import audit, media
from app.services.base.actors import Actor
from app.services.casework import photos
from app.services.papers.brief_content import Brief, BriefPhoto, BriefStop, BriefStreet
from app.services.papers.brief_map import bounds_of, frame_around
from app.services.papers.brief_pdf import MAP_HEIGHT_MM, MARGIN_MM, WIDTH_MM, brief_pdf
from app.services.places.routes import Export, latest_reviews
from app.services.places.speeds import speeds_of
from app.services.places.timeline import Timeline, TimelineStop, timeline_of
from geo.distance import compass_point
from geo.formats import point_of
from geo.legs import FASTEST_ON_ROADS_M_PER_S, Leg
from geo.points import Point

MOST_PICTURES: Final = 60
MOST_STREETS: Final = 6000
_SIMILARITY: Final = (
    "A similarity is the cosine of two embeddings, from −1 to 1. It is no probability, and a "
    "confirmed sighting is a person's judgement of a lead, not an identification."
)
_MAIN_CLASSES: Final = ("motorway", "trunk", "primary", "secondary", "rail")


def export_brief(actor: Actor, case: Case, *, with_photos: bool = True) -> Export:
    """The case's timeline as a PDF to print. The audit log gets the file's SHA-256.

    Raises Conflict where nothing has a place and a time, Unavailable where the fonts are missing.
    """
    timeline = timeline_of(case)
    if not timeline.stops:
        raise Conflict(
            f"Case {case.number} has no place with a time yet, so there is nothing to print."
        )
    data = brief_pdf(_brief(actor, case, timeline, with_photos), settings().font_dir)
    details = {
        "stops": len(timeline.stops),
        "sightings": timeline.confirmed,
        "with_photos": with_photos,
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    audit.record(
        actor, "brief.export", case=case, subject=f"brief of {case.number}", details=details
    )
    audit.commit()
    return Export(data, "application/pdf", f"brief-{case.number}.pdf", timeline.confirmed)


def _brief(actor: Actor, case: Case, timeline: Timeline, with_photos: bool) -> Brief:
    stops = _stops(case, timeline)
    streets, attribution = _streets(stops)
    made_up = case.made_up or any(
        stop.sighting.face.footage.made_up for stop in timeline.stops if stop.sighting
    )
    return Brief(
        case_number=case.number,
        title=f"Brief of case {case.number}",
        notice=LEAD_NOTICE,
        made_up=made_up,
        made_text=f"Made {_local(utc_now(), case)} by {actor.name}. Times: {case.timezone}.",
        facts=_facts(case, timeline),
        references=_references(case) if with_photos else (),
        stops=stops,
        contradictions=_contradictions(timeline),
        sightings=_pictures(case, timeline) if with_photos else (),
        assumptions=_assumptions(case, timeline),
        streets=streets,
        attribution=attribution,
    )


def _facts(case: Case, timeline: Timeline) -> tuple[tuple[str, str], ...]:
    age = "" if case.subject_age_years is None else f", {case.subject_age_years} years"
    first, last = timeline.stops[0].sight, timeline.stops[-1].sight
    facts = [
        ("Case", f"{case.number}, {case.state.value}"),
        ("Purpose", case.purpose),
        (
            "Legal basis",
            f"{case.legal_basis.rstrip('. ')}, until {_local(case.legal_basis_expires_at, case)}",
        ),
        ("Subject", f"{case.subject_name}{age} ({case.subject_category.value})"),
        ("Clothing", case.subject_clothing),
        ("Remarks", case.subject_remarks),
        ("Timeline", f"{_local(first.arrived_at, case)} to {_local(last.left_at, case)}"),
        ("Stops", f"{len(timeline.stops)}, of which {timeline.confirmed} confirmed sightings"),
    ]
    return tuple((name, value) for name, value in facts if value)


def _stops(case: Case, timeline: Timeline) -> tuple[BriefStop, ...]:
    route = timeline.routes[0]
    legs = {passage.to_number: passage.leg for passage in route.passages}
    reviews = latest_reviews([stop.sighting.id for stop in timeline.stops if stop.sighting])
    return tuple(
        _stop(case, stop, legs.get(stop.number), stop.number in route.left_out, reviews)
        for stop in timeline.stops
    )


def _stop(
    case: Case, stop: TimelineStop, leg: Leg | None, is_left_out: bool, reviews: dict[int, Review]
) -> BriefStop:
    sight = stop.sight
    trace = f" “{stop.trace.label}”" if stop.trace else ""
    return BriefStop(
        number=stop.number,
        position=sight.position,
        uncertainty_m=sight.uncertainty_m,
        time_text=f"{_local(sight.at, case)}\n± {_span(sight.time_uncertainty_s)}",
        label=f"{stop.label}\n{_coordinates(sight.position)} ± {sight.uncertainty_m:.0f} m",
        source_text=f"{stop.source}{trace} ({stop.reliability.value})",
        judged_text=_judged(stop, reviews),
        way_text="Excluded by another stop of this route." if is_left_out else _way(leg),
        is_sighting=stop.sighting is not None,
        is_impossible=leg is not None and not leg.possible,
        is_left_out=is_left_out,
    )


def _judged(stop: TimelineStop, reviews: dict[int, Review]) -> str:
    sighting = stop.sighting
    if sighting is None:
        return ""
    review = reviews.get(sighting.id)
    by = f"; confirmed by {review.reviewer_name}" if review is not None else ""
    return (
        f"{sighting.standing}; "
        f"similarity {sighting.similarity:.3f}, threshold {sighting.threshold_similarity:.3f} "
        f"({sighting.embedder.name}){by}"
    )


def _way(leg: Leg | None) -> str:
    if leg is None:
        return ""
    speed = "" if leg.speed_m_per_s is None else f", {leg.speed_m_per_s:.1f} m/s"
    return (
        f"{_metres(leg.distance_m)} {compass_point(leg.bearing_deg)} in "
        f"{_span(max(0.0, leg.seconds))}{speed}: {leg.remark}"
    )


def _contradictions(timeline: Timeline) -> tuple[str, ...]:
    lines = [
        f"Stops {pair.from_number} ({timeline.stop(pair.from_number).label}) and {pair.to_number} "
        f"({timeline.stop(pair.to_number).label}) cannot both be the subject: {pair.leg.remark}. "
        f"{pair.leg.reason}"
        for pair in timeline.excluded
    ]
    if len(timeline.routes) > 1:
        lines += [
            f"Competing route {route.ordinal}: stops {_listed(route.numbers)}, "
            f"without {_listed(route.left_out)}."
            for route in timeline.routes
        ]
    if not timeline.routes_complete:
        lines.append("More combinations exist; those listed hold every stop at least once.")
    return tuple(lines)


def _references(case: Case) -> tuple[BriefPhoto, ...]:
    return tuple(
        BriefPhoto(_path(photo.face_sha256), f"Reference photo {place}", _said_of(photo))
        for place, photo in enumerate(photos.list_photos(case)[:6], start=1)
    )


def _said_of(photo: ReferencePhoto) -> tuple[str, ...]:
    lines = (
        "ARTIFICIAL: computed, not a photo" if photo.artificial else "",
        photo.file_name,
        f"dated {photo.taken}" if photo.taken else "",
    )
    return tuple(line for line in lines if line)


def _compared_with(sighting: Sighting) -> tuple[str, ...]:
    """How long before the sighting the photo that carried it was taken, and what that means."""
    photo = sighting.reference_photo
    gap = None if photo is None else gap_of(photo, sighting)
    if photo is None or (gap is None and not photo.artificial):
        return ()
    kind = "artificial reference picture" if photo.artificial else "reference photo"
    words = f"{kind} {gap.words}" if gap else kind
    carried = (one for one in sighting.similarities if one.photo_id == photo.id)
    remarks = (gap_remark(one, sighting) for one in carried)
    return (words, *filter(None, remarks))


def _pictures(case: Case, timeline: Timeline) -> tuple[BriefPhoto, ...]:
    found: list[BriefPhoto] = []
    shown = [stop.sighting.id for stop in timeline.stops if stop.sighting]
    comparisons = _comparisons(shown)
    for stop in timeline.stops:
        if stop.sighting is None or len(found) == MOST_PICTURES:
            continue
        face = stop.sighting.face
        lines = (
            stop.label,
            _local(stop.sight.at, case),
            f"in view {_span(stop.sight.seconds_in_view)}, face {face.face_height_px:.0f} px high",
            stop.clock,
            "made-up footage" if face.footage.made_up else "",
            *_compared_with(stop.sighting),
            *comparisons.get(stop.sighting.id, ()),
        )
        title = f"Stop {stop.number}, sighting {stop.sighting.id}"
        found.append(
            BriefPhoto(_path(face.crop_sha256), title, tuple(line for line in lines if line))
        )
    return tuple(found)


def _comparisons(sighting_ids: Sequence[int]) -> dict[int, list[str]]:
    """What the checklists of the reviews that stand came to, by sighting, oldest first."""
    rows = db.session.scalars(
        select(Review)
        .where(Review.sighting_id.in_(sighting_ids), Review.undone_at.is_(None))
        .where(Review.comparison.is_not(None))
        .order_by(Review.id)
    )
    lines: dict[int, list[str]] = {}
    for review in rows:
        filled = ComparisonInput.model_validate(review.comparison)
        found = Counter(one.finding for one in filled.features.values())
        counts = ", ".join(f"{count} {finding}" for finding, count in found.items())
        lines.setdefault(review.sighting_id, []).append(
            f"checklist of {review.reviewer_name}{' (blind)' if review.blind else ''}: "
            f"{filled.conclusion}; pictures {filled.suitability}"
            + (f"; {counts}" if counts else "")
        )
    return lines


def _assumptions(case: Case, timeline: Timeline) -> tuple[str, ...]:
    speeds = speeds_of(case)
    embedders = {stop.sighting.embedder for stop in timeline.stops if stop.sighting}
    models = [
        f"Model {one.name}, SHA-256 {one.sha256}; threshold {one.threshold_similarity:.3f}, "
        + (
            f"false-match rate {one.false_match_rate:g} on {one.threshold_measured_on}."
            if one.false_match_rate is not None
            else "false-match rate not measured."
        )
        for one in sorted(embedders, key=lambda one: one.id)
    ]
    assumed = (
        f"Assumed speeds: {speeds.walking_m_per_s:.1f} m/s on foot, "
        f"{speeds.vehicle_m_per_s:.0f} m/s by vehicle, at most {FASTEST_ON_ROADS_M_PER_S:.0f} m/s "
        "by road. Distances are straight lines. A way is called impossible only if it stays so "
        "with all uncertainties of place and time in its favour."
    )
    return (_SIMILARITY, assumed, *models)


def _streets(stops: Sequence[BriefStop]) -> tuple[tuple[BriefStreet, ...], str]:
    """Imported streets within the map's frame, and whom to credit for them."""
    frame = frame_around(stops, (MARGIN_MM, 0.0, WIDTH_MM, MAP_HEIGHT_MM))
    south_west, north_east = bounds_of(frame)
    box = func.ST_MakeEnvelope(
        south_west.longitude_deg,
        south_west.latitude_deg,
        north_east.longitude_deg,
        north_east.latitude_deg,
        4326,
    )
    rows = db.session.execute(
        select(func.ST_AsGeoJSON(Road.line), Road.street_class, Road.source_id)
        .where(func.ST_Intersects(Road.line, box))
        .order_by(Road.id)
        .limit(MOST_STREETS)
    ).all()
    streets = tuple(
        BriefStreet(
            tuple(point_of(pair) for pair in json.loads(line)["coordinates"]),
            is_main=street_class.startswith(_MAIN_CLASSES),
        )
        for line, street_class, _ in rows
    )
    credits = db.session.scalars(
        select(RoadSource.attribution).where(RoadSource.id.in_({row[2] for row in rows})).distinct()
    )
    return streets, " ".join(f"Streets: {text}." for text in credits if text)


def _path(sha256: str) -> Path | None:
    try:
        return media.path_of(sha256)
    except NotFound:
        return None


def _local(instant: datetime, case: Case) -> str:
    return instant.astimezone(ZoneInfo(case.timezone)).strftime("%Y-%m-%d %H:%M:%S %Z")


def _coordinates(point: Point) -> str:
    return f"{point.latitude_deg:.5f}, {point.longitude_deg:.5f}"


def _metres(distance_m: float) -> str:
    return f"{distance_m:.0f} m" if distance_m < 1000 else f"{distance_m / 1000:.1f} km"


def _span(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(str(number) for number in numbers) or "none"
