"""Cases come with a list, wait for a person, and change only where the list did."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app.errors import Conflict, Refused
from app.extensions import db
from app.inputs import CaseImportInput, ConfirmInput
from app.models import (
    AuditEntry,
    Case,
    CaseMember,
    CaseState,
    ImportedCase,
    ReferenceEmbedding,
)
from app.models.cases import LastKnownLocationRow
from app.services.base import audit, searchable
from app.services.base.actors import Actor
from app.services.casework import cases
from app.services.embeddings import galleries
from app.services.exchange import case_imports
from app.services.exchange.case_imports import CaseImportReport
from tests.app import factories
from tests.app.conftest import Client
from tests.app.kept_face_cases import at_angle
from tests.app.statements import queries_of

LIST = "Case Number,Name,Age,City,County,DLC\nMP-1,Ann Madeup,8,Springdale,Made,05/17/2004\n"


def given(**values: Any) -> CaseImportInput:
    wanted: dict[str, Any] = {
        "source": "made-up list",
        "purpose": "Compare missing with found children",
        "legal_basis": "Order 12 of the made-up court",
        "legal_basis_expires_at": datetime.now(UTC) + timedelta(days=30),
    }
    return CaseImportInput(**{**wanted, **values})


@pytest.fixture
def investigator(actor_factory: Callable[..., Actor]) -> Actor:
    return actor_factory("investigator")


def bring(actor: Actor, text: str = LIST, **values: Any) -> CaseImportReport:
    dry_run = bool(values.pop("dry_run", False))
    data = text.encode()
    return case_imports.import_cases(actor, data, "list.csv", given(**values), dry_run=dry_run)


def confirm(actor: Actor, case: Case) -> Case:
    wanted = ConfirmInput(
        purpose="Find Ann",
        legal_basis="Order 13",
        legal_basis_expires_at=datetime.now(UTC) + timedelta(days=7),
    )
    return cases.confirm_case(actor, case, wanted)


def test_a_dry_run_says_what_would_happen_and_changes_nothing(investigator: Actor) -> None:
    text = LIST + "MP-2,,9,,,\nMP-1,Twice Madeup,9,,,\nMP-3,Cy Madeup,old,,,\n,No Number,3,,,\n"
    report = bring(investigator, text, dry_run=True)
    assert report.counts == {"added": 1, "changed": 0, "unchanged": 0, "refused": 4}
    reasons = {row.row_number: row.reason for row in report.items if row.reason}
    assert reasons[3] == "The row has no name."
    assert "before already" in reasons[4]
    assert "no age" in reasons[5]
    assert "no case number" in reasons[6]
    assert db.session.query(Case).count() == 0
    assert db.session.query(AuditEntry).filter_by(action="cases.import").count() == 0


def test_an_imported_case_is_searched_for_only_after_a_person_confirmed_it(
    investigator: Actor,
) -> None:
    assert bring(investigator).counts["added"] == 1
    case = cases.find_case("MP-1")
    embedder = factories.make_embedder()
    photo = factories.make_photo(case)
    db.session.add(
        ReferenceEmbedding(photo_id=photo.id, embedder_id=embedder.id, embedding=at_angle(0.0))
    )
    db.session.commit()
    assert case.state is CaseState.IMPORTED
    assert "Date of last contact: 2004-05-17" in case.subject_remarks
    assert len(galleries.open_galleries(embedder)) == 0
    with pytest.raises(Refused, match="confirm"):
        searchable.require_searchable(case)
    cases.close_case(investigator, case)
    assert cases.reopen_case(investigator, case).state is CaseState.IMPORTED

    assert confirm(investigator, case).state is CaseState.OPEN
    searchable.require_searchable(case)
    assert len(galleries.open_galleries(embedder)) == 1
    assert case.legal_basis == "Order 13"
    cases.close_case(investigator, case)
    assert cases.reopen_case(investigator, case).state is CaseState.OPEN
    with pytest.raises(Conflict):
        confirm(investigator, case)


def test_the_same_list_twice_changes_nothing(investigator: Actor) -> None:
    bring(investigator)
    before = db.session.query(AuditEntry).filter_by(action="case.import").count()
    report = bring(investigator)
    assert report.counts == {"added": 0, "changed": 0, "unchanged": 1, "refused": 0}
    assert db.session.query(AuditEntry).filter_by(action="case.import").count() == before
    assert db.session.query(Case).count() == 1


def test_what_the_list_says_anew_is_shown_and_taken_over_only_when_asked_for(
    investigator: Actor,
) -> None:
    bring(investigator)
    newer = LIST.replace("Ann Madeup,8", "Ann B. Madeup,9")
    (row,) = bring(investigator, newer).items
    assert row.outcome == "changed"
    assert {(one.field, one.before, one.now) for one in row.changes} >= {
        ("name", "Ann Madeup", "Ann B. Madeup"),
        ("age_years", "8", "9"),
    }
    case = cases.find_case("MP-1")
    assert case.subject_name == "Ann Madeup"

    case.subject_age_years = 10  # somebody knows better here
    db.session.commit()
    (row,) = bring(investigator, newer, apply_changes=True).items
    assert {one.field for one in row.changes if one.kept_here} == {"age_years"}
    db.session.refresh(case)
    assert (case.subject_name, case.subject_age_years) == ("Ann B. Madeup", 10)
    assert bring(investigator, newer).counts["unchanged"] == 1


def test_a_number_that_is_taken_is_refused_alike_whether_or_not_its_case_is_seen(
    investigator: Actor, actor_factory: Callable[..., Actor]
) -> None:
    factories.make_case(number="MP-1")
    factories.make_case(number="MP-2", restricted=True)
    text = LIST + LIST.splitlines()[1].replace("MP-1", "MP-2") + "\n"
    reasons = [row.reason for row in bring(investigator, text).items]
    assert reasons == [case_imports.NUMBER_TAKEN] * 2

    other = actor_factory("investigator")
    third = LIST.replace("MP-1", "MP-3")
    assert bring(other, third, restricted=True).counts["added"] == 1
    (row,) = bring(investigator, third).items
    assert (row.outcome, row.reason, row.changes) == ("refused", case_imports.NUMBER_TAKEN, ())


def test_a_town_of_the_gazetteer_is_a_place_with_a_large_uncertainty(investigator: Actor) -> None:
    factories.make_places(("Springdale", "town", 2.5, 3.5), ("Bridge", "station", 2.5, 3.5))
    text = LIST + "MP-2,Bo Madeup,9,Bridge,Made,\n"
    first, second = bring(investigator, text).items
    assert first.place == "Springdale, ± 10 km"
    assert second.place == "Bridge, Made: no position"
    (location,) = db.session.query(LastKnownLocationRow)
    assert (location.latitude_deg, location.longitude_deg) == (2.5, 3.5)
    assert (location.uncertainty_m, location.seen_at) == (10_000.0, None)
    assert "2004-05-17" in location.remarks


def test_an_import_is_in_the_audit_log_with_the_hash_of_the_list(investigator: Actor) -> None:
    report = bring(investigator)
    (entry,) = db.session.query(AuditEntry).filter_by(action="cases.import")
    assert entry.details["sha256"] == report.sha256
    (of_case,) = db.session.query(AuditEntry).filter_by(action="case.import")
    assert (of_case.case_number, of_case.purpose) == (
        "MP-1",
        "Compare missing with found children",
    )


def test_a_long_list_takes_no_more_queries_than_a_short_one(investigator: Actor) -> None:
    def rows(start: int, count: int) -> str:
        return (
            LIST.splitlines()[0]
            + "\n"
            + "".join(f"Q-{at},Made Up,8,,,05/17/2004\n" for at in range(start, start + count))
        )

    few = queries_of(lambda: bring(investigator, rows(0, 2)))
    many = queries_of(lambda: bring(investigator, rows(10, 60)))
    assert many <= few + 2, "rows are written together"
    assert db.session.query(CaseMember).count() == db.session.query(ImportedCase).count() == 62
    assert audit.verify().ok


def test_dates_that_do_not_fit_the_chosen_order_are_told_for_the_whole_list(
    investigator: Actor,
) -> None:
    text = LIST.replace("05/17/2004", "17/05/2004") + "MP-2,Bo Madeup,9,,,05/06/2004\n"
    report = bring(investigator, text, dry_run=True)
    assert report.counts["refused"] == 1
    assert report.notes[0].startswith("1 of its dates can only be read with the day first")
    assert bring(investigator, text, dry_run=True, month_first=False).notes == ()
    either = LIST.replace("05/17/2004", "05/06/2004")
    assert "No date of the list shows" in bring(investigator, either, dry_run=True).notes[0]


def test_a_month_or_a_year_is_enough_for_a_date_of_last_contact(investigator: Actor) -> None:
    text = LIST.replace("05/17/2004", "May 2004") + "MP-2,Bo Madeup,9,,,2004\n"
    assert bring(investigator, text).counts["added"] == 2
    remarks = {case.number: case.subject_remarks for case in db.session.query(Case)}
    assert "Date of last contact: 2004-05\n" in remarks["MP-1"]
    assert "Date of last contact: 2004" in remarks["MP-2"]


def test_a_list_without_a_known_column_is_imported_by_chosen_columns(
    app: Flask, logged_in: Callable[..., Client]
) -> None:
    client = logged_in("investigator")

    def send(do: str, **columns: str) -> str:
        form = {
            "purpose": "Compare", "legal_basis": "Order 12", "timezone": "Asia/Kolkata",
            "legal_basis_expires_at": "2099-01-01T00:00", "do": do, "month_first": "no",
            "list": (io.BytesIO("केस नंबर,नाम\nA-1,राधा मनगढ़ंत\n".encode()), "list.csv"),
            **columns,
        }  # fmt: skip
        return client.post("/cases/import", data=form).get_data(as_text=True)

    page = send("check")
    assert "No column holds the cases&#39; numbers. The columns are: केस नंबर, नाम." in page
    assert "<option>केस नंबर</option>" in page
    chosen = {"column-number": "केस नंबर", "column-name": "नाम"}
    assert "Import 1 case" in send("check", **chosen)
    assert "1 case added" in send("import", **chosen)
    assert "No column holds" in send("import")
    assert db.session.query(Case).one().subject_name == "राधा मनगढ़ंत"


def test_a_basis_that_is_over_carries_no_import(investigator: Actor) -> None:
    with pytest.raises(Refused, match="expired"):
        bring(investigator, legal_basis_expires_at=datetime.now(UTC) - timedelta(days=1))


def test_the_page_checks_then_imports_then_confirms(
    app: Flask, logged_in: Callable[..., Client]
) -> None:
    client = logged_in("investigator")
    assert client.get("/cases/import").status_code == 200

    def send(do: str) -> Any:
        form = {
            "purpose": "Compare", "legal_basis": "Order 12", "timezone": "Asia/Kolkata",
            "legal_basis_expires_at": "2099-01-01T00:00", "do": do, "month_first": "yes",
            "list": (io.BytesIO((LIST + "MP-2,,3,,,\n").encode()), "towns <b>.csv"),
        }  # fmt: skip
        return client.post("/cases/import", data=form)

    checked = send("check").get_data(as_text=True)
    assert "What would happen" in checked
    assert "The row has no name." in checked
    assert db.session.query(Case).count() == 0
    assert "1 case added" in send("import").get_data(as_text=True)
    assert "<b>.csv" not in checked

    listed = client.get("/cases?state=imported").get_data(as_text=True)
    assert "MP-1" in listed
    page = client.get("/cases/MP-1/confirm").get_data(as_text=True)
    assert "Confirm and search for this person" in page
    form = {"purpose": "Find Ann", "legal_basis": "Order 13"}
    late = client.post(
        "/cases/MP-1/confirm", data={**form, "legal_basis_expires_at": "2001-01-01T00:00"}
    )
    assert late.status_code == 422
    answer = client.post(
        "/cases/MP-1/confirm", data={**form, "legal_basis_expires_at": "2099-01-01T00:00"}
    )
    assert answer.status_code == 302
    assert cases.find_case("MP-1").state is CaseState.OPEN
    assert db.session.query(ImportedCase).one().confirmed_by_id == client.user.id  # type: ignore[union-attr]


def test_the_api_imports_and_confirms(app: Flask, logged_in: Callable[..., Client]) -> None:
    client = logged_in("investigator")
    entry = [{"uid": "a1", "title": "ANN MADEUP", "details": "<p>Hi</p>", "age_range": None}]
    form = {
        "list": (io.BytesIO(json.dumps(entry).encode()), "wanted.json"),
        "purpose": "Compare",
        "legal_basis": "Order 12",
        "legal_basis_expires_at": "2099-01-01T00:00:00Z",
    }
    answer = client.post("/api/cases/import", data=form)
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    assert (answer.json["added"], answer.json["source"]) == (1, "wanted")
    body = {key: form[key] for key in ("purpose", "legal_basis", "legal_basis_expires_at")}
    confirmed = client.post("/api/cases/a1/confirm", json=body)
    assert confirmed.json is not None
    assert confirmed.json["state"] == "open"
    assert client.post("/api/cases/a1/confirm", json=body).status_code == 409


def test_the_shell_imports_and_confirms(app: Flask, tmp_path: Any) -> None:
    file = tmp_path / "list.csv"
    file.write_text(LIST)
    run = app.test_cli_runner()
    basis = ("--purpose", "Compare", "--legal-basis", "Order 12", "--basis-expires", "2099-01-01")
    told = run.invoke(args=["cases", "import", str(file), *basis, "--dry-run"])
    assert "would be added 1" in told.output, told.output
    assert "added 1" in run.invoke(args=["cases", "import", str(file), *basis]).output
    assert "confirmed and open" in run.invoke(args=["cases", "confirm", "MP-1"]).output
