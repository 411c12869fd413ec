"""CSV that a spreadsheet opens without running any of it."""

import csv
import io
from collections.abc import Sequence

from geo.errors import InvalidRoute
from geo.formats.route import NOTICE, Attribute, RoutePoint, in_order, utc_text

_FIRST_COLUMNS = ("time_utc", "latitude_deg", "longitude_deg", "name", "description")
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(value: Attribute) -> str:
    """A cell's text. Numbers stay numbers, negative ones too; text that a spreadsheet would take
    for a formula is given a leading apostrophe, which marks it as text.
    """
    if isinstance(value, int | float):
        return repr(value)
    if value.startswith(_STARTS_FORMULA) or value.lstrip().startswith(_STARTS_FORMULA):
        return f"'{value}"
    return value


def route_to_csv(route: Sequence[RoutePoint]) -> str:
    """A route as CSV (RFC 4180), one row for each place in order of time, the notice in each row.

    Attributes of any point become columns. Written to a file for spreadsheets, encode it as
    "utf-8-sig".
    """
    ordered = in_order(route)
    names = list(dict.fromkeys(name for point in ordered for name in point.attributes))
    clash = {*_FIRST_COLUMNS, "notice"} & set(names)
    if clash:
        raise InvalidRoute(f"“{min(clash)}” cannot also be an attribute.")
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*_FIRST_COLUMNS, *(safe_cell(name) for name in names), "notice"])
    for point in ordered:
        cells: list[Attribute] = [
            utc_text(point.at),
            point.position.latitude_deg,
            point.position.longitude_deg,
            point.name,
            point.description,
            *(point.attributes.get(name, "") for name in names),
            NOTICE,
        ]
        writer.writerow([safe_cell(cell) for cell in cells])
    return text.getvalue()
