"""Looking only where it is worth looking finds whom looking everywhere finds."""

import cv2
import numpy as np
import pytest

from recognition.alignment import surroundings
from recognition.attention import Attention, AttentionSettings, Part, faces_in
from recognition.detectors.mtcnn import Mtcnn
from recognition.faces import DetectedFace
from recognition.pipeline import FacePipeline, PipelineSettings
from recognition.scenes import changed_part, small_grey
from tests.recognition.clips import frames_of, worked_through

EVERYWHERE = PipelineSettings(attention=None)
CLIPS = ["speech/short_hamilton_clip.mp4", "sign/book.mkv", "sign/hungry.mkv",
         "street/preview_face-demographics-walking-and-pause.gif"]  # fmt: skip


class Counting:
    """A real detector that counts the pixels it is given."""

    def __init__(self, detector: Mtcnn) -> None:
        self._detector = detector
        self.pixels = 0
        self.smallest_face_px = detector.smallest_face_px
        self.largest_face_px = detector.largest_face_px
        self.score_limits = detector.score_limits
        self.name = detector.name

    def from_size(self, smallest_face_px: int) -> Mtcnn:
        return self._detector.from_size(smallest_face_px)

    def detect(self, image_bgr: np.ndarray) -> list[DetectedFace]:
        self.pixels += image_bgr.shape[0] * image_bgr.shape[1]
        return self._detector.detect(image_bgr)


@pytest.fixture
def portrait(mtcnn, photo):
    image = photo("obama.jpg")
    cut = surroundings(image, mtcnn.detect(image)[0].box_xyxy, margin=0.4)
    return cv2.resize(cut, (110, 130))


@pytest.mark.parametrize("name", CLIPS)
def test_whoever_is_found_by_searching_everything_is_found_with_less_work(mini, shared_dir, name):
    tracks, pixels = {}, {}
    for label, settings in (("all", EVERYWHERE), ("attentive", None)):
        detector = Counting(mini.detector)
        pipeline = FacePipeline(detector, mini.embedder, settings)
        frames = frames_of(shared_dir / "video" / name, 5)
        tracks[label], pixels[label] = worked_through(pipeline, frames).tracks, detector.pixels
    long_ones = [track for track in tracks["all"] if track.last_at_s - track.first_at_s >= 0.8]
    assert long_ones
    for track in long_ones:
        alike = [
            float(track.embedding @ other.embedding)
            for other in tracks["attentive"]
            if other.first_at_s <= track.last_at_s and other.last_at_s >= track.first_at_s
        ]
        assert max(alike) > 0.7
    # Where people stand all over the picture there is nothing to be spared.
    assert pixels["attentive"] <= (0.75 if name.startswith("sign") else 1.0) * pixels["all"]


def test_somebody_who_comes_while_another_is_followed_is_found(mini, portrait):
    street = np.full((600, 900, 3), 120, np.uint8)
    pipeline = FacePipeline(mini.detector, mini.embedder)
    for index in range(20):
        frame = street.copy()
        frame[50:180, 30:140] = portrait
        if index >= 8:
            frame[400:530, 700:810] = portrait
        pipeline.feed(index / 5, frame)
    tracks = pipeline.flush()
    assert len(tracks) == 2
    assert tracks[1].first_at_s <= 8 / 5 + AttentionSettings().whole_every_s


def test_a_small_newcomer_in_a_moving_street_is_found_within_two_looks(mini, portrait):
    pipeline = FacePipeline(mini.detector, mini.embedder)
    for index in range(20):
        frame = np.full((600, 900, 3), 120, np.uint8)
        frame[560:600, 40 * index : 40 * index + 60] = 20  # a cart that goes by all the time
        if index >= 10:
            frame[100:230, 5 * index : 5 * index + 110] = portrait
        pipeline.feed(index / 5, frame)
    (track,) = pipeline.flush()
    assert track.first_at_s <= 10 / 5 + 2 * AttentionSettings().newcomer_every_s


def test_faces_of_a_part_lie_where_those_of_the_whole_lie(mtcnn, photo):
    image = photo("two_people.jpg")
    whole = mtcnn.detect(image)
    for face in whole:
        x1, y1, x2, y2 = (round(float(v)) for v in face.box_xyxy)
        margin = y2 - y1
        part = Part(max(0, x1 - margin), max(0, y1 - margin), x2 + margin, y2 + margin)
        apart = [
            float(np.abs(found.box_xyxy - face.box_xyxy).max())
            for found in faces_in(mtcnn, image, part)
        ]
        assert min(apart) < 0.1 * face.height_px


def test_a_face_cut_by_the_edge_of_a_part_is_left_out(mtcnn, photo):
    image = photo("biden.jpg")
    x1, _, x2, y2 = (round(float(v)) for v in mtcnn.detect(image)[0].box_xyxy)
    cut = Part(0, 0, (x1 + 2 * x2) // 3, y2 + 40)
    assert all(face.box_xyxy[2] <= cut.x2 for face in faces_in(mtcnn, image, cut))


def test_what_changed_is_enclosed_and_noise_and_light_are_not():
    rng = np.random.default_rng(0)
    street = np.full((480, 640, 3), 100.0)

    def grey(picture):
        noisy = picture + rng.normal(0, 8, picture.shape)
        return small_grey(np.clip(noisy, 0, 255).astype(np.uint8))

    before = grey(street)
    assert changed_part(before, grey(street)) is None
    assert changed_part(before, grey(street + 4)) is None
    street[200:300, 320:400] += 60
    x1, y1, x2, y2 = changed_part(before, grey(street))
    assert (x1, x2) == pytest.approx((0.5, 0.625), abs=0.03)
    assert (y1, y2) == pytest.approx((200 / 480, 300 / 480), abs=0.03)


def test_the_whole_frame_is_searched_every_so_often_whatever_happens():
    settings = AttentionSettings()
    attention = Attention(40, settings)
    image = np.zeros((480, 640, 3), np.uint8)
    scene, boxes = small_grey(image), np.array([[300, 200, 340, 250]], np.float32)
    assert attention.near(0.0, boxes, image) is None
    attention.note(0.0, None, scene, found=True)
    part = attention.near(0.2, boxes, image)
    assert part is not None
    assert part.x1 < 300 < 340 < part.x2
    assert attention.near(settings.whole_every_s, boxes, image) is None
    attention.note(1.0, None, scene, found=False)
    assert attention.is_idle(1.0 + settings.still_whole_every_s / 2, scene)
    assert not attention.is_idle(1.0 + settings.still_whole_every_s, scene)
