"""Faces whose time is over go, with their crops and index entries, and a receipt says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.errors import NotFound, Refused
from app.extensions import db
from app.inputs import CaseChange
from app.models import (
    AuditEntry,
    Case,
    CaseState,
    Face,
    ReferencePhoto,
    RetentionReceipt,
    Sighting,
    SightingState,
)
from app.models.accounts import Role
from app.services.base import audit, media
from app.services.base.actors import COMMAND_LINE, SCHEDULER
from app.services.casework import cases
from app.services.embeddings import embedders
from app.services.governance import retention
from tests.app import factories
from tests.app import kept_face_cases as given
from tests.app.answers import body, problem

PAST = datetime.now(UTC) - timedelta(hours=1)


def _expired_face(**values: Any) -> Face:
    """A face past its time, with a real crop on disk."""
    sweep = values.pop("sweep", None) or factories.make_sweep(factories.make_case())
    embedder = values.pop("embedder", None) or given.make_embedder()
    crop = media.store(f"crop of {values.pop('crop', sweep.id)}".encode())
    values.setdefault("expires_at", PAST)
    return given.make_face(sweep, embedder, 0, crop_sha256=crop, **values)


def _sighting(case: Case, face: Face, state: SightingState) -> Sighting:
    sighting = Sighting(
        case_id=case.id,
        face_id=face.id,
        camera_id=face.camera_id,
        embedder_id=face.embedder_id,
        similarity=0.6,
        threshold_similarity=0.5,
        state=state,
        seen_at=face.best_at,
        latitude_deg=12.9,
        longitude_deg=77.6,
    )
    db.session.add(sighting)
    db.session.commit()
    return sighting


def _is_kept(face_id: int) -> bool:
    return db.session.scalar(select(Face.id).where(Face.id == face_id)) is not None


def test_a_face_that_is_nobodys_sighting_goes_with_its_crop(app: Flask) -> None:
    gone, stays = _expired_face(crop=1), _expired_face(crop=2, expires_at=datetime.now(UTC) + timedelta(hours=1))  # fmt: skip  # noqa: E501
    gone_id, gone_crop, stays_crop = gone.id, gone.crop_sha256, stays.crop_sha256

    done = retention.expire_faces(SCHEDULER)

    assert (done.faces, done.crops, done.crop_bytes) == (1, 1, len(b"crop of 1"))
    assert not _is_kept(gone_id)
    with pytest.raises(NotFound, match="no longer kept"):
        media.path_of(gone_crop)
    assert media.path_of(stays_crop).is_file()


def test_a_crop_that_another_row_names_stays_on_disk(app: Flask) -> None:
    case = factories.make_case()
    gone = _expired_face(crop="shared")
    crop_sha256 = gone.crop_sha256
    db.session.add(
        ReferencePhoto(
            case_id=case.id, sha256="a" * 64, face_sha256=gone.crop_sha256, file_name="made-up.jpg",
            width_px=1, height_px=1, quality={},
        )
    )  # fmt: skip
    db.session.commit()
    done = retention.expire_faces(SCHEDULER)
    assert (done.faces, done.crops) == (1, 0)
    assert media.path_of(crop_sha256).is_file()


@pytest.mark.parametrize(
    ("state", "is_kept"),
    [
        (SightingState.CANDIDATE, True),
        (SightingState.UNSURE, True),
        (SightingState.CONFIRMED, True),
        (SightingState.REJECTED, False),
    ],
)
def test_sightings_of_an_open_case_keep_their_faces_unless_rejected(
    app: Flask, state: SightingState, is_kept: bool
) -> None:
    face = _expired_face()
    face_id = face.id
    _sighting(factories.make_case(), face, state)
    retention.expire_faces(SCHEDULER)
    assert _is_kept(face_id) is is_kept


def test_a_case_closed_long_ago_no_longer_keeps_faces_and_one_closed_lately_does(
    app: Flask,
) -> None:
    for days, is_kept in ((364, True), (366, False)):
        face = _expired_face(crop=days)
        face_id = face.id
        closed_at = datetime.now(UTC) - timedelta(days=days)
        case = factories.make_case(state=CaseState.CLOSED, closed_at=closed_at)
        _sighting(case, face, SightingState.CONFIRMED)
        retention.expire_faces(SCHEDULER)
        assert _is_kept(face_id) is is_kept


def test_a_legal_hold_keeps_every_sighting_and_is_told_until_it_is_lifted(app: Flask) -> None:
    face = _expired_face()
    case = factories.make_case()
    _sighting(case, face, SightingState.REJECTED)
    hold = CaseChange(legal_hold=True, legal_hold_reason="Order 12 of the made-up court")
    cases.change_case(COMMAND_LINE, case, hold)

    held = retention.expire_faces(SCHEDULER)
    assert (held.faces, held.held_back) == (0, 1)

    cases.change_case(COMMAND_LINE, case, CaseChange(legal_hold=False))
    assert retention.expire_faces(SCHEDULER).faces == 1
    actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert [a for a in actions if "hold" in a] == ["case.hold", "case.release_hold"]


def test_a_hold_without_a_reason_is_refused(app: Flask) -> None:
    case = factories.make_case()
    with pytest.raises(Refused, match="needs a reason"):
        cases.change_case(COMMAND_LINE, case, CaseChange(legal_hold=True))


def test_each_batch_and_model_has_a_receipt_whose_hash_stands_in_the_audit_log(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    one, other = given.make_embedder(), given.make_embedder()
    sweep = factories.make_sweep(factories.make_case())
    for number, embedder in enumerate((one, one, one, other)):
        _expired_face(sweep=sweep, embedder=embedder, crop=number)

    done = retention.expire_faces(SCHEDULER)

    assert (done.faces, done.receipts) == (4, 3)
    listed = retention.list_receipts(1, 10).items
    assert sum(checked.receipt.faces for checked in listed) == 4
    assert all(checked.is_in_audit_log for checked in listed)
    assert audit.verify().ok


def test_a_receipt_that_was_changed_later_shows(app: Flask) -> None:
    _expired_face()
    retention.expire_faces(SCHEDULER)
    db.session.execute(text("UPDATE retention_receipts SET faces = faces + 1"))
    db.session.commit()
    (checked,) = retention.list_receipts(1, 10).items
    assert not checked.is_in_audit_log


def test_deleted_faces_leave_the_index_too(committing_app: Flask) -> None:
    embedder = given.make_embedder()
    embedders._create_index(embedder)
    _expired_face(embedder=embedder)
    retention.expire_faces(SCHEDULER)
    db.session.execute(text("SELECT pg_stat_force_next_flush()"))
    assert _dead_rows() == 1

    assert retention.clean_index() == 1

    assert _dead_rows() == 0
    receipt = db.session.scalars(select(RetentionReceipt)).one()
    assert receipt.index_cleaned_at is not None
    assert retention.clean_index() == 0, "there is nothing left to clean"


def _dead_rows() -> int:
    db.session.rollback()
    found = db.session.scalar(
        text("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'faces'")
    )
    return int(found or 0)


def test_an_index_built_anew_still_finds(committing_app: Flask) -> None:
    embedder = given.make_embedder()
    embedders._create_index(embedder)
    _expired_face(embedder=embedder)
    assert embedders.rebuild_index(embedder) > 0
    valid = db.session.scalar(
        text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)"),
        {"name": embedders.index_name(embedder)},
    )
    assert valid


def test_the_command_expires_and_lists_receipts(committing_app: Flask) -> None:
    _expired_face()
    runner = committing_app.test_cli_runner()
    done = runner.invoke(args=["faces", "expire", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["faces"], told["receipts"], told["index_cleaned"]) == (1, 1, True)
    listed = json.loads(runner.invoke(args=["faces", "receipts", "--json"]).stdout)
    assert [one["is_in_audit_log"] for one in listed["items"]] == [True]


def test_the_hold_and_the_threshold_are_set_on_pages_api_and_command(
    app: Flask, logged_in: Callable[..., Any]
) -> None:
    case = factories.make_case()
    client = logged_in(Role.INVESTIGATOR)
    address = f"/api/cases/{case.number}"

    held = {"legal_hold": True, "legal_hold_reason": "Order 12"}
    assert body(client.patch(address, json=held))["legal_hold"] is True
    assert "legal hold" in client.get(f"/cases/{case.number}/photos").text
    lifted = client.post(f"/cases/{case.number}/hold", data={}, follow_redirects=True)
    assert "The legal hold is lifted." in lifted.text

    raised = client.post(
        f"/cases/{case.number}/threshold", data={"threshold_raise": "0.05"}, follow_redirects=True
    )
    assert "0.050" in raised.text
    assert problem(client.patch(address, json={"threshold_raise": -0.1}), 422)["errors"]
    runner = app.test_cli_runner()
    done = runner.invoke(args=["cases", "set", case.number, "--threshold-raise", "0.1", "--json"])
    assert json.loads(done.stdout)["threshold_raise"] == 0.1
    changes = db.session.scalars(
        select(AuditEntry.details).where(AuditEntry.action == "case.threshold")
    ).all()
    assert [(one["from"], one["to"]) for one in changes] == [(0.0, 0.05), (0.05, 0.1)]
