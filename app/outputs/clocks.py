"""What the times of footage and sightings are worth: how sure the camera's clock is, and in words.

Asks the database nothing, so that a page of a thousand sightings can say it of each.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from app.models import CameraRow, Footage, FootageKind, Sighting
from cameras.clock import CameraClock

STATED_OFFSET_S: Final = 5.0
"""What a clock may still be off whose offset the registry states without saying how exactly."""
UNCOMPARED_CLOCK_S: Final = 60.0
"""What a clock may be off that nobody has compared; recorders drift by more, unnoticed."""
LIVE_DELAY_S: Final = 15.0
"""Streams reach this system later than they were filmed: HLS by several seconds, others by one."""


def clock_of(camera: CameraRow) -> CameraClock:
    """A camera's clock: from its comparisons, else as the registry states it."""
    uncertainty_s = camera.clock_uncertainty_s
    if uncertainty_s is None:
        uncertainty_s = STATED_OFFSET_S if camera.clock_offset_s else UNCOMPARED_CLOCK_S
    return CameraClock(
        offset_s=camera.clock_offset_s,
        uncertainty_s=uncertainty_s,
        checked_at=camera.clock_checked_at,
        drift_s_per_day=camera.clock_drift_s_per_day,
        drift_uncertainty_s_per_day=camera.clock_drift_uncertainty_s_per_day,
    )


def is_compared(camera: CameraRow) -> bool:
    """Whether anybody has said what this camera's clock is off by, or how sure that is."""
    return camera.clock_uncertainty_s is not None or camera.clock_offset_s != 0


def uncertainty_s_of(sighting: Sighting) -> float:
    """By how many seconds a sighting's time may be wrong, either way.

    What the recording was read with, and where the clock is known otherwise by now, the difference
    as well. Needs the face with its footage, and the camera.
    """
    footage = sighting.face.footage
    if footage.kind is FootageKind.STREAM:
        return footage.clock_uncertainty_s or LIVE_DELAY_S
    now = clock_of(sighting.camera)
    difference_s = abs(difference_since_s(sighting))
    if footage.clock_uncertainty_s is not None:
        read_with_s = footage.clock_uncertainty_s
    else:
        stated = footage.clock_offset_s or sighting.camera.clock_offset_s
        read_with_s = STATED_OFFSET_S if stated else UNCOMPARED_CLOCK_S
    if difference_s == 0:
        return read_with_s
    # Both are intervals for one offset; the newer one is the better known, around its own centre.
    return difference_s + min(read_with_s, now.true_time(_shown_at(footage, sighting.seen_at))[1])


def difference_since_s(sighting: Sighting) -> float:
    """By how many seconds the offset, as known now, differs from what the footage was read with."""
    footage = sighting.face.footage
    if footage.kind is FootageKind.STREAM:
        return 0.0
    shown_at = _shown_at(footage, sighting.seen_at)
    true_at, _ = clock_of(sighting.camera).true_time(shown_at)
    difference_s = (shown_at - true_at) / timedelta(seconds=1) - footage.clock_offset_s
    # The clock drifts within a recording, too; what is less than that is no difference.
    return difference_s if abs(difference_s) > (footage.clock_uncertainty_s or 0.5) else 0.0


def words_of(sighting: Sighting) -> str:
    """What is known of the clock that gave a sighting its time, in words."""
    footage = sighting.face.footage
    if footage.kind is FootageKind.STREAM:
        return "Timed when the picture came, by this system's clock; streams lag by some seconds."
    difference_s = difference_since_s(sighting)
    if difference_s:
        return (
            f"The recording was read with a clock offset of {footage.clock_offset_s:+.0f} s; by "
            f"what is known now it is {footage.clock_offset_s + difference_s:+.0f} s, so the time "
            f"may be off by {abs(difference_s):.0f} s."
        )
    if footage.clock_offset_s:
        return f"The camera's clock is off by {footage.clock_offset_s:+.0f} s; that is taken off."
    if footage.clock_uncertainty_s is not None:
        return "The camera's clock was compared and found right."
    return "Nobody has compared this camera's clock."


def _shown_at(footage: Footage, true_at: datetime) -> datetime:
    return true_at + timedelta(seconds=footage.clock_offset_s)
