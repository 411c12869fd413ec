"""A restricted case is seen by the people on its list, and for everybody else it does not exist."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from app.case_access import CASE_ARGUMENTS, OTHER_ARGUMENTS
from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.gate import allows
from app.inputs.accounts import UserInput
from app.models import Case, CaseMember, FaceSearch, FaceSearchResult, Sighting, Sweep, Visit
from app.models.accounts import Role, User
from app.models.columns import utc_now
from app.permissions import TABLE
from app.services.base import access, audit, live_streams, media
from app.services.base.actors import COMMAND_LINE, Actor
from app.services.base.rights import PERSONS
from app.services.messages import alerts
from app.services.people import accounts, members
from app.services.people.accounts import actor_for
from app.services.reviews.pictures import find_picture
from app.services.sweeping import sweeps
from tests.app import factories
from tests.app.conftest import Client, log_in

METHODS = ("GET", "POST", "PATCH", "DELETE", "PUT")
STREAMS = {"api_live.follow_case"}


@dataclass(frozen=True, eq=False)
class Hidden:
    """A restricted case with something of everything, and the one person on its list."""

    case: Case
    member: User
    sweep: Sweep
    visit: Visit
    sighting: Sighting
    alert_id: int
    camera_id: int

    def values(self) -> dict[str, object]:
        return {
            "number": self.case.number,
            "sweep_id": self.sweep.id,
            "visit_id": self.visit.id,
            "sighting_id": self.sighting.id,
            "alert_id": self.alert_id,
            "collection": f"sightings.{self.case.number}",
            "feature": str(self.sighting.id),
            "format": "gpx",
        }

    def nobodys_values(self) -> dict[str, object]:
        """The same addresses of things that do not exist."""
        return {
            "number": "NO-SUCH-CASE",
            "sweep_id": 987_654,
            "visit_id": 987_654,
            "sighting_id": 987_654,
            "alert_id": 987_654,
            "collection": "sightings.NO-SUCH-CASE",
            "feature": "1",
            "format": "gpx",
        }


@pytest.fixture
def hidden(user_factory: Callable[..., User]) -> Hidden:
    member = user_factory(Role.INVESTIGATOR)
    case = factories.make_case(restricted=True, created_by_id=member.id, subject_name="Hidden Name")
    db.session.add(CaseMember(case_id=case.id, user_id=member.id, added_by_id=member.id, reason=""))
    factories.make_location(case, label="Hidden place")
    sweep, camera = factories.make_sweep(case), factories.make_camera()
    visit = factories.make_visit(sweep, factories.make_camera())
    crop = {"crop_sha256": media.store(f"a face of {case.number}".encode())}
    sighting = factories.make_sighting(case, sweep=sweep, camera=camera, face=crop)
    alerts.raise_for_sighting(sighting)
    db.session.commit()
    (alert,) = alerts.list_open(member.id)
    return Hidden(case, member, sweep, visit, sighting, alert.id, camera.id)


def case_rules(app: Flask) -> Iterator[tuple[Rule, str]]:
    for rule in app.url_map.iter_rules():
        if rule.arguments & set(CASE_ARGUMENTS):
            for method in sorted((rule.methods or set()) & set(METHODS)):
                yield rule, method


def path_of(app: Flask, rule: Rule, method: str, values: dict[str, object]) -> str:
    chosen = {name: values.get(name, 987_654) for name in rule.arguments}
    return app.url_map.bind("localhost").build(rule.endpoint, chosen, method=method)


def plain(answer: Any) -> str:
    """The answer without its CSRF token, and without the name of what there is not."""
    text = re.sub(r'"csrf[-_]token" (content|value)="[^"]*"', "", answer.get_data(as_text=True))
    return re.sub(
        r"There is no (case|sweep|visit|sighting|alert) [A-Z0-9-]+", r"There is no \1", text
    )


def test_every_argument_of_an_address_is_known_to_name_a_case_or_none(app: Flask) -> None:
    arguments = {name for rule in app.url_map.iter_rules() for name in rule.arguments}
    assert arguments - set(CASE_ARGUMENTS) - OTHER_ARGUMENTS == set(), "who checks these?"


def test_there_is_no_route_of_a_case_that_the_table_below_leaves_out(app: Flask) -> None:
    named = {rule.endpoint for rule, _ in case_rules(app)}
    prefixes = ("/cases/<", "/api/cases/<", "/sweeps/<", "/api/sweeps/<", "/visits/<")
    by_path = {r.endpoint for r in app.url_map.iter_rules() if r.rule.startswith(prefixes)}
    assert by_path <= named
    assert len(named) > 60


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PARTNER])
def test_who_is_not_on_the_list_is_told_what_is_told_of_no_case_at_all(
    app: Flask, hidden: Hidden, user_factory: Callable[..., User], role: Role
) -> None:
    client = app.test_client()
    assert isinstance(client, Client)
    log_in(client, user_factory(role))
    wrong = []
    for rule, method in case_rules(app):
        if not allows(rule.endpoint, role):
            continue
        there = client.open(path_of(app, rule, method, hidden.values()), method=method)
        nowhere = client.open(path_of(app, rule, method, hidden.nobodys_values()), method=method)
        same = plain(there) == plain(nowhere)
        if there.status_code != 404 or nowhere.status_code != 404 or not same:
            wrong.append((method, rule.rule, there.status_code, nowhere.status_code))
    assert wrong == []


def test_who_is_on_the_list_reaches_every_reading_route(
    app: Flask, hidden: Hidden, user_factory: Callable[..., User]
) -> None:
    wrong, asked = [], 0
    for role in (Role.INVESTIGATOR, Role.DISPATCHER, Role.ANALYST, Role.EXAMINER):
        user = user_factory(role, may_see_persons=role in PERSONS.roles)
        members.add_member(COMMAND_LINE, hidden.case, user.id)
        client = app.test_client()
        assert isinstance(client, Client)
        log_in(client, user)
        for rule, method in case_rules(app):
            ours = rule.arguments <= set(hidden.values())
            if method != "GET" or not ours or not allows(rule.endpoint, role):
                continue
            if rule.endpoint in STREAMS:
                continue
            answer = client.open(path_of(app, rule, method, hidden.values()), method=method)
            answer.close()
            asked += 1
            # Nothing is confirmed, no plan made, no clip cut: some answers are a 409, 422 or 404.
            needs_making = {"api_planning.show_belief", "sightings.clip", "api_sightings.show_clip"}
            planless = rule.endpoint in needs_making and answer.status_code == 404
            # An examiner who has not judged a sighting is led to its blind page.
            blind = role is Role.EXAMINER and (answer.location or "").startswith("/review/")
            # Where a message's link leads depends on the role.
            leads_on = rule.endpoint == "alerts.show" and answer.status_code == 302
            accepted = planless or blind or leads_on
            if answer.status_code not in (200, 409, 422) and not accepted:
                wrong.append((role, rule.rule, answer.status_code))
    assert wrong == []
    assert asked > 60


def test_lists_leave_restricted_cases_of_others_out(
    app: Flask, hidden: Hidden, logged_in: Callable[..., Client]
) -> None:
    paths = {
        "/cases": Role.ANALYST,
        "/cases?text=Hidden": Role.ANALYST,
        "/api/cases": Role.ANALYST,
        "/sweeps": Role.DISPATCHER,
        "/api/sweeps": Role.DISPATCHER,
        "/review": Role.INVESTIGATOR,
        "/api/ogc/collections": Role.ANALYST,
    }
    mine = log_in(app.test_client(), hidden.member)  # type: ignore[arg-type]
    for path, role in paths.items():
        assert hidden.case.number not in logged_in(role).get(path).text, path
        assert hidden.case.number in mine.get(path).text, path


def test_pictures_of_a_restricted_case_are_for_the_people_on_its_list(
    app: Flask, hidden: Hidden, user_factory: Callable[..., User]
) -> None:
    other = user_factory(Role.INVESTIGATOR)
    kept = {name: media.store(name.encode()) for name in ("sha256", "face_sha256")}
    photo = factories.make_photo(hidden.case, **kept)
    crop = hidden.sighting.face.crop_sha256
    for sha256 in (photo.sha256, photo.face_sha256, crop):
        assert find_picture(actor_for(hidden.member), sha256) == media.path_of(sha256)
        with pytest.raises(NotFound):
            find_picture(actor_for(other), sha256)


def test_a_face_of_a_restricted_sweep_is_found_for_another_case_and_names_only_the_other(
    app: Flask, hidden: Hidden, logged_in: Callable[..., Client]
) -> None:
    client, case = logged_in(Role.INVESTIGATOR), factories.make_case()
    face, photo = hidden.sighting.face, factories.make_photo(case)
    search = FaceSearch(
        case_id=case.id, embedder_id=face.embedder_id, occasion="request", purpose="p",
        searched_by_name="n", photo_ids=[photo.id], face_limit=5, shows_below=True, method="exact",
        threshold_similarity=0.3, faces_searched=1, faces_of_other_models=0, cameras_searched=1,
        seconds_searched=1.0, above_threshold=1, proposed=0, is_cut_off=False, milliseconds=1.0,
    )  # fmt: skip
    db.session.add(search)
    db.session.flush()
    found = FaceSearchResult(
        search_id=search.id, face_id=face.id, photo_id=photo.id, rank=1, similarity=0.5
    )
    db.session.add(found)
    db.session.commit()
    for path in (f"/cases/{case.number}/search/{search.id}",
                 f"/api/cases/{case.number}/face-searches/{search.id}"):  # fmt: skip
        text = client.get(path).text
        assert face.crop_sha256 in text
        assert hidden.case.number not in text
        assert "Hidden" not in text
    assert find_picture(actor_for(client.user), face.crop_sha256)  # type: ignore[arg-type]


def test_a_sweep_of_a_restricted_case_is_given_only_to_people_on_its_list(
    app: Flask, hidden: Hidden, user_factory: Callable[..., User]
) -> None:
    dispatcher = user_factory(Role.DISPATCHER)
    assert dispatcher.id not in {one.id for one in sweeps.assignable_users(hidden.case)}
    with pytest.raises(Refused, match="not on its list"):
        sweeps.assign_sweep(COMMAND_LINE, hidden.sweep, dispatcher.id)
    members.add_member(COMMAND_LINE, hidden.case, dispatcher.id)
    assert sweeps.assign_sweep(COMMAND_LINE, hidden.sweep, dispatcher.id).assigned_to_id


def test_administrators_read_who_acted_in_a_restricted_case_but_not_what_was_said(
    app: Flask, hidden: Hidden, logged_in: Callable[..., Client]
) -> None:
    audit.record(actor_for(hidden.member), "case.hold", case=hidden.case, subject="told to nobody",
                 details={"reason": "a secret reason"})  # fmt: skip
    audit.commit()
    client = logged_in(Role.ADMINISTRATOR)
    for path in ("/admin/audit", "/admin/audit.csv", "/api/audit"):
        text = client.get(path).text
        assert hidden.case.number in text, path
        assert "case.hold" in text, path
        for secret in ("a secret reason", "told to nobody", hidden.case.purpose):
            assert secret not in text, path
    assert audit.verify().ok


def test_an_administrator_adds_others_but_not_themselves(
    app: Flask, hidden: Hidden, logged_in: Callable[..., Client], user_factory: Callable[..., User]
) -> None:
    client, analyst = logged_in(Role.ADMINISTRATOR), user_factory(Role.ANALYST)
    assert hidden.case.number in client.get("/admin/restricted").text
    page = client.get(f"/admin/restricted/{hidden.case.id}").text
    assert hidden.member.email in page
    assert "Hidden" not in page
    address = f"/admin/restricted/{hidden.case.id}/members"
    assert client.post(address, data={"user_id": analyst.id}).status_code == 302
    assert access.sees_case(actor_for(analyst), hidden.case.id)
    assert client.user is not None
    assert client.post(address, data={"user_id": client.user.id}).status_code == 422
    assert not access.sees_case(actor_for(client.user), hidden.case.id)
    assert client.post(f"{address}/{analyst.id}/remove").status_code == 302
    assert not access.sees_case(actor_for(analyst), hidden.case.id)


def test_emergency_access_needs_a_reason_shows_itself_and_ends(
    app: Flask, hidden: Hidden, logged_in: Callable[..., Client]
) -> None:
    client = logged_in(Role.ADMINISTRATOR)
    address = f"/admin/restricted/{hidden.case.id}/emergency"
    assert client.post(address, data={"reason": "because"}).status_code == 422
    assert client.get(f"/cases/{hidden.case.number}").status_code == 404
    reason = "The court asked for it; nobody on the list can be reached"
    assert client.post(address, data={"reason": reason}).status_code == 302
    assert client.get(f"/cases/{hidden.case.number}").status_code == 200

    mine = log_in(app.test_client(), hidden.member)  # type: ignore[arg-type]
    assert reason in mine.get(f"/cases/{hidden.case.number}/access").text
    entry = audit.list_entries(1, 1, action="case.emergency_access").items[0]
    assert entry.details["reason"] == reason

    member = db.session.query(CaseMember).filter_by(reason=reason).one()
    member.ends_at = utc_now() - timedelta(hours=1)
    db.session.commit()
    assert client.get(f"/cases/{hidden.case.number}").status_code == 404


def test_who_opens_a_case_is_on_its_list_and_may_restrict_it(
    app: Flask, logged_in: Callable[..., Client], user_factory: Callable[..., User]
) -> None:
    client, other = logged_in(Role.INVESTIGATOR), logged_in(Role.INVESTIGATOR)
    opened = {
        "number": "OPENED-1", "purpose": "p", "legal_basis": "b",
        "legal_basis_expires_at": (utc_now() + timedelta(days=1)).isoformat(),
        "subject_name": "Made-up", "subject_category": "adult",
    }  # fmt: skip
    assert client.post("/api/cases", json=opened).json["restricted"] is False  # type: ignore[index]
    assert other.get("/api/cases/OPENED-1").status_code == 200
    assert client.post("/api/cases/OPENED-1/restrict").status_code == 200
    assert other.get("/api/cases/OPENED-1").status_code == 404
    assert client.get("/api/cases/OPENED-1").status_code == 200
    assert other.user is not None
    added = client.post("/api/cases/OPENED-1/members", json={"user_id": other.user.id})
    assert added.status_code == 201
    assert other.get("/api/cases/OPENED-1").status_code == 200
    assert client.delete(f"/api/cases/OPENED-1/members/{other.user.id}").status_code == 204
    assert other.get("/api/cases/OPENED-1").status_code == 404
    assert client.user is not None
    last = client.delete(f"/api/cases/OPENED-1/members/{client.user.id}")
    assert last.status_code == 409
    assert client.post("/api/cases/OPENED-1/unrestrict").status_code == 200
    assert other.get("/api/cases/OPENED-1").status_code == 200
    partner = user_factory(Role.PARTNER)
    refused = client.post("/api/cases/OPENED-1/members", json={"user_id": partner.id})
    assert refused.status_code == 422


def test_a_new_case_is_restricted_where_the_setting_says_so(
    app: Flask, logged_in: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = app.config["LASTSEEN"].model_copy(update={"cases_restricted_by_default": True})
    monkeypatch.setitem(app.config, "LASTSEEN", settings)
    client = logged_in(Role.INVESTIGATOR)
    assert 'name="restricted" value="1" checked' in client.get("/cases/new").text
    form = {
        "number": "BY-SETTING", "purpose": "p", "legal_basis": "b", "restricted": "1",
        "legal_basis_expires_at": "2099-01-01T00:00", "subject_name": "Made-up",
        "subject_category": "adult", "timezone": "UTC",
    }  # fmt: skip
    assert client.post("/cases/new", data=form).status_code == 302
    assert logged_in(Role.INVESTIGATOR).get("/cases/BY-SETTING").status_code == 404
    del form["restricted"]
    assert client.post("/cases/new", data={**form, "number": "NOT-SO"}).status_code == 302
    assert logged_in(Role.INVESTIGATOR).get("/cases/NOT-SO").status_code == 200


def test_the_last_two_people_cannot_both_leave(
    app: Flask, hidden: Hidden, user_factory: Callable[..., User]
) -> None:
    other = user_factory(Role.INVESTIGATOR)
    members.add_member(COMMAND_LINE, hidden.case, other.id)
    members.remove_member(COMMAND_LINE, hidden.case, hidden.member.id)
    with pytest.raises(Conflict):
        members.remove_member(COMMAND_LINE, hidden.case, other.id)
    with pytest.raises(NotFound):
        members.remove_member(COMMAND_LINE, hidden.case, 987_654)


def test_an_open_map_ends_when_its_reader_is_taken_off_the_list(committing_app: Flask) -> None:
    opener = accounts.create_user(COMMAND_LINE, UserInput(email="a@lastseen.example", name="A",
                                                          role=Role.INVESTIGATOR)).user  # fmt: skip
    reader = accounts.create_user(COMMAND_LINE, UserInput(email="b@lastseen.example", name="B",
                                                          role=Role.ANALYST)).user  # fmt: skip
    case = factories.make_case(restricted=True)
    for user in (opener, reader):
        members.add_member(COMMAND_LINE, case, user.id)
    stays = live_streams.open_stream(actor_for(opener), case, None)
    leaves = live_streams.open_stream(actor_for(reader), case, None)
    try:
        members.remove_member(COMMAND_LINE, case, reader.id)
        assert len(list(leaves.messages())) == 2, "the greeting, and nothing of the case after it"
        heard = itertools.islice(stays.messages(), 3)
        assert b"event: case" in list(heard)[-1]
    finally:
        for stream in (stays, leaves):
            stream.close()


def test_rights_to_many_open_maps_are_asked_for_at_once(
    app: Flask, hidden: Hidden, user_factory: Callable[..., User]
) -> None:
    open_case, gone = factories.make_case(), user_factory(Role.ANALYST, active=False)
    inside, outside = actor_for(hidden.member), actor_for(user_factory(Role.ANALYST))
    asked = {(who, case_id) for who in (inside, outside, actor_for(gone), COMMAND_LINE)
             for case_id in (hidden.case.id, open_case.id)}  # fmt: skip
    assert access.still_seen(asked) == {
        (inside, hidden.case.id),
        (inside, open_case.id),
        (outside, open_case.id),
        (COMMAND_LINE, hidden.case.id),
        (COMMAND_LINE, open_case.id),
    }


def test_alerts_of_a_restricted_case_wait_only_for_the_people_on_its_list(
    app: Flask, hidden: Hidden, user_factory: Callable[..., User]
) -> None:
    assert alerts.count_open(hidden.member.id) == 1
    assert alerts.count_open(user_factory(Role.INVESTIGATOR).id) == 0
    (alert,) = alerts.list_open(hidden.member.id)
    access.require_alert(actor_for(hidden.member), alert.id)
    with pytest.raises(NotFound):
        access.require_alert(actor_for(user_factory(Role.ADMINISTRATOR)), alert.id)


def test_nobody_without_an_account_sees_any_case_and_a_shell_sees_all(
    app: Flask, hidden: Hidden
) -> None:
    nobody = Actor(None, "not logged in", "public")
    assert not access.sees_case(nobody, hidden.case.id)
    assert not access.sees_case(nobody, factories.make_case().id)
    assert access.sees_case(COMMAND_LINE, hidden.case.id)
    listed = app.test_cli_runner().invoke(args=["cases", "list"]).output
    assert hidden.case.number in listed
    shown = app.test_cli_runner().invoke(args=["cases", "access", hidden.case.number])
    assert hidden.member.email in shown.output


def test_the_command_line_keeps_the_list(
    app: Flask, hidden: Hidden, user_factory: Callable[..., User]
) -> None:
    analyst, number = user_factory(Role.ANALYST), hidden.case.number
    runner = app.test_cli_runner()
    runner.invoke(args=["cases", "access", number, "--add", analyst.email])
    assert access.sees_case(actor_for(analyst), hidden.case.id)
    runner.invoke(args=["cases", "access", number, "--remove", analyst.email])
    assert not access.sees_case(actor_for(analyst), hidden.case.id)
    runner.invoke(args=["cases", "access", number, "--unrestricted"])
    assert access.sees_case(actor_for(analyst), hidden.case.id)


def test_every_route_of_the_table_about_cases_is_checked_before_its_view(app: Flask) -> None:
    unchecked = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint.split(".")[0] in {"cases", "api_cases", "api_photos", "api_locations",
                                           "api_planning", "api_timeline", "api_route", "api_live",
                                           "api_face_searches", "api_members"}
        and not rule.arguments & set(CASE_ARGUMENTS)
    ]  # fmt: skip
    caseless = {
        "cases.index",
        "cases.new",
        "cases.import_list",
        "cases.duplicates",
        "cases.tell_apart",
        "cases.undo_apart",
        "api_cases.list_cases",
        "api_cases.open_case",
        "api_locations.geocode",
        "api_live.follow_board",
    }
    assert set(unchecked) == caseless
    assert caseless <= set(TABLE)
