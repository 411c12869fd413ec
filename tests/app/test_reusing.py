"""A second case over the same footage is answered from the faces that are kept of the first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from app.extensions import db
from app.models import Face, Sighting, Sweep, Visit, VisitPart, VisitState
from app.recogniser import RecogniserHolder
from app.services.sweeping import looking, sweeps
from tests.app import footage_cases as given

EXAMPLES = "faces/face_recognition/examples"
SPEECH = "video/speech/short_hamilton_clip.mp4"
LIN = "lin-manuel-miranda.png"


@pytest.fixture
def swept(app: Flask, shared_dir: Path) -> Iterator[Sweep]:
    """The speech, looked through for a case about somebody else."""
    before = app.config["LASTSEEN"]
    _use(app, face_pack=str(shared_dir / "models" / "insightface-mini"),
         footage_roots=f"{before.footage_roots},{shared_dir}")  # fmt: skip
    given.add_footage(given.add_camera(), shared_dir / SPEECH)
    sweep = given.plan(given.open_case("FIRST-1", shared_dir / EXAMPLES / "biden.jpg"))
    given.run_here(sweep)
    yield sweep
    app.config["LASTSEEN"] = before
    app.extensions["lastseen_recogniser"] = RecogniserHolder(before)


def _use(app: Flask, **changes: object) -> None:
    settings = app.config["LASTSEEN"].model_copy(update=changes)
    app.config["LASTSEEN"] = settings
    app.extensions["lastseen_recogniser"] = RecogniserHolder(settings)


@pytest.fixture
def decoded_stretches(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, float]]:
    """Which stretches were decoded, in seconds of the recording."""
    decoded: list[tuple[float, float]] = []
    read = looking.read_frames

    def remember(*args: object, **options: float) -> object:
        decoded.append((options["from_s"], options["to_s"]))
        return read(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(looking, "read_frames", remember)
    return decoded


def _second(shared_dir: Path, **window: object) -> tuple[Visit, list[Sighting]]:
    case = given.open_case("SECOND-1")
    db.session.commit()
    # Its photo comes after the sweep was planned, without searching kept faces by itself.
    photo = (shared_dir / EXAMPLES / LIN).read_bytes()
    given.photos.add_photo(given.COMMAND_LINE, case, photo, LIN)
    for sighting in given.sightings_of(case):
        db.session.delete(sighting)
    db.session.commit()
    sweep = given.plan(case, **window)
    given.run_here(sweep)
    return sweeps.list_visits(sweep).items[0], given.sightings_of(case)


def test_kept_faces_answer_a_second_case_without_decoding_and_say_so(
    swept: Sweep, shared_dir: Path, decoded_stretches: list[tuple[float, float]]
) -> None:
    first = sweeps.list_visits(swept).items[0]

    visit, found = _second(shared_dir)

    assert decoded_stretches == []
    assert found
    assert visit.state is VisitState.DONE
    today = f"{datetime.now(UTC) + timedelta(hours=5.5):%d %b %Y}"
    assert visit.outcome.endswith(
        f"looked at before, on {today} for another case: {first.faces_found} kept faces compared."
    )
    assert "FIRST-1" not in visit.outcome
    assert visit.seconds_looked_at == pytest.approx(visit.seconds_held)
    assert visit.seconds_seen == pytest.approx(first.seconds_seen)
    assert visit.faces_found == first.faces_found
    assert visit.sightings_found == len(found)
    assert visit.detector == "MTCNN"


def test_what_was_not_looked_at_before_is_decoded(
    swept: Sweep, shared_dir: Path, decoded_stretches: list[tuple[float, float]]
) -> None:
    part = db.session.query(VisitPart).filter_by(is_reused=False).one()
    whole_s = part.to_s
    part.to_s = part.checkpoint_s = 3.0
    db.session.query(Face).filter(Face.part_id == part.id, Face.first_s > 3.0).delete()
    part.faces_found = db.session.query(Face).filter(Face.part_id == part.id).count()
    db.session.commit()

    visit, found = _second(shared_dir)

    assert decoded_stretches == [(3.0, whole_s)]
    assert found
    assert visit.seconds_looked_at == pytest.approx(whole_s)
    assert "3.0 s looked at before" in visit.outcome


def test_footage_whose_faces_have_expired_is_decoded_again(
    swept: Sweep, shared_dir: Path, decoded_stretches: list[tuple[float, float]]
) -> None:
    one = db.session.query(Face).first()
    assert one is not None
    one.expires_at = datetime.now(UTC) - timedelta(seconds=1)
    db.session.commit()

    visit, found = _second(shared_dir)

    assert len(decoded_stretches) == 1
    assert found
    assert "looked at before" not in visit.outcome


@pytest.mark.parametrize(
    "worse",
    [
        {"smallest_face_px": 80},
        {"frames_per_second": 2.0},
        {"frame_side_px": 640},
        {"detector": "YuNet"},
    ],
)
def test_a_look_that_was_less_good_is_not_relied_on(
    swept: Sweep,
    shared_dir: Path,
    decoded_stretches: list[tuple[float, float]],
    worse: dict[str, object],
) -> None:
    db.session.execute(update(VisitPart).values(**worse))
    db.session.commit()

    _second(shared_dir)

    assert len(decoded_stretches) == 1


def test_a_visit_that_is_run_twice_enters_what_it_reused_once(
    swept: Sweep, shared_dir: Path
) -> None:
    visit, found = _second(shared_dir)
    seen_s = visit.seconds_seen
    visit.state = VisitState.QUEUED
    visit.sweep.state = type(visit.sweep.state).RUNNING
    db.session.commit()

    looking.look(visit.id, "another")

    assert visit.seconds_seen == pytest.approx(seen_s)
    assert len(given.sightings_of(visit.sweep.case)) == len(found)
    assert sum(part.is_reused for part in visit.parts) == 1
