"""Requests to owners for footage: asking, renewing, withdrawing, sweeping what came.

The upload link is a random secret that is shown once; only its SHA-256 is kept, so neither the
database nor a backup lets anybody upload.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.orm import aliased, joinedload, selectinload

from app.current import settings
from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.inputs import SweepInput
from app.inputs.requests import RequestInput
from app.models import (
    CameraRow,
    Case,
    Delivery,
    DeliveryState,
    FootageRequest,
    RequestState,
    Sweep,
    SweepPriority,
    Visit,
    VisitPart,
)
from app.models.columns import utc_now
from app.services.base import audit, live
from app.services.base.access import visible_cases
from app.services.base.actors import SCHEDULER, Actor
from app.services.base.links import link_to
from app.services.base.pages import Page, paginate
from app.services.base.searchable import require_searchable
from app.services.inventory.recorders import EndangeredFootage
from app.services.messages.outbox import Attachment, queue_mail
from app.services.requests import request_letter
from app.services.sweeping import sweeps

WIDEST_M = 100_000.0
"""A sweep of what was asked for takes its cameras wherever they stand."""


@dataclass(frozen=True)
class MadeRequest:
    """A request and the secret of its upload link, which is shown once and never again."""

    request: FootageRequest
    secret: str

    def __repr__(self) -> str:
        return f"MadeRequest(request={self.request.number!r}, secret='…')"


def digest(secret: str) -> str:
    """What is kept of a link's secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def create_request(actor: Actor, case: Case, given: RequestInput) -> MadeRequest:
    """Ask an owner for footage. Raises Refused when the cameras are not all one owner's."""
    require_searchable(case)
    cameras = _cameras(given)
    secret = secrets.token_urlsafe(32)
    request = FootageRequest(
        case_id=case.id,
        owner=given.owner,
        owner_email=given.owner_email,
        contact=given.contact,
        legal_basis=given.legal_basis,
        message=given.message,
        window_start=given.window_start,
        window_end=given.window_end,
        sweep_at_once=given.sweep_at_once,
        token_sha256=digest(secret),
        link_expires_at=utc_now() + timedelta(days=given.link_days),
        created_by_id=actor.user_id,
        state=RequestState.REQUESTED,
        cameras=cameras,
    )
    db.session.add(request)
    db.session.flush()
    audit.record(
        actor,
        "request.create",
        case=case,
        purpose=case.purpose,
        subject=f"request {request.id}",
        details={
            "owner": given.owner,
            "cameras": [camera.id for camera in cameras],
            "window_start": given.window_start.isoformat(),
            "window_end": given.window_end.isoformat(),
        },
    )
    if given.send_mail:
        _mail(request, secret)
    publish(request)
    db.session.commit()
    return MadeRequest(request, secret)


def renew_link(
    actor: Actor, request: FootageRequest, days: int, *, send_mail: bool = False
) -> MadeRequest:
    """Make a new upload link; the one before ends at once. An expired request is open again."""
    if request.state in (RequestState.WITHDRAWN, RequestState.DECLINED):
        raise Conflict(f"Request {request.number} is {request.state.value}; make a new one.")
    require_searchable(request.case)
    secret = secrets.token_urlsafe(32)
    request.token_sha256 = digest(secret)
    request.link_expires_at = utc_now() + timedelta(days=days)
    request.finished_at = None
    if request.state is RequestState.EXPIRED:
        request.state = RequestState.REQUESTED
    if send_mail:
        _mail(request, secret)
    _record(actor, request, "request.renew_link", {"days": days})
    return MadeRequest(request, secret)


def withdraw(actor: Actor, request: FootageRequest) -> None:
    """Take a request back: its link ends at once; what came stays."""
    if request.state in (RequestState.WITHDRAWN, RequestState.DECLINED):
        raise Conflict(f"Request {request.number} is {request.state.value} already.")
    if request.state in (RequestState.RECEIVED, RequestState.SWEPT):
        request.finished_at = request.finished_at or utc_now()
    else:
        request.state = RequestState.WITHDRAWN
    _record(actor, request, "request.withdraw", {})


def decline(actor: Actor, request: FootageRequest, reason: str) -> None:
    """Note that the owner has nothing to give, and why. Raises Conflict once something came."""
    if request.state is not RequestState.REQUESTED:
        raise Conflict(f"Request {request.number} is {request.state.value} already.")
    request.state, request.reason = RequestState.DECLINED, reason.strip()[:1000]
    _record(actor, request, "request.decline", {"reason": request.reason})


def sweep_request(actor: Actor, request: FootageRequest) -> Sweep:
    """Plan and start an urgent sweep of what came. Raises Refused where nothing did."""
    cameras = {one.camera_id for one in request.deliveries if one.state is DeliveryState.RECEIVED}
    if not cameras:
        raise Refused(f"Nothing has come for request {request.number} yet.")
    given = SweepInput(
        window_start=request.window_start,
        window_end=request.window_end,
        camera_ids=tuple(sorted(cameras)),
        radius_m=WIDEST_M,
        priority=SweepPriority.URGENT,
        note=f"Footage of request {request.number}",
    )
    sweep = sweeps.plan_sweep(actor, request.case, given)
    request.sweep_id, request.reason = sweep.id, ""
    db.session.commit()
    sweeps.start_sweep(actor, sweep)
    return sweep


def settle() -> int:
    """Note which requests have expired or are swept. Returns how many changed; may run twice."""
    now = utc_now()
    expired = db.session.scalars(
        update(FootageRequest)
        .where(
            FootageRequest.state == RequestState.REQUESTED, FootageRequest.link_expires_at <= now
        )
        .values(state=RequestState.EXPIRED)
        .returning(FootageRequest)
    ).all()
    swept = db.session.scalars(
        update(FootageRequest)
        .where(FootageRequest.state == RequestState.RECEIVED, ~_has_unswept())
        .values(state=RequestState.SWEPT, swept_at=now)
        .returning(FootageRequest)
    ).all()
    for request in (*expired, *swept):
        action = "request.expire" if request.state is RequestState.EXPIRED else "request.swept"
        audit.record(SCHEDULER, action, case=request.case, subject=f"request {request.id}")
        publish(request)
    db.session.commit()
    return len(expired) + len(swept)


def find_request(request_id: int) -> FootageRequest:
    """One request with its cameras and deliveries. Raises NotFound."""
    request = db.session.scalar(
        select(FootageRequest)
        .options(
            joinedload(FootageRequest.case),
            joinedload(FootageRequest.created_by),
            selectinload(FootageRequest.cameras),
            selectinload(FootageRequest.deliveries).joinedload(Delivery.camera),
        )
        .where(FootageRequest.id == request_id)
    )
    if request is None:
        raise NotFound(f"There is no request {request_id}.")
    return request


def list_requests(
    actor: Actor,
    case: Case | None = None,
    state: RequestState | None = None,
    page: int = 1,
    per_page: int = 50,
) -> Page[FootageRequest]:
    """Requests of the cases that `actor` may see, the newest first."""
    statement = (
        select(FootageRequest)
        .join(Case, Case.id == FootageRequest.case_id)
        .options(
            joinedload(FootageRequest.case),
            selectinload(FootageRequest.cameras),
            selectinload(FootageRequest.deliveries),
        )
        .where(visible_cases(actor))
        .order_by(FootageRequest.id.desc())
    )
    if case is not None:
        statement = statement.where(FootageRequest.case_id == case.id)
    if state is not None:
        statement = statement.where(FootageRequest.state == state)
    return paginate(statement, page, per_page)


def others_of_owner(
    camera: CameraRow, endangered: Sequence[EndangeredFootage]
) -> Sequence[CameraRow]:
    """Other cameras of the same owner whose footage is in danger: they may be asked for at once."""
    ids = {one.camera_id for one in endangered if one.owner == camera.owner} - {camera.id}
    if not camera.owner or not ids:
        return ()
    return db.session.scalars(
        select(CameraRow).where(CameraRow.id.in_(ids)).order_by(CameraRow.name)
    ).all()


def publish(request: FootageRequest) -> None:
    """Tell the open boards that a request has changed."""
    live.publish(request.case_id, "request", {"id": request.id, "state": request.state.value})


def _record(actor: Actor, request: FootageRequest, action: str, details: dict[str, object]) -> None:
    audit.record(actor, action, case=request.case, subject=f"request {request.id}", details=details)
    publish(request)
    db.session.commit()


def _mail(request: FootageRequest, secret: str) -> None:
    """Put the letter with its link into the outbox. Raises Refused where none can be sent."""
    if not request.owner_email:
        raise Refused("No e-mail address is given.", {"owner_email": "is needed to send mail"})
    if not settings().base_url:
        raise Refused(
            "A mail needs this installation's address: an administrator sets BASE_URL. Print the "
            "letter instead."
        )
    link = link_to("deliveries.show", secret=secret)
    letter = request_letter.letter_of(request, link)
    queue_mail(
        to=request.owner_email,
        subject=letter.title,
        text=letter.as_text(),
        attachments=(
            Attachment(
                f"request-{request.number}.pdf",
                "application/pdf",
                request_letter.letter_pdf(letter, settings().font_dir),
            ),
        ),
    )


def _cameras(given: RequestInput) -> list[CameraRow]:
    cameras = db.session.scalars(
        select(CameraRow).where(CameraRow.id.in_(given.camera_ids), CameraRow.deleted_at.is_(None))
    ).all()
    if len(cameras) != len(set(given.camera_ids)):
        raise Refused("One of the cameras is not in the registry.", {"camera_ids": "not known"})
    if len({camera.owner for camera in cameras}) > 1:
        raise Refused(
            "The cameras belong to different owners: ask each owner for their own.",
            {"camera_ids": "belong to different owners"},
        )
    return list(cameras)


def _has_unswept() -> ColumnElement[bool]:
    """Whether a recording of a request has not been looked through for its case yet."""
    delivery = aliased(Delivery)
    looked_through = (
        exists()
        .where(
            VisitPart.footage_id == delivery.footage_id,
            VisitPart.done,
            Visit.id == VisitPart.visit_id,
            Sweep.id == Visit.sweep_id,
            Sweep.case_id == FootageRequest.case_id,
        )
        .correlate(delivery, FootageRequest)
    )
    return (
        select(delivery.id)
        .where(
            delivery.request_id == FootageRequest.id,
            delivery.footage_id.is_not(None),
            ~looked_through,
        )
        .correlate(FootageRequest)
        .exists()
    )
