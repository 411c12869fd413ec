"""A case leaves whole: as a file that can be checked, and, if two people want it, for good."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.current import settings
from app.errors import Conflict, Forbidden, Refused
from app.extensions import db
from app.inputs import CaseImportInput
from app.inputs.tips import AcceptInput
from app.models import (
    Alert,
    AlertKind,
    AlertNotice,
    AlertUrgency,
    AuditEntry,
    Case,
    CasePurge,
    CaseState,
    Face,
    NoticeState,
    OutgoingMessage,
    PurgeState,
    Reliability,
    Report,
    ReportKind,
    Role,
    Sighting,
    SightingClip,
    SightingState,
    Sweep,
    Tip,
    User,
    Verdict,
)
from app.models.messages import MessageState, Transport
from app.services.base import audit, media, purposes
from app.services.base.actors import Actor
from app.services.casework import cases
from app.services.contributing import tips, triage
from app.services.exchange import case_export, case_imports
from app.services.governance import audit_reading, case_purges, purging
from app.services.people.accounts import actor_for
from tests.app import contribution_cases as given
from tests.app import factories
from tests.app.conftest import Client

SUBJECT = "Verity Namedhere"


@pytest.fixture
def investigator(actor_factory: Callable[..., Actor]) -> Actor:
    return actor_factory("investigator")


@pytest.fixture
def second(actor_factory: Callable[..., Actor]) -> Actor:
    return actor_factory("investigator")


def stored(words: str, suffix: str = media.PICTURE) -> str:
    return media.store(words.encode(), suffix)


@pytest.fixture
def case(app: Flask, investigator: Actor) -> Case:
    """A case with something of everything, its files really on disk, and no others there."""
    for left in settings().media_dir.rglob("*"):
        if left.is_file():
            left.unlink()
    made = factories.make_case(
        number="GONE-1", subject_name=SUBJECT, subject_remarks="a private remark",
        subject_clothing="a private coat",
    )  # fmt: skip
    factories.make_location(made, label="a private place")
    factories.make_photo(made, sha256=stored("photo"), face_sha256=stored("cut out"))
    sweep, camera = factories.make_sweep(made), factories.make_camera()
    sighting = factories.make_sighting(
        made, sweep=sweep, camera=camera, state=SightingState.CONFIRMED,
        face={"crop_sha256": stored("a face of the subject")},
    )  # fmt: skip
    factories.make_review(sighting, verdict=Verdict.CONFIRMED)
    recording = sighting.face.footage.sha256
    db.session.add(
        SightingClip(
            sighting_id=sighting.id, sha256=stored("a clip", "mp4"), recording_sha256=recording
        )
    )
    factories.make_face(
        factories.make_camera(), sweep=sweep, embedder=sighting.embedder, seen_at=factories.SEEN_AT,
        crop_sha256=stored("a face of nobody"),
    )  # fmt: skip
    db.session.add(
        Report(
            case_id=made.id,
            kind=next(iter(ReportKind)),
            title="a private report",
            region="IN",
            written_at=factories.SEEN_AT,
            content=f"{SUBJECT} was seen.",
            sha256="a" * 64,
        )
    )
    db.session.commit()
    tips.publish_code(investigator, made)
    given.hand_in(given.picture(), poster_code=made.tip_code or "")
    return made


def files_on_disk() -> set[str]:
    return {path.name for path in settings().media_dir.rglob("*") if path.is_file()}


def ask(actor: Actor, case: Case) -> CasePurge:
    cases.close_case(actor, case)
    return case_purges.request_purge(actor, case, "Asked for by the family", case.number)


def test_a_purged_case_is_gone_from_the_database_and_from_the_disk(
    case: Case, investigator: Actor, second: Actor
) -> None:
    before = files_on_disk()
    assert len(before) >= 6
    case_id = case.id
    purge = case_purges.carry_out(second, ask(investigator, case))
    assert files_on_disk() == set()
    assert purge.state is PurgeState.DONE
    assert (purge.photos, purge.sightings, purge.faces) == (1, 1, 2)
    assert (purge.tips, purge.reports, purge.locations) == (1, 1, 1)
    assert purge.files == len(before)
    assert db.session.get(Case, case_id) is None
    for model in (Sighting, Face, Sweep, Report, Tip, SightingClip):
        assert db.session.scalar(select(model).limit(1)) is None, model


def test_no_row_of_any_table_names_the_subject_after_a_purge(
    case: Case, investigator: Actor, second: Actor
) -> None:
    case_purges.carry_out(second, ask(investigator, case))
    for table in db.metadata.sorted_tables:
        rows = db.session.execute(text(f'SELECT t::text FROM "{table.name}" t')).scalars()
        for row in rows:
            for private in (SUBJECT, "a private", "Verity"):
                assert private not in row, table.name


def test_the_audit_chain_holds_and_carries_the_receipt(
    case: Case, investigator: Actor, second: Actor
) -> None:
    purge = case_purges.carry_out(second, ask(investigator, case))
    assert audit.verify().ok
    (entry,) = db.session.query(AuditEntry).filter_by(action="case.purged")
    assert entry.details["receipt_sha256"] == purge.receipt_sha256
    assert case_purges.receipt_hash(purge) == purge.receipt_sha256
    actions = {row.action for row in db.session.query(AuditEntry).filter_by(case_number="GONE-1")}
    assert {"case.close", "case.purge_request", "case.purge"} <= actions


def test_one_person_alone_deletes_nothing(case: Case, investigator: Actor) -> None:
    purge = ask(investigator, case)
    with pytest.raises(Forbidden, match="second person"):
        case_purges.carry_out(investigator, purge)
    with pytest.raises(Forbidden, match="accounts"):
        case_purges.carry_out(Actor(None, "command line", "system", None), purge)
    assert db.session.get(Case, case.id) is not None


def test_a_legal_hold_forbids_asking_and_carrying_out(
    case: Case, investigator: Actor, second: Actor
) -> None:
    purge = ask(investigator, case)
    case.legal_hold, case.legal_hold_reason = True, "an order"
    db.session.commit()
    with pytest.raises(Conflict, match="legal hold"):
        case_purges.carry_out(second, purge)
    case_purges.withdraw(second, case)
    with pytest.raises(Conflict, match="legal hold"):
        case_purges.request_purge(investigator, case, "why", case.number)
    assert files_on_disk()


def test_an_open_case_a_wrong_number_and_no_reason_are_refused(
    case: Case, investigator: Actor, second: Actor
) -> None:
    with pytest.raises(Conflict, match="Close case"):
        case_purges.request_purge(investigator, case, "why", case.number)
    cases.close_case(investigator, case)
    with pytest.raises(Refused, match="number"):
        case_purges.request_purge(investigator, case, "why", "GONE-2")
    with pytest.raises(Refused, match="why"):
        case_purges.request_purge(investigator, case, "  ", case.number)
    purge = case_purges.request_purge(investigator, case, "why", case.number)
    with pytest.raises(Conflict, match="already"):
        case_purges.request_purge(second, case, "why", case.number)
    cases.reopen_case(investigator, case)
    with pytest.raises(Conflict, match="Close case"):
        case_purges.carry_out(second, purge)


def test_a_reason_that_names_the_subject_is_refused_because_it_stays(
    case: Case, investigator: Actor
) -> None:
    cases.close_case(investigator, case)
    with pytest.raises(Refused, match="The reason names the subject"):
        case_purges.request_purge(
            investigator, case, f"The family of {case.subject_name} asked", case.number
        )
    case_purges.request_purge(investigator, case, "The family asked", case.number)


def test_what_other_cases_rest_on_stays_with_them(
    case: Case, investigator: Actor, second: Actor
) -> None:
    other = factories.make_case(number="STAYS-1")
    face = db.session.query(Face).filter_by(crop_sha256=media_of("a face of nobody")).one()
    seen = factories.make_sighting(other)
    own = seen.face_id
    seen.face_id = face.id
    db.session.flush()
    db.session.delete(db.session.get_one(Face, own))
    db.session.delete(db.session.query(Sweep).filter_by(case_id=other.id).one())
    db.session.commit()
    shared_photo = factories.make_photo(other, sha256=stored("photo"))
    purge = case_purges.carry_out(second, ask(investigator, case))
    assert purge.faces_kept == 1
    kept = db.session.query(Face).one()
    sweep = db.session.query(Sweep).one()
    assert kept.id == face.id
    assert (sweep.case_id, sweep.note) == (other.id, purging.KEPT_NOTE)
    media.path_of(media_of("a face of nobody"))
    media.path_of(shared_photo.sha256)
    assert files_on_disk() == {f"{media_of(words)}.jpg" for words in ("a face of nobody", "photo")}


def media_of(words: str) -> str:
    return factories.sha256_of(words)


def test_a_tip_that_was_taken_into_another_case_stays(
    case: Case, investigator: Actor, second: Actor
) -> None:
    other = factories.make_case(number="STAYS-2")
    tip = db.session.query(Tip).one()
    triage.accept(
        investigator, tip.id, AcceptInput(case_number=other.number, reliability=Reliability.LIKELY)
    )
    purge = case_purges.carry_out(second, ask(investigator, case))
    assert purge.tips == 0
    db.session.refresh(tip)
    assert (tip.case_id, tip.decided_case_id) == (None, other.id)


def test_messages_that_told_of_the_case_go_too(
    case: Case, investigator: Actor, second: Actor, user_factory: Callable[..., User]
) -> None:
    message = OutgoingMessage(
        transport=Transport.MAIL, recipient="who@lastseen.example", subject=f"About {SUBJECT}",
        text=SUBJECT, state=MessageState.SENT, ended_at=factories.SEEN_AT,
    )  # fmt: skip
    alert = Alert(
        case_id=case.id, kind=next(iter(AlertKind)), urgency=next(iter(AlertUrgency)),
        title=SUBJECT, path="/cases/GONE-1", dedupe_key="made-up",
    )  # fmt: skip
    db.session.add_all([message, alert])
    db.session.flush()
    user = user_factory()
    db.session.add(
        AlertNotice(
            alert_id=alert.id,
            user_id=user.id,
            channel="mail",
            state=NoticeState.QUEUED,
            due_at=factories.SEEN_AT,
            message_id=message.id,
        )
    )
    db.session.commit()
    assert case_purges.carry_out(second, ask(investigator, case)).messages == 1
    assert db.session.query(OutgoingMessage).count() == 0


def test_a_purged_restricted_case_stays_closed_to_administrators_in_the_audit_log(
    case: Case, investigator: Actor, second: Actor, actor_factory: Callable[..., Actor]
) -> None:
    case.restricted = True
    db.session.commit()
    case_purges.carry_out(second, ask(investigator, case))
    page = audit_reading.page_as_read_by(
        actor_factory("administrator"), audit.list_entries(1, 50, case_number="GONE-1")
    )
    assert page.items
    assert all(entry.withheld and entry.purpose is None for entry in page.items)


def test_nobody_opens_a_case_with_the_number_of_a_purged_one_and_reads_what_was_written_of_it(
    case: Case, investigator: Actor, second: Actor, logged_in: Callable[..., Client]
) -> None:
    number = case.number
    case_purges.carry_out(second, ask(investigator, case))
    given = {
        "number": number, "purpose": "p", "legal_basis": "b",
        "legal_basis_expires_at": "2099-01-01T00:00:00Z",
        "subject_name": "Somebody else", "subject_category": "adult",
    }  # fmt: skip
    client = logged_in(Role.INVESTIGATOR)
    assert client.post("/api/cases", json=given).status_code == 409
    assert client.get(f"/api/cases/{number}/evidence.zip").status_code == 404
    assert client.post("/api/cases", json={**given, "number": "ANOTHER-1"}).status_code == 201


def test_a_purged_number_does_not_come_back_with_the_next_list(
    case: Case, investigator: Actor, second: Actor
) -> None:
    case_purges.carry_out(second, ask(investigator, case))
    wanted = CaseImportInput(
        source="list", purpose="p", legal_basis="b",
        legal_basis_expires_at=factories.make_case().legal_basis_expires_at,
    )  # fmt: skip
    data = b"Case Number,Name\nGONE-1,Somebody Madeup\n"
    (row,) = case_imports.import_cases(investigator, data, "list.csv", wanted).items
    assert (row.outcome, row.reason) == ("refused", case_imports.NUMBER_TAKEN)


# -------------------------------------------------------------------------------- full export


def test_every_table_of_a_case_is_exported_or_left_out_for_a_reason(case: Case) -> None:
    exported = set(case_export.conditions(case, with_persons=True))
    of_case, grown = {"cases"}, True
    others = {"visit_parts", "faces"}  # reached through tables that are
    while grown:
        grown = False
        for table in db.metadata.sorted_tables:
            parents = {
                key.column.table.name for key in table.foreign_keys if not key.parent.nullable
            }
            if table.name not in of_case and parents & of_case:
                of_case.add(table.name)
                grown = True
    left_out = set(case_export.NOT_EXPORTED) | {"reference_embeddings", "person_embeddings"}
    assert of_case - exported - left_out == set()
    assert others <= exported


def test_a_full_export_holds_everything_and_verifies_offline(
    case: Case, investigator: Actor, tmp_path: Path
) -> None:
    bundle = case_export.export_case(investigator, case)
    data = b"".join(bundle.chunks())
    file = tmp_path / "case.zip"
    file.write_bytes(data)
    with zipfile.ZipFile(file) as archive:
        names = set(archive.namelist())
        (row,) = json.loads(archive.read("all/cases.json"))
        assert row["subject_name"] == SUBJECT
        (tip,) = json.loads(archive.read("all/tips.json"))
        assert "secret_hash" not in tip
        assert len(json.loads(archive.read("all/faces.json"))) == 1
        verifier = tmp_path / "verify.py"
        verifier.write_bytes(archive.read("verify.py"))
    for folder, words, suffix in (
        ("photos", "photo", "jpg"), ("photos", "cut out", "jpg"),
        ("crops", "a face of the subject", "jpg"), ("clips", "a clip", "mp4"),
    ):  # fmt: skip
        assert f"all/{folder}/{media_of(words)}.{suffix}" in names
    assert not any(media_of("a face of nobody") in name for name in names)
    checked = subprocess.run(
        [sys.executable, str(verifier), str(file), "--manifest", bundle.manifest_sha256],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout
    (entry,) = db.session.query(AuditEntry).filter_by(action="case.export")
    assert entry.details["manifest_sha256"] == bundle.manifest_sha256


def test_an_empty_case_can_be_exported(app: Flask, investigator: Actor) -> None:
    bundle = case_export.export_case(investigator, factories.make_case())
    with zipfile.ZipFile(io.BytesIO(b"".join(bundle.chunks()))) as archive:
        assert json.loads(archive.read("all/sightings.json")) == []


# -------------------------------------------------------------------------------------- pages


def test_the_pages_ask_confirm_and_show_the_receipt(
    app: Flask, case: Case, logged_in: Callable[..., Client]
) -> None:
    first, admin = logged_in(Role.INVESTIGATOR), logged_in(Role.ADMINISTRATOR)
    assert "Close the case first" in first.get("/cases/GONE-1/files").get_data(as_text=True)
    first.post("/cases/GONE-1/close")
    form = {"reason": "Asked for", "typed_number": "GONE"}
    assert first.post("/cases/GONE-1/purge", data=form).status_code == 422
    form["typed_number"] = "GONE-1"
    assert first.post("/cases/GONE-1/purge", data=form).status_code == 302
    page = first.get("/cases/GONE-1/files").get_data(as_text=True)
    assert "Delete everything" not in page
    first.post("/cases/GONE-1/purge/carry-out")
    assert cases.find_case("GONE-1")
    assert "Delete everything" in admin.get("/admin/purges").get_data(as_text=True)
    purge_id = db.session.query(CasePurge).one().id
    assert admin.post(f"/admin/purges/{purge_id}/carry-out").status_code == 302
    listed = admin.get("/admin/purges").get_data(as_text=True)
    assert "1 photos, 2 faces" in listed
    assert first.get("/cases/GONE-1/files").status_code == 404
    assert admin.post(f"/admin/purges/{purge_id}/carry-out").status_code == 404


def test_the_api_and_the_shell_do_the_same(
    app: Flask, case: Case, logged_in: Callable[..., Client], tmp_path: Path,
    user_factory: Callable[..., User],
) -> None:  # fmt: skip
    client = logged_in(Role.INVESTIGATOR)
    assert client.get("/api/cases/GONE-1/export.zip").data.startswith(b"PK")
    run = app.test_cli_runner()
    target = tmp_path / "case.zip"
    words: list[Any] = ["cases", "export", "GONE-1", "--out", str(target)]
    assert "files written" in run.invoke(args=words).output
    client.post("/cases/GONE-1/close")
    body = {"reason": "Asked for", "typed_number": "GONE-1"}
    assert client.post("/api/cases/GONE-1/purge", json=body).status_code == 201
    assert client.post("/api/cases/GONE-1/purge/carry-out").status_code == 403
    other = user_factory(Role.INVESTIGATOR)
    assert actor_for(other).user_id
    words = ["cases", "purge", "GONE-1", "--carry-out", "--as", other.email]
    assert "is deleted" in run.invoke(args=words).output


def test_a_purpose_that_names_the_subject_is_refused_because_it_stays(
    app: Flask, logged_in: Callable[..., Client]
) -> None:
    assert purposes.names("Find Ann-Marie Madeup, quickly", "Madeup, Ann Marie")
    assert not purposes.names("Find the girl from the made-up town", "Ann Madeup")
    assert not purposes.names("Anything at all", "")
    client = logged_in("investigator")
    case = factories.make_case(number="NAMED-1", subject_name="Ann Madeup")
    db.session.commit()
    answer = client.patch(f"/api/cases/{case.number}", json={"purpose": "Find ann madeup"})
    assert answer.status_code == 422
    assert "without the" in str(answer.json)
    taken = client.patch(f"/api/cases/{case.number}", json={"purpose": "Find the child"})
    assert taken.status_code == 200
    case.state = CaseState.CLOSED
    db.session.commit()
    page = client.get(f"/cases/{case.number}/files").text
    assert "What the audit log will still say of why" in page
    assert "<li>Find the child</li>" in page
