"""Importing streets and places: reading is `geo.streets`, keeping is here.

They are drawn under the cameras (`app.services.mapping.road_tiles`), and the streets are the
network on which a search is planned.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.orm import undefer

from app.current import settings
from app.errors import NotFound, Refused, TooLarge
from app.extensions import db
from app.models import GazetteerPlace, Road, RoadSource
from app.models.columns import utc_now
from app.outputs import RoadsReportOut
from app.services.base import audit
from app.services.base.actors import Actor
from geo.distance import haversine_many_m
from geo.errors import InvalidNetwork
from geo.network import StreetNetwork
from geo.streets import MapDrawing, Street, read_drawing, street_network

SRID: Final = 4326
NETWORKS_KEPT: Final = 2
_EXTENSION: Final = "lastseen_networks"
_LONGEST_NAME: Final = 120
_LONGEST_CREDIT: Final = 300


@dataclass(frozen=True)
class Credit:
    """Whom an import says to credit; empty texts leave that to the file's own format."""

    source: str
    licence: str


@dataclass(frozen=True)
class RoadLayer:
    """What a map must know before it asks for tiles of streets.

    `version` changes with every import; `attributions` are shown on the map.
    """

    version: str
    attributions: tuple[str, ...]


def import_roads(
    actor: Actor,
    data: bytes,
    file_name: str,
    *,
    name: str = "",
    source: str = "",
    licence: str = "",
) -> RoadsReportOut:
    """Import streets or places under a name. Importing the same file twice changes nothing.

    A different file of the same name replaces what was there. `source` (whom to credit) and
    `licence` are those of the file's own format where they are not given.

    Raises InvalidNetwork, TooLarge, Refused.
    """
    started = time.monotonic()
    if len(data) > settings().max_roads_bytes:
        limit_mb = settings().max_roads_bytes // 2**20
        raise TooLarge(f"The file is larger than {limit_mb} MB: cut it to the search's area.")
    name = _checked_name(name or file_name)
    _check_credit(source, licence)
    sha256 = hashlib.sha256(data).hexdigest()
    same = db.session.scalar(select(RoadSource).where(RoadSource.file_sha256 == sha256))
    if same is not None:
        return _unchanged(same, name, time.monotonic() - started)
    credit = Credit(source.strip(), licence.strip())
    return _keep(actor, read_drawing(data, file_name), name, (file_name, sha256), credit, started)


def list_sources() -> Sequence[RoadSource]:
    """All imported files, the newest first."""
    newest_first = (RoadSource.imported_at.desc(), RoadSource.id.desc())
    return db.session.scalars(select(RoadSource).order_by(*newest_first)).all()


def remove_source(actor: Actor, source_id: int) -> RoadSource:
    """Take an imported file's streets and places off the map. Raises NotFound."""
    row = db.session.get(RoadSource, source_id)
    if row is None:
        raise NotFound(f"There are no imported streets with the number {source_id}.")
    db.session.execute(delete(RoadSource).where(RoadSource.id == source_id))
    audit.record(actor, "roads.remove", subject=row.name, details={"sha256": row.file_sha256})
    db.session.expunge(row)
    db.session.commit()
    return row


def road_layer() -> RoadLayer | None:
    """The version and credits of the streets to be drawn; None where none are imported."""
    rows = db.session.execute(
        select(RoadSource.id, RoadSource.file_sha256, RoadSource.attribution, RoadSource.licence)
        .where((RoadSource.streets > 0) | (RoadSource.places > 0))
        .order_by(RoadSource.id)
    ).all()
    if not rows:
        return None
    version = hashlib.sha256("".join(f"{row.id}:{row.file_sha256}" for row in rows).encode())
    credits = dict.fromkeys(
        ", ".join(filter(None, (row.attribution, row.licence))) for row in rows if row.attribution
    )
    return RoadLayer(version.hexdigest()[:16], tuple(credits))


def active_network_key() -> str | None:
    """What changes whenever `active_network` does; None where there is no network."""
    return db.session.scalar(
        select(RoadSource.file_sha256)
        .where(RoadSource.network_nodes > 0)
        .order_by(RoadSource.imported_at.desc(), RoadSource.id.desc())
        .limit(1)
    )


def active_network() -> StreetNetwork | None:
    """The street network that was imported last, for planning; None where there is none.

    It is read once by each process. Raises InvalidNetwork if what is kept is damaged.
    """
    key = active_network_key()
    return None if key is None else _networks().get(key)


class NetworkCache:
    """Networks that this process has read, by the hash of their file."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._networks: dict[str, StreetNetwork] = {}

    def get(self, sha256: str) -> StreetNetwork | None:
        """The network of a source; None if the source was removed meanwhile."""
        with self._lock:
            if sha256 not in self._networks:
                row = db.session.scalar(
                    select(RoadSource)
                    .options(undefer(RoadSource.network))
                    .where(RoadSource.file_sha256 == sha256)
                )
                if row is None or row.network is None:
                    return None
                while len(self._networks) >= NETWORKS_KEPT:
                    self._networks.pop(next(iter(self._networks)))
                self._networks[sha256] = StreetNetwork.from_bytes(row.network)
            return self._networks[sha256]


def _networks() -> NetworkCache:
    found: NetworkCache = current_app.extensions.setdefault(_EXTENSION, NetworkCache())
    return found


def _keep(
    actor: Actor,
    drawing: MapDrawing,
    name: str,
    file: tuple[str, str],
    credit: Credit,
    started: float,
) -> RoadsReportOut:
    """Write what was read. `file` is its name and SHA-256."""
    network, notes = _network_of(drawing)
    known = db.session.scalar(select(RoadSource).where(RoadSource.name == name))
    row = known or RoadSource(name=name)
    _fill(row, drawing, network)
    row.file_name, row.file_sha256 = file[0][:255], file[1]
    row.attribution = credit.source or drawing.attribution
    row.licence = credit.licence or drawing.licence
    row.imported_by_id = actor.user_id
    db.session.add(row)
    db.session.flush()
    _replace_contents(row.id, drawing)
    counts = {"sha256": file[1], "streets": row.streets, "places": row.places}
    audit.record(actor, "roads.import", subject=name, details=counts)
    db.session.commit()
    if not row.attribution:
        notes = (*notes, "Nobody is credited for this file: remove it, and name its source.")
    seconds = time.monotonic() - started
    outcome = "replaced" if known else "added"
    return _report(row, outcome, seconds, drawing.left_out, drawing.problems, notes)


def _checked_name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise Refused(
            "Give these streets a name of up to 120 characters.", {"name": "missing or too long"}
        )
    return name


def _check_credit(source: str, licence: str) -> None:
    for field, text in (("source", source), ("licence", licence)):
        if len(text) > _LONGEST_CREDIT or not text.isprintable():
            raise Refused("The credit is too long.", {field: "one line of up to 300 characters"})


def _network_of(drawing: MapDrawing) -> tuple[StreetNetwork | None, tuple[str, ...]]:
    """The streets as a network; a note in words where it cannot serve planning."""
    try:
        network = street_network(drawing)
    except InvalidNetwork as error:
        return None, (*drawing.notes, f"The streets are drawn but not used for planning: {error}")
    if network is None:
        return None, (*drawing.notes, "It holds no street, so planning does not use it.")
    return network, drawing.notes


def _fill(row: RoadSource, drawing: MapDrawing, network: StreetNetwork | None) -> None:
    row.format = drawing.format
    row.streets, row.places = len(drawing.streets), len(drawing.places)
    row.named_streets = sum(bool(street.name) for street in drawing.streets)
    row.length_m = _length_m(drawing.streets)
    row.west_deg, row.south_deg = drawing.bounds.west_deg, drawing.bounds.south_deg
    row.east_deg, row.north_deg = drawing.bounds.east_deg, drawing.bounds.north_deg
    row.network = None if network is None else network.to_bytes()
    row.network_nodes = 0 if network is None else network.node_count
    row.imported_at = utc_now()


def _length_m(streets: Sequence[Street]) -> float:
    if not streets:
        return 0.0
    vertices = np.array([vertex for street in streets for vertex in street.vertices])
    number = np.repeat(np.arange(len(streets)), [len(street.vertices) for street in streets])
    joined = number[1:] == number[:-1]
    first, second = vertices[:-1][joined], vertices[1:][joined]
    return float(haversine_many_m(first[:, 0], first[:, 1], second[:, 0], second[:, 1]).sum())


def _replace_contents(source_id: int, drawing: MapDrawing) -> None:
    """Write streets and places of a source by COPY, which is ten times as fast as INSERT."""
    for table in (Road, GazetteerPlace):
        db.session.execute(delete(table).where(table.source_id == source_id))
    driver = db.session.connection().connection.driver_connection
    if driver is None:
        raise RuntimeError("the database session has lost its connection")
    with driver.cursor() as cursor:
        columns = "roads (source_id, name, street_class, line)"
        with cursor.copy(f"COPY {columns} FROM STDIN") as copy:
            for street, line in zip(drawing.streets, _lines(drawing.streets), strict=True):
                copy.write_row((source_id, street.name, street.street_class.value, line))
        columns = "places (source_id, name, kind, latitude_deg, longitude_deg)"
        with cursor.copy(f"COPY {columns} FROM STDIN") as copy:
            for place in drawing.places:
                position = (place.latitude_deg, place.longitude_deg)
                copy.write_row((source_id, place.name, place.kind.value, *position))


def _lines(streets: Sequence[Street]) -> Sequence[str]:
    """The streets as PostGIS reads them (hexadecimal EWKB), longitude before latitude."""
    if not streets:
        return []
    vertices = np.array([vertex for street in streets for vertex in street.vertices])
    number = np.repeat(np.arange(len(streets)), [len(street.vertices) for street in streets])
    lines = shapely.linestrings(vertices[:, ::-1], indices=number)
    written = shapely.to_wkb(shapely.set_srid(lines, SRID), hex=True, include_srid=True)
    found: list[str] = np.asarray(written).tolist()
    return found


def _unchanged(row: RoadSource, name: str, seconds: float) -> RoadsReportOut:
    notes: tuple[str, ...] = ()
    if row.name != name:
        notes = (f"This file is imported already, as “{row.name}”; remove that to rename it.",)
    return _report(row, "unchanged", seconds, 0, (), notes)


def _report(
    row: RoadSource,
    outcome: str,
    seconds: float,
    left_out: int,
    problems: tuple[str, ...],
    notes: tuple[str, ...],
) -> RoadsReportOut:
    return RoadsReportOut(
        source_id=row.id,
        name=row.name,
        file_name=row.file_name,
        format=row.format,
        outcome=outcome,
        streets=row.streets,
        named_streets=row.named_streets,
        places=row.places,
        length_m=round(row.length_m, 1),
        network_nodes=row.network_nodes,
        left_out=left_out,
        problems=list(problems),
        notes=list(notes),
        licence=row.licence,
        attribution=row.attribution,
        seconds=round(seconds, 3),
    )
