"""The made-up footage shows the subject where its manifest says, and nobody mistakes a decoy."""

import json
from datetime import UTC, datetime

import pytest

from recognition.matching import Gallery, Reference
from recognition.pipeline import FacePipeline
from recognition.reference import check_reference, embed_reference
from scripts.demo_footage import make_footage
from tests.recognition.clips import frames_of, worked_through

START = datetime(2025, 3, 1, 14, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def footage(tmp_path_factory):
    said = []
    manifest = make_footage(tmp_path_factory.mktemp("demo"), START, said.append)
    assert len(said) >= 7
    return manifest


def _content(manifest):
    return json.loads(manifest.read_text())


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("recogniser_name", ["dlib", "mini"])
def test_the_subject_is_found_where_the_manifest_says_and_nowhere_else(
    request, footage, recogniser_name
):
    from recognition.images import read_photo

    recogniser = request.getfixturevalue(recogniser_name)
    content, embedder = _content(footage), recogniser.embedder
    references = []
    for number, name in enumerate(content["reference_photos"]):
        image = read_photo((footage.parent / name).read_bytes())
        accepted = check_reference(image, recogniser.detector)
        references.append(Reference(1, number, embed_reference(image, accepted, embedder)))
    gallery = Gallery(embedder.sha256, references, embedder.threshold.similarity)
    for clip in content["clips"]:
        pipeline = FacePipeline(recogniser.detector, embedder)
        tracks = worked_through(pipeline, frames_of(footage.parent / clip["file"], 5)).tracks
        assert len(tracks) == len(clip["appearances"])
        seen = [track for track in tracks if gallery.match(track.embedding, embedder.sha256)]
        wanted = [one for one in clip["appearances"] if one["who"] == "subject"]
        assert len(seen) == len(wanted)
        for track, appearance in zip(seen, wanted, strict=True):
            assert track.first_at_s == pytest.approx(appearance["from_s"], abs=1.0)
            assert track.last_at_s == pytest.approx(appearance["to_s"], abs=1.0)


@pytest.mark.slow
def test_clips_start_when_their_names_and_the_manifest_say(footage):
    clips = _content(footage)["clips"]
    assert len(clips) == 6
    for clip in clips:
        start = datetime.fromisoformat(clip["start"])
        assert start >= START
        assert f"{start:%Y%m%dT%H%M%SZ}" in clip["file"]
        times = [at_s for at_s, _ in frames_of(footage.parent / clip["file"], 1000)]
        assert len(times) == clip["duration_s"] * clip["frames_per_s"]


@pytest.mark.slow
def test_making_it_again_does_nothing(footage):
    before = {path: path.stat().st_mtime_ns for path in footage.parent.iterdir()}
    said = []
    assert make_footage(footage.parent, START, said.append) == footage
    assert len(said) == 1
    assert {path: path.stat().st_mtime_ns for path in footage.parent.iterdir()} == before


def test_a_start_without_a_time_zone_is_refused(tmp_path):
    with pytest.raises(ValueError, match="time zone"):
        make_footage(tmp_path, datetime(2025, 3, 1, 14, 0))  # noqa: DTZ001
