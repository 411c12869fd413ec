"""Real footage through real models: who is seen, when, and the same after an interruption."""

import cv2
import numpy as np
import pytest

from recognition.alignment import surroundings
from recognition.faces import FaceTrack
from recognition.matching import Gallery, Reference
from recognition.pipeline import FacePipeline, PipelineSettings
from recognition.reference import check_reference, embed_reference
from tests.recognition.clips import frames_of, worked_through

HAMILTON = "video/speech/short_hamilton_clip.mp4"
EMPTY = ["car-detection", "man-walking-across-screen", "one-by-one-person-detection"]
SIGNERS = ["again", "bird", "book", "brother", "eat", "help", "hungry", "learn", "milk", "night"]
PEOPLE = {1: "lin-manuel-miranda.png", 2: "biden.jpg", 3: "obama.jpg", 4: "alex-lacamoire.png"}


def _gallery(recogniser, photo, cases, threshold=None):
    references = []
    for case_id in cases:
        image = photo(PEOPLE[case_id])
        accepted = check_reference(image, recogniser.detector)
        row = embed_reference(image, accepted, recogniser.embedder)
        references.append(Reference(case_id, 10 * case_id, row))
    limit = recogniser.embedder.threshold.similarity if threshold is None else threshold
    return Gallery(recogniser.embedder.sha256, references, limit)


def _tracks(recogniser, path, per_s=5, settings=None):
    pipeline = FacePipeline(recogniser.detector, recogniser.embedder, settings)
    return worked_through(pipeline, frames_of(path, per_s)).tracks


def _seen(recogniser, gallery, tracks):
    """Tracks that match, with the case and similarity."""
    return [
        (track, match.case_id)
        for track in tracks
        for match in gallery.match(track.embedding, recogniser.embedder.sha256)
    ]


@pytest.mark.parametrize(("recogniser_name", "per_s"), [("mini", 5), ("mini", 10), ("dlib", 5)])
def test_the_speaker_is_seen_when_he_speaks_and_at_no_other_time(
    request, shared_dir, photo, recogniser_name, per_s
):
    recogniser = request.getfixturevalue(recogniser_name)
    tracks = _tracks(recogniser, shared_dir / HAMILTON, per_s)
    sightings = _seen(recogniser, _gallery(recogniser, photo, [1]), tracks)
    assert sightings
    for track, _ in sightings:
        assert 2.3 <= track.first_at_s <= track.best_at_s <= track.last_at_s <= 7.5
    assert sightings[0][0].first_at_s == pytest.approx(2.8, abs=0.5)
    assert sightings[-1][0].last_at_s == pytest.approx(7.0, abs=0.5)


@pytest.mark.parametrize("recogniser_name", ["mini", "dlib"])
def test_somebody_who_is_not_there_is_not_seen(request, shared_dir, photo, recogniser_name):
    recogniser = request.getfixturevalue(recogniser_name)
    tracks = _tracks(recogniser, shared_dir / HAMILTON)
    assert len(tracks) >= 5
    assert _seen(recogniser, _gallery(recogniser, photo, [2]), tracks) == []


def test_people_before_and_after_a_cut_are_not_one_track(mini, shared_dir):
    tracks = _tracks(mini, shared_dir / HAMILTON, per_s=10)
    for track in tracks:
        assert not track.first_at_s < 2.75 < track.last_at_s
        assert not track.first_at_s < 7.0 < 7.2 < track.last_at_s


@pytest.mark.slow
@pytest.mark.parametrize("name", EMPTY)
def test_nobody_is_seen_where_nobody_shows_a_face(mini, shared_dir, photo, name):
    tracks = _tracks(mini, shared_dir / "video/empty" / f"{name}.mp4", per_s=2)
    assert len(tracks) <= 2
    assert _seen(mini, _gallery(mini, photo, list(PEOPLE)), tracks) == []


def test_each_signer_is_one_face(mini, shared_dir):
    counts = [len(_tracks(mini, shared_dir / "video/sign" / f"{name}.mkv")) for name in SIGNERS]
    assert min(counts) == 1
    assert counts.count(1) >= 9


def test_three_walkers_in_a_corridor_are_three_faces(mini, shared_dir):
    path = shared_dir / "video/street/preview_face-demographics-walking-and-pause.gif"
    tracks = _tracks(mini, path, per_s=10)
    assert [track.frames_seen for track in tracks] == [34, 34, 34]


def test_a_track_describes_itself(mini, shared_dir):
    path = shared_dir / "video/sign/bird.mkv"
    track = _tracks(mini, path, per_s=10)[0]
    assert track.frames_seen == 21
    assert (track.first_at_s, track.last_at_s) == pytest.approx((0.0, 2.0), abs=0.1)
    assert np.linalg.norm(track.embedding) == pytest.approx(1, abs=1e-5)
    assert track.face_height_min_px <= track.face_height_median_px <= track.face_height_max_px
    height, width = track.best_crop_bgr.shape[:2]
    assert height > track.quality.height_px
    assert width > 0
    assert track.best_landmarks_xy.shape == (5, 2)


def _same(one: FaceTrack, two: FaceTrack) -> bool:
    plain = ("first_at_s", "last_at_s", "best_at_s", "frames_seen", "quality",
             "face_height_min_px", "face_height_median_px", "face_height_max_px")  # fmt: skip
    arrays = ("best_crop_bgr", "best_box_xyxy", "best_landmarks_xy", "embedding")
    return all(getattr(one, name) == getattr(two, name) for name in plain) and all(
        np.array_equal(getattr(one, name), getattr(two, name)) for name in arrays
    )


@pytest.mark.parametrize(("name", "settings"), [
    (HAMILTON, PipelineSettings(chunk_s=1.0, longest_chunk_s=3.0)),
    ("video/street/video_02.mp4", PipelineSettings(chunk_s=2.0, longest_chunk_s=100.0)),
])  # fmt: skip
def test_a_killed_worker_that_resumes_gives_what_an_undisturbed_run_gives(
    mini, shared_dir, settings, name
):
    """The second run is a new pipeline after every checkpoint, and loses work in between."""
    path = shared_dir / name

    def undisturbed():
        pipeline, tracks, checkpoints = FacePipeline(mini.detector, mini.embedder, settings), [], []
        for at_s, image in frames_of(path, 5):
            pipeline.feed(at_s, image)
            if pipeline.checkpoint_due:
                tracks += pipeline.close_chunk().tracks
                checkpoints.append(at_s)
        return tracks + pipeline.flush(), checkpoints

    def killed_again_and_again():
        tracks, checkpoint_s, done = [], -1.0, False
        while not done:
            lost = FacePipeline(mini.detector, mini.embedder, settings)
            for _, (at_s, image) in zip(range(3), frames_of(path, 5, checkpoint_s), strict=False):
                lost.feed(at_s, image)
            pipeline, done = FacePipeline(mini.detector, mini.embedder, settings), True
            for at_s, image in frames_of(path, 5, checkpoint_s):
                pipeline.feed(at_s, image)
                if pipeline.checkpoint_due:
                    checkpoint_s, done = at_s, False
                    break
            tracks += pipeline.flush()
        return tracks

    expected, checkpoints = undisturbed()
    found = killed_again_and_again()
    assert len(checkpoints) >= 2
    assert len(found) == len(expected) > 2
    assert all(_same(one, two) for one, two in zip(found, expected, strict=True))


def test_draining_early_changes_nothing_and_repeats_nothing(mini, shared_dir):
    path = shared_dir / HAMILTON
    eager = FacePipeline(mini.detector, mini.embedder)
    drained = []
    for at_s, image in frames_of(path, 5):
        eager.feed(at_s, image)
        drained += eager.drain()
    assert len(drained) > 2
    drained += eager.flush()
    expected = _tracks(mini, path)
    key = lambda track: (track.first_at_s, *track.best_box_xyxy.tolist())  # noqa: E731
    assert len(drained) == len(expected)
    assert all(
        _same(a, b)
        for a, b in zip(sorted(drained, key=key), sorted(expected, key=key), strict=True)
    )


def test_a_pipeline_starts_afresh_after_a_chunk(mini, shared_dir):
    path = shared_dir / "video/sign/bird.mkv"
    pipeline = FacePipeline(mini.detector, mini.embedder)
    first = worked_through(pipeline, frames_of(path, 5))
    second = worked_through(pipeline, frames_of(path, 5))
    assert first.statistics == second.statistics
    assert first.statistics.frames_fed == 11
    assert first.statistics.median_face_height_px == pytest.approx(78, abs=2)
    assert _same(first.tracks[0], second.tracks[0])


def test_a_still_picture_without_faces_is_searched_seldom_but_again(mini):
    pipeline = FacePipeline(mini.detector, mini.embedder)
    for index in range(50):
        pipeline.feed(index / 5, np.full((240, 320, 3), 90, np.uint8))
    statistics = pipeline.statistics
    assert statistics.frames_fed == 50
    assert statistics.frames_searched == 1
    for index in range(50, 60):
        pipeline.feed(index / 5, np.full((240, 320, 3), 90, np.uint8))
    assert pipeline.statistics.frames_searched == 2


def test_somebody_who_stands_still_is_not_lost(mini, photo):
    """The same picture in every frame: it must be searched on, as there is a face in it."""
    image = photo("obama_small.jpg")
    pipeline = FacePipeline(mini.detector, mini.embedder)
    for index in range(30):
        pipeline.feed(index / 5, image)
    tracks = pipeline.flush()
    assert [track.frames_seen for track in tracks] == [30]


def test_two_people_mistaken_for_one_are_taken_apart(mini, photo):
    """Two portraits at the same place and size, with no cut to be seen: embeddings tell."""
    faces = []
    for name in ("obama.jpg", "biden.jpg"):
        image = photo(name)
        portrait = surroundings(image, mini.detector.detect(image)[0].box_xyxy, margin=0.2)
        faces.append(cv2.resize(portrait, (130, 160)))
    street = np.full((600, 800, 3), 120, np.uint8)
    pipeline = FacePipeline(mini.detector, mini.embedder)
    for index in range(40):
        frame = street.copy()
        frame[200:360, 320:450] = faces[index // 20]
        pipeline.feed(index / 10, frame)
    tracks = pipeline.flush()
    # The change lies somewhere between two shots, up to a few frames off.
    assert [track.frames_seen for track in tracks] == pytest.approx([20, 20], abs=3)
    assert float(tracks[0].embedding @ tracks[1].embedding) < 0.3


def test_frames_out_of_order_are_refused(mini):
    pipeline = FacePipeline(mini.detector, mini.embedder)
    frame = np.zeros((120, 160, 3), np.uint8)
    pipeline.feed(1.0, frame)
    with pytest.raises(ValueError, match="in order of time"):
        pipeline.feed(1.0, frame)


def test_no_frames_give_no_tracks_and_no_checkpoint(mini):
    pipeline = FacePipeline(mini.detector, mini.embedder)
    assert pipeline.idle
    assert not pipeline.checkpoint_due
    chunk = pipeline.close_chunk()
    assert chunk.tracks == []
    assert chunk.statistics.first_at_s is None
    assert chunk.statistics.median_face_height_px is None
