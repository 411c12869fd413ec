"""Which positions of a registry cannot be, or are probably not, where its cameras stand."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from cameras.registry.problems import Problem, Remedy, Severity, refused, warning
from geo.distance import EARTH_RADIUS_M, FloatArray, haversine_many_m
from geo.points import Point

CountArray = NDArray[np.int64]

NEAR_M = 50_000.0
"""Closer than this to other cameras is never suspicious: a city with its surroundings."""

FAR_SPREADS = 20.0
"""Farther than so many times the median distance from the middle is far from all others."""

UNINHABITED_LATITUDE_DEG = 72.0
"""No town with street cameras lies nearer to a pole, but swapped longitudes of 72 to 90 do."""

_COMPANY = 3  # a row is judged by others from so many rows on
_SWAP_MISMATCH_M = 1_000.0
_AMONG = "It lies among the {} once latitude and longitude are swapped."
_LONELY = (
    f"It lies more than {NEAR_M / 1000:.0f} km from every registered camera, and hardly any other "
    "row of this file is near it; latitude and longitude may be swapped."
)
_ADVICE_ROW = "Mend the row, or accept it if it is right as it is."
_ADVICE_SWAP = "Read the file with its axes swapped, mend the row, or accept it if it is right."


@dataclass(frozen=True, slots=True)
class Placed:
    """A row with its position as written (latitude, longitude), and a second one if it has two."""

    row_number: int
    latitude_deg: float
    longitude_deg: float
    second: tuple[float, float] | None = None

    @property
    def snippet(self) -> str:
        return f"{self.latitude_deg:.10g}, {self.longitude_deg:.10g}"


def find_misplaced(
    rows: Sequence[Placed], known: Sequence[Point], accepted: Collection[int]
) -> dict[int, Problem]:
    """Row number → why that position is kept out. Rows of `accepted` pass if they are possible.

    Looked for, in this order: impossible values; a second position in the row that agrees once the
    axes are swapped; 0, 0; latitudes where nobody lives; rows that land among the cameras already
    known, or among the file's own, only once swapped; rows far from all others.
    """
    problems = {row.row_number: found for row in rows if (found := _impossible(row))}
    possible = [row for row in rows if row.row_number not in problems]
    doubtful = {row.row_number: found for row in possible if (found := _doubtful_alone(row))}
    plain = [row for row in possible if row.row_number not in doubtful]
    if plain:
        doubtful |= _doubtful_among(plain, known)
    problems |= {number: found for number, found in doubtful.items() if number not in accepted}
    return problems


def axes_remarks(
    problems: Mapping[int, Problem], row_count: int, known: Sequence[Point]
) -> list[Problem]:
    """What to say about the file's axes: most rows look swapped, or nothing can be told."""
    if row_count < _COMPANY and not known:
        text = (
            "With so few cameras and none registered nearby, swapped latitude and longitude would "
            "not show: check their places on the map."
        )
        return [warning(None, text)]
    swapped = sum(problem.remedy is Remedy.SWAP_AXES for problem in problems.values())
    if swapped == 0 or 2 * swapped < row_count:
        return []
    text = (
        f"{swapped} of {row_count} rows look as if latitude and longitude were swapped: read the "
        "file again with its axes swapped."
    )
    return [Problem(None, Severity.WARNING, text, "", Remedy.SWAP_AXES)]


def _impossible(row: Placed) -> Problem | None:
    lat, lon = row.latitude_deg, row.longitude_deg
    if not (math.isfinite(lat) and math.isfinite(lon)):
        return refused(row.row_number, "The position is not a number.", row.snippet)
    if abs(lat) <= 90 and abs(lon) <= 180:
        return None
    if abs(lat) <= 180 and abs(lon) <= 90:
        reason = (
            f"The latitude {lat:.8g} is beyond 90 degrees; latitude and longitude look swapped. "
            "Read the file with its axes swapped, or mend the row."
        )
        return refused(row.row_number, reason, row.snippet, Remedy.SWAP_AXES)
    if abs(lat) > 1_000 and abs(lon) > 1_000:
        reason = (
            "The numbers are too large for degrees: they look like metres of a map projection. "
            "Convert them to latitude and longitude (WGS 84) first."
        )
        return refused(row.row_number, reason, row.snippet)
    reason = "The position is out of range: latitude −90 to 90, longitude −180 to 180 degrees."
    return refused(row.row_number, reason, row.snippet)


def _doubtful_alone(row: Placed) -> Problem | None:
    lat, lon = row.latitude_deg, row.longitude_deg
    if row.second is not None and _agrees_only_swapped((lat, lon), row.second):
        reason = "Its other columns say the same position with latitude and longitude swapped."
        return _looks_swapped(row, reason)
    if abs(lat) < 0.01 and abs(lon) < 0.01:
        reason = f"The position is 0, 0 in the Atlantic: it was probably left blank. {_ADVICE_ROW}"
        return refused(row.row_number, reason, row.snippet, Remedy.ACCEPT_ROW)
    if abs(lat) > UNINHABITED_LATITUDE_DEG >= abs(lon):
        reason = "It lies where no town is; latitude and longitude look swapped."
        return _looks_swapped(row, reason)
    return None


def _agrees_only_swapped(first: tuple[float, float], second: tuple[float, float]) -> bool:
    def apart_m(lat: float, lon: float) -> float:
        return float(haversine_many_m(lat, lon, second[0], second[1]))

    straight_m, swapped_m = apart_m(*first), apart_m(first[1], first[0])
    return straight_m > _SWAP_MISMATCH_M >= swapped_m


def _looks_swapped(row: Placed, reason: str) -> Problem:
    return refused(row.row_number, f"{reason} {_ADVICE_SWAP}", row.snippet, Remedy.SWAP_AXES)


def _doubtful_among(rows: Sequence[Placed], known: Sequence[Point]) -> dict[int, Problem]:
    """Rows judged by the company they keep: the cameras already known, and the file's own."""
    lat = np.array([row.latitude_deg for row in rows])
    lon = np.array([row.longitude_deg for row in rows])
    known_lat = np.array([point.latitude_deg for point in known])
    known_lon = np.array([point.longitude_deg for point in known])
    strange = _count_near(lat, lon, known_lat, known_lon) == 0
    swapped_among_known = _swapped_count_near(lat, lon, known_lat, known_lon) > 0
    far, limit_m = _far_from_middle(lat, lon)
    swapped_among_file = far.copy()
    swapped_among_file[far] = _swapped_count_near(lat[far], lon[far], lat[~far], lon[~far]) > 0
    # A second city is no error: so many rows together do not share one slip of the pen.
    alone = far.copy()
    alone[far] = _count_near(lat[far], lon[far], lat, lon) < max(_COMPANY, len(rows) // 100)
    # A handful far from every registered camera has nothing that speaks for it either.
    lonely = strange & (_count_near(lat, lon, lat, lon) < _COMPANY) & bool(known)
    found: dict[int, Problem] = {}
    for i, row in enumerate(rows):
        if strange[i] and swapped_among_known[i]:
            found[row.row_number] = _looks_swapped(row, _AMONG.format("cameras already known"))
        elif strange[i] and swapped_among_file[i]:
            found[row.row_number] = _looks_swapped(row, _AMONG.format("file's other cameras"))
        elif strange[i] and alone[i]:
            reason = f"It lies more than {limit_m / 1000:.0f} km from all others. {_ADVICE_ROW}"
            found[row.row_number] = refused(row.row_number, reason, row.snippet, Remedy.ACCEPT_ROW)
        elif lonely[i]:
            found[row.row_number] = refused(
                row.row_number, f"{_LONELY} {_ADVICE_ROW}", row.snippet, Remedy.ACCEPT_ROW
            )
    return found


def _far_from_middle(lat: FloatArray, lon: FloatArray) -> tuple[NDArray[np.bool_], float]:
    """Which positions are far from the middle, and the distance in metres that counts as far."""
    if len(lat) < _COMPANY:
        return np.zeros(len(lat), dtype=bool), NEAR_M
    middle_lat, middle_lon = _middle(lat, lon)
    away_m = haversine_many_m(middle_lat, middle_lon, lat, lon)
    limit_m = max(NEAR_M, FAR_SPREADS * float(np.median(away_m)))
    return away_m > limit_m, limit_m


def _middle(lat: FloatArray, lon: FloatArray) -> tuple[float, float]:
    """The median position, taken over unit vectors so that ±180° is no border."""
    phi, lam = np.radians(lat), np.radians(lon)
    x, y, z = (
        float(np.median(part))
        for part in (np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi))
    )
    return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))


def _swapped_count_near(
    lat: FloatArray, lon: FloatArray, of_lat: FloatArray, of_lon: FloatArray
) -> CountArray:
    """As `_count_near` with the axes of the first positions swapped; 0 where that cannot be."""
    counts = _count_near(np.where(np.abs(lon) <= 90, lon, 0.0), lat, of_lat, of_lon)
    return np.where(np.abs(lon) <= 90, counts, 0)


def _count_near(
    lat: FloatArray, lon: FloatArray, of_lat: FloatArray, of_lon: FloatArray
) -> CountArray:
    """How many of the second positions lie within `NEAR_M` of each first one.

    The second ones are gathered into cubes of half that size and judged by the middle of each cube:
    exact enough for 50 km, and quick for as many as a file may hold, wherever they lie.
    """
    counts = np.zeros(len(lat), dtype=np.int64)
    if len(lat) == 0 or len(of_lat) == 0:
        return counts
    others, own = _earth_xyz_m(of_lat, of_lon), _earth_xyz_m(lat, lon)
    keys, cube_of, members = np.unique(
        _cube_keys(_cubes(others)), return_inverse=True, return_counts=True
    )
    middles = np.stack(
        [np.bincount(cube_of, weights=others[:, axis]) / members for axis in range(3)], axis=1
    )
    cubes = _cubes(own)
    for offset in product((-2, -1, 0, 1, 2), repeat=3):
        wanted = _cube_keys(cubes + np.array(offset))
        found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        # Over 50 km a chord is as long as its arc to within 13 cm.
        near = np.linalg.norm(own - middles[found], axis=1) <= NEAR_M
        counts += np.where((keys[found] == wanted) & near, members[found], 0)
    return counts


def _earth_xyz_m(lat: FloatArray, lon: FloatArray) -> FloatArray:
    """Positions in metres from the Earth's centre, shape (n, 3): no poles and no date line."""
    phi, lam = np.radians(lat), np.radians(lon)
    directions = np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], 1)
    xyz_m: FloatArray = EARTH_RADIUS_M * directions
    return xyz_m


def _cubes(xyz_m: FloatArray) -> CountArray:
    return np.floor(xyz_m / (NEAR_M / 2)).astype(np.int64)


def _cube_keys(cubes: CountArray) -> CountArray:
    """One number for each cube; 1024 of them span the Earth's 510 in each direction."""
    x, y, z = (cubes + 512).T
    keys: CountArray = (x * 1024 + y) * 1024 + z
    return keys
