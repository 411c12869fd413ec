"""Finding columns and reading values."""

import pytest

from cameras.camera import CameraKind, CameraStatus
from cameras.errors import UnreadableRegistry
from cameras.registry import (
    ColumnMapping,
    Severity,
)
from geo.points import Point
from tests.cameras.registries import of_row, read


@pytest.mark.parametrize(
    "header",
    [
        "name,lat,lon",
        "name,latitude,longitude",
        "NAME,LAT,LONG",
        "Title,y,x",
        "Location Name,Latitude,Longitude",
        "Location,Lat,Lng",
        "site_name,gps_lat,gps_lon",
        "camera name,Camera Latitude (WGS84),Camera Longitude (WGS84)",
        "Standort,Breitengrad,Längengrad",
        "description,lat,lng",
        " Name , LAT , LONG ",
    ],
)
def test_columns_are_found_by_any_sensible_name(header: str) -> None:
    reading = read(f"{header}\nGate,12.97,77.59\nStop,12.98,77.60\nHall,12.96,77.58\n")
    assert [camera.name for camera in reading.cameras] == ["Gate", "Stop", "Hall"]
    assert reading.cameras[0].position == Point(12.97, 77.59)
    assert not reading.problems


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_any_delimiter_and_encoding_is_read(delimiter: str, encoding: str) -> None:
    rows = [["name", "lat", "lon"], ["Tor Süd", "48.13", "11.57"], ["Café", "48.14", "11.58"]]
    rows.append(["ไทย", "48.15", "11.59"])
    text = "\r\n".join(delimiter.join(row) for row in rows)
    reading = read(text.encode(encoding))
    assert [camera.name for camera in reading.cameras] == ["Tor Süd", "Café", "ไทย"]


def test_western_bytes_are_read_and_mentioned() -> None:
    reading = read("name,lat,lon\nTor Süd,48.13,11.57\n".encode("latin-1"))
    assert reading.cameras[0].name == "Tor Süd"
    assert any("Windows-1252" in problem.reason for problem in reading.problems)


@pytest.mark.parametrize(
    "position",
    [
        "(30.26, -97.73)",
        "30.26 -97.73",
        "POINT (-97.73 30.26)",
        "30°15'36\"N 97°43'48\"W",
    ],
)
def test_one_column_may_hold_the_whole_position(position: str) -> None:
    quoted = position.replace('"', '""')
    reading = read(f'name,Location\nGate,"{quoted}"\n')
    assert reading.cameras[0].position.latitude_deg == pytest.approx(30.26)
    assert reading.cameras[0].position.longitude_deg == pytest.approx(-97.73)
    assert reading.cameras[0].name == "Gate"


def test_decimal_commas_and_degrees_with_letters_are_read() -> None:
    reading = read("name;lat;lon\nGate;12,97;77,59\nStop;12°58'12\"N;77°35'24\"E\n")
    for camera in reading.cameras:
        assert camera.position.latitude_deg == pytest.approx(12.97)
        assert camera.position.longitude_deg == pytest.approx(77.59)


def test_title_lines_above_the_header_and_blank_lines_do_not_shift_row_numbers() -> None:
    text = "City cameras 2026\n\nname,lat,lon\nGate,12.97,77.59\n\nBad,x,y\n"
    reading = read(text)
    assert reading.row_numbers == (4,)
    assert [problem.row_number for problem in reading.refused] == [6]


def test_a_line_break_inside_quotes_is_one_row_as_in_a_spreadsheet() -> None:
    reading = read('name,lat,lon\n"Gate\nNorth",12.97,77.59\nBad,,77.59\n')
    assert reading.cameras[0].name == "Gate North"
    assert reading.refused[0].row_number == 3
    assert "latitude is missing" in reading.refused[0].reason


def test_a_mapping_names_columns_that_nobody_would_guess() -> None:
    mapping = ColumnMapping({"latitude": "A", "longitude": "B", "name": "C", "ref": "D"})
    text = "A,B,C,D\n12.97,77.59,Gate,7\n"
    with pytest.raises(UnreadableRegistry, match="Columns found: A, B, C, D"):
        read(text)
    reading = read(text, mapping=mapping)
    assert (reading.cameras[0].ref, reading.cameras[0].name) == ("7", "Gate")
    assert ColumnMapping.from_json(reading.mapping.to_json()) == mapping


def test_a_mapping_that_does_not_fit_is_refused_with_the_columns_there_are() -> None:
    with pytest.raises(UnreadableRegistry, match="“Breite”, which this file does not have"):
        read("lat,lon\n1,2\n", mapping=ColumnMapping({"latitude": "Breite", "longitude": "lon"}))
    with pytest.raises(UnreadableRegistry, match="no field of a camera"):
        ColumnMapping({"colour": "A"})
    for text in ("[", "[]", '{"latitude": 1}'):
        with pytest.raises(UnreadableRegistry):
            ColumnMapping.from_json(text)


def test_every_field_of_a_camera_is_read() -> None:
    reading = read(
        "id,name,lat,lon,status,direction,fov,range,operator,email,camera type,retention days,"
        "rtsp url,clock offset,indoor,notes\n"
        "7,Gate,12.97,77.59,Working,N;south-west,90°,40 m,Example Desk,desk@example.org,PTZ,30,"
        "rtsp://u:p@cctv.example/7,-12.5,yes,<b>near</b> the<br>tree &amp; wall\n"
    )
    camera = reading.cameras[0]
    assert camera.ref == "7"
    assert camera.status is CameraStatus.ACTIVE
    assert camera.headings_deg == (0.0, 225.0)
    assert camera.field_of_view_deg == 90.0
    assert camera.range_m == 40.0
    assert (camera.owner, camera.owner_contact) == ("Example Desk", "desk@example.org")
    assert camera.kind is CameraKind.PTZ
    assert camera.retention_hours == 720.0
    assert camera.stream_address is not None
    assert camera.stream_address.reveal() == "rtsp://u:p@cctv.example/7"
    assert camera.clock_offset_s == -12.5
    assert camera.is_indoor is True
    assert camera.remarks == "near the; tree & wall"
    assert not [p for p in reading.problems if p.row_number]


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("TURNED_ON", CameraStatus.ACTIVE),
        ("Installed & working", CameraStatus.ACTIVE),
        ("inactive", CameraStatus.OFFLINE),
        ("Not working", CameraStatus.OFFLINE),
        ("Temporarily out of service", CameraStatus.OFFLINE),
        ("REMOVED", CameraStatus.REMOVED),
        ("Void", CameraStatus.REMOVED),
        ("de-commissioned / removed 2019", CameraStatus.REMOVED),
        ("DESIRED", CameraStatus.PLANNED),
        ("Not installed yet", CameraStatus.PLANNED),
        ("proposed", CameraStatus.PLANNED),
        ("", CameraStatus.UNKNOWN),
        ("n/a", CameraStatus.UNKNOWN),
    ],
)
def test_statuses_are_understood(word: str, status: CameraStatus) -> None:
    reading = read(f"name,lat,lon,status\nGate,12.97,77.59,{word}\n")
    assert reading.cameras[0].status is status


def test_an_unknown_status_is_reported_once_with_its_number_of_rows() -> None:
    reading = read(
        "name,lat,lon,status\nA,12.97,77.59,zuppa\nB,12.98,77.59,zuppa\nC,12.96,77.59,ok\n"
    )
    assert [c.status for c in reading.cameras][:2] == [CameraStatus.UNKNOWN] * 2
    told = [p for p in reading.problems if "zuppa" in p.reason]
    assert len(told) == 1
    assert "2 rows, first row 2" in told[0].reason


def test_a_value_that_cannot_be_read_is_left_out_and_the_camera_comes_in() -> None:
    reading = read(
        "name,lat,lon,heading,fov,range,retention,stream,clock_offset\n"
        "Gate,12.97,77.59,upwards,999,far,long,nowhere,soon\n"
    )
    camera = reading.cameras[0]
    assert (camera.headings_deg, camera.field_of_view_deg, camera.range_m) == ((), None, None)
    assert (camera.retention_hours, camera.stream_address) == (None, None)
    warnings = of_row(reading, 2)
    assert len(warnings) == 6
    assert {problem.severity for problem in warnings} == {Severity.WARNING}
