"""Whatever bytes come, the reader reads them or says in a sentence that it cannot."""

import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

from cameras.errors import UnreadableRegistry
from cameras.registry import read_registry

cells = st.one_of(
    st.text(max_size=12),
    st.floats().map(str),
    st.sampled_from(["12.97", "77.59", "-97", "POINT(1 2)", '"', "NaN", "1e999", "°", "\x00"]),
)
headers = st.lists(
    st.sampled_from(["lat", "lon", "name", "id", "Location", "heading", "fov", "range", "x", "y"])
    | st.text(max_size=6),
    max_size=8,
)
json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)
json_features = st.fixed_dictionaries(
    {},
    optional={
        "type": st.just("Feature") | json_values,
        "id": json_values,
        "geometry": json_values
        | st.fixed_dictionaries({"type": st.just("Point"), "coordinates": json_values}),
        "properties": json_values
        | st.dictionaries(st.sampled_from(["LAT", "LONG", "name", "status"]), json_values),
    },
)


def reads_or_refuses(data: bytes, filename: str) -> None:
    try:
        reading = read_registry(data, filename, source="test")
    except UnreadableRegistry:
        return
    numbers = [*reading.row_numbers, *(problem.row_number for problem in reading.refused)]
    # Each row came in or was refused, and none both or twice.
    assert len(numbers) == len(set(numbers)) == reading.row_count
    assert len({camera.ref for camera in reading.cameras}) == len(reading.cameras)


@example(b"\x0b\x01", "a.csv")
@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.geojson", "a", "a.txt"]))
@settings(max_examples=120)
def test_any_bytes_at_all(data: bytes, filename: str) -> None:
    reads_or_refuses(data, filename)


@given(headers, st.lists(st.lists(cells, max_size=9), max_size=8), st.sampled_from(",;\t|"))
@settings(max_examples=120)
def test_any_table(header: list[str], rows: list[list[str]], delimiter: str) -> None:
    lines = [delimiter.join(row) for row in [["lat", "lon", *header], *rows]]
    reads_or_refuses("\n".join(lines).encode("utf-8", errors="surrogatepass"), "a.csv")


@given(st.lists(json_features | json_values, max_size=6))
@settings(max_examples=120)
def test_any_features(entries: list[object]) -> None:
    document = {"type": "FeatureCollection", "features": entries}
    reads_or_refuses(json.dumps(document).encode(), "a.geojson")


@given(st.lists(json_values | st.dictionaries(st.sampled_from(["lat", "lon"]), json_values)))
def test_any_overpass_elements(elements: list[object]) -> None:
    reads_or_refuses(json.dumps({"elements": elements}).encode(), "a.json")
