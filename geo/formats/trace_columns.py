"""Which column of a trace's table holds what."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

PLACE: Final = "place"
START_OF_WAY: Final = "start"
END_OF_WAY: Final = "end"

_ALIASES: Final[Mapping[str, str]] = {
    "latitude": "latitude lat latdeg latitudedeg gpslat gpslatitude y",
    "longitude": "longitude lon lng long londeg longitudedeg gpslon gpslng gpslongitude x",
    "position": "position coordinates coords latlon latlng latlong latitudelongitude gps point",
    "date": "date day",
    "time": "time timestamp datetime dateandtime seenat at when utc utctime timeutc localtime "
    "recordedat loggedat eventtime fixtime gpstime clock hour timestampms",
    "label": "label place placename name station stationname stop stopname location locationname "
    "site celltower cell tower address event",
    "uncertainty": "uncertainty uncertaintym accuracy accuracym radius radiusm precision error "
    "errorm horizontalaccuracy",
    "remarks": "remarks remark notes note comment description ticket ticketno pnr vehicle line "
    "route train bus",
}
_SIDES: Final[Mapping[str, Sequence[str]]] = {
    START_OF_WAY: ("from", "start", "origin", "departure", "departed", "boarding", "boarded"),
    END_OF_WAY: ("to", "end", "destination", "arrival", "arrived", "alighting", "alighted"),
}
_SIDE_TIMES: Final[Mapping[str, Sequence[str]]] = {
    START_OF_WAY: ("departedat", "departuretime", "departure", "boardedat", "startedat", "start"),
    END_OF_WAY: ("arrivedat", "arrivaltime", "arrival", "alightedat", "endedat", "end"),
}
_SIDE_WORDS: Final = {START_OF_WAY: "departure", END_OF_WAY: "arrival", PLACE: ""}


@dataclass(frozen=True, slots=True)
class PlaceColumns:
    """The columns of one place in each row, by field; a way has two such sets.

    `word` stands in for a label where the row has none.
    """

    kind: str
    columns: Mapping[str, int]

    @property
    def word(self) -> str:
        """What a place without a label is called."""
        return _SIDE_WORDS[self.kind]

    def cell(self, record: Sequence[str], field: str) -> str:
        """The text of a field in a row; empty where the table has no such column."""
        index = self.columns.get(field)
        return "" if index is None else record[index].strip()

    def time_text(self, record: Sequence[str]) -> str:
        """Date and time as one text."""
        return f"{self.cell(record, 'date')} {self.cell(record, 'time')}".strip()

    def shown(self, record: Sequence[str]) -> str:
        """The row's position and time as written, for a report."""
        fields = ("position", "latitude", "longitude", "date", "time")
        return ", ".join(text for field in fields if (text := self.cell(record, field)))


def columns_for(header: Sequence[str], *, by_name: bool = False) -> tuple[PlaceColumns, ...]:
    """The places that each row below `header` holds; empty where no position and time are named.

    With `by_name` a place's name is as good as its position.
    """
    plain = [_plain(cell) for cell in header]
    ways = tuple(_side(kind, plain) for kind in (START_OF_WAY, END_OF_WAY))
    if all(_is_enough(one.columns, by_name) for one in ways):
        return ways
    columns = {
        field: plain.index(alias)
        for field, aliases in _ALIASES.items()
        if (alias := next((one for one in aliases.split() if one in plain), None)) is not None
    }
    if "time" not in columns and "date" in columns:
        columns["time"] = columns.pop("date")
    return (PlaceColumns(PLACE, columns),) if _is_enough(columns, by_name) else ()


def _side(kind: str, plain: Sequence[str]) -> PlaceColumns:
    columns: dict[str, int] = {}
    for field, aliases in _ALIASES.items():
        names = [side + alias for side in _SIDES[kind] for alias in aliases.split()]
        if field == "time":
            names = [*_SIDE_TIMES[kind], *names]
        if field == "label":
            names += [one for one in _SIDES[kind] if one not in _SIDE_TIMES[kind]]
        if field == "remarks":
            names += aliases.split()
        found = next((name for name in names if name in plain), None)
        if found is not None:
            columns[field] = plain.index(found)
    return PlaceColumns(kind, columns)


def _is_enough(columns: Mapping[str, int], by_name: bool) -> bool:
    has_place = "position" in columns or {"latitude", "longitude"} <= columns.keys()
    return (has_place or (by_name and "label" in columns)) and "time" in columns


def _plain(cell: str) -> str:
    """A column's name without case, accents, units in brackets and punctuation."""
    bare = re.sub(r"\([^)]*\)|\[[^]]*\]", "", cell)
    decomposed = unicodedata.normalize("NFKD", bare).casefold()
    return "".join(c for c in decomposed if c.isalnum())
