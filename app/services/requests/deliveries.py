"""What owners send by a request's link: in pieces, checked by content, hashed on arrival.

Whoever has the link is nobody that is known here: every word of theirs is hostile. The name of a
file names nothing on the disk, what a file is is decided by its content, and nothing of the case
is shown. Pieces let a large file go on where a phone lost its connection.
"""

from __future__ import annotations

import secrets
import shutil
from datetime import timedelta
from pathlib import Path, PureWindowsPath
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from app.current import settings
from app.errors import Conflict, Gone, LastseenError, NotFound, Refused, TooLarge, Unavailable
from app.extensions import db
from app.inputs import FootageFileInput
from app.inputs.requests import DeliveryInput
from app.models import (
    Case,
    Delivery,
    DeliveryState,
    Footage,
    FootageRequest,
    RequestState,
)
from app.models.columns import utc_now
from app.services.base import audit
from app.services.base.access import visible_cases
from app.services.base.actors import Actor
from app.services.inventory import footage
from app.services.requests import footage_requests
from cameras.errors import CamerasError
from cameras.footage import sha256_of

PIECE_BYTES: Final = 4 * 1024 * 1024
MOST_FILES: Final = 100
"""Of one request, whatever became of them."""
MOST_ARRIVING: Final = 5
KEPT_UNFINISHED_FOR: Final = timedelta(hours=24)
_NAME_LENGTH: Final = 200
SENT_BY_LINK: Final = "Sent by an upload link."
"""All that a recording itself says: its readers may not see the request's case."""


def open_link(secret: str) -> FootageRequest:
    """The request behind a link.

    Raises NotFound for one that was never given out or was replaced, Gone for one that has ended.
    """
    request = db.session.scalar(
        select(FootageRequest)
        .options(
            joinedload(FootageRequest.case),
            selectinload(FootageRequest.cameras),
            selectinload(FootageRequest.deliveries).joinedload(Delivery.camera),
        )
        .where(FootageRequest.token_sha256 == footage_requests.digest(secret))
    )
    if request is None:
        raise NotFound("This link is not known. Ask whoever sent it to you for a new one.")
    reason = _why_over(request)
    if reason:
        raise Gone(reason)
    return request


def seen_of_camera(actor: Actor, camera_id: int) -> dict[int, list[Delivery]]:
    """By recording of a camera, what it came as, for requests whose case `actor` may see."""
    rows = db.session.scalars(
        select(Delivery)
        .join(FootageRequest, FootageRequest.id == Delivery.request_id)
        .join(Case, Case.id == FootageRequest.case_id)
        .options(joinedload(Delivery.request))
        .where(
            Delivery.camera_id == camera_id,
            Delivery.footage_id.is_not(None),
            visible_cases(actor),
        )
        .order_by(Delivery.id)
    )
    found: dict[int, list[Delivery]] = {}
    for one in rows:
        found.setdefault(one.footage_id or 0, []).append(one)
    return found


def begin(actor: Actor, request: FootageRequest, given: DeliveryInput) -> Delivery:
    """Announce a file; one that was begun before goes on where it stopped.

    Raises TooLarge, Refused, Conflict, or Unavailable where the disk has no room for it.
    """
    # The request's row is held, so that files that are announced at once are counted.
    db.session.execute(
        select(FootageRequest.id).where(FootageRequest.id == request.id).with_for_update()
    )
    camera = next((one for one in request.cameras if one.id == given.camera_id), None)
    if camera is None:
        raise Refused("Choose one of the cameras.", {"camera_id": "is not one of these cameras"})
    name = _harmless(given.file_name)
    known = _unfinished(request, given, name)
    if known is not None:
        return known
    _check_size(given.size_bytes)
    _check_number(request)
    _check_room(given.size_bytes)
    delivery = Delivery(
        request_id=request.id,
        camera_id=camera.id,
        file_name=name,
        part_name=f"{secrets.token_hex(16)}.part",
        size_bytes=given.size_bytes,
        received_bytes=0,
        shown_at=given.shown_at,
        clock_offset_s=given.clock_offset_s,
        address=actor.address,
    )
    db.session.add(delivery)
    db.session.commit()
    return delivery


def add_piece(
    actor: Actor, request: FootageRequest, delivery_id: int, offset: int, data: bytes
) -> Delivery:
    """Write the piece that begins at byte `offset`; the last one is followed by the check.

    Raises Conflict for a piece that does not continue what is there, Refused where the whole is
    no recording (nothing of it stays).
    """
    delivery = db.session.scalar(
        select(Delivery)
        .where(Delivery.id == delivery_id, Delivery.request_id == request.id)
        .with_for_update(of=Delivery)
        .execution_options(populate_existing=True)
    )
    if delivery is None:
        raise NotFound("There is no such file on its way.")
    if delivery.state is DeliveryState.RECEIVED:
        return delivery  # the answer to the last piece was lost, and it came again
    if delivery.state is DeliveryState.REFUSED:
        raise Conflict("This file was refused; choose another one.")
    if offset != delivery.received_bytes:
        raise Conflict(f"{delivery.received_bytes} bytes are here; go on from there.")
    if not data or len(data) > PIECE_BYTES or offset + len(data) > delivery.size_bytes:
        raise Refused("This piece does not fit into the file that was announced.")
    _write(delivery, offset, data)
    delivery.received_bytes += len(data)
    delivery.moved_at = utc_now()
    if delivery.received_bytes == delivery.size_bytes:
        _take(actor, request, delivery)
    db.session.commit()
    return delivery


def finish(actor: Actor, request: FootageRequest) -> None:
    """The sender has sent everything: the link ends; a sweep starts if that was wanted.

    Raises Conflict where nothing has come.
    """
    if not any(one.state is DeliveryState.RECEIVED for one in request.deliveries):
        raise Conflict("Nothing has been received yet.")
    request.finished_at = utc_now()
    _record(actor, request, "request.finish", {})
    if request.sweep_at_once:
        try:
            footage_requests.sweep_request(actor, request)
        except (LastseenError, CamerasError) as error:
            # The sender has done their part; the office reads why theirs did not follow.
            db.session.rollback()
            request.reason = f"It was not swept by itself: {error}"
            db.session.commit()


def discard_unfinished() -> int:
    """Delete files that stopped arriving a day ago. Returns how many; may run twice."""
    stale = db.session.scalars(
        select(Delivery)
        .where(
            Delivery.state == DeliveryState.ARRIVING,
            Delivery.moved_at < utc_now() - KEPT_UNFINISHED_FOR,
        )
        .with_for_update(skip_locked=True)
    ).all()
    for delivery in stale:
        _part(delivery).unlink(missing_ok=True)
        delivery.state = DeliveryState.REFUSED
        delivery.reason = "It stopped arriving and was discarded."
    db.session.commit()
    return len(stale)


def _why_over(request: FootageRequest) -> str:
    ask = f"If you still want to send footage, ask: {request.contact}"
    if request.state is RequestState.WITHDRAWN:
        return f"This request was withdrawn; nothing is needed any more. {ask}"
    if request.state is RequestState.DECLINED:
        return f"This request was declined. {ask}"
    if request.finished_at is not None:
        return f"Everything was sent by this link, and it is closed now. Thank you. {ask}"
    if request.state is RequestState.EXPIRED or request.link_expires_at <= utc_now():
        return f"This link has expired. {ask}"
    return ""


def _harmless(name: str) -> str:
    """The last part of a name, without what cannot be shown: it is a label and never a path."""
    last = PureWindowsPath(name).name or "recording"
    return "".join(letter for letter in last if letter.isprintable())[:_NAME_LENGTH] or "recording"


def _unfinished(request: FootageRequest, given: DeliveryInput, name: str) -> Delivery | None:
    return db.session.scalar(
        select(Delivery).where(
            Delivery.request_id == request.id,
            Delivery.state == DeliveryState.ARRIVING,
            Delivery.camera_id == given.camera_id,
            Delivery.file_name == name,
            Delivery.size_bytes == given.size_bytes,
            Delivery.shown_at == given.shown_at,
        )
    )


def _check_size(size_bytes: int) -> None:
    if size_bytes == 0:
        raise Refused("The file is empty (0 bytes): it was probably not copied to its end.")
    most = settings().max_footage_bytes
    if size_bytes > most:
        raise TooLarge(
            f"The file is larger than {most // 2**20} MB: export a shorter time, in several files."
        )


def _check_number(request: FootageRequest) -> None:
    arriving, total = db.session.execute(
        select(func.count().filter(Delivery.state == DeliveryState.ARRIVING), func.count()).where(
            Delivery.request_id == request.id
        )
    ).one()
    if total >= MOST_FILES:
        raise Refused(f"More than {MOST_FILES} files were sent by this link; ask for a new one.")
    if arriving >= MOST_ARRIVING:
        raise Refused(f"{arriving} files are on their way already: wait until they have arrived.")


def _check_room(size_bytes: int) -> None:
    """What is announced by anybody must fit beside what is arriving, and leave the reserve."""
    promised = db.session.scalar(
        select(func.coalesce(func.sum(Delivery.size_bytes - Delivery.received_bytes), 0)).where(
            Delivery.state == DeliveryState.ARRIVING
        )
    )
    root = settings().footage_root_paths[0]
    try:
        free = shutil.disk_usage(root).free
    except OSError as error:
        raise Unavailable("The footage folder does not answer; try again later.") from error
    if free - int(promised or 0) - size_bytes < settings().disk_reserve_bytes:
        raise Unavailable(
            "There is no room for this file at the moment. Nothing is wrong on your side: please "
            "tell whoever sent you the link."
        )


def unfinished_files(wanted: Select[Delivery]) -> list[Path]:
    """Where those of some deliveries lie that have not become a recording."""
    return [_part(one) for one in db.session.scalars(wanted) if one.footage_id is None]


def _part(delivery: Delivery) -> Path:
    return _folder(delivery.request_id) / delivery.part_name


def _folder(request_id: int) -> Path:
    return settings().footage_root_paths[0] / "uploads" / f"request-{request_id}"


def _write(delivery: Delivery, offset: int, data: bytes) -> None:
    path = _part(delivery)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("r+b" if path.exists() else "xb") as file:
            file.truncate(offset)  # what a process wrote that died before its commit
            file.seek(offset)
            file.write(data)
    except OSError as error:
        db.session.rollback()
        raise Unavailable("The file cannot be kept at the moment; try again later.") from error


def _take(actor: Actor, request: FootageRequest, delivery: Delivery) -> None:
    """Hash and check a file that is here whole; it becomes footage, or is refused and deleted."""
    part = _part(delivery)
    delivery.sha256 = sha256_of(part)
    try:
        kept = _register(actor, delivery, part)
    except (CamerasError, Refused) as error:
        part.unlink(missing_ok=True)
        reason = str(error).replace(part.name, delivery.file_name)
        delivery.state, delivery.reason = DeliveryState.REFUSED, reason
        _record(actor, request, "request.refuse_file", _facts(delivery) | {"reason": reason})
        raise Refused(reason, {"file": reason}) from error
    delivery.footage_id, delivery.state = kept.id, DeliveryState.RECEIVED
    if request.state is not RequestState.RECEIVED:
        request.state, request.received_at = RequestState.RECEIVED, utc_now()
    _record(actor, request, "request.receive", _facts(delivery))


def _register(actor: Actor, delivery: Delivery, part: Path) -> Footage:
    known = db.session.scalar(
        select(Footage).where(
            Footage.camera_id == delivery.camera_id,
            Footage.sha256 == delivery.sha256,
            Footage.removed_at.is_(None),
        )
    )
    if known is not None:
        part.unlink(missing_ok=True)
        return known
    suffix = Path(delivery.file_name).suffix.lower()
    whole = part.with_suffix(suffix if suffix in footage.SUFFIXES else ".bin")
    part.rename(whole)
    given = FootageFileInput(
        path=str(whole),
        started_at=delivery.shown_at,
        clock_offset_s=delivery.clock_offset_s,
        remarks=SENT_BY_LINK,
    )
    try:
        return footage.register_kept(actor, delivery.camera, whole, given)
    except (CamerasError, Refused):
        whole.rename(part)
        raise


def _facts(delivery: Delivery) -> dict[str, object]:
    return {
        "delivery": delivery.id,
        "sha256": delivery.sha256,
        "size_bytes": delivery.size_bytes,
        "camera_id": delivery.camera_id,
        "file_name": delivery.file_name,
    }


def _record(actor: Actor, request: FootageRequest, action: str, details: dict[str, object]) -> None:
    audit.record(actor, action, case=request.case, subject=f"request {request.id}", details=details)
    footage_requests.publish(request)
    db.session.commit()
