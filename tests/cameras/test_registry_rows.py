"""Rows kept out, and rows that repeat each other."""

import random
import time

from cameras.registry import (
    Remedy,
)
from tests.cameras.registries import CITY, features, of_row, point, read


def test_a_latitude_beyond_90_is_called_swapped() -> None:
    reading = read(f"name,lat,lon\n{CITY}\nBad,-97.73,30.26\n")
    assert len(reading.cameras) == 20
    assert "latitude and longitude look swapped" in reading.refused[0].reason
    assert reading.refused[0].row_number == 22


def test_a_row_that_lands_among_the_others_once_swapped_is_kept_out() -> None:
    rows = "\n".join(f"c{i},48.1{i},11.5{i}" for i in range(10))
    reading = read(f"name,lat,lon\n{rows}\nBad,11.55,48.15\n")
    assert [problem.row_number for problem in reading.refused] == [12]
    assert "swapped" in reading.refused[0].reason
    accepted = read(f"name,lat,lon\n{rows}\nBad,11.55,48.15\n", accept_rows=frozenset({12}))
    assert len(accepted.cameras) == 11
    assert "accepted by hand" in of_row(accepted, 12)[0].reason


def test_geometry_that_contradicts_its_own_properties_is_called_swapped() -> None:
    reading = read(
        features(
            point(11.55, 48.15, {"LAT": "48.15", "LONG": "11.55"}),
            point(48.16, 11.56, {"LAT": "48.16", "LONG": "11.56"}),
        ),
        "cameras.geojson",
    )
    assert [problem.row_number for problem in reading.refused] == [2]
    assert "Its other columns say" in reading.refused[0].reason


def test_a_point_far_from_all_others_is_kept_out_until_accepted() -> None:
    text = f"name,lat,lon\n{CITY}\nFar,28.61,77.21\n"
    reading = read(text)
    assert [problem.row_number for problem in reading.refused] == [22]
    problem = reading.refused[0]
    assert "more than 50 km from all others" in problem.reason
    assert problem.remedy is Remedy.ACCEPT_ROW
    assert len(read(text, accept_rows=frozenset({22})).cameras) == 21


def test_a_second_city_in_one_file_is_no_error() -> None:
    delhi = "\n".join(f"d{i},28.6{i},77.2{i}" for i in range(5))
    reading = read(f"name,lat,lon\n{CITY}\n{delhi}\n")
    assert len(reading.cameras) == 25


def test_a_city_across_the_date_line_is_one_city() -> None:
    rows = "\n".join(f"c{i},-16.8,{179.95 + i / 100:.2f}" for i in range(5))
    rows += "\n" + "\n".join(f"d{i},-16.8,{-179.99 + i / 100:.2f}" for i in range(5))
    assert len(read(f"name,lat,lon\n{rows}\n").cameras) == 10


def test_null_island_is_kept_out() -> None:
    reading = read(f"name,lat,lon\n{CITY}\nBlank,0,0\nBlank,0.0,0.0\n")
    assert [problem.row_number for problem in reading.refused] == [22, 23]
    assert "0, 0 in the Atlantic" in reading.refused[0].reason


def test_projected_metres_are_recognised() -> None:
    reading = read("name,y,x\nGate,1434567.8,780123.4\n")
    assert "metres of a map projection" in reading.refused[0].reason


def test_an_impossible_position_cannot_be_accepted() -> None:
    text = "name,lat,lon\nGate,12.97,77.59\nBad,500,600\n"
    assert len(read(text, accept_rows=frozenset({3})).cameras) == 1


def test_a_row_with_more_cells_than_the_header_is_kept_out_until_accepted() -> None:
    text = "name,lat,lon\nGate,12.97,77.59\nHall, old,12.97,77.59\n"
    reading = read(text)
    assert [problem.row_number for problem in reading.refused] == [3]
    assert "4 cells and the header 3" in reading.refused[0].reason


def test_importing_twice_gives_the_same_references() -> None:
    text = "name,lat,lon\nGate,12.97,77.59\nGate,12.98,77.59\nHall,12.97,77.59\n"
    first, second = read(text), read(text)
    assert [c.ref for c in first.cameras] == [c.ref for c in second.cameras]
    assert len({camera.ref for camera in first.cameras}) == 3


def test_references_do_not_depend_on_the_order_of_rows() -> None:
    there = read("name,lat,lon\nGate,12.97,77.59\nHall,12.98,77.60\nStop,12.96,77.58\n")
    back = read("name,lat,lon\nStop,12.96,77.58\nHall,12.98,77.60\nGate,12.97,77.59\n")
    assert {c.ref for c in there.cameras} == {c.ref for c in back.cameras}


def test_an_identical_row_is_reported_as_a_repeat_of_the_first() -> None:
    reading = read("name,lat,lon\nGate,12.97,77.59\nHall,12.98,77.59\nGate,12.97,77.59\n")
    assert len(reading.cameras) == 2
    assert reading.refused[0].row_number == 4
    assert "repeats row 2" in reading.refused[0].reason


def test_one_position_with_two_names_is_two_cameras() -> None:
    reading = read("name,lat,lon\nGate 1,12.97,77.59\nGate 2,12.97,77.59\n")
    assert len(reading.cameras) == 2
    assert "same position as row 2; both are kept" in of_row(reading, 3)[0].reason


def test_an_id_used_for_two_cameras_loses_neither() -> None:
    text = "id,name,lat,lon\n1,A,12.97,77.59\n1,B,12.98,77.59\n2,C,12.96,77.59\n3,D,12.95,77.6\n"
    reading = read(text)
    assert len({camera.ref for camera in reading.cameras}) == 4
    assert "belongs to another camera in row 2" in of_row(reading, 3)[0].reason
    assert reading.cameras == read(text).cameras


def test_a_column_of_district_codes_is_not_taken_for_ids() -> None:
    rows = "\n".join(f"{i % 3},c{i},12.97{i:02d},77.59" for i in range(12))
    reading = read(f"code,name,lat,lon\n{rows}\n")
    assert len(reading.cameras) == 12
    assert all(camera.ref.startswith("pos-") for camera in reading.cameras)


def test_cameras_all_over_the_world_are_judged_quickly() -> None:
    dice = random.Random(3)
    rows = [f"c{i},{dice.uniform(-60, 60):.4f},{dice.uniform(-180, 180):.4f}" for i in range(4_000)]
    started = time.perf_counter()
    reading = read("name,lat,lon\n" + (CITY + "\n") * 300 + "\n".join(rows))
    assert time.perf_counter() - started < 10
    assert reading.row_count > 9_000
