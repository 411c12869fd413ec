"""From a registry's bytes to cameras and problems."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cameras.camera import Camera, CameraStatus
from cameras.errors import UnreadableRegistry
from cameras.registry.columns import ColumnMapping, detect_mapping, no_position
from cameras.registry.entries import Entry, EntryReader
from cameras.registry.identity import assign_identities
from cameras.registry.places import Placed, axes_remarks, find_misplaced
from cameras.registry.problems import Problem, Remedy, Severity, note, refused
from cameras.registry.tables import MAX_BYTES, Row, Table, decode_text, read_csv, read_json
from geo.errors import InvalidPosition
from geo.points import Point, parse_pair

_OTHER_FORMATS = {
    b"PK\x03\x04": "a spreadsheet or zip archive: save it as CSV",
    b"%PDF": "a PDF document: ask its publisher for CSV or GeoJSON",
    b"\xd0\xcf\x11\xe0": "an old Excel file: save it as CSV",
    b"<": "XML or a web page: export it as CSV or GeoJSON",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}


@dataclass(frozen=True, slots=True)
class RegistryReading:
    """What a file gave. `row_numbers` runs parallel to `cameras`; `columns` are all of the file's.

    Planned and removed cameras are among `cameras`, with that status: they are kept and counted,
    and a ranking leaves them out.
    """

    cameras: tuple[Camera, ...]
    row_numbers: tuple[int, ...]
    problems: tuple[Problem, ...]
    mapping: ColumnMapping
    columns: tuple[str, ...]
    format: str
    row_count: int

    @property
    def refused(self) -> tuple[Problem, ...]:
        """The problems that kept a row out."""
        return tuple(one for one in self.problems if one.severity is Severity.REFUSED)

    @property
    def status_counts(self) -> Mapping[CameraStatus, int]:
        """How many cameras have each status."""
        return Counter(camera.status for camera in self.cameras)


def read_registry(
    data: bytes,
    filename: str,
    *,
    source: str,
    mapping: ColumnMapping | None = None,
    accept_rows: frozenset[int] = frozenset(),
    swap_axes: bool = False,
    known_positions: Sequence[Point] = (),
) -> RegistryReading:
    """Read a registry in CSV, GeoJSON or Overpass JSON, found out from its content.

    `mapping` names columns where their names do not say enough. Rows of `accept_rows` come in
    although their position is doubtful; `swap_axes` exchanges latitude and longitude of every row.
    `known_positions` are cameras registered already, against which swapped axes show up.
    A bad row becomes a problem with its number and never stops the others. Raises
    `UnreadableRegistry` where the file as a whole is no registry.
    """
    table = _read_table(data, filename, mapping)
    if not table.rows:
        raise UnreadableRegistry("The file holds a header but no cameras.")
    used = _mapping_for(table, mapping)
    rows, problems = _sort_out(table, accept_rows)
    placed, unplaced = _place(rows, used, swap_axes=swap_axes)
    misplaced = find_misplaced(list(placed.values()), known_positions, accept_rows)
    problems += [
        *unplaced,
        *misplaced.values(),
        *axes_remarks(misplaced, len(rows), known_positions),
    ]
    reader = EntryReader(used)
    entries = [
        reader.read(row, Point(placed[row.number].latitude_deg, placed[row.number].longitude_deg))
        for row in rows
        if row.number in placed and row.number not in misplaced
    ]
    cameras, remarks = assign_identities(entries, source)
    problems += [*reader.problems, *remarks, *_accepted_notes(accept_rows, cameras)]
    return _reading(table, used, cameras, problems)


def _reading(
    table: Table,
    used: ColumnMapping,
    cameras: Sequence[tuple[Entry, Camera]],
    problems: Sequence[Problem],
) -> RegistryReading:
    counts = Counter(camera.status for _, camera in cameras)
    kept_out = [one for one in CameraStatus if not one.is_ranked and counts[one]]
    unranked = [
        note(None, f"{counts[status]} cameras are {status}: they are kept, but never ranked.")
        for status in kept_out
    ]
    ordered = sorted([*table.problems, *problems, *unranked], key=lambda one: one.row_number or 0)
    return RegistryReading(
        cameras=tuple(camera for _, camera in cameras),
        row_numbers=tuple(entry.row_number for entry, _ in cameras),
        problems=tuple(ordered),
        mapping=used,
        columns=table.columns,
        format=table.format,
        row_count=len(table.rows),
    )


def _read_table(data: bytes, filename: str, mapping: ColumnMapping | None) -> Table:
    if not data.strip():
        raise UnreadableRegistry("The file is empty.")
    if len(data) > MAX_BYTES:
        raise UnreadableRegistry(f"The file is larger than {MAX_BYTES >> 20} MB: divide it.")
    for magic, meaning in _OTHER_FORMATS.items():
        if data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(magic):
            raise UnreadableRegistry(f"The file is {meaning}.")
    text, problems = decode_text(data)
    if not text.strip():
        raise UnreadableRegistry("The file is empty.")
    named_json = filename.lower().endswith((".json", ".geojson"))
    if text.lstrip().startswith(("{", "[")) or named_json:
        return read_json(text, problems)
    return read_csv(text, mapping, problems)


def _mapping_for(table: Table, mapping: ColumnMapping | None) -> ColumnMapping:
    has_geometry = any(row.geometry is not None for row in table.rows)
    used = _without_place_names(detect_mapping(table.columns), table)
    if mapping is not None:
        mapping.check_against(table.columns)
        used = _completed(mapping, used)
    # Where every feature was refused, its own reason says more than one for all of them.
    if not (used.has_position or has_geometry or all(row.refusal for row in table.rows)):
        raise no_position(table.columns)
    return used


def _completed(given: ColumnMapping, found: ColumnMapping) -> ColumnMapping:
    """What a person named wins; fields that they did not name keep the column that was found."""
    taken = set(given.columns.values())
    places = {"latitude", "longitude", "position"}
    left_out = places if given.has_position else set[str]()
    kept = {
        name: column
        for name, column in found.columns.items()
        if column not in taken and name not in left_out
    }
    return ColumnMapping({**kept, **given.columns})


def _without_place_names(mapping: ColumnMapping, table: Table) -> ColumnMapping:
    """Drop a “Location” column as a position where it holds names of places, and as a name where
    it holds positions.
    """
    columns = dict(mapping.columns)
    column = columns.get("position")
    if column is None:
        return mapping
    cells = [text for row in table.rows[:200] if (text := row.cells.get(column, "").strip())]
    if sum(map(_is_position, cells)) * 2 <= len(cells):
        del columns["position"]
    elif columns.get("name") == column:
        del columns["name"]
    return ColumnMapping(columns)


def _is_position(text: str) -> bool:
    try:
        parse_pair(text)
    except InvalidPosition:
        return False
    return True


def _sort_out(table: Table, accept_rows: frozenset[int]) -> tuple[list[Row], list[Problem]]:
    rows: list[Row] = []
    problems: list[Problem] = []
    for row in table.rows:
        if row.refusal and not (row.is_acceptable and row.number in accept_rows):
            remedy = Remedy.ACCEPT_ROW if row.is_acceptable else Remedy.NONE
            problems.append(refused(row.number, row.refusal, _first_cells(row), remedy))
        elif not _is_surveillance(row):
            reason = "OpenStreetMap's tags say that this is no camera."
            problems.append(refused(row.number, reason, _first_cells(row)))
        else:
            rows.append(row)
    return rows, problems


def _is_surveillance(row: Row) -> bool:
    """False only where OpenStreetMap's own tags say something else, such as a mast or a guard."""
    made, kind = row.cells.get("man_made", ""), row.cells.get("surveillance:type", "")
    return made in ("", "surveillance") and kind.lower() not in ("guard", "gunshot_detector")


def _place(
    rows: Sequence[Row], mapping: ColumnMapping, *, swap_axes: bool
) -> tuple[dict[int, Placed], list[Problem]]:
    placed: dict[int, Placed] = {}
    problems: list[Problem] = []
    for row in rows:
        try:
            first, second = EntryReader.positions(row, mapping)
        except InvalidPosition as error:
            problems.append(refused(row.number, str(error), _first_cells(row)))
            continue
        if swap_axes:
            first, second = (first[1], first[0]), None
        placed[row.number] = Placed(row.number, *first, second)
    return placed, problems


def _first_cells(row: Row) -> str:
    return EntryReader.snippet([text for text in row.cells.values() if text.strip()][:4])


def _accepted_notes(
    accept_rows: frozenset[int], cameras: Sequence[tuple[Entry, Camera]]
) -> list[Problem]:
    return [
        note(entry.row_number, "The row was accepted by hand.")
        for entry, _ in cameras
        if entry.row_number in accept_rows
    ]
