"""Outputs for requests to owners for footage. The upload link is told once, where it is made."""

from __future__ import annotations

from app.models.requests import Delivery, DeliveryState, FootageRequest, RequestState
from app.outputs.base import Output, UtcInstant


class DeliveryOut(Output):
    """A file that came, or is coming; `footage_id` is the recording it became."""

    id: int
    camera_id: int
    state: DeliveryState
    file_name: str
    size_bytes: int
    received_bytes: int
    sha256: str | None
    reason: str
    footage_id: int | None
    created_at: UtcInstant

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryOut:
        """From a row."""
        return cls.model_validate(delivery)


class RequestOut(Output):
    """A request: what is asked of whom, how it stands, and what came."""

    id: int
    number: str
    case_number: str
    state: RequestState
    owner: str
    owner_email: str
    contact: str
    legal_basis: str
    message: str
    camera_ids: list[int]
    window_start: UtcInstant
    window_end: UtcInstant
    sweep_at_once: bool
    link_expires_at: UtcInstant
    reason: str
    sweep_id: int | None
    deliveries: list[DeliveryOut]
    created_at: UtcInstant
    received_at: UtcInstant | None
    finished_at: UtcInstant | None
    swept_at: UtcInstant | None

    @classmethod
    def of(cls, request: FootageRequest) -> RequestOut:
        """From a row with its case, cameras and deliveries."""
        return cls(
            id=request.id,
            number=request.number,
            case_number=request.case.number,
            state=request.state,
            owner=request.owner,
            owner_email=request.owner_email,
            contact=request.contact,
            legal_basis=request.legal_basis,
            message=request.message,
            camera_ids=[camera.id for camera in request.cameras],
            window_start=request.window_start,
            window_end=request.window_end,
            sweep_at_once=request.sweep_at_once,
            link_expires_at=request.link_expires_at,
            reason=request.reason,
            sweep_id=request.sweep_id,
            deliveries=[DeliveryOut.of(one) for one in request.deliveries],
            created_at=request.created_at,
            received_at=request.received_at,
            finished_at=request.finished_at,
            swept_at=request.swept_at,
        )


class MadeRequestOut(Output):
    """A request and its new upload link, which is never told again.

    Without BASE_URL the link is only its path on this server.
    """

    request: RequestOut
    link: str
