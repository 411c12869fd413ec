"""Compose the demo's footage: short clips of a drawn street with people walking through it.

Everything is made up on this machine from photographs that ship inside installed packages: the
missing subject's head is scikit-image's public-domain portrait, the passers-by are InsightFace's
group picture. Each clip says that it is made up, and the manifest says who is where and when. The
two reference photos are variants of the same portrait (mirrored, lit and framed otherwise), so the
demo shows how the product works and not how well it recognises.

    python scripts/demo_footage.py OUT_DIR --start 2025-03-01T14:00:00+00:00
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from recognition.detectors.mtcnn import Mtcnn
from recognition.faces import ImageBGR
from scripts.demo_street import (
    HEIGHT_PX,
    WIDTH_PX,
    Head,
    Walk,
    cut_heads,
    draw_person,
    draw_street,
    finish,
    read_photo_of,
    sensor_grain,
)

FRAMES_PER_S = 15
SMALLEST_FACE_PX = 40.0
VERSION = 2
_QUIET_S = 3.0
_BLUE, _GREEN, _RED, _GREY, _OCHRE = (
    (120, 70, 40), (60, 95, 55), (50, 45, 130), (95, 95, 100), (60, 120, 165)
)  # fmt: skip

Say = Callable[[str], None]


@dataclass(frozen=True)
class Clip:
    """The plan of one clip; `camera` is a reference of data/camera_registry.csv."""

    camera: str
    starts_after_min: float
    length_s: float
    daylight: float
    noise: float
    walks: tuple[Walk, ...]


@dataclass(frozen=True)
class Appearance:
    """Somebody whose face is at least 40 px high between two times of a clip."""

    who: str
    from_s: float
    to_s: float


@dataclass(frozen=True)
class ManifestClip:
    """One finished clip, as the manifest lists it."""

    file: str
    camera: str
    start: str
    duration_s: float
    frames_per_s: int
    width_px: int
    height_px: int
    appearances: tuple[Appearance, ...]


CLIPS = (
    Clip("DEMO-002", 0, 20, 0.95, 4, (
        Walk("decoy", 0, 1, 8, 0.20, 0.62, 38, 84, _GREEN),
        Walk("subject", 0, 8, 16, 0.72, 0.30, 34, 104, _BLUE),
    )),
    Clip("DEMO-009", 3, 16, 0.9, 5, (
        Walk("decoy", 1, 2, 9, 0.65, 0.40, 40, 96, _GREY),
        Walk("decoy", 2, 7, 14, 0.25, 0.70, 42, 88, _RED),
    )),
    Clip("DEMO-018", 7, 22, 0.72, 7, (
        Walk("subject", 0, 5, 12, 0.05, 0.90, 66, 78, _BLUE),
        Walk("decoy", 3, 11, 19, 0.80, 0.35, 40, 92, _OCHRE),
    )),
    Clip("DEMO-014", 4, 14, 0.9, 5, ()),
    Clip("DEMO-010", 10, 16, 0.85, 5, (
        Walk("decoy", 3, 2, 10, 0.30, 0.55, 40, 90, _GREEN),
        Walk("decoy", 0, 8, 14, 0.90, 0.15, 60, 74, _GREY),
    )),
    Clip("DEMO-016", 14, 18, 0.8, 6, (
        Walk("decoy", 2, 1, 7, 0.60, 0.80, 40, 80, _RED),
        Walk("subject", 0, 4, 13, 0.40, 0.52, 38, 112, _BLUE),
    )),
)  # fmt: skip


def make_footage(out_dir: Path, start: datetime, say: Say = print) -> Path:
    """Write the clips, two reference photos and `manifest.json`; nothing if they are there.

    Args:
        out_dir: made if it does not exist.
        start: when the first clip begins; aware.
        say: told what is being done, every few seconds.

    Returns:
        The manifest's path.

    Raises:
        ValueError: `start` has no time zone.
    """
    if start.tzinfo is None:
        raise ValueError("The start needs a time zone, such as 2025-03-01T14:00:00+00:00.")
    start = start.astimezone(UTC)
    manifest = out_dir / "manifest.json"
    if _is_complete(manifest, start):
        say(f"The demo's footage is already in {out_dir}.")
        return manifest
    out_dir.mkdir(parents=True, exist_ok=True)
    manifest.unlink(missing_ok=True)
    say("Cutting heads out of the packages' photographs.")
    detector = Mtcnn(threads=1)
    heads = {
        "subject": cut_heads(read_photo_of("subject"), detector),
        "decoy": cut_heads(read_photo_of("decoys"), detector),
    }
    references = write_references(out_dir, read_photo_of("subject"))
    clips = [
        write_clip(out_dir, plan, number, start, heads, say)
        for number, plan in enumerate(CLIPS, start=1)
    ]
    content = {
        "version": VERSION,
        "made_up": True,
        "start": start.isoformat(),
        "reference_photos": references,
        "clips": [asdict(clip) for clip in clips],
    }
    manifest.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return manifest


def _is_complete(manifest: Path, start: datetime) -> bool:
    """Whether the same footage was finished before; the manifest is written last."""
    if not manifest.is_file():
        return False
    content = json.loads(manifest.read_text(encoding="utf-8"))
    files = [*content["reference_photos"], *(clip["file"] for clip in content["clips"])]
    same = content["version"] == VERSION and content["start"] == start.isoformat()
    return same and all((manifest.parent / name).is_file() for name in files)


def write_references(out_dir: Path, portrait_bgr: ImageBGR) -> list[str]:
    """Two photos of the subject that are not the picture in the footage."""
    mirrored = cv2.flip(portrait_bgr[10:330, 60:400], 1).astype(np.float32)
    warm = np.clip(mirrored * np.array([0.82, 0.97, 1.08]) + 6, 0, 255).astype(np.uint8)
    turn = cv2.getRotationMatrix2D((224, 110), 6, 1.25)
    tilted = cv2.warpAffine(portrait_bgr, turn, (448, 400), borderMode=cv2.BORDER_REPLICATE)
    dim = (255 * (tilted.astype(np.float32) / 255) ** 1.35).astype(np.uint8)
    photos = {"reference-1.jpg": cv2.resize(warm, None, fx=1.5, fy=1.5), "reference-2.jpg": dim}
    for name, photo in photos.items():
        cv2.imwrite(str(out_dir / name), photo, [cv2.IMWRITE_JPEG_QUALITY, 92])
    return list(photos)


def write_clip(
    out_dir: Path,
    plan: Clip,
    number: int,
    start: datetime,
    heads: dict[str, list[Head]],
    say: Say,
) -> ManifestClip:
    """Draw and encode one clip as H.264 with a key frame every two seconds."""
    begins = start + timedelta(minutes=plan.starts_after_min)
    name = f"{plan.camera.lower()}_{begins:%Y%m%dT%H%M%SZ}.mp4"
    street = draw_street(number, plan.daylight)
    grain = sensor_grain(number, plan.noise)
    partial = out_dir / f".{name}.part"
    said_at = time.monotonic()
    with av.open(str(partial), "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=FRAMES_PER_S)
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        stream.time_base = Fraction(1, FRAMES_PER_S)
        stream.options = {"crf": "26", "preset": "veryfast", "g": str(2 * FRAMES_PER_S)}
        count = round(plan.length_s * FRAMES_PER_S)
        for index in range(count):
            at_s = index / FRAMES_PER_S
            image = _compose(street, plan, at_s, heads)
            image = finish(image, begins + timedelta(seconds=at_s), plan.camera, grain, index)
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts = index
            file.mux(stream.encode(frame))
            if time.monotonic() - said_at > _QUIET_S:
                said_at = time.monotonic()
                say(f"  clip {number} of {len(CLIPS)}: {100 * index // count} % drawn")
        file.mux(stream.encode(None))
    partial.rename(out_dir / name)
    say(f"Clip {number} of {len(CLIPS)} is ready: {name}, {plan.length_s:.0f} s.")
    return ManifestClip(name, plan.camera, begins.isoformat(), plan.length_s, FRAMES_PER_S,
                        WIDTH_PX, HEIGHT_PX, appearances(plan))  # fmt: skip


def _compose(street: ImageBGR, plan: Clip, at_s: float, heads: dict[str, list[Head]]) -> ImageBGR:
    """The street with everybody who is in view, the farthest drawn first."""
    frame = street.copy()
    present = [walk for walk in plan.walks if walk.from_s <= at_s <= walk.to_s]
    for walk in sorted(present, key=lambda walk: walk.face_px(at_s)):
        draw_person(frame, walk, heads[walk.who][walk.head], at_s, plan.daylight)
    return frame


def appearances(plan: Clip) -> tuple[Appearance, ...]:
    """When each face of a clip is large enough to be found."""
    found = []
    for walk in plan.walks:
        steps = np.arange(walk.from_s, walk.to_s, 1 / FRAMES_PER_S)
        large = [float(at_s) for at_s in steps if walk.face_px(float(at_s)) >= SMALLEST_FACE_PX]
        found.append(Appearance(walk.who, round(min(large), 2), round(max(large), 2)))
    return tuple(found)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("out_dir", type=Path)
    parser.add_argument("--start", type=datetime.fromisoformat, required=True)
    options = parser.parse_args()
    began = time.monotonic()
    manifest = make_footage(options.out_dir, options.start)
    print(f"{manifest} is ready after {time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main()
