"""Cameras' clocks: comparisons with the true time, and what follows for the times of footage.

The clock that fits a camera's comparisons stands in the camera's own columns, so that a page of a
thousand sightings asks for nothing more. Footage keeps the offset and uncertainty with which it was
read; a later comparison changes none of that, but counts in how far a sighting's time is trusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.inputs import ClockCheckInput
from app.models import CameraRow, ClockCheckRow
from app.models.columns import utc_now
from app.services.base import audit
from app.services.base.actors import Actor
from cameras.clock import ClockCheck, clock_from_checks


def checks_of(camera: CameraRow) -> Sequence[ClockCheckRow]:
    """A camera's comparisons, those taken back too, the latest first."""
    return db.session.scalars(
        select(ClockCheckRow)
        .where(ClockCheckRow.camera_id == camera.id)
        .order_by(ClockCheckRow.true_at.desc(), ClockCheckRow.id.desc())
    ).all()


def add_check(actor: Actor, camera: CameraRow, given: ClockCheckInput) -> ClockCheckRow:
    """Record a comparison, and fit the camera's clock anew."""
    if given.true_at > utc_now() + timedelta(minutes=5):
        raise Refused(
            "The true time lies in the future; check it.", {"true_at": "lies in the future"}
        )
    row = ClockCheckRow(
        camera_id=camera.id,
        shown_at=given.shown_at,
        true_at=given.true_at,
        precision_s=given.precision_s,
        remarks=given.remarks,
        checked_by_id=actor.user_id,
        checked_by_name=actor.name,
    )
    db.session.add(row)
    _fit(camera)
    audit.record(
        actor,
        "camera.clock_check",
        subject=f"camera {camera.id}",
        details={
            "shown_at": given.shown_at,
            "true_at": given.true_at,
            "precision_s": given.precision_s,
            "offset_s": round(camera.clock_offset_s, 3),
            "uncertainty_s": camera.clock_uncertainty_s,
        },
    )
    db.session.commit()
    return row


def take_back_check(actor: Actor, check_id: int) -> ClockCheckRow:
    """Leave a comparison out that was wrong; it stays listed. Raises NotFound and Conflict."""
    row = db.session.get(ClockCheckRow, check_id)
    if row is None:
        raise NotFound(f"There is no clock check {check_id}.")
    if row.taken_back_at is not None:
        raise Conflict("This clock check was taken back before.")
    row.taken_back_at = utc_now()
    camera = db.session.get_one(CameraRow, row.camera_id)
    _fit(camera)
    audit.record(
        actor,
        "camera.clock_check_taken_back",
        subject=f"camera {camera.id}",
        details={"check": row.id, "offset_s": round(camera.clock_offset_s, 3)},
    )
    db.session.commit()
    return row


def _fit(camera: CameraRow) -> None:
    """Put the clock that fits the comparisons into the camera's columns."""
    db.session.flush()
    rows = db.session.scalars(
        select(ClockCheckRow).where(
            ClockCheckRow.camera_id == camera.id, ClockCheckRow.taken_back_at.is_(None)
        )
    ).all()
    checks = [ClockCheck(row.shown_at, row.true_at, row.precision_s) for row in rows]
    if camera.clock_checked_at is None:
        camera.stated_clock_offset_s = camera.clock_offset_s
        camera.stated_clock_uncertainty_s = camera.clock_uncertainty_s
    clock = clock_from_checks(checks)
    if checks:
        camera.clock_offset_s, camera.clock_uncertainty_s = clock.offset_s, clock.uncertainty_s
    else:
        camera.clock_offset_s = camera.stated_clock_offset_s or 0.0
        camera.clock_uncertainty_s = camera.stated_clock_uncertainty_s
    camera.clock_checked_at = clock.checked_at
    camera.clock_drift_s_per_day = clock.drift_s_per_day
    camera.clock_drift_uncertainty_s_per_day = clock.drift_uncertainty_s_per_day
