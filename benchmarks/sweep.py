"""How fast one worker looks: seconds of footage per second, database and disk included.

One visit of the real product over each real recording, in this process, with one thread.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask

from app.extensions import db
from app.inputs import FootageFileInput, LocationInput, SweepInput
from app.models import CameraRow, Case, LocationSource, Visit
from app.recogniser import holder
from app.services.base.actors import COMMAND_LINE
from app.services.casework import photos
from app.services.inventory import footage
from app.services.places import locations
from app.services.sweeping import looking, sweeps
from benchmarks.city import open_benchmark_case
from benchmarks.database import benchmark_app
from benchmarks.report import Figure, publish, shared_dir

STARTED_AT = datetime(2026, 11, 18, 8, 40, tzinfo=UTC)
CLIPS = {
    "a speech, faces in view all the time": "video/speech/short_hamilton_clip.mp4",
    "hikers, up to six small faces": "video/street/video_02.mp4",
    "cars, nobody": "video/empty/car-detection.mp4",
    "people from behind": "video/empty/one-by-one-person-detection.mp4",
}


def main() -> None:
    """Run the visits and publish."""
    shared = shared_dir()
    pack = shared / "models" / "insightface-mini"
    with (
        benchmark_app(face_pack=str(pack), footage_roots=str(shared), recognition_threads=1) as app,
        app.app_context(),
    ):
        figures = _measure(app, shared)
    publish("sweep", figures)


def _measure(_app: Flask, shared: Path) -> dict[str, Figure]:
    holder().get()
    case = _case(shared)
    figures: dict[str, Figure] = {}
    held_s = taken_s = 0.0
    for label, name in CLIPS.items():
        visit, seconds = _visit(case, label, shared / name)
        held_s, taken_s = held_s + visit.seconds_looked_at, taken_s + seconds
        figures[f"footage seconds per second: {label}"] = Figure(
            visit.seconds_looked_at / seconds, "s/s"
        )
    figures["footage seconds per second: all of them"] = Figure(held_s / taken_s, "s/s")
    return figures


def _case(shared: Path) -> Case:
    case = open_benchmark_case()
    photo = shared / "faces/face_recognition/examples/lin-manuel-miranda.png"
    photos.add_photo(COMMAND_LINE, case, photo.read_bytes(), photo.name)
    place = LocationInput(
        latitude_deg=12.9757, longitude_deg=77.6063, label="Made-up", source=LocationSource.OTHER
    )
    locations.add_location(COMMAND_LINE, case, place)
    return case


def _visit(case: Case, label: str, path: Path) -> tuple[Visit, float]:
    camera = CameraRow(
        source="bench", ref=label, name=label, latitude_deg=12.9757, longitude_deg=77.6063
    )
    db.session.add(camera)
    db.session.commit()
    footage.add_file(COMMAND_LINE, camera, FootageFileInput(path=str(path), started_at=STARTED_AT))
    sweep = sweeps.plan_sweep(
        COMMAND_LINE,
        case,
        SweepInput(
            window_start=STARTED_AT,
            window_end=STARTED_AT + timedelta(hours=1),
            camera_ids=(camera.id,),
        ),
    )
    sweeps.start_sweep(COMMAND_LINE, sweep)
    (visit,) = sweeps.list_visits(sweep).items
    begun = time.perf_counter()
    looking.look(visit.id, "benchmark")
    return visit, time.perf_counter() - begun


if __name__ == "__main__":
    main()
