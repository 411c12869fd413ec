"""What making photos smaller before they are sent costs: faces found and recognised, by size.

Photos of 12 megapixels as a phone takes them are composed: 24 faces of LFW each, shrunk to a
height, on a blurred ground, with a sensor's noise over all. They go the way of a tip: `shrunk` of
static/js/handing_in in a real Chromium, then `read_photo` and `encode_jpeg` of the server at the
same longest side, then the detector and the recognisers with which a worker looks. Each face that
is found is compared with the other photos of the same person at full size.
"""

from __future__ import annotations

import base64
import functools
import http.server
import io
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from app.services.contributing.contributed_photos import MAX_SIDE_PX
from benchmarks.report import Figure, publish, shared_dir
from recognition.detectors import Detector
from recognition.embedders import Embedder
from recognition.faces import DetectedFace, FloatArray, ImageBGR
from recognition.images import encode_jpeg, read_photo
from recognition.packs import choose_pack, load, load_embedder
from recognition.stills import faces_in_still

HEIGHTS_PX = (40, 48, 56, 64, 80, 96, 112)
"""Of faces in the photo as it was taken. LFW holds none that are much larger."""
WIDTH_PX, HEIGHT_PX = 4000, 3000
COLUMNS, ROWS = 6, 4
LFW_FACE_PX = 110.0
NOISE = 5.0
SIDES_PX = (2400, 3200)
"""Longest sides that are tried, in the browser and on the server alike."""
_SCRIPT = """async ([data, side]) => {
  const { shrunk } = await import("/js/handing_in/shrinking.js");
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const smaller = await shrunk(new File([bytes], "x.jpg", { type: "image/jpeg" }), {}, side);
  const url = await new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsDataURL(smaller);
  });
  return url.split(",")[1];
}"""


@dataclass(frozen=True, eq=False)
class Scene:
    """A composed photo, and where the middle of each face is, as shares of width and height."""

    jpeg: bytes
    people: Sequence[int]
    middles: FloatArray


@dataclass(frozen=True, eq=False)
class Looked:
    """What a recogniser made of each face, by its index; None where it was not found."""

    rows: Mapping[str, list[FloatArray | None]]
    sent_bytes: float


def main() -> None:
    if MAX_SIDE_PX not in SIDES_PX:
        raise SystemExit("Measure the size that is in use: add MAX_SIDE_PX to SIDES_PX.")
    cv2.setNumThreads(1)
    shared = shared_dir()
    files = sorted(shared.glob("faces/lfw_subset/*/*.jpg"))
    names = np.array([path.parent.name for path in files])
    kept = [index for index, name in enumerate(names) if (names == name).sum() > 1]
    photos, names = [read_photo(files[index].read_bytes()) for index in kept], names[kept]
    chosen = load(choose_pack(str(shared / "models/insightface-mini")), threads=1)
    embedders = [chosen.embedder, load_embedder(choose_pack("dlib").pack, threads=1)]
    gallery = _gallery(chosen.detector, embedders, photos)
    figures: dict[str, Figure] = {}
    with _browser_page() as page:
        for height_px in HEIGHTS_PX:
            scenes = list(_scenes(photos, height_px))
            for way, looked in _ways(page, scenes, chosen.detector, embedders, len(photos)):
                label = f"{height_px} px, {way}"
                figures |= _figures(label, looked, gallery, names, embedders)
                print(f"  {label}: done", flush=True)
    publish("shrinking", figures)


def _ways(
    page: Page,
    scenes: Sequence[Scene],
    detector: Detector,
    embedders: Sequence[Embedder],
    count: int,
) -> Iterator[tuple[str, Looked]]:
    """Each way a photo can go, and what was found at its end."""
    taken = [scene.jpeg for scene in scenes]
    yield "not shrunk at all", _look(scenes, taken, None, detector, embedders, count)
    for side_px in SIDES_PX:
        server = f"server alone, {side_px} px"
        yield server, _look(scenes, taken, side_px, detector, embedders, count)
        sent = [_sent(page, jpeg, side_px) for jpeg in taken]
        browser = f"browser and server, {side_px} px"
        yield browser, _look(scenes, sent, side_px, detector, embedders, count)


def _look(
    scenes: Sequence[Scene],
    sent: Sequence[bytes],
    side_px: int | None,
    detector: Detector,
    embedders: Sequence[Embedder],
    count: int,
) -> Looked:
    rows: dict[str, list[FloatArray | None]] = {one.name: [None] * count for one in embedders}
    for scene, data in zip(scenes, sent, strict=True):
        image_bgr = read_photo(encode_jpeg(read_photo(data, max_side_px=side_px)))
        everyone = faces_in_still(detector, image_bgr)
        found = [one for one in everyone if one.score >= detector.score_limits.sure]
        for person, middle in zip(scene.people, scene.middles, strict=True):
            face = _nearest(
                found,
                middle * np.array(image_bgr.shape[1::-1], np.float32),
                image_bgr.shape[1] / COLUMNS / 4,
            )
            if face is not None:
                for embedder in embedders:
                    rows[embedder.name][person] = _embedded(embedder, image_bgr, face)
    return Looked(rows, float(np.mean([len(data) for data in sent])))


def _figures(
    label: str,
    looked: Looked,
    gallery: Mapping[str, list[FloatArray | None]],
    names: np.ndarray,
    embedders: Sequence[Embedder],
) -> dict[str, Figure]:
    some = looked.rows[embedders[0].name]
    figures = {
        f"{label}: sent": Figure(looked.sent_bytes / 1e6, "MB"),
        f"{label}: found": Figure(float(np.mean([row is not None for row in some])), "share"),
    }
    for embedder in embedders:
        pairs = _similarities(looked.rows[embedder.name], gallery[embedder.name], names)
        reached = [one is not None and one >= embedder.threshold.similarity for one in pairs]
        seen = [one for one in pairs if one is not None]
        named = f"{label}, {embedder.name}"
        figures[f"{named}: found and recognised"] = Figure(float(np.mean(reached)), "share")
        if seen:
            figures[f"{named}: similarity of those found"] = Figure(float(np.mean(seen)), "cosine")
    return figures


def _similarities(
    probes: Sequence[FloatArray | None], gallery: Sequence[FloatArray | None], names: np.ndarray
) -> list[float | None]:
    """Of every pair of a shrunk face and another photo of the same person; None if not found."""
    return [
        None if probe is None else float(probe @ reference)
        for i, probe in enumerate(probes)
        for j, reference in enumerate(gallery)
        if i != j and names[i] == names[j] and reference is not None
    ]


def _gallery(
    detector: Detector, embedders: Sequence[Embedder], photos: Sequence[ImageBGR]
) -> dict[str, list[FloatArray | None]]:
    rows: dict[str, list[FloatArray | None]] = {one.name: [] for one in embedders}
    for photo in photos:
        middle = np.array(photo.shape[1::-1], np.float32) / np.float32(2)
        face = _nearest(faces_in_still(detector, photo), middle, photo.shape[1] / 2)
        for embedder in embedders:
            row = _embedded(embedder, photo, face) if face is not None else None
            rows[embedder.name].append(row)
    return rows


def _nearest(
    faces: Sequence[DetectedFace], middle_xy: FloatArray, within_px: float
) -> DetectedFace | None:
    def distance_px(face: DetectedFace) -> float:
        return float(np.hypot(*(face.centre_xy - middle_xy)))

    near = [face for face in faces if distance_px(face) <= within_px]
    return min(near, key=distance_px, default=None)


def _embedded(embedder: Embedder, photo: ImageBGR, face: DetectedFace) -> FloatArray:
    row: FloatArray = embedder.embed([embedder.align(photo, face.landmarks_xy)])[0]
    return row


def _scenes(photos: Sequence[ImageBGR], height_px: int) -> Iterator[Scene]:
    each = COLUMNS * ROWS
    rng = np.random.default_rng(height_px)
    for begin in range(0, len(photos), each):
        people = range(begin, min(begin + each, len(photos)))
        yield _scene([photos[one] for one in people], people, height_px, rng)


def _scene(
    photos: Sequence[ImageBGR], people: Sequence[int], height_px: int, rng: np.random.Generator
) -> Scene:
    coarse = rng.uniform(40, 200, (9, 12, 3)).astype(np.float32)
    ground = cv2.resize(coarse, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_CUBIC)
    canvas = np.asarray(ground, np.float32)
    middles = []
    for place, photo in enumerate(photos):
        scale = height_px / LFW_FACE_PX
        tile = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        row, column = divmod(place, COLUMNS)
        x = round((column + 0.5) * WIDTH_PX / COLUMNS)
        y = round((row + 0.5) * HEIGHT_PX / ROWS)
        top, left = y - tile.shape[0] // 2, x - tile.shape[1] // 2
        canvas[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
        middles.append((x / WIDTH_PX, y / HEIGHT_PX))
    noise = np.asarray(rng.normal(0, NOISE, canvas.shape), np.float32)
    picture = np.asarray(np.clip(canvas + noise, 0, 255), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(picture[:, :, ::-1]).save(buffer, "JPEG", quality=95)
    return Scene(buffer.getvalue(), people, np.array(middles, np.float32))


def _sent(page: Page, jpeg: bytes, side_px: int) -> bytes:
    """The photo as the browser sends it."""
    data: str = page.evaluate(_SCRIPT, [base64.b64encode(jpeg).decode(), side_px])
    sent = base64.b64decode(data)
    if len(sent) >= len(jpeg):
        raise SystemExit("The browser did not make the photo smaller; this measures nothing.")
    return sent


@contextmanager
def _browser_page() -> Iterator[Page]:
    """A page that may import the product's scripts; nothing else of the product runs."""
    folder = Path(__file__).resolve().parent.parent / "static"
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM_PATH", "/usr/bin/chromium"),
                args=["--no-sandbox", "--disable-gpu"],
            )
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{server.server_port}/js/")
            yield page
            browser.close()
    finally:
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without telling of each."""

    def log_message(self, *_: object) -> None:
        """Nothing is told."""


if __name__ == "__main__":
    main()
