"""Last-known locations: where and when the subject was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from geopy.exc import ConfigurationError as GeocoderMisconfigured
from geopy.exc import GeocoderNotFound, GeopyError
from geopy.geocoders import get_geocoder_for_service
from sqlalchemy import select

from app.current import settings
from app.errors import NotFound, Unavailable
from app.extensions import db
from app.inputs import LocationChange, LocationInput
from app.models import Case, LastKnownLocationRow, Sighting, SightingState, Tip
from app.models.cases import LocationSource, Reliability
from app.services.base import audit, live
from app.services.base.actors import Actor

GEOCODER_TIMEOUT_S = 5
GEOCODER_RESULTS = 5
CAMERA_UNCERTAINTY_M = 25.0
"""How far from a camera a person in its picture may be, where its range is not known."""
TIP_UNCERTAINTY_M = 300.0


@dataclass(frozen=True)
class GeocodedPlace:
    """One answer of the geocoder."""

    label: str
    latitude_deg: float
    longitude_deg: float


def list_locations(case: Case, include_inactive: bool = False) -> Sequence[LastKnownLocationRow]:
    """A case's last-known locations, the latest first; those without a time last."""
    statement = select(LastKnownLocationRow).where(LastKnownLocationRow.case_id == case.id)
    if not include_inactive:
        statement = statement.where(LastKnownLocationRow.active)
    statement = statement.order_by(
        LastKnownLocationRow.seen_at.desc().nulls_last(), LastKnownLocationRow.id.desc()
    )
    return db.session.scalars(statement).all()


def find_location(case: Case, location_id: int) -> LastKnownLocationRow:
    """One last-known location of this case. Raises NotFound."""
    location = db.session.get(LastKnownLocationRow, location_id)
    if location is None or location.case_id != case.id:
        raise NotFound(f"Case {case.number} has no such last-known location.")
    return location


def add_location(actor: Actor, case: Case, given: LocationInput) -> LastKnownLocationRow:
    """Record where the subject was; the ranking follows."""
    location = LastKnownLocationRow(
        **given.model_dump(), case_id=case.id, created_by_id=actor.user_id
    )
    db.session.add(location)
    db.session.flush()
    _announce(actor, "location.add", case, location)
    db.session.commit()
    return location


def change_location(
    actor: Actor, case: Case, location_id: int, change: LocationChange
) -> LastKnownLocationRow:
    """Change what is given of a last-known location."""
    location = find_location(case, location_id)
    for name, value in change.model_dump(exclude_unset=True).items():
        if value is not None or name == "seen_at":
            setattr(location, name, value)
    _announce(actor, "location.change", case, location)
    db.session.commit()
    return location


def remove_location(actor: Actor, case: Case, location_id: int) -> LastKnownLocationRow:
    """Take a location out of the ranking; it stays on record and can be restored."""
    return _set_active(actor, case, location_id, active=False)


def restore_location(actor: Actor, case: Case, location_id: int) -> LastKnownLocationRow:
    """Undo a removal."""
    return _set_active(actor, case, location_id, active=True)


def follow_sighting(actor: Actor, sighting: Sighting, *, changed: bool) -> None:
    """Make a confirmed sighting a last-known location, or take it back. Does not commit.

    `changed`: its state is another one than before. Where it is not, a location that a person took
    out of the ranking stays out; only whether it is provisional follows.
    """
    confirmed = sighting.state is SightingState.CONFIRMED
    location = db.session.scalar(
        select(LastKnownLocationRow).where(LastKnownLocationRow.sighting_id == sighting.id)
    )
    if location is None and confirmed:
        location = _location_of_sighting(actor, sighting)
        db.session.add(location)
        db.session.flush()
    elif location is not None and changed and location.active != confirmed:
        location.active = confirmed
    elif location is None or location.provisional != sighting.is_lead:
        return
    location.provisional = not sighting.is_lead
    _announce(actor, "location.from_sighting", sighting.case, location)


def follow_tip(
    actor: Actor, case: Case, tip: Tip, reliability: Reliability | None
) -> LastKnownLocationRow | None:
    """Make a tip a last-known location of the case, or take it back (`reliability` None).

    A tip without a position makes none. Does not commit.
    """
    location = db.session.scalar(
        select(LastKnownLocationRow).where(
            LastKnownLocationRow.tip_id == tip.id, LastKnownLocationRow.case_id == case.id
        )
    )
    if reliability is None:
        if location is None or not location.active:
            return location
        location.active = False
    elif location is not None:
        location.active, location.reliability = True, reliability
    elif tip.latitude_deg is None or tip.longitude_deg is None:
        return None
    else:
        location = _location_of_tip(actor, case, tip, reliability)
        db.session.add(location)
        db.session.flush()
    _announce(actor, "location.from_tip", case, location)
    return location


def geocode(text: str) -> list[GeocodedPlace]:
    """Places for an address. Raises Unavailable where no geocoder is configured or it fails."""
    service = settings().geocoder
    if not service:
        raise Unavailable(
            "No geocoder is configured (GEOCODER): click on the map, or type the coordinates."
        )
    try:
        geocoder = get_geocoder_for_service(service)(
            user_agent=settings().geocoder_user_agent or "lastseen",
            timeout=GEOCODER_TIMEOUT_S,
            **_own_host(settings().geocoder_url),
        )
        answers = geocoder.geocode(text, exactly_one=False, limit=GEOCODER_RESULTS) or []
    except (GeopyError, GeocoderNotFound, GeocoderMisconfigured, TypeError) as error:
        raise Unavailable(
            f"The geocoder '{service}' does not answer: click on the map, or type the coordinates."
        ) from error
    return [GeocodedPlace(a.address, a.latitude, a.longitude) for a in answers]


def _own_host(url: str) -> dict[str, str]:
    """What geopy calls the address of a geocoder that is hosted oneself."""
    if not url:
        return {}
    parts = urlsplit(url)
    return {"scheme": parts.scheme, "domain": parts.netloc + parts.path.rstrip("/")}


def _set_active(
    actor: Actor, case: Case, location_id: int, *, active: bool
) -> LastKnownLocationRow:
    location = find_location(case, location_id)
    if location.active != active:
        location.active = active
        action = "location.restore" if active else "location.remove"
        _announce(actor, action, case, location)
        db.session.commit()
    return location


def _announce(actor: Actor, action: str, case: Case, location: LastKnownLocationRow) -> None:
    audit.record(actor, action, case=case, subject=f"location {location.id}")
    live.publish(case.id, "location", {"location_id": location.id})
    live.publish(case.id, "ranking", {"reason": "The last-known locations changed."})


def _location_of_sighting(actor: Actor, sighting: Sighting) -> LastKnownLocationRow:
    return LastKnownLocationRow(
        case_id=sighting.case_id,
        latitude_deg=sighting.latitude_deg,
        longitude_deg=sighting.longitude_deg,
        seen_at=sighting.seen_at,
        uncertainty_m=sighting.camera.range_m or CAMERA_UNCERTAINTY_M,
        label=sighting.camera.name[:200],
        source=LocationSource.SIGHTING,
        reliability=Reliability.LIKELY,
        sighting_id=sighting.id,
        provisional=not sighting.is_lead,
        created_by_id=actor.user_id,
    )


def _location_of_tip(
    actor: Actor, case: Case, tip: Tip, reliability: Reliability
) -> LastKnownLocationRow:
    return LastKnownLocationRow(
        case_id=case.id,
        latitude_deg=tip.latitude_deg,
        longitude_deg=tip.longitude_deg,
        seen_at=tip.seen_at,
        uncertainty_m=tip.uncertainty_m or TIP_UNCERTAINTY_M,
        label=f"Tip {tip.number}" + (f", {tip.place}" if tip.place else "")[:150],
        source=LocationSource.TIP,
        reliability=reliability,
        remarks=tip.remarks[:1000],
        tip_id=tip.id,
        created_by_id=actor.user_id,
    )
