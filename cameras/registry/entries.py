"""One row's cells to one entry: everything of a camera but its final reference."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cameras.addresses import SecretAddress, looks_like_address, mask_addresses
from cameras.camera import CameraKind, CameraStatus
from cameras.registry import values
from cameras.registry.columns import ColumnMapping
from cameras.registry.problems import Problem, warning
from cameras.registry.tables import Row
from geo.distance import parse_heading
from geo.errors import InvalidHeading, InvalidPosition
from geo.points import Point, parse_angle, parse_pair

_MAX_NAME, _MAX_REF, _MAX_OWNER, _MAX_REMARKS, _MAX_ADDRESS = 300, 120, 200, 2_000, 2_000
_MAX_FOV_DEG, _MAX_RANGE_M, _MAX_RETENTION_HOURS = 360.0, 20_000.0, 24 * 3_660.0

Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Entry:
    """A row as a camera, with the reference that the row itself gives, or none."""

    row_number: int
    own_ref: str
    name: str
    position: Point
    headings_deg: tuple[float, ...]
    field_of_view_deg: float | None
    range_m: float | None
    owner: str
    owner_contact: str
    status: CameraStatus
    kind: CameraKind
    is_indoor: bool | None
    retention_hours: float | None
    stream_address: SecretAddress | None
    clock_offset_s: float
    clock_uncertainty_s: float | None
    remarks: str


class EntryReader:
    """Reads rows by one mapping, and gathers what it had to leave out."""

    def __init__(self, mapping: ColumnMapping) -> None:
        self._columns = mapping.columns
        self._problems: list[Problem] = []
        self._unknown_statuses: dict[str, list[int]] = {}

    @property
    def problems(self) -> list[Problem]:
        """What was left out, row by row, and each unknown status once."""
        statuses = [
            warning(
                None,
                f"The status “{word}” ({len(numbers)} rows, first row {numbers[0]}) is not known; "
                "it was read as unknown.",
            )
            for word, numbers in self._unknown_statuses.items()
        ]
        return [*self._problems, *statuses]

    @staticmethod
    def snippet(cells: Sequence[str]) -> str:
        """Cells for a report: addresses masked, short."""
        return mask_addresses(values.plain_text("; ".join(cells), 400))[:120]

    @staticmethod
    def positions(row: Row, mapping: ColumnMapping) -> tuple[Pair, Pair | None]:
        """The row's position (latitude, longitude), unchecked, and a second one if it has two.

        The geometry comes first, then the two columns, then a combined column. Raises
        `InvalidPosition` where the row has none.
        """
        found: list[Pair] = [row.geometry] if row.geometry is not None else []
        fault: InvalidPosition | None = None
        for read in (_from_two_columns, _from_one_column):
            try:
                pair = read(row, mapping)
            except InvalidPosition as error:
                fault = fault or error
                continue
            if pair is not None:
                found.append(pair)
        if not found:
            raise fault or InvalidPosition("The row has no position.")
        return found[0], found[1] if len(found) > 1 else None

    def read(self, row: Row, position: Point) -> Entry:
        """The row as an entry; what cannot be read is left out with a warning."""
        stream = self._cell(row, "stream")
        return Entry(
            row_number=row.number,
            own_ref=self._text(row, "ref", _MAX_REF),
            name=self._text(row, "name", _MAX_NAME),
            position=position,
            headings_deg=self._headings(row),
            field_of_view_deg=self._measure(
                row,
                "field_of_view",
                values.parse_number,
                _MAX_FOV_DEG,
                "an angle up to 360 degrees",
            ),
            range_m=self._measure(
                row, "range", values.parse_metres, _MAX_RANGE_M, "a distance in metres"
            ),
            owner=self._text(row, "owner", _MAX_OWNER),
            owner_contact=self._text(row, "owner_contact", _MAX_OWNER),
            status=self._status(row),
            kind=self._kind(row),
            is_indoor=values.parse_indoor(self._cell(row, "indoor")),
            retention_hours=self._retention(row),
            stream_address=self._stream(row, stream),
            clock_offset_s=self._clock_offset(row),
            clock_uncertainty_s=self._clock_uncertainty(row),
            remarks=mask_addresses(self._text(row, "remarks", _MAX_REMARKS)),
        )

    def _cell(self, row: Row, name: str) -> str:
        return row.cells.get(self._columns.get(name, ""), "").strip()

    def _text(self, row: Row, name: str, max_length: int) -> str:
        text = values.plain_text(self._cell(row, name), max_length)
        if text.endswith("…") and len(text) == max_length:
            self._warn(row, f"The {name} is longer than {max_length} characters; it was cut.", "")
        # Addresses belong into the stream column alone; anywhere else they would be shown.
        return mask_addresses(text) if looks_like_address(text) else text

    def _warn(self, row: Row, reason: str, value: str) -> None:
        self._problems.append(warning(row.number, reason, self.snippet([value]) if value else ""))

    def _headings(self, row: Row) -> tuple[float, ...]:
        text = self._cell(row, "heading")
        try:
            return parse_heading(text)
        except InvalidHeading as error:
            self._warn(row, f"{error} The camera came in without a heading.", text)
            return ()

    def _measure(
        self,
        row: Row,
        name: str,
        parse: Callable[[str], float | None],
        limit: float,
        expected: str,
    ) -> float | None:
        text = self._cell(row, name)
        if not text:
            return None
        value = parse(text)
        if value is None or not 0.0 <= value <= limit:
            words = name.replace("_", " ")
            self._warn(row, f"The {words} is not {expected}; it was left out.", text)
            return None
        return value or None  # 0 is how registries write “not known”

    def _retention(self, row: Row) -> float | None:
        expected = "a duration such as 72 hours or 30 days"
        hours = self._measure(
            row, "retention_hours", values.parse_hours, _MAX_RETENTION_HOURS, expected
        )
        return hours or self._measure(
            row,
            "retention_days",
            lambda text: values.parse_hours(text, bare_unit_hours=24.0),
            _MAX_RETENTION_HOURS,
            expected,
        )

    def _status(self, row: Row) -> CameraStatus:
        word = self._cell(row, "status")
        status = values.parse_status(word)
        if status is None:
            shown = self.snippet([word])[:60]
            self._unknown_statuses.setdefault(shown, []).append(row.number)
            status = CameraStatus.UNKNOWN
        if status in (CameraStatus.ACTIVE, CameraStatus.UNKNOWN):
            connection = values.parse_status(self._cell(row, "connection"))
            if connection in (CameraStatus.ACTIVE, CameraStatus.OFFLINE):
                return connection
        return status

    def _kind(self, row: Row) -> CameraKind:
        said = values.parse_kind(self._cell(row, "kind"))
        if said is not CameraKind.UNKNOWN:
            return said
        if values.parse_kind(row.cells.get("surveillance:type", "")) is CameraKind.ANPR:
            return CameraKind.ANPR
        return _kind_by_counts(row)

    def _stream(self, row: Row, text: str) -> SecretAddress | None:
        if not text or text.lower() in ("n/a", "na", "none", "null", "-"):
            return None
        if "://" not in text or len(text) > _MAX_ADDRESS or any(c.isspace() for c in text):
            self._warn(row, "The stream address is not one; it was left out.", "")
            return None
        return SecretAddress(text)

    def _clock_offset(self, row: Row) -> float:
        text = self._cell(row, "clock_offset")
        if not text:
            return 0.0
        offset_s = values.parse_number(text)
        if offset_s is None or abs(offset_s) > 10 * 366 * 86_400:
            self._warn(row, "The clock offset is not a number of seconds; it was left out.", text)
            return 0.0
        return offset_s

    def _clock_uncertainty(self, row: Row) -> float | None:
        text = self._cell(row, "clock_uncertainty")
        if not text:
            return None
        uncertainty_s = values.parse_number(text.lstrip("±+- "))
        if uncertainty_s is None or not 0 <= uncertainty_s <= 86_400:
            reason = "The clock uncertainty is no number of seconds up to a day; it was left out."
            self._warn(row, reason, text)
            return None
        return uncertainty_s


def _from_two_columns(row: Row, mapping: ColumnMapping) -> Pair | None:
    lat_text = row.cells.get(mapping.columns.get("latitude", ""), "").strip()
    lon_text = row.cells.get(mapping.columns.get("longitude", ""), "").strip()
    if not lat_text and not lon_text:
        return None
    if not lat_text or not lon_text:
        missing = "longitude" if lat_text else "latitude"
        raise InvalidPosition(f"The {missing} is missing.")
    return parse_angle(lat_text, "latitude"), parse_angle(lon_text, "longitude")


def _from_one_column(row: Row, mapping: ColumnMapping) -> Pair | None:
    text = row.cells.get(mapping.columns.get("position", ""), "").strip()
    return parse_pair(text) if text else None


def _kind_by_counts(row: Row) -> CameraKind:
    """The kind where a registry counts cameras by kind for each junction, if they are all alike."""
    turning = values.parse_number(row.cells.get("PTZ_Camera", "")) or 0
    fixed = values.parse_number(row.cells.get("Fixed_Camera", "")) or 0
    if bool(turning) == bool(fixed):
        return CameraKind.UNKNOWN
    return CameraKind.PTZ if turning else CameraKind.FIXED
