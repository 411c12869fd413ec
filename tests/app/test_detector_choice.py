"""FACE_DETECTOR: which detector looks, and that results say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.config import ConfigurationError, load_settings
from app.errors import NoRecogniser
from app.models import VisitState
from app.models.accounts import Role
from app.recogniser import RecogniserHolder, holder
from app.services.operations import health
from app.services.sweeping import sweeps
from recognition.detectors.loading import DetectorChoice
from tests.app import footage_cases as given
from tests.app.conftest import Client

SPEECH = "video/speech/short_hamilton_clip.mp4"
LIN = "faces/face_recognition/examples/lin-manuel-miranda.png"


@pytest.fixture
def choose(app: Flask, shared_dir: Path) -> Iterator[Callable[[DetectorChoice], None]]:
    """Puts a detector in force, beside the real pack."""
    before = app.config["LASTSEEN"]

    def put(detector: DetectorChoice) -> None:
        settings = before.model_copy(
            update={
                "face_pack": str(shared_dir / "models" / "insightface-mini"),
                "face_detector": detector,
                "insightface_home": shared_dir / "no-such-folder",
                "footage_roots": f"{before.footage_roots},{shared_dir}",
            }
        )
        app.config["LASTSEEN"] = settings
        app.extensions["lastseen_recogniser"] = RecogniserHolder(settings)

    yield put
    app.config["LASTSEEN"] = before
    app.extensions["lastseen_recogniser"] = RecogniserHolder(before)


@pytest.mark.parametrize("detector", [DetectorChoice.MTCNN, DetectorChoice.PACK])
def test_the_chosen_detector_looks_and_its_visit_says_so(
    choose: Callable[[DetectorChoice], None], shared_dir: Path, detector: DetectorChoice
) -> None:
    choose(DetectorChoice.MTCNN)
    case = given.open_case("D-1", shared_dir / LIN)
    choose(detector)
    given.add_footage(given.add_camera(), shared_dir / SPEECH)
    sweep = given.plan(case)
    given.run_here(sweep)

    visit = sweeps.list_visits(sweep).items[0]
    assert visit.state is VisitState.DONE
    assert visit.detector == holder().get().chosen.detector.name
    assert (visit.detector == "MTCNN") is (detector is DetectorChoice.MTCNN)
    assert visit.parts[0].detector == visit.detector
    assert given.sightings_of(case)


def test_nothing_stands_in_for_a_detector_that_was_chosen_by_name(
    choose: Callable[[DetectorChoice], None], logged_in: Callable[..., Client]
) -> None:
    choose(DetectorChoice.YUNET)

    with pytest.raises(NoRecogniser, match="YuNet is not installed"):
        holder().get()
    part = health.check().recogniser
    assert not part.ok
    assert "YuNet is not installed" in part.sentence
    page = logged_in(Role.ADMINISTRATOR).get("/admin/packs").get_data(as_text=True)
    assert "YuNet is not installed" in page


def test_health_and_the_page_of_packs_name_the_detector(
    choose: Callable[[DetectorChoice], None], logged_in: Callable[..., Client]
) -> None:
    choose(DetectorChoice.PACK)
    assert "Faces are found by the pack's own detector" in health.check().recogniser.sentence
    page = logged_in(Role.ADMINISTRATOR).get("/admin/packs").get_data(as_text=True)
    assert "own detector" in page


def test_an_unknown_detector_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="FACE_DETECTOR"):
        load_settings(
            secret_key="x" * 32, database_url="x", redis_url="x", face_detector="guessing"
        )
