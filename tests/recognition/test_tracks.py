"""One passer-by is one track, whatever the frame rate, gaps and neighbours."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognition.tracks import Tracker, TrackerSettings
from tests.recognition.clips import face_at

FRAME = np.random.default_rng(3).integers(0, 255, (480, 640, 3), np.uint8)


def _align(image_bgr, landmarks_xy):
    return image_bgr[:8, :8]


def _followed(times_s, people, settings=None):
    """Tracks of people given as functions from time to a face, or to None where unseen."""
    tracker = Tracker(_align, settings)
    for at_s in times_s:
        faces = [person(at_s) for person in people]
        tracker.update(at_s, [face for face in faces if face is not None], FRAME)
    tracker.close()
    return tracker.finished()


def _grid(length_s, per_s):
    return [index / per_s for index in range(round(length_s * per_s))]


def _walker(x, y, speed_px_s=0.0, height_px=60.0, unseen=()):
    def at(at_s):
        hidden = any(start <= at_s < end for start, end in unseen)
        return None if hidden else face_at(x + speed_px_s * at_s, y, height_px)

    return at


@pytest.mark.parametrize("per_s", [2, 5, 10, 25])
@pytest.mark.parametrize("speed_px_s", [0, 60, 180])
def test_a_walker_is_one_track_at_any_frame_rate(per_s, speed_px_s):
    """60 px a second is one height of the face, three is a brisk walk across."""
    tracks = _followed(_grid(3, per_s), [_walker(50, 200, speed_px_s)])
    assert len(tracks) == 1
    assert len(tracks[0].observations) == 3 * per_s


def test_a_face_seen_on_one_key_frame_every_two_seconds_is_still_one_track():
    tracks = _followed(_grid(10, 0.5), [_walker(200, 200, 10)])
    assert len(tracks) == 1


def test_a_gap_of_a_second_does_not_end_a_track():
    tracks = _followed(_grid(4, 5), [_walker(100, 200, 60, unseen=[(1.2, 2.0)])])
    assert len(tracks) == 1


def test_a_gap_of_three_seconds_does():
    tracks = _followed(_grid(6, 5), [_walker(100, 200, unseen=[(1.0, 4.0)])])
    assert len(tracks) == 2


def test_two_people_side_by_side_are_two_tracks():
    tracks = _followed(_grid(3, 5), [_walker(100, 200, 40), _walker(190, 200, 40)])
    assert [len(track.observations) for track in tracks] == [15, 15]


def test_two_people_who_pass_each_other_keep_their_tracks():
    tracks = _followed(_grid(4, 10), [_walker(100, 200, 60), _walker(340, 230, -60)])
    assert len(tracks) == 2
    for track in tracks:
        xs = [seen.face.centre_xy[0] for seen in track.observations]
        steps = np.sign(np.diff(xs))
        assert (steps == steps[0]).all()


def test_a_near_and_a_far_face_at_one_place_are_not_the_same_person():
    times = _grid(2, 5)
    tracker = Tracker(_align)
    for at_s in times:
        tracker.update(at_s, [face_at(200, 200, 40 if at_s < 1 else 120)], FRAME)
    tracker.close()
    assert len(tracker.finished()) == 2


def test_someone_who_stays_gets_a_new_track_after_a_while():
    limits = TrackerSettings(longest_track_s=5)
    tracks = _followed(_grid(12, 5), [_walker(200, 200)], limits)
    assert len(tracks) == 3


def test_closing_ends_all_tracks_at_once():
    tracker = Tracker(_align)
    tracker.update(0.0, [face_at(100, 100)], FRAME)
    assert tracker.active() == 1
    tracker.close()
    tracker.update(0.1, [face_at(100, 100)], FRAME)
    assert len(tracker.finished()) == 1
    assert tracker.active() == 1


def test_finished_tracks_are_handed_out_once():
    tracker = Tracker(_align)
    tracker.update(0.0, [face_at(100, 100)], FRAME)
    tracker.update(5.0, [], FRAME)
    tracker.update(5.2, [], FRAME)
    assert len(tracker.finished()) == 1
    assert tracker.finished() == []


def test_few_shots_are_kept_spread_over_the_track_in_order_of_time():
    limits = TrackerSettings()
    track = _followed(_grid(20, 10), [_walker(50, 200, 20)])[0]
    times = [shot.at_s for shot in track.shots]
    assert times == sorted(times)
    assert len(times) <= limits.shots_kept + 20 / limits.bucket_s + 1
    assert {int(at_s // limits.bucket_s) for at_s in times} == set(range(7))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 400)), max_size=6), st.randoms())
def test_the_order_of_detections_in_a_frame_does_not_matter(places, random):
    faces = [face_at(x, y) for x, y in dict.fromkeys(places)]
    shuffled = random.sample(faces, len(faces))

    def lengths(second):
        tracker = Tracker(_align)
        tracker.update(0.0, faces, FRAME)
        tracker.update(0.2, second, FRAME)
        tracker.close()
        return sorted(
            (tuple(track.first.face.centre_xy), tuple(track.last.face.centre_xy))
            for track in tracker.finished()
        )

    assert len(lengths(shuffled)) == len(lengths(faces))
