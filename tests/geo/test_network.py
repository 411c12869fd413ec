import json
from pathlib import Path

import numpy as np
import pytest

from geo.distance import destination, haversine_m
from geo.errors import InvalidNetwork
from geo.network import StreetNetwork, TravelMode
from geo.network_files import read_network
from geo.points import Point

SOUTH_WEST = Point(12.97, 77.59)


def graphml(nodes: dict[str, Point], edges: list[tuple[str, str, str]]) -> bytes:
    """OSMnx' shape: data by key, an edge for each direction, WKT where a street bends."""
    keys = (
        '<key id="k1" for="node" attr.name="y" attr.type="string"/>'
        '<key id="k2" for="node" attr.name="x" attr.type="string"/>'
        '<key id="k3" for="edge" attr.name="geometry" attr.type="string"/>'
    )
    places = "".join(
        f'<node id="{name}"><data key="k1">{at.latitude_deg}</data>'
        f'<data key="k2">{at.longitude_deg}</data></node>'
        for name, at in nodes.items()
    )
    streets = "".join(
        f'<edge source="{start}" target="{end}">'
        + (f'<data key="k3">{bends}</data>' if bends else "")
        + "</edge>"
        for start, end, bends in edges
    )
    return (
        '<?xml version="1.0"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
        f'{keys}<graph edgedefault="directed">{places}{streets}</graph></graphml>'
    ).encode()


A, B = SOUTH_WEST, destination(SOUTH_WEST, 90, 300)
C = destination(B, 0, 400)
# A → B is one-way; B and C are joined both ways.
BLOCK = graphml({"a": A, "b": B, "c": C}, [("a", "b", ""), ("b", "c", ""), ("c", "b", "")])


def node_at(network: StreetNetwork, place: Point) -> int:
    node, distance_m = network.nearest_nodes([place.latitude_deg], [place.longitude_deg])
    assert distance_m[0] < 1.0
    return int(node[0])


def way_m(network: StreetNetwork, start: Point, end: Point, mode: TravelMode) -> float:
    distances = network.travel_distances_m([node_at(network, start)], mode)
    return float(distances[0, node_at(network, end)])


def test_walkers_may_go_against_a_one_way_street_and_vehicles_may_not() -> None:
    network = read_network(BLOCK)
    assert way_m(network, A, C, TravelMode.ON_FOOT) == pytest.approx(700, abs=0.5)
    assert way_m(network, C, A, TravelMode.ON_FOOT) == pytest.approx(700, abs=0.5)
    assert way_m(network, A, C, TravelMode.BY_VEHICLE) == pytest.approx(700, abs=0.5)
    assert way_m(network, C, A, TravelMode.BY_VEHICLE) == float("inf")


def test_the_bends_of_a_street_count_for_its_length() -> None:
    bend = destination(A, 0, 400)
    line = ", ".join(f"{p.longitude_deg} {p.latitude_deg}" for p in (A, bend, B))
    network = read_network(graphml({"a": A, "b": B}, [("a", "b", f"LINESTRING ({line})")]))
    assert network.node_count == 3
    assert way_m(network, A, B, TravelMode.ON_FOOT) == pytest.approx(400 + 500, abs=1)


def test_geojson_lines_join_where_they_share_a_vertex() -> None:
    def line(*places: Point, **properties: object) -> dict[str, object]:
        coordinates = [[p.longitude_deg, p.latitude_deg] for p in places]
        geometry = {"type": "LineString", "coordinates": coordinates}
        return {"type": "Feature", "geometry": geometry, "properties": properties}

    features = [line(A, B, oneway="-1"), line(B, C), {"type": "Feature", "geometry": None}]
    data = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    network = read_network(data)
    assert way_m(network, A, C, TravelMode.ON_FOOT) == pytest.approx(700, abs=0.5)
    assert way_m(network, A, C, TravelMode.BY_VEHICLE) == float("inf")
    assert way_m(network, C, A, TravelMode.BY_VEHICLE) == pytest.approx(700, abs=0.5)


def test_the_real_network_of_central_bengaluru_is_read_whole(shared_dir: Path) -> None:
    network = read_network((shared_dir / "roads/central_bengaluru.graphml").read_bytes())
    assert network.node_count > 2657  # its nodes, and the bends of its streets
    middle, _ = network.nearest_nodes([12.9675], [77.5975])
    from_middle_m = network.travel_distances_m(middle)[0]
    assert np.isfinite(from_middle_m).mean() > 0.99
    far = int(np.argmax(from_middle_m))
    straight_m = haversine_m(
        Point(float(network.latitude_deg[middle[0]]), float(network.longitude_deg[middle[0]])),
        Point(float(network.latitude_deg[far]), float(network.longitude_deg[far])),
    )
    assert straight_m <= from_middle_m[far] < 3 * straight_m
    again = StreetNetwork.from_bytes(network.to_bytes())
    assert np.array_equal(again.travel_distances_m(middle)[0], from_middle_m)


def test_a_way_in_a_tree_leads_back_to_its_root_along_joined_segments(shared_dir: Path) -> None:
    network = read_network((shared_dir / "roads/central_bengaluru.graphml").read_bytes())
    trees = network.way_trees([0])
    node, walked_m = network.node_count - 1, 0.0
    while (before := int(trees.previous[0, node])) >= 0:
        segment, reverse = trees.segment[0, node], trees.reverse[0, node]
        ends = int(network.first[segment]), int(network.second[segment])
        assert (ends[::-1] if reverse else ends) == (before, node)
        walked_m += float(network.length_m[segment])
        node = before
    assert node == 0
    assert walked_m == pytest.approx(float(trees.distance_m[0, -1]), rel=1e-4)


HOSTILE = b"""<?xml version="1.0"?><!DOCTYPE graphml [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<graphml><key id="k" for="node" attr.name="y"/><graph><node id="a"><data key="k">&x;</data></node>
</graph></graphml>"""


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (HOSTILE, "document type"),
        (b"<graphml><graph><node", "cannot be read"),
        (b"<graphml></graphml>", "no streets"),
        (b'{"type": "FeatureCollection", "features": []}', "no streets"),
        (b'{"type": "Point"}', "FeatureCollection"),
        (b'{"type": ', "damaged"),
        (b"\x89PNG", "no street network"),
        (BLOCK.replace(b"12.97<", b"1434567<"), "not degrees"),
    ],
)
def test_what_is_no_network_is_refused_with_a_reason(data: bytes, words: str) -> None:
    with pytest.raises(InvalidNetwork, match=words):
        read_network(data)


def test_a_damaged_kept_network_is_refused() -> None:
    kept = read_network(BLOCK).to_bytes()
    for data in (b"", kept[:100], kept[:-40]):
        with pytest.raises(InvalidNetwork):
            StreetNetwork.from_bytes(data)
