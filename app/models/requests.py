"""Requests to owners for footage, and what they deliver."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.accounts import User
from app.models.cameras import CameraRow
from app.models.cases import Case
from app.models.columns import LongText, UtcTime, choice, utc_now


class RequestState(StrEnum):
    """requested → received → swept; or it ends declined, expired or withdrawn."""

    REQUESTED = "requested"
    RECEIVED = "received"
    SWEPT = "swept"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class DeliveryState(StrEnum):
    """A file arrives in pieces; then it is a recording, or it is refused with a reason."""

    ARRIVING = "arriving"
    RECEIVED = "received"
    REFUSED = "refused"


class FootageRequest(Model):
    """A request to one owner for the footage of cameras over a window of a case.

    Its upload link is a secret of which only the SHA-256 is kept. `finished_at` is when the sender
    said that everything has been sent, which ends the link.
    """

    __tablename__ = "footage_requests"
    __table_args__ = (
        Index("ix_footage_requests_case_id", "case_id"),
        Index("ix_footage_requests_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    state: Mapped[RequestState] = mapped_column(
        choice(RequestState), default=RequestState.REQUESTED
    )
    owner: Mapped[LongText]
    owner_email: Mapped[LongText]
    contact: Mapped[LongText]
    legal_basis: Mapped[LongText]
    message: Mapped[LongText]
    window_start: Mapped[UtcTime]
    window_end: Mapped[UtcTime]
    sweep_at_once: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    link_expires_at: Mapped[UtcTime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    received_at: Mapped[UtcTime | None]
    finished_at: Mapped[UtcTime | None]
    swept_at: Mapped[UtcTime | None]
    reason: Mapped[LongText]
    sweep_id: Mapped[int | None] = mapped_column(ForeignKey("sweeps.id", ondelete="SET NULL"))

    case: Mapped[Case] = relationship()
    created_by: Mapped[User | None] = relationship()
    cameras: Mapped[list[CameraRow]] = relationship(
        secondary="footage_request_cameras", order_by="CameraRow.name"
    )
    deliveries: Mapped[list[Delivery]] = relationship(
        order_by="Delivery.id", back_populates="request", cascade="all, delete-orphan"
    )

    @property
    def number(self) -> str:
        """What the owner and the office call it."""
        return f"R-{self.id}"


class FootageRequestCamera(Model):
    """One of the cameras of a request."""

    __tablename__ = "footage_request_cameras"
    __table_args__ = (Index("ix_footage_request_cameras_camera_id", "camera_id"),)

    request_id: Mapped[int] = mapped_column(
        ForeignKey("footage_requests.id", ondelete="CASCADE"), primary_key=True
    )
    camera_id: Mapped[int] = mapped_column(ForeignKey("cameras.id"), primary_key=True)


class Delivery(Model):
    """One file that somebody sends by a request's link.

    `part_name` is its name on our disk while it arrives, `file_name` what the sender calls it: it
    names nothing here. `shown_at` is what the camera's clock showed at the first frame,
    `clock_offset_s` that clock minus true time, None where the sender did not compare it.
    """

    __tablename__ = "footage_deliveries"
    __table_args__ = (Index("ix_footage_deliveries_request_id", "request_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("footage_requests.id", ondelete="CASCADE"))
    camera_id: Mapped[int] = mapped_column(ForeignKey("cameras.id"))
    state: Mapped[DeliveryState] = mapped_column(
        choice(DeliveryState), default=DeliveryState.ARRIVING
    )
    file_name: Mapped[str] = mapped_column(String(255))
    part_name: Mapped[str] = mapped_column(String(80))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    received_bytes: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    shown_at: Mapped[UtcTime]
    clock_offset_s: Mapped[float | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[LongText]
    footage_id: Mapped[int | None] = mapped_column(ForeignKey("footage.id", ondelete="SET NULL"))
    address: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    moved_at: Mapped[UtcTime] = mapped_column(default=utc_now)

    request: Mapped[FootageRequest] = relationship(back_populates="deliveries")
    camera: Mapped[CameraRow] = relationship()
