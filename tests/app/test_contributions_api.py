"""Tips, their triage and found persons over the API and the command line, as on their pages."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.extensions import db
from app.models import AuditEntry, ContributedMatch, FoundPerson, LastKnownLocationRow, MatchState
from app.models.accounts import Role, User
from app.services.base.actors import COMMAND_LINE
from app.services.contributing import contribution_matching
from tests.app import contribution_cases as given
from tests.app import factories
from tests.app.answers import body, problem
from tests.app.conftest import Client
from tests.app.kept_face_cases import make_embedder, make_photo
from tests.app.statements import queries_of

LogIn = Callable[..., Client]

ENTRY = {
    "place": "12.9757, 77.6063",
    "age_from_years": "6",
    "age_to_years": "9",
    "whereabouts": "Made-up Home, room 4",
    "contact": "Made-up Warden",
}


def _photos(count: int = 1) -> list[tuple[io.BytesIO, str]]:
    return [(io.BytesIO(given.picture()), f"{number}.jpg") for number in range(count)]


def _run(app: Flask, *args: str, fails: bool = False) -> Any:
    done = app.test_cli_runner().invoke(args=[*args, "--json"])
    assert (done.exit_code != 0) == fails, done.output
    return json.loads(done.stdout)


def _match(photo: Any, **case: object) -> ContributedMatch:
    """A match of a photo's face with the subject of a new case."""
    embedder = make_embedder()
    missing = factories.make_case(**case)
    make_photo(missing, embedder, 0.0)
    given.add_face(photo, embedder, 0)
    contribution_matching.compare_case(COMMAND_LINE, missing, embedder)
    db.session.commit()
    return given.matches()[-1]


# ----------------------------------------------------------------------------- tips


def test_a_program_reads_the_queue_accepts_a_tip_and_takes_that_back(logged_in: LogIn) -> None:
    tip = given.hand_in(given.picture(), latitude_deg=12.9757, longitude_deg=77.6063).tip
    tip_id, number = tip.id, tip.number
    case_number = _match(tip.photos[0]).case.number
    client = logged_in(Role.INVESTIGATOR)
    listed = body(client.get("/api/tips?only_matches=true"))
    assert listed["total"] == 1
    entry = listed["items"][0]
    assert (entry["tip"]["number"], entry["case_number"]) == (number, case_number)
    assert entry["match"]["similarity"] >= entry["match"]["threshold_similarity"]
    assert "not an identification" in entry["match"]["notice"]
    shown = body(client.get(f"/api/tips/{tip_id}"))
    assert [one["case_number"] for one in shown["matches"]] == [case_number]

    into = {"case_number": case_number, "reliability": "likely"}
    accepted = body(client.post(f"/api/tips/{tip_id}/accept", json=into))
    assert (accepted["state"], accepted["decided_case"]) == ("accepted", case_number)
    row = db.session.scalars(select(LastKnownLocationRow)).one()
    assert (row.tip_id, row.active) == (tip_id, True)
    problem(client.post(f"/api/tips/{tip_id}/reject"), 409)
    assert body(client.post(f"/api/tips/{tip_id}/undo"))["state"] == "waiting"
    db.session.expire_all()
    assert not db.session.scalars(select(LastKnownLocationRow)).one().active
    assert body(client.post(f"/api/tips/{tip_id}/spam"))["state"] == "spam"
    assert body(client.get("/api/tips"))["total"] == 0
    assert body(client.get("/api/tips?show=spam"))["total"] == 1
    looks = select(func.count(AuditEntry.id)).where(
        AuditEntry.action.in_(("tips.list", "tip.view"))
    )
    assert db.session.scalar(looks) == 4


def test_a_program_asks_a_sender_and_reads_pictures(logged_in: LogIn) -> None:
    new, other = given.hand_in(given.picture()), given.hand_in(given.picture())
    sha256, other_id = new.tip.photos[0].sha256, other.tip.id
    tip_id = new.tip.id
    client = logged_in(Role.INVESTIGATOR)
    asked = body(client.post(f"/api/tips/{tip_id}/messages", json={"text": "Which gate?"}), 201)
    assert asked["from_sender"] is False
    assert body(client.get(f"/api/tips/{tip_id}"))["tip"]["state"] == "asked back"
    picture = client.get(f"/api/tips/{tip_id}/pictures/{sha256}.jpg")
    assert picture.data[:3] == b"\xff\xd8\xff"
    assert picture.cache_control.private
    problem(client.get(f"/api/tips/{other_id}/pictures/{sha256}.jpg"), 404)
    problem(client.get(f"/api/tips/{tip_id}/pictures/{'0' * 64}.jpg"), 404)


def test_a_tip_about_a_restricted_case_is_not_there_for_others(
    app: Flask, logged_in: LogIn
) -> None:
    tip = given.hand_in(given.picture()).tip
    tip_id = tip.id
    hidden = _match(tip.photos[0], restricted=True).case.number
    client = logged_in(Role.INVESTIGATOR)
    problem(client.get(f"/api/tips/{tip_id}"), 404)
    problem(client.post(f"/api/tips/{tip_id}/reject"), 404)
    problem(client.get(f"/api/tips?case={hidden}"), 404)
    assert hidden not in client.get("/api/tips?show=all").text
    email = client.user.email if client.user else ""
    refused = _run(app, "tips", "list", "--case", hidden, "--as", email, fails=True)
    assert refused["status"] == 404


def test_the_code_of_a_poster_is_published_and_withdrawn_by_programs(
    app: Flask, logged_in: LogIn
) -> None:
    number = factories.make_case().number
    client = logged_in(Role.INVESTIGATOR)
    made = body(client.post(f"/api/cases/{number}/tip-code"))
    assert made["address"].endswith(f"/tip/p/{made['code']}")
    again = _run(app, "tips", "publish-code", number)
    assert again["code"] != made["code"]
    assert body(client.delete(f"/api/cases/{number}/tip-code"))["code"] is None
    problem(client.post("/api/cases/NONE-1/tip-code"), 404)


def test_tips_are_triaged_from_a_shell(app: Flask) -> None:
    tip = given.hand_in(place="Made-up gate").tip
    number, case_number = tip.number, factories.make_case().number
    assert _run(app, "tips", "list")["total"] == 1
    accepted = _run(app, "tips", "accept", number, case_number, "--reliability", "likely")
    assert accepted["decided_case"] == case_number
    assert _run(app, "tips", "undo", number)["state"] == "waiting"
    assert _run(app, "tips", "ask", number, "Which gate?")["text"] == "Which gate?"
    assert _run(app, "tips", "reject", number, "--spam")["state"] == "spam"
    runner = app.test_cli_runner()
    for args in (("list", "--show", "all"), ("show", number)):
        told = runner.invoke(args=["tips", *args])
        assert number in told.output
        assert "Made-up gate" in told.output
    assert _run(app, "tips", "show", "T-AAAAAAAA", fails=True)["status"] == 404


# ----------------------------------------------------------------------------- partners


def test_a_partner_s_program_registers_changes_closes_and_reopens(logged_in: LogIn) -> None:
    home = logged_in(Role.PARTNER)
    sent = {**ENTRY, "photos": _photos(2), "request_id": "row 17"}
    made = body(home.post("/api/found", data=sent, content_type="multipart/form-data"), 201)
    found_id = made["facts"]["id"]
    assert made["facts"]["latitude_deg"] == 12.9757
    assert (len(made["photos"]), made["will_be_contacted"]) == (2, False)
    again = {**ENTRY, "photos": _photos(), "request_id": "row 17"}
    problem(home.post("/api/found", data=again, content_type="multipart/form-data"), 409)
    assert db.session.scalar(select(func.count(FoundPerson.id))) == 1

    facts = {name: made["facts"][name] for name in ("age_from_years", "age_to_years", "timezone")}
    whole = {**facts, "place": "Made-up ward", "whereabouts": "Room 5", "contact": "Desk"}
    changed = body(home.put(f"/api/found/{found_id}", json=whole))
    assert (changed["facts"]["place"], changed["whereabouts"]) == ("Made-up ward", "Room 5")
    problem(home.put(f"/api/found/{found_id}", json={**whole, "age_from_years": 30}), 422)
    more = {"photos": _photos()}
    address = f"/api/found/{found_id}/photos"
    added = body(home.post(address, data=more, content_type="multipart/form-data"))
    assert len(added["photos"]) == 3
    sha256 = added["photos"][0]["sha256"]
    assert home.get(f"/api/found/{found_id}/pictures/{sha256}.jpg").status_code == 200

    closed = body(home.post(f"/api/found/{found_id}/close", json={"state": "reunited"}))
    assert closed["facts"]["state"] == "reunited"
    assert body(home.post(f"/api/found/{found_id}/reopen"))["facts"]["state"] == "open"
    assert body(home.get("/api/found"))["total"] == 1


def test_the_number_of_queries_of_the_lists_does_not_grow(logged_in: LogIn) -> None:
    home, unit = logged_in(Role.PARTNER), logged_in(Role.INVESTIGATOR)
    assert home.user is not None
    embedder = make_embedder()
    asked = []
    for count in (1, 5):
        for _ in range(count):
            entry = given.register(home.user, given.picture(), given.picture())
            tip = given.hand_in(given.picture(), given.picture()).tip
            for photo in (*entry.photos, *tip.photos):
                given.add_face(photo, embedder, 0)
        db.session.expire_all()
        asked.append(
            [
                queries_of(lambda: body(home.get("/api/found"))),
                queries_of(lambda: body(unit.get("/api/found-persons"))),
                queries_of(lambda: body(unit.get("/api/tips"))),
            ]
        )
    assert asked[0] == asked[1]


def test_a_partner_s_program_sees_no_other_organisation_s_entries_and_no_case(
    logged_in: LogIn, user_factory: Callable[..., User]
) -> None:
    other = given.register(user_factory(Role.PARTNER, organisation="Made-up Home B"))
    other_id, sha256 = other.id, other.photos[0].sha256
    home = logged_in(Role.PARTNER)
    problem(home.get(f"/api/found/{other_id}"), 404)
    problem(home.get(f"/api/found/{other_id}/pictures/{sha256}.jpg"), 404)
    problem(home.post(f"/api/found/{other_id}/close", json={"state": "withdrawn"}), 404)
    assert body(home.get("/api/found"))["total"] == 0
    problem(home.get("/api/found-persons"), 403)

    assert home.user is not None
    mine = given.register(home.user)
    mine_id, match = mine.id, _match(mine.photos[0])
    answer = home.get(f"/api/found/{mine_id}")
    assert body(answer)["will_be_contacted"] is True
    assert match.case.number not in answer.text
    assert "similarity" not in answer.text


@pytest.mark.parametrize("photos", [0, 6])
def test_a_program_s_entry_needs_one_to_five_photos(logged_in: LogIn, photos: int) -> None:
    sent = {**ENTRY, "photos": _photos(photos)}
    answer = logged_in(Role.PARTNER).post(
        "/api/found", data=sent, content_type="multipart/form-data"
    )
    problem(answer, 422)
    assert db.session.scalar(select(func.count(FoundPerson.id))) == 0


# ----------------------------------------------------------------------------- investigators


def test_where_a_found_person_is_now_is_told_for_a_match_or_a_reason(
    logged_in: LogIn, user_factory: Callable[..., User]
) -> None:
    home = user_factory(Role.PARTNER)
    like, unlike = given.register(home), given.register(home)
    like_id, unlike_id = like.id, unlike.id
    match_id = _match(like.photos[0]).id
    client = logged_in(Role.INVESTIGATOR)
    listed = body(client.get("/api/found-persons"))
    assert [one["matches_a_case"] for one in listed["items"]] == [True, False]
    assert "room 4" not in client.get("/api/found-persons").text
    assert body(client.get("/api/found-persons?only_matches=true"))["total"] == 1
    assert body(client.get(f"/api/found-persons/{like_id}"))["whereabouts"] is not None
    assert body(client.get(f"/api/found-persons/{unlike_id}"))["whereabouts"] is None
    address = f"/api/found-persons/{unlike_id}/whereabouts"
    problem(client.post(address, json={"reason": " "}), 422)
    asked = body(client.post(address, json={"reason": "The family named the clothes."}))
    assert asked["whereabouts"] == "Made-up Home, room 4"
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "found.ask_whereabouts")
    ).one()
    assert entry.purpose == "The family named the clothes."

    decided = body(
        client.post(f"/api/found-persons/matches/{match_id}", json={"state": "rejected"})
    )
    assert decided["state"] == "rejected"
    problem(client.post(f"/api/found-persons/matches/{match_id}", json={"state": "rejected"}), 409)
    assert body(client.get(f"/api/found-persons/{like_id}"))["whereabouts"] is None


def test_found_persons_are_registered_and_decided_on_from_a_shell(
    app: Flask, user_factory: Callable[..., User], tmp_path: Path
) -> None:
    home = user_factory(Role.PARTNER).email
    photo = tmp_path / "face.jpg"
    photo.write_bytes(given.picture())
    said = ("--place", "Made-up market", "--age-from", "6", "--age-to", "9")
    now = ("--whereabouts", "Room 4", "--contact", "Desk", "--found-at", "2026-11-18T14:10")
    register = ("found", "register", "--photo", str(photo), *said, *now, "--as", home)
    made = _run(app, *register, "--request-id", "1")
    assert made["facts"]["found_at"] == "2026-11-18T08:40:00Z"
    assert _run(app, *register, "--request-id", "1", fails=True)["status"] == 409
    found_id = str(made["facts"]["id"])
    assert _run(app, "found", "entries", "--as", home)["total"] == 1
    more = _run(app, "found", "add-photos", found_id, "--photo", str(photo), "--as", home)
    assert len(more["photos"]) == 2
    match = _match(db.session.get_one(FoundPerson, int(found_id)).photos[0])
    match_id = str(match.id)
    assert _run(app, "found", "list")["items"][0]["matches_a_case"] is True
    assert _run(app, "found", "show", found_id)["whereabouts"] == "Room 4"
    assert _run(app, "found", "decide", match_id, "rejected")["state"] == "rejected"
    assert db.session.get_one(ContributedMatch, match.id).state is MatchState.REJECTED
    assert _run(app, "found", "show", found_id)["whereabouts"] is None
    told = _run(app, "found", "show", found_id, "--reason", "Asked by the ward.")
    assert told["whereabouts"] == "Room 4"
    ended = _run(app, "found", "close", found_id, "transferred", "--as", home)
    assert ended["facts"]["state"] == "transferred"
    assert _run(app, "found", "reopen", found_id, "--as", home)["facts"]["state"] == "open"
    investigator = user_factory(Role.INVESTIGATOR).email
    assert _run(app, "found", "entries", "--as", investigator, fails=True)["status"] == 422
