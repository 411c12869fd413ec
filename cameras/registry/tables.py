"""Bytes in, rows of text out: CSV of any make, GeoJSON, and Overpass' JSON of OpenStreetMap."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from cameras.errors import UnreadableRegistry
from cameras.registry.columns import ColumnMapping, detect_mapping
from cameras.registry.problems import Problem, note

MAX_BYTES = 64 * 1024 * 1024
MAX_ROWS = 200_000
MAX_COLUMNS = 500
_HEADER_SEARCH_ROWS = 10
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}


@dataclass(frozen=True, slots=True)
class Row:
    """One camera to be. `geometry` is (latitude, longitude) as written, not yet checked.

    `refusal` says why the row cannot be one; `is_acceptable` that a person may overrule that.
    """

    number: int
    cells: Mapping[str, str]
    geometry: tuple[float, float] | None = None
    refusal: str = ""
    is_acceptable: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """All rows of a file, its columns in order, and what was found out about the file."""

    format: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...] = ()


def decode_text(data: bytes) -> tuple[str, list[Problem]]:
    """Bytes to text by byte-order mark, else UTF-8, else Windows-1252; NUL characters dropped."""
    problems: list[Problem] = []
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", errors="replace")
    elif _looks_like_utf_16(data):
        little = data[1:2] == b"\x00"
        text = data.decode("utf-16-le" if little else "utf-16-be", errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
            problems.append(note(None, "The file is not UTF-8; it was read as Windows-1252."))
    if "\x00" in text:
        text = text.replace("\x00", "")
        problems.append(note(None, "The file contains NUL characters; they were left out."))
    return text, problems


def _looks_like_utf_16(data: bytes) -> bool:
    head = data[:200]
    nuls = (head[0::2].count(0), head[1::2].count(0))
    return len(head) >= 8 and max(nuls) > len(head) // 5 and min(nuls) == 0


def read_csv(text: str, mapping: ColumnMapping | None, problems: Sequence[Problem]) -> Table:
    """Find delimiter and header row, then read every record below it."""
    delimiter, header_index = _find_header(text, mapping)
    records = _parse_csv(text, delimiter)
    columns = _unique([cell.strip() for cell in records[header_index]])
    if len(columns) > MAX_COLUMNS:
        raise UnreadableRegistry(f"The table has more than {MAX_COLUMNS} columns.")
    rows = tuple(
        _csv_row(number, record, columns)
        for number, record in enumerate(records[header_index + 1 :], start=header_index + 2)
        if any(cell.strip() for cell in record)
    )
    return Table(f"CSV ({_DELIMITERS[delimiter]})", columns, rows, tuple(problems))


def _csv_row(number: int, record: Sequence[str], columns: Sequence[str]) -> Row:
    cells = dict(zip(columns, record, strict=False))
    if any(cell.strip() for cell in record[len(columns) :]):
        reason = (
            f"The row has {len(record)} cells and the header {len(columns)}: a text in it may "
            "contain the delimiter without quotes, which shifts its columns. Mend the row, or "
            "accept it if its first cells are right."
        )
        return Row(number, cells, refusal=reason, is_acceptable=True)
    return Row(number, cells)


def _find_header(text: str, mapping: ColumnMapping | None) -> tuple[str, int]:
    """The delimiter and row under which the most columns are recognised."""
    best: tuple[tuple[int, int, int], str, int] | None = None
    for delimiter in _DELIMITERS:
        try:
            records = list(islice(_records(text, delimiter), _HEADER_SEARCH_ROWS))
        except UnreadableRegistry:
            continue
        for index, record in enumerate(records):
            score = _header_score([cell.strip() for cell in record], mapping)
            if best is None or (*score, -index) > best[0]:
                best = ((*score, -index), delimiter, index)
    if best is None:
        raise UnreadableRegistry(
            "The file is not a readable table: a quotation mark is probably not closed."
        )
    return best[1], best[2]


def _header_score(cells: Sequence[str], mapping: ColumnMapping | None) -> tuple[int, int]:
    if mapping is not None:
        return len(set(mapping.columns.values()) & set(cells)), len(cells)
    found = detect_mapping(cells)
    # A cell "12.97" is no column name, so a row of data scores nothing here.
    return 100 * found.has_position + len(found.columns), len(cells)


def _parse_csv(text: str, delimiter: str) -> list[list[str]]:
    records = list(islice(_records(text, delimiter), MAX_ROWS + _HEADER_SEARCH_ROWS))
    if len(records) > MAX_ROWS:
        raise UnreadableRegistry(f"The file has more than {MAX_ROWS:,} rows: divide it.")
    return records


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    """The table's records as a spreadsheet counts them: blank ones too, broken lines as one."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        yield from reader
    except csv.Error as error:
        raise UnreadableRegistry(
            f"The file is not a readable table: near line {reader.line_num} a cell is too long, "
            "probably because a quotation mark is not closed."
        ) from error


def _unique(columns: Sequence[str]) -> tuple[str, ...]:
    """Column names made different, so that no cell is lost: a second “Name” becomes “Name (2)”."""
    seen: dict[str, int] = {}
    names: list[str] = []
    for column in columns:
        seen[column] = seen.get(column, 0) + 1
        names.append(column if seen[column] == 1 else f"{column} ({seen[column]})")
    return tuple(names)


def read_json(text: str, problems: Sequence[Problem]) -> Table:
    """GeoJSON (a FeatureCollection or one Feature), or Overpass' {"elements": […]}."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableRegistry(f"The file is not valid JSON: {_json_fault(error)}") from error
    if isinstance(document, dict) and isinstance(document.get("elements"), list):
        rows = [_element_row(i, one) for i, one in enumerate(document["elements"], start=1)]
        return _json_table("OpenStreetMap (Overpass JSON)", rows, problems)
    features = _features(document)
    rows = [_feature_row(number, one) for number, one in enumerate(features, start=1)]
    return _json_table("GeoJSON", rows, problems)


def _json_table(name: str, rows: Sequence[Row], problems: Sequence[Problem]) -> Table:
    if len(rows) > MAX_ROWS:
        raise UnreadableRegistry(f"The file has more than {MAX_ROWS:,} entries: divide it.")
    columns = tuple(dict.fromkeys(column for row in rows for column in row.cells))
    return Table(name, columns, tuple(rows), tuple(problems))


def _json_fault(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"it breaks at line {error.lineno}, column {error.colno}."
    return "it is nested too deeply or holds an absurd number."


def _features(document: object) -> list[object]:
    if isinstance(document, dict):
        _check_reference_system(document.get("crs"))
        if document.get("type") == "Feature":
            return [document]
        features = document.get("features")
        if document.get("type") == "FeatureCollection" and isinstance(features, list):
            return features
    raise UnreadableRegistry(
        "The file is JSON but not GeoJSON: a registry is a FeatureCollection of points."
    )


def _check_reference_system(crs: object) -> None:
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if isinstance(name, str) and not name.upper().endswith(("CRS84", "4326", "WGS84", "WGS 84")):
        raise UnreadableRegistry(
            f"The coordinates are in “{name[:60]}”: convert them to longitude and latitude in "
            "degrees (WGS 84, EPSG:4326) first."
        )


def _feature_row(number: int, feature: object) -> Row:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        return Row(number, {}, refusal="This entry is not a GeoJSON feature.")
    cells = _cells(feature.get("properties"))
    if isinstance(feature.get("id"), str | int) and "id" not in cells and "@id" not in cells:
        cells["id"] = str(feature["id"])
    geometry = feature.get("geometry")
    if geometry is None:
        return Row(number, cells)
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind != "Point":
        shown = kind if isinstance(kind, str) else "unreadable geometry"
        return Row(number, cells, refusal=_not_a_point(shown[:30]))
    pair = _lon_lat(geometry.get("coordinates"))
    if pair is None:
        return Row(number, cells, refusal="The point has no two numbers as its coordinates.")
    return Row(number, cells, geometry=(pair[1], pair[0]))


def _not_a_point(kind: str) -> str:
    if kind == "MultiPoint":
        return (
            "A MultiPoint is several places under one entry: write one Point feature for each "
            "camera, so that each can be ranked."
        )
    return f"A camera stands at one point; this entry is a {kind}."


def _lon_lat(coordinates: object) -> tuple[float, float] | None:
    if not isinstance(coordinates, list) or len(coordinates) < 2:
        return None
    try:
        lon, lat = (
            float(value)
            for value in coordinates[:2]
            if isinstance(value, int | float | str) and not isinstance(value, bool)
        )
    except (ValueError, OverflowError):
        return None
    return lon, lat


def _element_row(number: int, element: object) -> Row:
    if not isinstance(element, dict):
        return Row(number, {}, refusal="This entry is not an OpenStreetMap element.")
    cells = _cells(element.get("tags"))
    cells["@id"] = f"{element.get('type')}/{element.get('id')}"
    centre = element.get("center")
    at = centre if isinstance(centre, dict) else element
    pair = _lon_lat([at.get("lon"), at.get("lat")])
    if pair is None:
        return Row(number, cells, refusal="This OpenStreetMap element has no position.")
    return Row(number, cells, geometry=(pair[1], pair[0]))


def _cells(properties: object) -> dict[str, str]:
    if not isinstance(properties, dict):
        return {}
    return {str(name): _text(value) for name, value in list(properties.items())[:MAX_COLUMNS]}


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        return "; ".join(_text(one) for one in value)
    if isinstance(value, str | int | float):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
