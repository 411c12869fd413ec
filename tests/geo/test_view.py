import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.distance import angle_between_deg, destination, haversine_m, initial_bearing_deg
from geo.errors import InvalidHeading
from geo.points import Point
from geo.view import FieldOfView, fields_of_view

HERE = Point(12.9757, 77.6063)
widths = st.floats(1, 359)
headings = st.floats(0, 359.9)


def test_a_camera_faces_what_is_before_it_and_not_what_is_behind() -> None:
    view = FieldOfView(heading_deg=45, width_deg=60, range_m=50)
    assert view.faces(HERE, destination(HERE, 45, 500))
    assert view.faces(HERE, destination(HERE, 20, 500))
    assert not view.faces(HERE, destination(HERE, 225, 5))


def test_a_view_that_spans_north_is_one_view() -> None:
    view = FieldOfView(heading_deg=350, width_deg=60, range_m=50)
    assert view.faces(HERE, destination(HERE, 15, 20))
    assert not view.faces(HERE, destination(HERE, 45, 20))


def test_uncertainty_counts_in_favour_of_the_person() -> None:
    view = FieldOfView(heading_deg=0, width_deg=60, range_m=50)
    aside = destination(HERE, 60, 100)
    assert not view.faces(HERE, aside)
    assert view.faces(HERE, aside, uncertainty_m=60)
    behind = destination(HERE, 180, 100)
    assert view.faces(HERE, behind, uncertainty_m=150)


def test_seeing_needs_range_as_well() -> None:
    view = FieldOfView(heading_deg=0, width_deg=60, range_m=50)
    assert view.sees(HERE, destination(HERE, 0, 49))
    assert not view.sees(HERE, destination(HERE, 0, 60))
    assert view.sees(HERE, destination(HERE, 0, 60), uncertainty_m=15)


@given(headings, widths, st.floats(1, 5_000))
def test_a_wedge_is_a_closed_ring_on_the_edge_of_what_is_seen(
    heading_deg: float, width_deg: float, range_m: float
) -> None:
    ring = FieldOfView(heading_deg, width_deg, range_m).wedge(HERE)
    assert ring[0] == ring[-1] == HERE
    for corner in ring[1:-1]:
        assert haversine_m(HERE, corner) == pytest.approx(range_m, rel=1e-6)
        off_deg = angle_between_deg(initial_bearing_deg(HERE, corner), heading_deg)
        assert float(off_deg) <= width_deg / 2 + 1e-3


def test_a_full_circle_has_no_corner_at_the_camera() -> None:
    ring = FieldOfView(0, 360, 100).wedge(HERE)
    assert ring[0] == ring[-1]
    assert HERE not in ring
    assert len(ring) == 61


def test_a_camera_with_several_lenses_has_several_views() -> None:
    views = fields_of_view((0, 180), 90, 30)
    assert [view.heading_deg for view in views] == [0, 180]


@pytest.mark.parametrize(
    ("heading_deg", "width_deg", "range_m"),
    [(360, 90, 10), (-1, 90, 10), (0, 0, 10), (0, 361, 10), (0, 90, 0), (0, 90, float("nan"))],
)
def test_an_impossible_view_is_refused(
    heading_deg: float, width_deg: float, range_m: float
) -> None:
    with pytest.raises(InvalidHeading):
        FieldOfView(heading_deg, width_deg, range_m)
