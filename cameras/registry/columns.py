"""Which column of a registry holds what."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from cameras.errors import UnreadableRegistry

_ALIASES: Mapping[str, str] = {
    "latitude": "latitude lat latitud latitudine breitengrad breite latdeg latitudedeg latwgs84 "
    "gpslat gpslatitude geolat ycoord ycoordinate coordy pointy y",
    "longitude": "longitude lon long lng longitud longitudine langengrad laengengrad lange londeg "
    "longitudedeg lonwgs84 gpslon gpslong gpslongitude geolon geolong geolng xcoord xcoordinate "
    "coordx pointx x",
    "position": "position coordinates coords coordinate latlong latlng latlon latitudelongitude "
    "gpscoordinates gps geopoint geopoint2d geolocation wkt geom geometry thegeom point location",
    "ref": "ref cameraref id cameraid camid camerano cameranumber camno cameracode uid uuid guid "
    "assetid assetno deviceid osmid globalid objectid fid gid code number num no nr slno sno "
    "serialno serial",
    "name": "name cameraname locationname title sitename site label camera placename place "
    "junctionname junction intersection location standort bezeichnung nombre nom address landmark "
    "description",
    "status": "status camerastatus operationalstatus operationstatus lifecycle condition",
    "connection": "connection connectionstatus ipcommstatus commstatus connectivity online "
    "isonline",
    "heading": "heading headingdeg headings headingsdeg cameradirection direction directions "
    "bearing bearingdeg azimuth azimut orientation facing viewdirection lookdirection richtung",
    "field_of_view": "fieldofview fieldofviewdeg fov fovdeg hfov angleofview viewangle "
    "viewingangle",
    "range": "range rangem viewrange viewrangem viewdistance viewingdistance coveragem rangemetres "
    "rangemeters",
    "owner": "owner ownername ownedby operator agency organisation organization department "
    "authority",
    "owner_contact": "ownercontact contact contactemail email operatoremail contactphone phone "
    "telephone operatorphone",
    "kind": "kind cameratype cameratypes type",
    "indoor": "indoor isindoor surveillance",
    "retention_hours": "retentionhours retentionh retention footageretention storagehours",
    "retention_days": "retentiondays daysretained storagedays recordingdays",
    "stream": "stream streamurl streamaddress rtsp rtspurl rtsplink hls hlsurl mjpeg mjpegurl "
    "videourl livestream livestreamurl liveurl feedurl feed cameraurl url link contactwebcam",
    "clock_offset": "clockoffset clockoffsets clockoffsetsec clockoffsetseconds",
    "clock_uncertainty": "clockuncertainty clockuncertaintys clockuncertaintysec clockaccuracy "
    "clockaccuracys clocktolerance clocktolerances",
    "remarks": "remarks remark notes note comments comment description",
}
REGISTRY_FIELDS = tuple(_ALIASES)
"""What a mapping may name; the columns for retention differ only in their unit."""

# Columns whose name merely contains the word, for example “GPS Latitude (WGS84)”.
_WORDS = {
    "latitude": {"lat", "latitude"},
    "longitude": {"lon", "lng", "long", "longitude"},
    "name": {"name"},
    "heading": {"heading", "azimuth", "bearing"},
    "status": {"status"},
}


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Field → column name, as found in a file or given by a person. Fields: `REGISTRY_FIELDS`."""

    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        unknown = sorted(set(self.columns) - set(REGISTRY_FIELDS))
        if unknown:
            raise UnreadableRegistry(
                f"The mapping names “{unknown[0]}”, which is no field of a camera. Fields are: "
                f"{', '.join(REGISTRY_FIELDS)}."
            )
        object.__setattr__(self, "columns", MappingProxyType(dict(self.columns)))

    def __hash__(self) -> int:
        return hash(frozenset(self.columns.items()))

    def to_json(self) -> str:
        """As text that can be kept for the next file of the same source."""
        return json.dumps(dict(self.columns), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "ColumnMapping":
        """Read what `to_json` wrote, or a person typed. Raises `UnreadableRegistry`."""
        try:
            columns = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise UnreadableRegistry("The mapping is not a JSON object.") from error
        if not isinstance(columns, dict) or not all(isinstance(v, str) for v in columns.values()):
            raise UnreadableRegistry(
                'A mapping is a JSON object of texts, such as {"latitude": "LAT"}.'
            )
        return cls(columns)

    @property
    def has_position(self) -> bool:
        """Whether a row's position can be found by it."""
        return "position" in self.columns or {"latitude", "longitude"} <= self.columns.keys()

    def check_against(self, columns: Sequence[str]) -> None:
        """Raise `UnreadableRegistry` where a mapped column is not in the file."""
        for name, column in self.columns.items():
            if column not in columns:
                raise UnreadableRegistry(
                    f"The mapping takes {name} from the column “{column}”, which this file does "
                    f"not have. Its columns are: {_listed(columns)}."
                )


def detect_mapping(columns: Sequence[str]) -> ColumnMapping:
    """Find the fields by the names that registries commonly use.

    A column serves one field. “Location” is taken as a combined position only by `read_registry`,
    which looks at its values; here it may serve position and name both.
    """
    keys = {column: _key(column) for column in reversed(columns)}
    by_key = {key: column for column, key in keys.items() if key}
    found: dict[str, str] = {}
    for name, aliases in _ALIASES.items():
        for alias in aliases.split():
            column = by_key.get(alias)
            if column is not None and (alias == "location" or column not in found.values()):
                found[name] = column
                break
    for name, words in _WORDS.items():
        if name not in found:
            column = _column_with_word(columns, words, taken=set(found.values()))
            if column is not None:
                found[name] = column
    return ColumnMapping(found)


def no_position(columns: Sequence[str]) -> UnreadableRegistry:
    """The error for a file in which no column holds positions."""
    return UnreadableRegistry(
        "No column for latitude and longitude was found. Name them in a mapping, or put a header "
        f"row with “latitude” and “longitude” on top. Columns found: {_listed(columns)}."
    )


def _column_with_word(columns: Sequence[str], words: set[str], taken: set[str]) -> str | None:
    for column in columns:
        if column not in taken and words & set(_tokens(column)):
            return column
    return None


def _tokens(column: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column)
    plain = unicodedata.normalize("NFKD", spaced).casefold()
    return re.findall(r"[^\W_]+", "".join(c for c in plain if not unicodedata.combining(c)))


def _key(column: str) -> str:
    return "".join(_tokens(column))


def _listed(columns: Sequence[str]) -> str:
    shown = [column[:40] for column in columns[:12] if column.strip()]
    return (", ".join(shown) or "none") + (", …" if len(columns) > 12 else "")
