"""A recording of hours is gone through in chunks, says how far it is, and resumes where it was."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import av
import pytest
from flask import Flask

from app.extensions import db
from app.models import Visit, VisitState
from app.recogniser import RecogniserHolder
from app.services.base.actors import COMMAND_LINE
from app.services.operations import upkeep
from app.services.sweeping import looking, sweeps
from tests.app import footage_cases as given
from tests.cameras.streets import write_street

HOURS = 2
PIECE_S = 20

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


class _Killed(BaseException):
    """Ends the worker's call at once, as a signal would: nothing of the visit is tidied up."""


@pytest.fixture
def long_app(app: Flask, shared_dir: Path, tmp_path: Path) -> Iterator[Flask]:
    before = app.config["LASTSEEN"]
    settings = before.model_copy(
        update={
            "face_pack": str(shared_dir / "models" / "insightface-mini"),
            "footage_roots": str(tmp_path),
            "frames_per_second": 2.0,
            "visit_stale_seconds": 2.0,
        }
    )
    app.config["LASTSEEN"] = settings
    app.extensions["lastseen_recogniser"] = RecogniserHolder(settings)
    yield app
    app.config["LASTSEEN"] = before
    app.extensions["lastseen_recogniser"] = RecogniserHolder(before)


def _hours_of_street(folder: Path) -> Path:
    """A street on which somebody passes three times a minute, its packets copied over and over."""
    piece = write_street(folder / "piece.mp4", [(5.0, 7.0)], seconds=PIECE_S, group=50)
    whole = folder / "hours.mp4"
    with av.open(str(piece)) as given_, av.open(str(whole), "w") as out:
        stream = given_.streams.video[0]
        copy = out.add_stream_from_template(stream)
        packets = [packet for packet in given_.demux(stream) if packet.dts is not None]
        contents = [
            (bytes(p), p.pts, p.dts, p.duration, p.is_keyframe, p.time_base) for p in packets
        ]
        for round_number in range(HOURS * 3600 // PIECE_S):
            for data, pts, dts, length, is_key, base in contents:
                later = round(round_number * PIECE_S / base)
                packet = av.Packet(data)
                packet.pts, packet.dts, packet.duration = pts + later, dts + later, length
                packet.time_base, packet.is_keyframe, packet.stream = base, is_key, copy
                out.mux(packet)
    return whole


def test_two_hours_are_gone_through_in_chunks_and_resumed_after_a_death(
    long_app: Flask, shared_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given.add_footage(given.add_camera(), _hours_of_street(tmp_path))
    photo = shared_dir / "faces/face_recognition/examples/biden.jpg"
    case = given.open_case("LONG-1", photo)
    sweep = given.plan(case, window_end=given.STARTED_AT + timedelta(hours=HOURS, minutes=1))
    sweeps.start_sweep(COMMAND_LINE, sweep)
    visit_id = sweeps.list_visits(sweep).items[0].id
    begun_from: list[float] = []
    read = looking.read_frames

    def remember(*args: object, **options: float) -> object:
        begun_from.append(options["from_s"])
        return read(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(looking, "read_frames", remember)
    reached: list[float] = []

    def die_in_the_middle() -> None:
        db.session.expire_all()
        seconds = db.session.get_one(Visit, visit_id).seconds_looked_at
        if not reached or seconds > reached[-1]:
            reached.append(seconds)
        if seconds > HOURS * 1800:
            raise _Killed

    begun = time.monotonic()
    with pytest.raises(_Killed):
        looking.look(visit_id, "victim", die_in_the_middle)
    db.session.rollback()

    visit = db.session.get_one(Visit, visit_id)
    assert visit.state is VisitState.RUNNING
    assert len(reached) > HOURS * 30, "progress is committed at least every minute of footage"
    assert max(b - a for a, b in itertools.pairwise(reached)) <= 61
    progress = sweeps.progress_of([sweep])[sweep.id]
    assert 0.49 < progress.share_looked_at < 0.53
    passed_s = time.monotonic() - begun
    assert progress.seconds_remaining == pytest.approx(passed_s, rel=0.3, abs=3)
    committed_s = visit.parts[0].checkpoint_s
    time.sleep(long_app.config["LASTSEEN"].visit_stale_seconds)
    upkeep.rescue_visits()

    looking.look(visit_id, "successor")

    db.session.refresh(visit)
    assert visit.state is VisitState.DONE, visit.outcome
    assert visit.attempt == 2
    assert begun_from == [0.0, committed_s]
    assert visit.seconds_looked_at == pytest.approx(HOURS * 3600, abs=1)
    assert visit.seconds_seen == pytest.approx(HOURS * 3600, rel=0.02)
