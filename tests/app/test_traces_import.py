"""Importing positions: preview, rows refused by number, taken back as a whole; page, API, shell."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.errors import Conflict, NotFound, Refused, TooLarge
from app.extensions import db
from app.inputs.traces import TraceInput
from app.models import (
    AuditEntry,
    Case,
    LastKnownLocationRow,
    Trace,
)
from app.models.cases import LocationSource
from app.services.base.actors import Actor
from app.services.places import traces
from app.services.places.locations import list_locations
from app.services.places.timeline import timeline_of
from tests.app import factories
from tests.app.answers import body, problem
from tests.app.conftest import Client

LogIn = Callable[..., Client]
PHONE = TraceInput(source=LocationSource.PHONE)
CSV = (
    b"time,lat,lon,accuracy,label\n"
    b"2026-11-18 14:10,12.9757,77.6063,30,home cell\n"
    b"2026-11-18 14:20,12.9757,77.6064,30,home cell\n"
    b"2026-11-18 14:40,12.9800,77.6100,,\n"
    b"never,12.9800,77.6100,,\n"
)
HOSTILE_GPX = b'<!DOCTYPE gpx [<!ENTITY a "b">]><gpx/>'


@pytest.fixture
def analyst(actor_factory: Callable[..., Actor]) -> Actor:
    return actor_factory("analyst")


@pytest.fixture
def case(app: Flask) -> Case:
    return factories.make_case()


def upload(name: str = "phone.csv", data: bytes = CSV, **fields: Any) -> dict[str, Any]:
    return {"trace": (io.BytesIO(data), name), "source": "phone", **fields}


def test_positions_become_locations_of_their_own_source(case: Case, analyst: Actor) -> None:
    report = traces.import_trace(analyst, case, CSV, "phone.csv", PHONE)
    assert (report.rows, report.found, report.joined, report.added, report.refused) == (
        4,
        3,
        0,
        3,
        1,
    )
    rows = sorted(list_locations(case), key=lambda row: row.seen_at or factories.SEEN_AT)
    assert [row.label for row in rows] == ["phone: home cell", "phone: home cell", "phone"]
    assert {row.source for row in rows} == {LocationSource.PHONE}
    assert [row.uncertainty_m for row in rows] == [30, 30, 50]
    assert {row.trace_id for row in rows} == {report.trace_id}
    stops = timeline_of(case).stops
    assert [stop.trace.label for stop in stops if stop.trace] == ["phone"] * 3


def test_a_check_changes_nothing(case: Case, analyst: Actor) -> None:
    report = traces.import_trace(analyst, case, CSV, "phone.csv", PHONE, dry_run=True)
    assert (report.trace_id, report.added, len(report.points)) == (None, 3, 3)
    assert list_locations(case) == []
    assert db.session.scalars(db.select(Trace)).all() == []


def test_the_same_file_comes_in_once_until_it_is_taken_back(case: Case, analyst: Actor) -> None:
    first = traces.import_trace(analyst, case, CSV, "phone.csv", PHONE)
    assert first.trace_id is not None
    with pytest.raises(Conflict, match="imported already"):
        traces.import_trace(analyst, case, CSV, "renamed.csv", PHONE)
    traces.take_back(analyst, case, first.trace_id)
    assert list_locations(case) == []
    assert len(list_locations(case, include_inactive=True)) == 3
    second = traces.import_trace(analyst, case, CSV, "phone.csv", PHONE)
    with pytest.raises(Conflict, match="imported already"):
        traces.restore(analyst, case, first.trace_id)
    assert second.trace_id is not None
    traces.take_back(analyst, case, second.trace_id)
    traces.restore(analyst, case, first.trace_id)
    assert len(list_locations(case)) == 3
    actions = db.session.scalars(
        db.select(AuditEntry.action).where(AuditEntry.case_number == case.number)
    ).all()
    assert [one for one in actions if one.startswith("trace.")] == [
        "trace.import", "trace.take_back", "trace.import", "trace.take_back", "trace.restore",
    ]  # fmt: skip


def test_an_import_of_another_case_is_not_found(case: Case, analyst: Actor) -> None:
    report = traces.import_trace(analyst, case, CSV, "phone.csv", PHONE)
    assert report.trace_id is not None
    with pytest.raises(NotFound, match="no such import"):
        traces.take_back(analyst, factories.make_case(), report.trace_id)


def test_a_station_that_is_only_named_is_found_among_the_imported_places(
    case: Case, analyst: Actor
) -> None:
    named = (("East Halt", 12.97), ("Twin", 12.9), ("Twin", 12.8))
    factories.make_places(*((name, "station", latitude, 77.6) for name, latitude in named))
    data = b"station,time\neast halt,2026-11-18 14:10\nTwin,2026-11-18 14:20\nX,2026-11-18 14:30\n"
    given = TraceInput(source=LocationSource.TRANSPORT, label="tickets")
    report = traces.import_trace(analyst, case, data, "tickets.csv", given)
    assert [(one.label, one.position.latitude_deg) for one in report.points] == [
        ("east halt", 12.97)
    ]
    reasons = [one.reason for one in report.problems]
    assert "Several places are called" in reasons[0]
    assert "no place that was imported" in reasons[1]


def test_limits_hold(case: Case, analyst: Actor) -> None:
    with pytest.raises(TooLarge, match="8 MiB"):
        traces.import_trace(analyst, case, b"x" * (traces.MAX_TRACE_BYTES + 1), "big.csv", PHONE)
    rows = "".join(
        f"2026-11-18 10:{n // 60:02d}:{n % 60:02d},12.9,{77 + n / 500}\n" for n in range(600)
    )
    many = f"time,lat,lon\n{rows}".encode()
    with pytest.raises(Refused, match="at most 500"):
        traces.import_trace(analyst, case, many, "many.csv", PHONE)
    thinned = TraceInput(source=LocationSource.PHONE, thin_within_m=5000)
    assert traces.import_trace(analyst, case, many, "many.csv", thinned).added < 60
    with pytest.raises(Refused, match="No position of this file could be read"):
        traces.import_trace(analyst, case, b"time,lat,lon\nnever,1,1\n", "none.csv", PHONE)


# ------------------------------------------------------------------------------------------- page


def test_the_page_checks_first_and_then_imports(case: Case, logged_in: LogIn) -> None:
    client = logged_in("analyst")
    address = f"/cases/{case.number}/traces"
    assert client.get(address).status_code == 200
    checked = client.post(address, data=upload(do="check"))
    assert checked.status_code == 200
    assert "What would happen" in checked.text
    assert "Import 3 locations" in checked.text
    assert "“never” is not a time" in checked.text
    assert list_locations(case) == []
    assert "Imported: 3 last-known locations" in client.post(address, data=upload(do="import")).text
    again = client.post(address, data=upload(do="import"))
    assert again.status_code == 409
    assert "imported already" in again.text
    trace = db.session.scalars(db.select(Trace)).one()
    client.post(f"{address}/{trace.id}/take-back")
    assert list_locations(case) == []
    assert "taken back" in client.get(address).text
    client.post(f"{address}/{trace.id}/restore")
    assert len(list_locations(case)) == 3


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"trace": (io.BytesIO(b""), "")}, 422, "no file was chosen"),
        (upload(data=b"nothing"), 422, "No row names the columns"),
        (
            upload("x.gpx", b'<!DOCTYPE gpx [<!ENTITY a "b">]><gpx/>'),
            422,
            "document type or entities",
        ),
        (upload(source="confirmed sighting"), 422, "comes from a review"),
        (upload(uncertainty_m="-1"), 422, "another value"),
    ],
)
def test_the_page_refuses_in_words(
    case: Case, logged_in: LogIn, fields: dict[str, Any], status: int, words: str
) -> None:
    given = {"source": "phone", **fields}
    answer = logged_in("analyst").post(f"/cases/{case.number}/traces", data=given)
    assert answer.status_code == status
    assert words in answer.text
    assert list_locations(case) == []


def test_a_hostile_label_stays_text(case: Case, logged_in: LogIn) -> None:
    data = b'time,lat,lon,label\n2026-11-18 14:10,12.9,77.6,"<script>alert(1)</script>"\n'
    client = logged_in("analyst")
    client.post(f"/cases/{case.number}/traces", data=upload(data=data, do="import"))
    page = client.get(f"/cases/{case.number}/timeline").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


# ------------------------------------------------------------------------------------ API, shell


def test_the_api_imports_lists_takes_back_and_restores(case: Case, logged_in: LogIn) -> None:
    client = logged_in("investigator")
    address = f"/api/cases/{case.number}/traces"
    report = body(client.post(address, data=upload(dry_run="true")))
    assert (report["trace_id"], report["added"]) == (None, 3)
    report = body(client.post(address, data=upload(label="Handset")))
    assert report["problems"] == [
        {
            "row_number": 5,
            "reason": report["problems"][0]["reason"],
            "value": "12.9800, 77.6100, never",
        }
    ]
    problem(client.post(address, data=upload()), 409)
    (listed,) = body(client.get(address))["items"]
    assert (listed["label"], listed["added"], listed["taken_back_at"]) == ("Handset", 3, None)
    assert body(client.delete(f"{address}/{listed['id']}"))["taken_back_at"]
    assert body(client.post(f"{address}/{listed['id']}/restore"))["taken_back_at"] is None
    problem(client.delete(f"{address}/999999"), 404)
    problem(client.post(address, data={"source": "phone"}), 415)


@pytest.mark.parametrize("text", ["2019", "1e3", "true", "null", '"as he said"', '["a", 1]', "NaN"])
def test_a_text_of_a_form_stays_the_text_that_was_sent(
    case: Case, logged_in: LogIn, text: str
) -> None:
    client = logged_in("investigator")
    address = f"/api/cases/{case.number}/traces"
    body(client.post(address, data=upload(label=text, uncertainty_m="75")))
    (listed,) = body(client.get(address))["items"]
    assert listed["label"] == text


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(case: Case, logged_in: LogIn) -> None:
    data = b"x" * (traces.MAX_TRACE_BYTES + 2 * 1024 * 1024)
    answer = logged_in("analyst").post(f"/api/cases/{case.number}/traces", data=upload(data=data))
    assert answer.status_code == 413


def test_the_shell_does_the_same(app: Flask, case: Case, tmp_path: Path) -> None:
    file = tmp_path / "phone.csv"
    file.write_bytes(CSV)
    runner = app.test_cli_runner()

    def run(*arguments: str) -> Any:
        answer = runner.invoke(args=["traces", *arguments, "--json"])
        assert answer.exit_code == 0, answer.output
        return json.loads(answer.stdout)

    number = case.number
    assert run("import", number, str(file), "--source", "phone", "--dry-run")["trace_id"] is None
    trace_id = str(run("import", number, str(file), "--source", "phone")["trace_id"])
    assert run("list", number)["items"][0]["added"] == 3
    assert run("undo", number, trace_id)["taken_back_at"]
    assert run("restore", number, trace_id)["taken_back_at"] is None
    told = runner.invoke(args=["traces", "import", number, str(file), "--source", "phone"])
    assert told.exit_code == 1
    assert "imported already" in told.stderr
    assert len(db.session.scalars(db.select(LastKnownLocationRow)).all()) == 3
