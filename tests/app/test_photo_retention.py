"""Reference photos of closed cases go on time: files, embeddings and names, with a receipt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app.errors import Conflict, NotFound
from app.extensions import db
from app.models import AuditEntry, Case, CaseState, ReferenceEmbedding, ReferencePhoto
from app.models.accounts import Role
from app.recogniser import RecogniserHolder
from app.services.base import audit, media
from app.services.base.actors import COMMAND_LINE, SCHEDULER
from app.services.casework import cases, photos
from app.services.exchange import case_export
from app.services.governance import photo_retention
from tests.app import factories, footage_cases
from tests.app.answers import body

LONG_AGO = datetime.now(UTC) - timedelta(days=366)


def _closed_case(**values: Any) -> Case:
    return factories.make_case(**{"state": CaseState.CLOSED, "closed_at": LONG_AGO, **values})


def _photo(case: Case, picture: bytes = b"a photo", **values: Any) -> ReferencePhoto:
    """A reference photo with real files and an embedding."""
    photo = factories.make_photo(
        case,
        sha256=media.store(picture),
        face_sha256=media.store(b"the face of " + picture),
        **values,
    )
    embedder = factories.make_embedder()
    vector = [1.0] + [0.0] * (factories.DIMENSION - 1)
    db.session.add(ReferenceEmbedding(photo_id=photo.id, embedder_id=embedder.id, embedding=vector))
    db.session.commit()
    return photo


def _is_on_disk(sha256: str) -> bool:
    try:
        return media.path_of(sha256).is_file()
    except NotFound:
        return False


def test_photos_of_a_case_closed_long_ago_go_with_files_embeddings_and_names(app: Flask) -> None:
    case = _closed_case()
    photo, removed = _photo(case), _photo(case, b"another", active=False)
    sha256s = [photo.sha256, photo.face_sha256, removed.sha256, removed.face_sha256]

    (receipt,) = photo_retention.purge(SCHEDULER)

    assert (receipt.photos, receipt.embeddings, receipt.pictures) == (2, 2, 4)
    assert receipt.picture_bytes == sum(
        len(one) for one in (b"a photo", b"the face of a photo", b"another", b"the face of another")
    )
    assert not any(_is_on_disk(sha256) for sha256 in sha256s)
    assert db.session.scalar(select(func.count()).select_from(ReferenceEmbedding)) == 0
    assert (photo.is_kept, photo.active, photo.file_name) == (False, False, "")
    assert photo.sha256 == sha256s[0], "what a sighting rested on can still be said"
    assert case.photos_purged_at == receipt.purged_at
    assert photo_retention.purge(SCHEDULER) == [], "there is nothing left to delete"


@pytest.mark.parametrize(
    "values",
    [
        {"state": CaseState.OPEN, "closed_at": None},
        {"closed_at": datetime.now(UTC) - timedelta(days=364)},
        {"legal_hold": True, "legal_hold_reason": "Order 12"},
    ],
)
def test_open_lately_closed_and_held_cases_keep_their_photos(
    app: Flask, values: dict[str, Any]
) -> None:
    photo = _photo(_closed_case(**values))
    assert photo_retention.purge(SCHEDULER) == []
    assert photo.is_kept
    assert _is_on_disk(photo.sha256)
    assert photo_retention.held_back() == int(values.get("legal_hold", False))


def test_a_file_that_another_case_uses_stays_until_that_case_lets_go_too(app: Flask) -> None:
    gone, other = _photo(_closed_case()), _photo(factories.make_case())
    assert gone.sha256 == other.sha256

    (receipt,) = photo_retention.purge(SCHEDULER)
    assert (receipt.photos, receipt.pictures) == (1, 0)
    assert _is_on_disk(other.sha256)
    assert other.is_kept

    other.case.state, other.case.closed_at = CaseState.CLOSED, LONG_AGO
    db.session.commit()
    assert photo_retention.purge(SCHEDULER)[0].pictures == 2
    assert not _is_on_disk(other.sha256)


def test_an_export_holds_no_purged_photo_even_where_another_case_keeps_the_file(
    app: Flask,
) -> None:
    gone, other = _photo(_closed_case()), _photo(factories.make_case())
    photo_retention.purge(SCHEDULER)
    for photo, wanted in ((gone, []), (other, [other.sha256, other.face_sha256])):
        files = {name: hashes for name, _, hashes in case_export._files(photo.case)}
        assert files["photos"] == wanted


def test_the_receipt_stands_in_the_audit_log_and_shows_when_it_was_changed(app: Flask) -> None:
    case = _closed_case()
    _photo(case)
    photo_retention.purge(SCHEDULER)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "photos.purge")).one()
    assert entry.case_number == case.number
    assert audit.verify().ok
    (checked,) = photo_retention.list_receipts(1, 10).items
    assert checked.is_in_audit_log

    db.session.execute(text("UPDATE photo_receipts SET photos = photos + 1"))
    db.session.commit()
    db.session.expire_all()
    (checked,) = photo_retention.list_receipts(1, 10).items
    assert not checked.is_in_audit_log


def test_whoever_reopens_the_case_is_told_that_its_photos_are_gone(
    app: Flask, logged_in: Callable[..., Any]
) -> None:
    case = _closed_case()
    purged = _photo(case)
    sighting = factories.make_sighting(case, reference_photo_id=purged.id)
    photo_retention.purge(SCHEDULER)
    client = logged_in(Role.INVESTIGATOR)

    page = client.post(f"/cases/{case.number}/reopen", follow_redirects=True).text
    assert "reference photos were deleted" in page
    assert "nothing can be recognised until new ones are added" in page
    assert "The reference photos were deleted" in client.get(f"/cases/{case.number}/photos").text
    assert body(client.get(f"/api/cases/{case.number}"))["photos_purged_at"] is not None
    assert client.get(f"/media/{purged.sha256}.jpg").status_code == 404
    assert "photo removed" in client.get(f"/cases/{case.number}/sightings").text
    told = body(client.get(f"/api/sightings/{sighting.id}"))
    assert told["reference_photo"] is None


def test_the_retention_page_shows_the_receipt(app: Flask, logged_in: Callable[..., Any]) -> None:
    case = _closed_case()
    _photo(case)
    held = _closed_case(legal_hold=True, legal_hold_reason="Order 12")
    _photo(held, b"held")
    photo_retention.purge(SCHEDULER)
    page = logged_in(Role.ADMINISTRATOR).get("/admin/retention").text
    assert case.number in page
    assert "1 case is past the time" in page


@pytest.fixture
def with_model(app: Flask, shared_dir: Path) -> Iterator[None]:
    """The application with the real pack."""
    before = app.config["LASTSEEN"]
    pack = str(shared_dir / "models" / "insightface-mini")
    app.config["LASTSEEN"] = before.model_copy(update={"face_pack": pack})
    app.extensions["lastseen_recogniser"] = RecogniserHolder(app.config["LASTSEEN"])
    yield
    app.config["LASTSEEN"] = before
    app.extensions["lastseen_recogniser"] = RecogniserHolder(before)


@pytest.mark.usefixtures("with_model")
def test_a_photo_that_was_deleted_is_taken_again_when_the_case_is_open_again(
    shared_dir: Path,
) -> None:
    path = shared_dir / "faces/face_recognition/examples/biden.jpg"
    case = footage_cases.open_case("GONE-1", path)
    cases.close_case(COMMAND_LINE, case)
    case.closed_at = LONG_AGO
    db.session.commit()
    assert photo_retention.purge(SCHEDULER)[0].photos == 1
    with pytest.raises(Conflict, match="reopen it first"):
        photos.add_photo(COMMAND_LINE, case, path.read_bytes(), path.name)

    cases.reopen_case(COMMAND_LINE, case)
    photo = photos.add_photo(COMMAND_LINE, case, path.read_bytes(), path.name)

    assert (photo.is_kept, photo.active, photo.file_name) == (True, True, path.name)
    assert _is_on_disk(photo.sha256)
    assert _is_on_disk(photo.face_sha256)
    assert case.photos_purged_at is None
    assert db.session.scalar(select(func.count()).select_from(ReferenceEmbedding)) == 1
    assert photo_retention.purge(SCHEDULER) == []
