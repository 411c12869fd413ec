"""Reports: handing in, accepting what they say, taking it back; page, API, shell."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import text

from app.config import Settings
from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.inputs.reports import MarkDecision, MarkInput, ReportInput
from app.intake.marks import MarkKind
from app.models import (
    AuditEntry,
    Case,
    LastKnownLocationRow,
    MarkState,
    Report,
    ReportKind,
    ReportMark,
)
from app.models.cases import LocationSource, Reliability
from app.services.base.actors import COMMAND_LINE, Actor
from app.services.contributing import report_sentences, reports
from app.services.places.locations import list_locations
from tests.app import factories
from tests.app.answers import body
from tests.app.conftest import Client
from tests.app.test_api import counted_queries

LogIn = Callable[..., Client]
TEXT = (
    "The complainant states that on 18/11/2026 at 6.30 pm her son was near Example Market. "
    "He was wearing a red shirt. A car KA 01 AB 1234 stood there. Call 99000 12345. "
    "<script>alert(1)</script>"
)
WRITTEN = datetime(2026, 11, 19, 4, 0, tzinfo=UTC)
FIR = ReportInput(kind=ReportKind.FIR, written_at=WRITTEN)
ACCEPT = MarkInput(decision=MarkDecision.ACCEPT)


def add_made_up_place() -> None:
    """A market of the imported gazetteer, which `TEXT` names."""
    factories.make_places(("Example Market", "market", 12.9655, 77.5772))


@pytest.fixture
def actor(actor_factory: Callable[..., Actor]) -> Actor:
    return actor_factory("investigator")


@pytest.fixture
def case(app: Flask) -> Case:
    made = factories.make_case()
    add_made_up_place()
    return made


@pytest.fixture
def report(actor: Actor, case: Case) -> Report:
    return reports.add_report(actor, case, FIR, text=TEXT)


def mark_of(report: Report, kind: MarkKind) -> ReportMark:
    return next(one for one in report.marks if one.kind is kind)


def accepted_place(actor: Actor, case: Case, report: Report) -> LastKnownLocationRow:
    place, moment = mark_of(report, MarkKind.PLACE), mark_of(report, MarkKind.TIME)
    given = MarkInput(decision=MarkDecision.ACCEPT, time_mark_id=moment.id)
    mark = reports.decide(actor, case, report.id, place.id, given)
    assert mark.location is not None
    return mark.location


def test_what_a_report_says_is_marked_and_nothing_enters_the_case(
    case: Case, report: Report
) -> None:
    assert {one.kind for one in report.marks} == set(MarkKind)
    assert all(one.state is MarkState.PROPOSED for one in report.marks)
    assert list_locations(case) == []


def test_an_accepted_place_is_a_last_known_location_with_its_source(
    case: Case, actor: Actor, report: Report
) -> None:
    location = accepted_place(actor, case, report)
    assert location.seen_at == datetime(2026, 11, 18, 13, 0, tzinfo=UTC)
    assert (location.latitude_deg, location.longitude_deg) == (12.9655, 77.5772)
    assert location.source is LocationSource.POLICE
    assert location.reliability is Reliability.LIKELY
    assert "near Example Market" in location.remarks


def test_undo_takes_the_location_out_and_accepting_again_brings_the_same_one_back(
    case: Case, actor: Actor, report: Report
) -> None:
    location = accepted_place(actor, case, report)
    place = mark_of(report, MarkKind.PLACE)
    reports.decide(actor, case, report.id, place.id, MarkInput(decision=MarkDecision.UNDO))
    assert not location.active
    again = accepted_place(actor, case, report)
    assert again.id == location.id
    assert again.active
    assert len(list_locations(case, include_inactive=True)) == 1


def test_accepting_twice_changes_nothing(case: Case, actor: Actor, report: Report) -> None:
    accepted_place(actor, case, report)
    accepted_place(actor, case, report)
    assert len(list_locations(case, include_inactive=True)) == 1


def test_a_time_is_proposed_for_a_place(report: Report) -> None:
    found = report_sentences.time_for(report, mark_of(report, MarkKind.PLACE))
    assert found is mark_of(report, MarkKind.TIME)


def test_a_message_is_believed_less(case: Case, actor: Actor) -> None:
    given = ReportInput(kind=ReportKind.MESSAGE, written_at=WRITTEN)
    sent = reports.add_report(actor, case, given, text="seen at Example Market")
    reports.decide(actor, case, sent.id, sent.marks[0].id, ACCEPT)
    (location,) = list_locations(case)
    assert location.reliability is Reliability.DOUBTFUL
    assert location.seen_at is None


def test_a_day_without_an_hour_is_no_time_for_a_place(case: Case, actor: Actor) -> None:
    sent = reports.add_report(actor, case, FIR, text="Seen at Example Market on 18/11/2026.")
    day, place = mark_of(sent, MarkKind.TIME), mark_of(sent, MarkKind.PLACE)
    given = MarkInput(decision=MarkDecision.ACCEPT, time_mark_id=day.id)
    with pytest.raises(Refused, match="Only the day"):
        reports.decide(actor, case, sent.id, place.id, given)


def test_facts_are_what_was_accepted(case: Case, actor: Actor, report: Report) -> None:
    phone = mark_of(report, MarkKind.PHONE)
    reports.decide(actor, case, report.id, phone.id, ACCEPT)
    assert [one.value for one in reports.facts_of(case)] == ["+919900012345"]
    reports.remove_report(actor, case, report.id)
    assert reports.facts_of(case) == []


def test_a_removed_report_takes_its_locations_along_and_comes_back_with_them(
    case: Case, actor: Actor, report: Report
) -> None:
    accepted_place(actor, case, report)
    reports.remove_report(actor, case, report.id)
    assert list_locations(case) == []
    with pytest.raises(NotFound):
        reports.find_report(case, report.id)
    reports.restore_report(actor, case, report.id)
    assert len(list_locations(case)) == 1


def test_the_same_report_is_not_taken_twice(case: Case, actor: Actor, report: Report) -> None:
    with pytest.raises(Conflict, match="is here already"):
        reports.add_report(actor, case, FIR, text=TEXT)
    with pytest.raises(Conflict, match="is here already"):  # pasted first, then as its file
        reports.add_report(actor, case, FIR, data=f"{TEXT}\r\n".encode(), name="fir.txt")
    other = factories.make_case(number="OTHER-2")
    assert reports.add_report(actor, other, FIR, text=TEXT).case_id == other.id


def test_every_step_is_in_the_audit_log(case: Case, actor: Actor, report: Report) -> None:
    accepted_place(actor, case, report)
    actions = {
        one.action for one in db.session.query(AuditEntry).filter_by(case_number=case.number)
    }
    assert {"report.add", "mark.accept"} <= actions


def test_another_case_s_report_is_not_there(actor: Actor, report: Report) -> None:
    other = factories.make_case(number="OTHER-1")
    with pytest.raises(NotFound):
        reports.find_report(other, report.id)


# ------------------------------------------------------------------------------------ the geocoder


class _Nominatim(BaseHTTPRequestHandler):
    """A server that knows one place, far and near, as Nominatim answers."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        name = parse_qs(urlsplit(self.path).query)["q"][0]
        self.asked.append(name)
        known = [
            {"display_name": "Made-up Temple, far away", "lat": "28.6", "lon": "77.2"},
            {"display_name": "Made-up Temple, Example Town", "lat": "12.97", "lon": "77.60"},
        ]
        answer = json.dumps(known if "Temple" in name else []).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def geocoder(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Nominatim]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Nominatim)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings: Settings = app.config["LASTSEEN"]
    url = f"http://127.0.0.1:{server.server_port}"
    changed = settings.model_copy(update={"geocoder": "nominatim", "geocoder_url": url})
    monkeypatch.setitem(app.config, "LASTSEEN", changed)
    _Nominatim.asked.clear()
    yield _Nominatim
    server.shutdown()
    server.server_close()


UNKNOWN = "She was seen near Made-up Temple and later at Nowhere Gate. Call 99000 12345."


def test_names_that_nobody_imported_are_geocoded_when_asked_for(
    case: Case, actor: Actor, geocoder: type[_Nominatim]
) -> None:
    factories.make_location(case)
    report = reports.add_report(actor, case, FIR, text=UNKNOWN)
    assert geocoder.asked == []
    assert [one.words for one in reports.names_to_geocode(report)] == [
        "Made-up Temple",
        "Nowhere Gate",
    ]

    assert reports.geocode_names(actor, case, report.id) == 1

    assert geocoder.asked == ["Made-up Temple", "Nowhere Gate"]
    place = next(one for one in report.marks if one.kind is MarkKind.PLACE)
    assert place.value == "Made-up Temple, Example Town"
    assert place.words == "Made-up Temple"
    entry = db.session.query(AuditEntry).filter_by(action="report.geocode").one()
    assert entry.details["names"] == ["Made-up Temple", "Nowhere Gate"]


def test_the_page_offers_the_geocoder_and_says_what_it_sends(
    case: Case, actor: Actor, geocoder: type[_Nominatim], logged_in: LogIn
) -> None:
    factories.make_location(case)
    report = reports.add_report(actor, case, FIR, text=UNKNOWN)
    client, path = logged_in("investigator"), f"/cases/{case.number}/reports/{report.id}"
    assert "are sent to nominatim: Made-up Temple, Nowhere Gate" in client.get(path).text
    answer = client.post(f"{path}/geocode", follow_redirects=True)
    assert "knew 1 of the names" in answer.text


def test_without_a_geocoder_the_page_names_what_is_unknown(
    case: Case, actor: Actor, logged_in: LogIn
) -> None:
    report = reports.add_report(actor, case, FIR, text=UNKNOWN)
    client, path = logged_in("investigator"), f"/cases/{case.number}/reports/{report.id}"
    page = client.get(path).text
    assert "Nowhere Gate" in page
    assert "are sent to" not in page
    answer = client.post(f"{path}/geocode", follow_redirects=True)
    assert "No geocoder is configured" in answer.text


# --------------------------------------------------------------------------------------- the doors


def fields(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "FIR",
        "written_at": "2026-11-19T09:30",
        "region": "IN",
        "text": TEXT,
        **changes,
    }


def test_the_page_takes_a_text_shows_its_marks_and_escapes_it(case: Case, logged_in: LogIn) -> None:
    client = logged_in("investigator")
    answer = client.post(f"/cases/{case.number}/reports", data=fields(), follow_redirects=True)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert 'class="found place proposed"' in page


def test_the_page_takes_a_file_and_keeps_only_its_last_name(case: Case, logged_in: LogIn) -> None:
    client = logged_in("investigator")
    given = fields(text="", report=(io.BytesIO(TEXT.encode()), "../../etc/passwd"))
    answer = client.post(f"/cases/{case.number}/reports", data=given)
    assert answer.status_code == 302
    assert db.session.query(Report).one().file_name == "passwd"


def test_nothing_handed_in_is_said_at_the_field(case: Case, logged_in: LogIn) -> None:
    client = logged_in("investigator")
    answer = client.post(f"/cases/{case.number}/reports", data=fields(text=" "))
    assert answer.status_code == 422
    assert "give one of the two" in answer.get_data(as_text=True)


def test_a_decision_over_the_page_comes_back_to_the_mark(
    case: Case, report: Report, logged_in: LogIn
) -> None:
    client = logged_in("investigator")
    mark = mark_of(report, MarkKind.PHONE)
    path = f"/cases/{case.number}/reports/{report.id}"
    answer = client.post(f"{path}/marks/{mark.id}", data={"decision": "accept"})
    assert answer.location.endswith(f"{path}#mark-{mark.id}")
    assert "accepted" in client.get(path).get_data(as_text=True)


def test_an_analyst_reads_and_does_not_decide(case: Case, report: Report, logged_in: LogIn) -> None:
    client = logged_in("analyst")
    path = f"/cases/{case.number}/reports/{report.id}"
    assert client.get(path).status_code == 200
    mark = report.marks[0]
    assert client.post(f"{path}/marks/{mark.id}", data={"decision": "accept"}).status_code == 403


def test_the_api_hands_in_decides_and_lists(case: Case, logged_in: LogIn) -> None:
    client = logged_in("investigator")
    base = f"/api/cases/{case.number}/reports"
    given = fields(written_at="2026-11-19T09:30:00+05:30")
    made = client.post(base, data=given, content_type="multipart/form-data")
    answer = body(made, 201)
    place = next(one for one in answer["marks"] if one["kind"] == "place")
    moment = next(one for one in answer["marks"] if one["kind"] == "time")
    assert moment["at"] == "2026-11-18T13:00:00Z"
    path = f"{base}/{answer['report']['id']}"
    decided = client.post(
        f"{path}/marks/{place['id']}",
        json={"decision": "accept", "time_mark_id": moment["id"]},
    )
    assert body(decided)["location_id"]
    listed = body(client.get(base))
    assert listed["items"][0]["marks_accepted"] == 1
    assert client.delete(path).status_code == 200
    assert client.get(path).status_code == 404
    assert client.post(f"{path}/restore").status_code == 200


def test_the_shell_hands_in_and_decides(case: Case, app: Flask, tmp_path: Any) -> None:
    file = tmp_path / "fir.txt"
    file.write_text(TEXT)
    run = app.test_cli_runner().invoke
    arguments = ["reports", "add", case.number, str(file), "--kind", "FIR", "--json"]
    done = run(args=[*arguments, "--written-at", "2026-11-19T09:30+05:30"])
    assert done.exit_code == 0, done.output
    answer = json.loads(done.output)
    mark, report_id = answer["marks"][0]["id"], str(answer["report"]["id"])
    decided = run(args=["reports", "decide", case.number, report_id, str(mark), "dismiss"])
    assert "is dismissed" in decided.output
    assert "FIR" in run(args=["reports", "list", case.number]).output
    assert "Example Market" in run(args=["reports", "show", case.number, report_id]).output


def test_pages_ask_the_same_number_of_questions_for_many_reports(
    case: Case, actor: Actor, logged_in: LogIn
) -> None:
    client = logged_in("investigator")
    reports.add_report(actor, case, FIR, text=TEXT)
    with counted_queries() as few:
        client.get(f"/cases/{case.number}/reports")
    for number in range(5):
        reports.add_report(actor, case, FIR, text=f"{TEXT} {number}")
    with counted_queries() as many:
        client.get(f"/cases/{case.number}/reports")
    assert len(many) == len(few)


def test_a_report_is_read_while_others_work_on_its_case_and_is_still_kept_once(
    committing_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = factories.make_case()
    case_id, looks = case.id, []
    read = reports.read_marks

    def read_while_others_work(*args: Any) -> Any:
        with db.engine.connect() as other:
            held = text("SELECT id FROM cases WHERE id = :id FOR UPDATE NOWAIT")
            looks.append(other.scalar(held, {"id": case_id}))
        if len(looks) == 1:  # somebody hands the same text in meanwhile
            with committing_app.app_context():
                same = db.session.get_one(Case, case_id)
                reports.add_report(COMMAND_LINE, same, FIR, text=TEXT)
        return read(*args)

    monkeypatch.setattr(reports, "read_marks", read_while_others_work)
    with pytest.raises(Conflict):
        reports.add_report(COMMAND_LINE, case, FIR, text=TEXT)
    assert looks == [case_id, case_id]
    db.session.rollback()
    assert len(reports.list_reports(case, 1).items) == 1


def test_a_position_in_a_report_becomes_a_location_without_any_imported_place(
    case: Case, actor: Actor
) -> None:
    said = "His phone was last seen at 12.9756, 77.6068 on 18/11/2026 at 7 pm."
    report = reports.add_report(actor, case, FIR, text=said)
    place = next(one for one in report.marks if one.kind is MarkKind.PLACE)
    time = next(one for one in report.marks if one.kind is MarkKind.TIME)
    given = MarkInput(decision=MarkDecision.ACCEPT, time_mark_id=time.id)
    reports.decide(actor, case, report.id, place.id, given)
    (location,) = [row for row in list_locations(case) if row.label == "12.97560, 77.60680"]
    assert (location.latitude_deg, location.longitude_deg) == (12.9756, 77.6068)
    assert location.uncertainty_m == 20.0
    assert location.seen_at == datetime(2026, 11, 18, 13, 30, tzinfo=UTC)
