"""How much footage one core looks at, and whom it misses, beside InsightFace on every frame.

Speed is seconds of footage per second of processor time (all threads of the process added up), so
other work on the machine does not count. The peers get every frame of a recording:

(a) `insightface.app.FaceAnalysis` as it comes: it detects twice on each frame, on all cores;
(b) lean: detection and recognition only, one detection size, one thread.

All use the same pack. On the long recording the peers would take hours: they are timed on a sample
of its frames (every frame in which a person passes, and quiet ones spread over the whole length),
and the decoding of all frames is added.

Recall by track: the share of passers-by, of those known from another recording, of whom at least
one face reaches the recogniser's threshold. For the peers any single frame may do so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.peer_tracks import PeerTrack, peer_tracks
from benchmarks.recognition_runs import (
    Run,
    Sighted,
    all_frames,
    length_s,
    load_peer,
    our_run,
    peer_on,
    peer_run,
    references_of,
)
from benchmarks.report import Figure, publish, shared_dir
from benchmarks.street_clip import PEOPLE, Appearance, street_clip
from recognition.embedders.normalise import unit_rows
from recognition.faces import FloatArray, ImageBGR
from recognition.packs import ChosenRecogniser, DetectorChoice, choose_recogniser

QUIET_SAMPLES = 150
SLACK_S = 0.5
CACHE = Path(__file__).resolve().parent.parent / "var" / "bench"


@dataclass(frozen=True)
class Truth:
    """Who is in a recording, and when."""

    person: str
    clip: str
    from_s: float
    to_s: float


def main() -> None:
    cv2.setNumThreads(1)
    shared = shared_dir()
    pack = shared / "models" / "insightface-mini"
    as_it_comes, lean = load_peer(pack, lean=False), load_peer(pack, lean=True)
    references = references_of(shared, lean)
    ours = {
        "MTCNN": choose_recogniser(str(pack), 1),
        "SCRFD": choose_recogniser(str(pack), 1, detector=DetectorChoice.PACK),
    }
    figures = _always_in_view(shared, as_it_comes, lean, ours, references)
    figures |= _long_clip(shared, as_it_comes, lean, ours, references)
    figures |= _clips_with_several_people(shared, lean, ours)
    figures |= _no_face_clips(shared, lean, ours)
    publish("recognition", figures)


# ---------------------------------------------------------------------------------------- recall


def _recognised(
    truths: Sequence[Truth],
    seen: Sequence[Sighted],
    references: dict[str, FloatArray],
    least: float,
) -> int:
    """How many passers-by are recognised from other recordings of the same person."""
    return sum(_is_recognised(truth, seen, references, least) for truth in truths)


def _is_recognised(
    truth: Truth, seen: Sequence[Sighted], references: dict[str, FloatArray], least: float
) -> bool:
    others = [references[name] for name in PEOPLE[truth.person] if name != truth.clip]
    gallery = unit_rows(np.stack(others))
    return any(
        float((gallery @ one.embedding).max()) >= least
        for one in seen
        if one.from_s <= truth.to_s + SLACK_S and one.to_s >= truth.from_s - SLACK_S
    )


# ------------------------------------------------------------------------------------- the clips


def _always_in_view(
    shared: Path,
    as_it_comes: Any,
    lean: Any,
    ours: dict[str, ChosenRecogniser],
    references: dict[str, FloatArray],
) -> dict[str, Figure]:
    """Clips in which a face is in view all the time, every frame given to every system."""
    clips = {name: person for person, names in PEOPLE.items() for name in names}
    paths = {name: shared / f"video/sign/{name}.mkv" for name in clips}
    least = ours["MTCNN"].embedder.threshold.similarity
    systems: dict[str, Callable[[Path], Run]] = {
        "peer (a)": lambda path: peer_run(as_it_comes, path),
        "peer (b)": lambda path: peer_run(lean, path),
    } | {name: lambda path, one=one: our_run(one, path) for name, one in ours.items()}
    figures: dict[str, Figure] = {}
    speeds, recalls = {}, {}
    for name, run_on in systems.items():
        runs = {clip: run_on(path) for clip, path in paths.items()}
        total = Run(
            sum(run.footage_s for run in runs.values()), sum(r.cpu_s for r in runs.values())
        )
        speeds[name] = total.speed
        recalls[name] = sum(
            _recognised([Truth(clips[clip], clip, 0, 99)], run.seen, references, least)
            for clip, run in runs.items()
        ) / len(runs)
        label = f"face always in view, {_label(name)}"
        figures[f"{label}: footage seconds per processor second"] = Figure(total.speed, "s/s")
        figures[f"{label}: recall by track"] = Figure(recalls[name], "share")
        print(f"  {label}: {total.speed:.3g} s/s, recall {recalls[name]:.3f}", flush=True)
    return figures | _ratios("face always in view", speeds, recalls, ours, "≥ 5", "")


def _long_clip(
    shared: Path,
    as_it_comes: Any,
    lean: Any,
    ours: dict[str, ChosenRecogniser],
    references: dict[str, FloatArray],
) -> dict[str, Figure]:
    path, plan = street_clip(shared, CACHE)
    truths = [Truth(one.person, one.clip, one.from_s, one.to_s) for one in plan]
    least = ours["MTCNN"].embedder.threshold.similarity
    figures = {
        "long street: length": Figure(length_s(path) / 60, "minutes"),
        "long street: passers-by": Figure(len(plan), "people"),
        "long street: share of time with somebody in view": Figure(
            sum(one.to_s - one.from_s for one in plan) / length_s(path), "share"
        ),
        "long street: quiet frames the peers were timed on": Figure(QUIET_SAMPLES, "frames"),
    }
    speeds, recalls = {}, {}
    for name, run in _long_runs(path, plan, as_it_comes, lean, ours):
        speeds[name] = run.speed
        recalls[name] = _recognised(truths, run.seen, references, least) / len(truths)
        label = f"long street, {_label(name)}"
        figures[f"{label}: footage seconds per processor second"] = Figure(run.speed, "s/s")
        figures[f"{label}: recall by track"] = Figure(recalls[name], "share")
        if run.stages_s:
            figures[f"{label}: share of time looked at"] = Figure(run.looked_share, "share")
            figures |= _stage_figures(label, run)
        print(f"  {label}: {run.speed:.3g} s/s, recall {recalls[name]:.3f}", flush=True)
    return figures | _ratios("long street", speeds, recalls, ours, "≥ 20", "≥ 50")


def _long_runs(
    path: Path,
    plan: list[Appearance],
    as_it_comes: Any,
    lean: Any,
    ours: dict[str, ChosenRecogniser],
) -> Iterator[tuple[str, Run]]:
    decoding_s, busy, quiet, frames = _sampled_frames(path, plan)
    for name, app in (("peer (a)", as_it_comes), ("peer (b)", lean)):
        seen, busy_s = peer_on(app, iter(busy))
        _, quiet_s = peer_on(app, iter(quiet))
        whole_s = decoding_s + busy_s + quiet_s / len(quiet) * (frames - len(busy))
        yield name, Run(length_s(path), whole_s, seen)
    for name, chosen in ours.items():
        yield name, our_run(chosen, path)


def _sampled_frames(
    path: Path, plan: list[Appearance]
) -> tuple[float, list[tuple[float, ImageBGR]], list[tuple[float, ImageBGR]], int]:
    """Processor seconds to decode all; every frame with somebody in it; some quiet ones; count."""
    busy: list[tuple[float, ImageBGR]] = []
    quiet: list[tuple[float, ImageBGR]] = []
    every = round(length_s(path) * 25 / QUIET_SAMPLES)
    began, number = time.process_time(), 0
    for at_s, image in all_frames(path):
        if any(one.from_s <= at_s < one.to_s for one in plan):
            busy.append((at_s, image))
        elif number % every == 0:
            quiet.append((at_s, image))
        number += 1
    return time.process_time() - began, busy, quiet, number


def _clips_with_several_people(
    shared: Path, lean: Any, ours: dict[str, ChosenRecogniser]
) -> dict[str, Figure]:
    """Edited and street footage: which of the peer's tracks of a second and 40 px are found here.

    A track is found if one of ours overlaps it in time and shows the same face, by the threshold.
    """
    smallest_px, least = 40, ours["MTCNN"].embedder.threshold.similarity
    found, tracks = dict.fromkeys(ours, 0), 0
    for clip in (
        "speech/short_hamilton_clip.mp4",
        "street/preview_face-demographics-walking-and-pause.gif",
        "street/preview_face-demographics-walking.gif",
        "street/video_02.mp4",
    ):
        path = shared / "video" / clip
        theirs = [
            track
            for track in peer_tracks(lean, all_frames(path))
            if track.is_worth_finding(smallest_px, 1.0)
        ]
        tracks += len(theirs)
        for name, chosen in ours.items():
            seen = our_run(chosen, path).seen
            found[name] += sum(_is_among(track, seen, least) for track in theirs)
    figures = {"several people: tracks of peer (b), from 1 s and 40 px": Figure(tracks, "tracks")}
    for name in ours:
        figures[f"several people: of those {_label(name)}"] = Figure(
            found[name] / tracks, "share", "≥ 0.99"
        )
        print(f"  several people, {name}: {found[name]} of {tracks} tracks", flush=True)
    return figures


def _is_among(track: PeerTrack, seen: Sequence[Sighted], least: float) -> bool:
    return any(
        float(one.embedding @ track.embedding) >= least
        for one in seen
        if one.from_s <= track.to_s and one.to_s >= track.from_s
    )


def _no_face_clips(shared: Path, lean: Any, ours: dict[str, ChosenRecogniser]) -> dict[str, Figure]:
    """Things and people move all the time, and nobody shows a face."""
    figures: dict[str, Figure] = {}
    for clip in ("car-detection", "one-by-one-person-detection"):
        path = shared / f"video/empty/{clip}.mp4"
        sample = [frame for index, frame in enumerate(all_frames(path)) if index % 20 == 0]
        began, count = time.process_time(), sum(1 for _ in all_frames(path))
        decoding_s = time.process_time() - began
        _, spent_s = peer_on(lean, iter(sample))
        peer_s = decoding_s + spent_s / len(sample) * count
        for name, chosen in ours.items():
            run = our_run(chosen, path)
            figures[f"{clip}, {_label(name)}: footage seconds per processor second"] = Figure(
                run.speed, "s/s"
            )
            figures[f"{clip}, {_label(name)} ÷ peer (b)"] = Figure(peer_s / run.cpu_s, "×")
            print(f"  {clip}, {name}: {run.speed:.3g} s/s, {peer_s / run.cpu_s:.3g} ×", flush=True)
    return figures


def _stage_figures(label: str, run: Run) -> dict[str, Figure]:
    return {
        f"{label}: {stage}": Figure(1000 * spent_s / run.footage_s, "ms per footage second")
        for stage, spent_s in run.stages_s.items()
    }


def _ratios(
    where: str,
    speeds: dict[str, float],
    recalls: dict[str, float],
    ours: dict[str, ChosenRecogniser],
    lean_goal: str,
    plain_goal: str,
) -> dict[str, Figure]:
    figures = {}
    for name in ours:
        label = f"{where}, {_label(name)}"
        for peer, goal in (("peer (a)", plain_goal), ("peer (b)", lean_goal)):
            figures[f"{label} ÷ {peer}: speed"] = Figure(speeds[name] / speeds[peer], "×", goal)
            figures[f"{label} ÷ {peer}: recall by track"] = Figure(
                recalls[name] / recalls[peer], "share", "≥ 0.99"
            )
    return figures


def _label(name: str) -> str:
    return name if name.startswith("peer") else f"here with {name}"


if __name__ == "__main__":
    main()
