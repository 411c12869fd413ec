"""A long recording of a quiet street, put together from short ones, with the truth about it.

The street is the first picture of a real recording of cars, with sensor noise and slowly changing
light. Now and then the real cars pass. Now and then one person of the sign-language clips is moved
through the picture at walking pace, at any moment between two key frames, for one to two seconds.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from recognition.detectors.mtcnn import Mtcnn
from recognition.faces import ImageBGR

RATE = 25
KEY_FRAME_EVERY_S = 2.0
MINUTES = 30.0
PEOPLE_SHARE = 0.015
PEOPLE = {
    "first": ("again", "brother", "help"),
    "second": ("bird", "milk"),
    "third": ("book", "learn"),
    "fourth": ("eat", "night"),
}
"""Which sign clips show the same signer; seen by eye and confirmed by their embeddings."""

_VERSION = 3
_CARS_EVERY_S = 240.0
_NOISE_LEVELS = 2.0
_LIGHT_LEVELS = 4.0
_LIGHT_PERIOD_S = 300.0
_FACE_PX = (48, 72)
_WALK_PX_PER_S = (60, 140)


@dataclass(frozen=True)
class Appearance:
    """One person passing: who, in which source clip, from when to when, and how large."""

    person: str
    clip: str
    from_s: float
    to_s: float
    face_px: int
    speed_px_per_s: int


@dataclass(frozen=True)
class Passer:
    """Pictures of one person, cut out, with the weight of each pixel (0 to 1)."""

    pictures: list[ImageBGR]
    weight: npt.NDArray[np.float32]


def street_clip(shared: Path, folder: Path) -> tuple[Path, list[Appearance]]:
    """The recording and who passes in it; assembled once and then taken from `folder`."""
    path, truth = folder / f"street-{_VERSION}.mp4", folder / f"street-{_VERSION}.json"
    if truth.is_file() and path.is_file():
        return path, [Appearance(**entry) for entry in json.loads(truth.read_text())]
    folder.mkdir(parents=True, exist_ok=True)
    plan = _plan(random.Random(7))
    print(f"Assembling {MINUTES:.0f} minutes of street, {len(plan)} passers-by …", flush=True)
    _write(path, _pictures(shared, plan))
    truth.write_text(json.dumps([asdict(entry) for entry in plan], indent=1))
    return path, plan


def _plan(rng: random.Random) -> list[Appearance]:
    """Passers-by spread over the whole time, in all phases of the key frames."""
    clips = [(person, clip) for person, names in PEOPLE.items() for clip in names]
    count = round(MINUTES * 60 * PEOPLE_SHARE / 1.4)
    slot_s = MINUTES * 60 / count
    plan = []
    for number in range(count):
        person, clip = clips[number % len(clips)]
        begin_s = number * slot_s + rng.uniform(0.1, 0.8) * slot_s
        lasts_s = rng.uniform(1.0, 1.8)
        plan.append(
            Appearance(
                person, clip, round(begin_s, 2), round(begin_s + lasts_s, 2),
                rng.randint(*_FACE_PX), rng.randint(*_WALK_PX_PER_S) * rng.choice((-1, 1)),
            )
        )  # fmt: skip
    return plan


def _pictures(shared: Path, plan: list[Appearance]) -> Iterator[ImageBGR]:
    cars = frames_of(shared / "video/empty/car-detection.mp4")
    noise = _noise(cars[0].shape)
    rng = np.random.default_rng(7)
    detector = Mtcnn(1)
    passers: dict[Appearance, Passer] = {}
    for number in range(round(MINUTES * 60 * RATE)):
        at_s = number / RATE
        picture = cars[_car_frame(at_s, len(cars))].astype(np.int16)
        for entry in plan:
            if entry.from_s <= at_s < entry.to_s:
                if entry not in passers:
                    passers = {entry: _passer(shared, entry, detector)}
                _place(picture, passers[entry], entry, at_s)
        light = round(_LIGHT_LEVELS * np.sin(2 * np.pi * at_s / _LIGHT_PERIOD_S))
        shift = rng.integers(0, noise.shape[1] - picture.shape[1])
        grain = noise[:, shift : shift + picture.shape[1]]
        yield np.clip(picture + light + grain, 0, 255).astype(np.uint8)
        if number % (60 * RATE) == 0:
            print(f"  {number // (60 * RATE)} of {MINUTES:.0f} minutes", flush=True)


def _noise(shape: tuple[int, ...]) -> npt.NDArray[np.int16]:
    wide = (shape[0], shape[1] + 997, shape[2])
    grain = np.random.default_rng(1).normal(0, _NOISE_LEVELS, wide)
    return grain.round().astype(np.int16)


def _car_frame(at_s: float, frames: int) -> int:
    """Which picture of the cars' recording (12.5 a second) is shown; the first while none pass."""
    into_s = at_s % _CARS_EVERY_S - _CARS_EVERY_S / 2
    shown = round(into_s * 12.5)
    return shown if 0 <= shown < frames else 0


def _passer(shared: Path, entry: Appearance, detector: Mtcnn) -> Passer:
    frames = frames_of(shared / f"video/sign/{entry.clip}.mkv")
    box = detector.detect(frames[len(frames) // 2])[0].box_xyxy
    height_px = float(box[3] - box[1])
    x1, x2 = round(box[0] - height_px), round(box[2] + height_px)
    y1, y2 = round(box[1] - 0.6 * height_px), round(box[3] + 1.6 * height_px)
    x1, y1 = max(0, x1), max(0, y1)
    scale = entry.face_px / height_px
    pictures = [
        cv2.resize(frame[y1:y2, x1:x2], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        for frame in frames
    ]
    rows, columns = pictures[0].shape[:2]
    weight = np.zeros((rows, columns), np.float32)
    centre = (columns // 2, round(rows * 0.55))
    cv2.ellipse(weight, centre, (columns // 2 - 6, round(rows * 0.5)), 0, 0, 360, 1.0, -1)
    return Passer([picture.astype(np.uint8) for picture in pictures], cv2.blur(weight, (9, 9)))


def _place(picture: npt.NDArray[np.int16], passer: Passer, entry: Appearance, at_s: float) -> None:
    into_s = at_s - entry.from_s
    person = passer.pictures[round(into_s * 30) % len(passer.pictures)]
    rows, columns = person.shape[:2]
    middle = picture.shape[1] / 2 + entry.speed_px_per_s * (
        into_s - (entry.to_s - entry.from_s) / 2
    )
    left = int(np.clip(middle - columns / 2, 0, picture.shape[1] - columns))
    top = picture.shape[0] - rows - 20
    place = picture[top : top + rows, left : left + columns]
    weight = passer.weight[..., None]
    place[:] = (weight * person + (1 - weight) * place).round().astype(np.int16)


def _write(path: Path, pictures: Iterator[ImageBGR]) -> None:
    options = {
        "g": str(round(KEY_FRAME_EVERY_S * RATE)),
        "sc_threshold": "0",
        "crf": "23",
        "preset": "veryfast",
    }
    unfinished = path.with_suffix(".part.mp4")
    with av.open(str(unfinished), "w") as file:
        stream = None
        for picture in pictures:
            if stream is None:
                stream = file.add_stream("libx264", rate=RATE, options=options)
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "bgr24")))
        if stream is not None:
            file.mux(stream.encode())
    unfinished.rename(path)


def frames_of(path: Path) -> list[ImageBGR]:
    """All pictures of a short recording, BGR."""
    with av.open(str(path)) as file:
        return [
            np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in file.decode(video=0)
        ]
