from pathlib import Path

from cameras.camera import CameraStatus
from cameras.registry import RegistryReading, read_registry
from geo.distance import haversine_m
from geo.points import Point

REGISTRY = Path(__file__).parents[2] / "data" / "camera_registry.csv"
M_G_ROAD_STATION = Point(12.9757, 77.6066)


def demo() -> RegistryReading:
    return read_registry(REGISTRY.read_bytes(), REGISTRY.name, source="demo")


def test_the_demo_registry_is_read_without_a_refusal_or_warning() -> None:
    reading = demo()
    assert 140 <= len(reading.cameras) <= 160
    assert not [problem for problem in reading.problems if problem.row_number is not None]
    assert len({camera.ref for camera in reading.cameras}) == len(reading.cameras)


def test_the_demo_cameras_stand_in_central_bengaluru() -> None:
    for camera in demo().cameras:
        assert 12.95 <= camera.position.latitude_deg <= 12.99
        assert 77.57 <= camera.position.longitude_deg <= 77.62


def test_the_demo_shows_every_case_that_a_registry_has() -> None:
    cameras = demo().cameras
    near = [c for c in cameras if haversine_m(c.position, M_G_ROAD_STATION) <= 600]
    assert len(near) >= 12
    assert any(len(camera.headings_deg) > 1 for camera in cameras)
    assert any(not camera.headings_deg for camera in cameras)
    assert any(camera.retention_hours is None for camera in cameras)
    assert any(
        camera.clock_offset_s < 0 < other.clock_offset_s for camera in cameras for other in cameras
    )
    assert {CameraStatus.REMOVED, CameraStatus.PLANNED, CameraStatus.OFFLINE} <= {
        camera.status for camera in cameras
    }


def test_the_demo_owners_cannot_be_reached() -> None:
    assert all(camera.owner_contact.endswith(".example.org") for camera in demo().cameras)


def test_no_demo_camera_was_copied_from_a_real_registry(shared_dir: Path) -> None:
    data = (shared_dir / "registries/bengaluru_safecity_3000.geojson").read_bytes()
    real = {c.position for c in read_registry(data, "real.geojson", source="real").cameras}
    assert not real & {camera.position for camera in demo().cameras}
