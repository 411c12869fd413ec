import pytest

from cameras.camera import Camera, CameraKind, CameraStatus
from cameras.errors import InvalidCamera
from geo.distance import destination
from geo.points import Point

HERE = Point(12.9757, 77.6063)


def camera(**values: object) -> Camera:
    return Camera("demo", "1", "gate", HERE, **values)  # type: ignore[arg-type]


def test_planned_and_removed_cameras_are_not_ranked() -> None:
    ranked = {status for status in CameraStatus if status.is_ranked}
    assert ranked == {CameraStatus.ACTIVE, CameraStatus.OFFLINE, CameraStatus.UNKNOWN}


def test_a_camera_that_looks_two_ways_faces_both() -> None:
    both = camera(headings_deg=(90.0, 270.0), field_of_view_deg=60.0)
    assert both.faces(destination(HERE, 80, 100)) is True
    assert both.faces(destination(HERE, 280, 100)) is True
    assert both.faces(destination(HERE, 0, 100)) is False
    assert [view.heading_deg for view in both.views()] == [90.0, 270.0]


def test_where_a_camera_looks_is_not_guessed() -> None:
    target = destination(HERE, 0, 100)
    assert camera().faces(target) is None
    assert camera(headings_deg=(0.0,), kind=CameraKind.PTZ).faces(target) is None
    assert camera(field_of_view_deg=360.0).faces(target) is True


@pytest.mark.parametrize(
    "values",
    [
        {"headings_deg": (360.0,)},
        {"headings_deg": (float("nan"),)},
        {"field_of_view_deg": 400.0},
        {"range_m": 0.0},
        {"range_m": float("nan")},
        {"retention_hours": -1.0},
        {"clock_offset_s": float("inf")},
    ],
)
def test_impossible_values_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(InvalidCamera):
        camera(**values)


def test_a_camera_needs_a_source_and_a_reference() -> None:
    with pytest.raises(InvalidCamera):
        Camera("", "1", "gate", HERE)
    with pytest.raises(InvalidCamera):
        Camera("demo", "", "gate", HERE)
