"""The seconds around a sighting: cut from real recordings, kept with their hash, gone in time."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import av
import numpy as np
import pytest
from flask import Flask
from sqlalchemy import select

from app.current import settings
from app.errors import Conflict, Refused, Unavailable
from app.extensions import db
from app.models import (
    AuditEntry,
    FootageKind,
    Role,
    Sighting,
    SightingClip,
    SightingState,
)
from app.models.columns import utc_now
from app.services.base import media
from app.services.base.actors import COMMAND_LINE, SCHEDULER, Actor
from app.services.governance import retention
from app.services.papers import evidence
from app.services.reviews import clips
from cameras.footage import probe
from cameras.footage.cutting import ClipWish, Mark, cut_clip
from tests.app import factories
from tests.app.answers import body, problem
from tests.app.conftest import Client

LogIn = Callable[..., Client]
BEST_S = 5.0


@pytest.fixture
def recording(app: Flask, shared_dir: Path) -> Path:
    """A recording in the footage folder: 1280 × 720, 13 s."""
    path = settings().footage_root_paths[0] / "clip-source.mp4"
    shutil.copy(shared_dir / "video" / "speech" / "short_hamilton_clip.mp4", path)
    return path


def seen_in(path: Path, **values: object) -> Sighting:
    facts = probe(path)
    footage = {
        "path": str(path),
        "sha256": facts.sha256,
        "size_bytes": facts.size_bytes,
        "width_px": facts.width,
        "height_px": facts.height,
    }
    face = {
        "footage": footage,
        "best_s": BEST_S,
        "first_s": 4.0,
        "last_s": 6.0,
        "box_xyxy": [200.0, 100.0, 320.0, 260.0],
        "crop_sha256": media.store(path.name.encode()),
    }
    made: Sighting = factories.make_sighting(factories.make_case(), face=face, **values)
    return made


def frames_of(path: Path) -> list[tuple[float, np.ndarray]]:
    with av.open(str(path)) as container:
        return [
            (float(f.time or 0), f.to_ndarray(format="bgr24")) for f in container.decode(video=0)
        ]


def test_a_clip_holds_the_seconds_around_the_best_shot_and_marks_the_face_only_then(
    recording: Path,
) -> None:
    sighting = seen_in(recording)
    clip = clips.cut(COMMAND_LINE, sighting)
    path = media.path_of(clip.sha256 or "", clips.SUFFIX)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == clip.sha256
    assert clip.from_s == pytest.approx(BEST_S - clips.BEFORE_S, abs=0.15)
    assert clip.to_s == pytest.approx(BEST_S + clips.AFTER_S, abs=0.2)
    assert clip.recording_sha256 == sighting.face.footage.sha256
    frames = frames_of(path)
    assert len(frames) > 60
    marked = [at_s for at_s, image in frames if _is_marked(image, 200 * image.shape[1] / _side())]
    assert marked
    middle = BEST_S - (clip.from_s or 0)
    assert all(abs(at_s - middle) <= 0.7 for at_s in marked)


def _side() -> int:
    """The longer side of the frames in which faces were looked for."""
    facts = probe(settings().footage_root_paths[0] / "clip-source.mp4")
    return min(settings().max_frame_side_px, max(facts.width or 0, facts.height or 0))


def _is_marked(image: np.ndarray, x: float) -> bool:
    """Whether the left edge of the box stands there: a column of its yellow."""
    scale = image.shape[1] / _side()
    column = image[round(120 * scale) : round(240 * scale), round(x)].astype(int)
    blue, green, red = column.mean(axis=0)
    return bool(red - blue > 110 and green - blue > 80)


def test_no_sound_leaves_with_a_clip(recording: Path) -> None:
    clip = clips.cut(COMMAND_LINE, seen_in(recording))
    with av.open(str(media.path_of(clip.sha256 or "", clips.SUFFIX))) as container:
        assert [one.type for one in container.streams] == ["video"]
        assert container.streams.video[0].codec_context.name == "h264"


def test_cutting_twice_cuts_once(recording: Path) -> None:
    sighting = seen_in(recording)
    first = clips.cut(COMMAND_LINE, sighting).made_at
    assert clips.cut(COMMAND_LINE, sighting).made_at == first
    logged = select(AuditEntry).where(AuditEntry.action == "clip.cut")
    assert len(db.session.scalars(logged).all()) == 1


def test_a_recording_that_is_gone_changed_or_was_a_stream_is_told_in_words(
    recording: Path,
) -> None:
    sighting = seen_in(recording)
    with recording.open("ab") as file:
        file.write(b"more")
    with pytest.raises(Conflict, match="changed since"):
        clips.cut(COMMAND_LINE, sighting)
    recording.unlink()
    with pytest.raises(Conflict, match="recording is gone"):
        clips.cut(COMMAND_LINE, sighting)
    sighting.face.footage.kind = FootageKind.STREAM
    with pytest.raises(Conflict, match="live stream"):
        clips.cut(COMMAND_LINE, sighting)


def test_a_damaged_recording_is_refused_in_words(app: Flask, shared_dir: Path) -> None:
    path = settings().footage_root_paths[0] / "damaged.mp4"
    source = (shared_dir / "video" / "speech" / "short_hamilton_clip.mp4").read_bytes()
    path.write_bytes(source)
    sighting = seen_in(path)
    # As long as before, and without its index.
    path.write_bytes(source[:100] + bytes(len(source) - 100))
    with pytest.raises(Refused):
        clips.cut(COMMAND_LINE, sighting)


def test_a_process_that_takes_too_long_is_ended(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sighting = seen_in(recording)
    monkeypatch.setattr(clips, "TIMEOUT_S", 0.05)
    with pytest.raises(Unavailable, match="took longer"):
        clips.cut(COMMAND_LINE, sighting)


def test_a_wish_outside_the_recording_or_longer_than_a_clip_is_refused(
    recording: Path, tmp_path: Path
) -> None:
    mark = Mark((0, 0, 1, 1), 100, 0)
    for from_s, to_s in ((4000.0, 4008.0), (0.0, 500.0), (5.0, 5.0)):
        with pytest.raises(ValueError, match=r"[a-z]"):
            cut_clip(ClipWish(str(recording), str(tmp_path / "c.mp4"), from_s, to_s, mark))


def test_what_was_judged_gets_its_clip_unasked_and_what_was_rejected_does_not(
    recording: Path,
) -> None:
    confirmed = seen_in(recording, state=SightingState.CONFIRMED)
    unsure = seen_in(recording, state=SightingState.UNSURE)
    others = [seen_in(recording, state=one) for one in (SightingState.REJECTED,)]
    others.append(seen_in(recording))
    gone = seen_in(recording, state=SightingState.CONFIRMED)
    gone.face.footage.path = str(recording.with_name("never-there.mp4"))
    db.session.commit()
    assert clips.cut_missing() == 2
    assert set(clips.kept_clips([confirmed.id, unsure.id])) == {confirmed.id, unsure.id}
    assert not clips.kept_clips([one.id for one in others])
    assert "gone" in db.session.get_one(SightingClip, gone.id).failure
    assert clips.cut_missing() == 0


def test_a_clip_goes_when_its_face_goes(recording: Path) -> None:
    sighting = seen_in(recording, state=SightingState.REJECTED)
    clip = clips.cut(COMMAND_LINE, sighting)
    path = media.path_of(clip.sha256 or "", clips.SUFFIX)
    sighting.face.expires_at = utc_now() - timedelta(hours=1)
    db.session.commit()
    assert retention.expire_faces(SCHEDULER).faces == 1
    assert not path.exists()
    assert db.session.scalars(select(SightingClip)).all() == []


def test_the_bundle_holds_the_clip_and_its_script_checks_it(
    recording: Path, actor_factory: Callable[..., Actor], tmp_path: Path
) -> None:
    sighting = seen_in(recording, state=SightingState.CONFIRMED)
    factories.make_review(sighting)
    clip = clips.cut(COMMAND_LINE, sighting)
    bundle = evidence.export_evidence(actor_factory("analyst"), sighting.case)
    path = tmp_path / bundle.file_name
    path.write_bytes(b"".join(bundle.chunks()))
    with zipfile.ZipFile(path) as archive:
        told = json.loads(archive.read("sightings.json"))[0]["clip"]
        assert hashlib.sha256(archive.read(told["path"])).hexdigest() == clip.sha256
        archive.extractall(tmp_path / "out")
    assert _verify(tmp_path / "out").returncode == 0
    (tmp_path / "out" / told["path"]).write_bytes(b"another")
    answer = _verify(tmp_path / "out")
    assert answer.returncode == 1
    assert "its clip is another one" in answer.stdout


def _verify(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", str(folder / "verify.py"), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_pages_and_api_show_the_clip_to_those_who_may_see_the_sighting(
    recording: Path, logged_in: LogIn
) -> None:
    sighting = seen_in(recording)
    investigator, at = logged_in(), f"/sightings/{sighting.id}"
    assert "Cut the clip" in investigator.get(at).text
    assert investigator.get(f"{at}/clip.mp4").status_code == 404
    assert investigator.post(f"{at}/clip").status_code == 302
    assert f"{at}/clip.mp4" in investigator.get(at).text
    whole = investigator.get(f"{at}/clip.mp4")
    assert (whole.status_code, whole.mimetype) == (200, "video/mp4")
    part = investigator.get(f"{at}/clip.mp4", headers={"Range": "bytes=0-99"})
    assert (part.status_code, len(part.data)) == (206, 100)
    assert logged_in(Role.EXAMINER).get(f"{at}/clip.mp4").status_code == 200
    for role in (Role.DISPATCHER, Role.PARTNER):
        assert logged_in(role).get(f"{at}/clip.mp4").status_code == 403
    told = body(investigator.post(f"/api{at}/clip", json={}), 201)
    assert told["sha256"] == hashlib.sha256(whole.data).hexdigest()
    assert investigator.get(f"/api{at}/clip").data == whole.data
    views = select(AuditEntry).where(AuditEntry.action == "clip.view")
    assert len(db.session.scalars(views).all()) >= 3
    other = seen_in(recording)
    recording.unlink()
    assert (
        "gone"
        in problem(investigator.post(f"/api/sightings/{other.id}/clip", json={}), 409)["detail"]
    )
    assert "The recording is gone" in investigator.get(f"/sightings/{other.id}").text
    assert io.BytesIO(whole.data).read(12)[4:8] == b"ftyp"
