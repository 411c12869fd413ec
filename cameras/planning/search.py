"""A search for one person: what is asked, and the model of ways and passes that answers it."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from cameras.camera import ASSUMED_RANGE_M, ASSUMED_WIDTH_DEG, Camera, CameraKind
from cameras.errors import CamerasError
from cameras.held import TimeSpan
from cameras.ranking import Candidate, LastKnownLocation, RankingQuestion, Reliability
from geo.behaviours import SubjectProfile
from geo.belief import Belief, floor_weights, initial_belief
from geo.distance import FloatArray, haversine_many_m
from geo.network import StreetNetwork
from geo.particles import (
    PARTICLES,
    PassMatrix,
    StartPlace,
    TimeBins,
    Views,
    bins_covering,
    find_passes,
    simulate,
)
from geo.particles.time_bins import BIN_S
from geo.particles.tracks import Float32Array
from geo.plane import LocalPlane
from geo.points import Point

FARTHEST_FACE_M = 100.0
"""A face farther away than this fills too few pixels to be recognised, whatever a camera sees."""

_TRUE_SHARE: Mapping[Reliability, float] = {
    Reliability.CERTAIN: 0.95,
    Reliability.LIKELY: 0.70,
    Reliability.DOUBTFUL: 0.30,
}


@dataclass(frozen=True, slots=True)
class SearchQuestion:
    """What a search is planned from: cameras, where the person was, and the footage's time.

    `window` is the time whose footage may be looked at; it should begin an hour before the last
    time of being seen, which may be wrong. The same question always gives the same model.
    """

    candidates: tuple[Candidate, ...]
    locations: tuple[LastKnownLocation, ...]
    window: TimeSpan
    profile: SubjectProfile
    particle_count: int = PARTICLES
    seed: int = 0
    bin_s: float = BIN_S


@dataclass(frozen=True, eq=False)
class SearchModel:
    """Everything slow about a search, to be kept: passes, reach, and positions over time.

    Rows of arrays over cameras follow `camera_ids`. `floor` are the weights, by column, of passing
    a camera on a way that no particle took; 0 is out of reach. `x_m` and `y_m` (particles × bins)
    are positions on `plane`, not a number before a particle starts. `log_prior` are log-weights of
    resampled particles before any evidence; of a new model all weigh the same.
    """

    camera_ids: NDArray[np.int64]
    distance_m: FloatArray
    passes: PassMatrix
    floor: FloatArray
    plane: LocalPlane
    x_m: Float32Array
    y_m: Float32Array
    log_prior: FloatArray | None = None

    @property
    def bins(self) -> TimeBins:
        return self.passes.bins

    @cached_property
    def row_of(self) -> Mapping[int, int]:
        """The row of each camera id."""
        return {int(camera_id): row for row, camera_id in enumerate(self.camera_ids)}

    def first_belief(self) -> Belief:
        """The belief before any evidence."""
        even = initial_belief(self.passes.particle_count, self.floor)
        return even if self.log_prior is None else Belief(self.log_prior, even.log_floor)

    def to_bytes(self) -> bytes:
        """The model as a file of arrays, which `from_bytes` reads."""
        seen = self.passes.seen
        meta = {
            "start": self.bins.start.isoformat(),
            "bin_s": self.bins.bin_s,
            "bins": self.bins.count,
            "particles": self.passes.particle_count,
            "latitude_deg": self.plane.centre.latitude_deg,
            "longitude_deg": self.plane.centre.longitude_deg,
        }
        file = io.BytesIO()
        none = np.empty(0)
        np.savez(
            file, camera_ids=self.camera_ids, distance_m=self.distance_m, floor=self.floor,
            x_m=self.x_m, y_m=self.y_m, data=seen.data, indices=seen.indices, indptr=seen.indptr,
            meta=np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8),
            log_prior=none if self.log_prior is None else self.log_prior,
        )  # fmt: skip
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "SearchModel":
        """Read what `to_bytes` wrote. Raises `CamerasError`."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                return cls._from_arrays({name: file[name] for name in file.files})
        except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise CamerasError("The kept search cannot be read: plan it again.") from error

    @classmethod
    def _from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> "SearchModel":
        meta = json.loads(arrays["meta"].tobytes())
        bins = TimeBins(datetime.fromisoformat(meta["start"]), meta["bins"], meta["bin_s"])
        camera_ids = arrays["camera_ids"].astype(np.int64)
        seen = csc_matrix(
            (arrays["data"], arrays["indices"], arrays["indptr"]),
            shape=(meta["particles"], bins.count * len(camera_ids)),
        )
        return cls(
            camera_ids,
            arrays["distance_m"].astype(np.float64),
            PassMatrix(seen, len(camera_ids), bins),
            arrays["floor"].astype(np.float64),
            LocalPlane(Point(meta["latitude_deg"], meta["longitude_deg"])),
            arrays["x_m"].astype(np.float32, copy=False),
            arrays["y_m"].astype(np.float32, copy=False),
            arrays["log_prior"].astype(np.float64) if len(arrays["log_prior"]) else None,
        )


def build_search(question: SearchQuestion, network: StreetNetwork | None = None) -> SearchModel:
    """Simulate the person's ways, over streets where a network is given, and find all passes.

    Takes seconds. Planned and removed cameras are left out. Raises `CamerasError` without a camera
    or a usable location, and what `geo` raises for a profile that cannot be used.
    """
    entries = [entry for entry in question.candidates if entry.camera.status.is_ranked]
    if not entries:
        raise CamerasError("There is no camera to plan with: import a registry of this area.")
    starts = start_places(question.locations, question.window)
    bins = bins_covering(question.window.start, question.window.end, question.bin_s)
    cloud = simulate(
        starts, question.profile, bins, network=network, count=question.particle_count,
        seed=question.seed,
    )  # fmt: skip
    cameras = [entry.camera for entry in entries]
    latitude = np.array([camera.position.latitude_deg for camera in cameras])
    longitude = np.array([camera.position.longitude_deg for camera in cameras])
    range_m = np.array([_range_m(camera) for camera in cameras])
    return SearchModel(
        np.array([entry.camera_id for entry in entries], dtype=np.int64),
        _nearest_m(starts, latitude, longitude),
        find_passes(cloud, views_of(cameras), network),
        floor_weights(starts, bins, latitude, longitude, range_m),
        cloud.plane,
        cloud.x_m,
        cloud.y_m,
    )


def start_places(
    locations: Sequence[LastKnownLocation], window: TimeSpan
) -> tuple[StartPlace, ...]:
    """Last-known locations as starts of ways. Raises `CamerasError` where none can be used.

    The latest is where the person was last, if it is true; else the one before is, and so on:
    each weighs as much as its own reliability times the chance that all later ones are wrong. A
    location without a time counts as earlier than all others.
    """
    relevant = RankingQuestion(tuple(locations), window.end, window).relevant_locations()
    dated = [location for location in relevant if location.seen_at is not None]
    undated = [location for location in relevant if location.seen_at is None]
    if not relevant:
        raise CamerasError("A plan needs a last-known location: enter where the person was last.")
    latest_first = sorted(dated, key=lambda at: (at.seen_at or window.end, at.id), reverse=True)
    left, starts = 1.0, []
    for location in [*latest_first, *undated]:
        true_share = _TRUE_SHARE[location.reliability]
        starts.append(
            StartPlace(
                location.position, location.seen_at, location.uncertainty_m, left * true_share
            )
        )
        left *= 1.0 - true_share
    return tuple(starts)


def views_of(cameras: Sequence[Camera]) -> Views:
    """The sectors of cameras in which a face can be recognised.

    Where a heading is not known, or the camera turns, its whole range all round counts.
    """
    rows = [
        (number, camera.position.latitude_deg, camera.position.longitude_deg, heading, width)
        for number, camera in enumerate(cameras)
        for heading, width in _sectors(camera)
    ]
    columns = np.array(rows, dtype=np.float64).reshape(-1, 5).T
    number = columns[0].astype(np.int32)
    ranges = np.array([_range_m(camera) for camera in cameras])
    latitude, longitude, heading, width = columns[1:]
    return Views(number, latitude, longitude, heading, width, ranges[number], len(cameras))


def _sectors(camera: Camera) -> list[tuple[float, float]]:
    """Heading and opening in degrees of each direction."""
    width = camera.field_of_view_deg or ASSUMED_WIDTH_DEG
    if not camera.headings_deg or camera.kind is CameraKind.PTZ or width >= 360.0:
        return [(0.0, 360.0)]
    return [(heading, width) for heading in camera.headings_deg]


def _range_m(camera: Camera) -> float:
    return min(camera.range_m or ASSUMED_RANGE_M, FARTHEST_FACE_M)


def _nearest_m(
    starts: Sequence[StartPlace], latitude: FloatArray, longitude: FloatArray
) -> FloatArray:
    nearest: FloatArray = np.min(
        [
            haversine_many_m(
                start.position.latitude_deg, start.position.longitude_deg, latitude, longitude
            )
            for start in starts
        ],
        axis=0,
    )
    return nearest
