"""The names that reports may mean: places and streets that were imported with the map."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text

from app.extensions import db
from app.intake.places import KnownPlace, PlaceIndex
from app.models import Case

AROUND_M = 60_000.0
"""How far from a case's last-known locations names are taken from."""

MOST_NAMES = 100_000
_LONGEST_STREET_M = 8_000.0
"""A name whose stretches lie further from their middle than this is several streets."""

_NEAR = """
    (:everywhere OR EXISTS (
        SELECT 1 FROM last_known_locations AS l
        WHERE l.case_id = :case_id AND l.active AND {near}
    ))
"""
_PLACES = f"""
    SELECT p.name, p.kind, p.latitude_deg, p.longitude_deg, 0::float8
    FROM places AS p
    WHERE {_NEAR.format(near="ST_DWithin(p.position, l.position, :around_m, false)")}
    ORDER BY p.id LIMIT :most
"""  # noqa: S608 (this module's own parts)
_STREETS = f"""
    WITH named AS (
        SELECT r.name, ST_SetSRID(ST_Extent(r.line)::geometry, 4326) AS box
        FROM roads AS r
        WHERE r.name <> '' AND {
    _NEAR.format(near="ST_DWithin(r.line, l.position::geometry, :around_deg)")
}
        GROUP BY r.name ORDER BY r.name LIMIT :most
    )
    SELECT name, 'street', ST_Y(ST_Centroid(box)), ST_X(ST_Centroid(box)),
           ST_Distance(
               ST_SetSRID(ST_MakePoint(ST_XMin(box), ST_YMin(box)), 4326)::geography,
               ST_SetSRID(ST_MakePoint(ST_XMax(box), ST_YMax(box)), 4326)::geography, false) / 2
    FROM named
"""  # noqa: S608
_METRES_PER_DEG = 111_195.0


def places_around(case: Case) -> PlaceIndex:
    """The names around the case's last-known locations; all names where it has none."""
    return PlaceIndex(_known(case))


def _known(case: Case) -> Iterator[KnownPlace]:
    has_location = db.session.scalar(
        text("SELECT EXISTS (SELECT 1 FROM last_known_locations WHERE case_id = :id AND active)"),
        {"id": case.id},
    )
    values = {
        "case_id": case.id,
        "everywhere": not has_location,
        "around_m": AROUND_M,
        "around_deg": AROUND_M / _METRES_PER_DEG,
        "most": MOST_NAMES,
    }
    for statement in (_PLACES, _STREETS):
        for name, kind, latitude, longitude, reach_m in db.session.execute(text(statement), values):
            if reach_m <= _LONGEST_STREET_M:
                yield KnownPlace(name, kind, latitude, longitude, reach_m)
