"""Pairs of cases that may be about one person, for those who may see both."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.errors import NotFound, Refused
from app.extensions import db
from app.models import AuditEntry, Case, CaseMember, Role, User
from app.services.base.actors import Actor
from app.services.exchange import distinctions, duplicates
from app.services.people.accounts import actor_for
from tests.app import factories
from tests.app.conftest import Client, log_in
from tests.app.kept_face_cases import make_embedder, make_photo


@pytest.fixture
def reader(actor_factory: Callable[..., Actor]) -> Actor:
    return actor_factory("investigator")


def numbers(found: duplicates.Duplicates) -> list[tuple[str, str, bool]]:
    return [(pair.first.number, pair.second.number, pair.by_number) for pair in found.pairs]


def test_alike_photos_of_two_cases_are_a_pair_and_unlike_ones_are_none(reader: Actor) -> None:
    embedder = make_embedder()
    one, two, three = (factories.make_case(number=number) for number in ("A-1", "B-2", "C-3"))
    make_photo(one, embedder, 0.0)
    make_photo(one, embedder, 20.0)
    best = make_photo(two, embedder, 30.0)
    make_photo(three, embedder, 150.0)
    (pair,) = duplicates.find_duplicates(reader).pairs
    assert (pair.first.id, pair.second.id, pair.by_number) == (one.id, two.id, False)
    assert pair.second_photo is not None
    assert pair.second_photo.id == best.id
    assert pair.similarity == pytest.approx(0.985, abs=0.002)
    assert numbers(duplicates.find_duplicates(reader, two)) == [("A-1", "B-2", False)]
    assert duplicates.find_duplicates(reader, three).pairs == []


def test_models_are_not_mixed_and_a_raised_threshold_holds(reader: Actor) -> None:
    one, two = factories.make_case(threshold_raise=0.3), factories.make_case()
    embedder = make_embedder()
    make_photo(one, embedder, 0.0)
    make_photo(two, make_embedder(), 0.0)
    assert duplicates.find_duplicates(reader).pairs == []
    make_photo(two, embedder, 45.0)  # cosine 0.71: above 0.5, below the raised 0.8
    assert duplicates.find_duplicates(reader).pairs == []
    make_photo(two, embedder, 30.0)
    (pair,) = duplicates.find_duplicates(reader).pairs
    assert pair.threshold_similarity == pytest.approx(0.8)


def test_numbers_that_differ_in_punctuation_alone_are_a_pair(reader: Actor) -> None:
    for number in ("mp-90001", "MP90001", "MP-90002"):
        factories.make_case(number=number)
    assert numbers(duplicates.find_duplicates(reader)) == [("mp-90001", "MP90001", True)]


def test_alike_numbers_are_found_among_thousands_of_imported_cases(reader: Actor) -> None:
    factories.make_case(number="mp-2999")
    columns = [one.name for one in Case.__table__.columns if one.computed is None]
    copied = ", ".join(one for one in columns if one not in ("id", "number"))
    db.session.execute(
        text(
            f"INSERT INTO cases (number, {copied}) "
            f"SELECT 'MP' || n, {copied} FROM cases, generate_series(1, 5000) AS n"
        )
    )
    db.session.commit()
    # Each number against each other takes half a minute, and a page's patience ends at one.
    db.session.execute(text("SET LOCAL statement_timeout = '5s'"))
    assert numbers(duplicates.find_duplicates(reader)) == [("mp-2999", "MP2999", True)]
    one = db.session.scalars(select(Case).where(Case.number == "MP2999")).one()
    assert numbers(duplicates.find_duplicates(reader, one)) == [("mp-2999", "MP2999", True)]
    other = db.session.scalars(select(Case).where(Case.number == "MP3000")).one()
    assert duplicates.find_duplicates(reader, other).pairs == []


def test_three_alike_numbers_are_three_pairs(reader: Actor) -> None:
    for number in ("MP-1", "MP.1", "mp1", "MP-2"):
        factories.make_case(number=number)
    assert numbers(duplicates.find_duplicates(reader)) == [
        ("MP-1", "MP.1", True), ("MP-1", "mp1", True), ("MP.1", "mp1", True),
    ]  # fmt: skip


def test_a_restricted_case_is_in_no_pair_of_those_who_do_not_see_it(
    app: Flask, reader: Actor, user_factory: Callable[..., User]
) -> None:
    member, embedder = user_factory(Role.INVESTIGATOR), make_embedder()
    seen, hidden = factories.make_case(number="S-1"), factories.make_case(number="S.1")
    hidden.restricted = True
    db.session.add(
        CaseMember(case_id=hidden.id, user_id=member.id, added_by_id=member.id, reason="")
    )
    make_photo(seen, embedder, 0.0)
    make_photo(hidden, embedder, 0.0)
    assert duplicates.find_duplicates(reader).pairs == []
    assert duplicates.find_duplicates(reader, seen).pairs == []
    both = duplicates.find_duplicates(actor_for(member))
    assert numbers(both) == [("S-1", "S.1", True), ("S-1", "S.1", False)]

    client = app.test_client()
    assert isinstance(client, Client)
    log_in(client, user_factory(Role.INVESTIGATOR))
    for path in ("/cases/duplicates", "/cases/S-1/photos", "/api/cases/duplicates"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "S.1" not in answer.get_data(as_text=True)


def test_the_page_the_hint_the_api_and_the_shell_name_the_pair(
    app: Flask, logged_in: Callable[..., Client]
) -> None:
    embedder = make_embedder()
    for number in ("P-1", "Q-2"):
        make_photo(factories.make_case(number=number), embedder, 0.0)
    client = logged_in(Role.INVESTIGATOR)
    assert "Q-2" in client.get("/cases/duplicates").get_data(as_text=True)
    hint = client.get("/cases/P-1/photos").get_data(as_text=True)
    assert "may be the same person" in hint
    assert "/cases/Q-2" in hint
    answer = client.get("/api/cases/duplicates").json
    assert answer is not None
    assert (answer["items"][0]["first"], answer["items"][0]["second"]) == ("P-1", "Q-2")
    assert "not an identification" in answer["notice"]
    assert "Q-2" in app.test_cli_runner().invoke(args=["cases", "duplicates"]).output


# ------------------------------------------------------------------------------- told apart


def alike_pair() -> tuple[Case, Case]:
    embedder = make_embedder()
    one, two = factories.make_case(number="A-1"), factories.make_case(number="A.1")
    make_photo(one, embedder, 0.0)
    make_photo(two, embedder, 10.0)
    db.session.commit()
    return one, two


def test_a_pair_that_was_told_apart_is_listed_no_more_until_that_is_taken_back(
    reader: Actor,
) -> None:
    one, two = alike_pair()
    assert len(duplicates.find_duplicates(reader).pairs) == 2
    row = distinctions.tell_apart(reader, two.number, one.number, "  twins ")
    assert (row.first.id, row.second.id, row.reason) == (one.id, two.id, "twins")
    assert duplicates.find_duplicates(reader).pairs == []
    assert duplicates.find_duplicates(reader, two).pairs == []
    again = distinctions.tell_apart(reader, one.number, two.number, "another reason")
    assert (again.id, again.reason) == (row.id, "twins")
    (standing,) = distinctions.list_standing(reader)
    assert (standing.row.decided_by_name, standing.photos_since) == (reader.name, False)
    make_photo(one, make_embedder(), 0.0)
    assert distinctions.list_standing(reader)[0].photos_since
    distinctions.take_back(reader, row.id)
    assert len(duplicates.find_duplicates(reader).pairs) == 2
    assert distinctions.list_standing(reader) == []
    with pytest.raises(NotFound):
        distinctions.take_back(reader, row.id)


def test_each_case_s_audit_log_has_the_reason_and_not_the_other_number(reader: Actor) -> None:
    one, two = alike_pair()
    distinctions.tell_apart(reader, one.number, two.number, "twins")
    entries = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "duplicates.not_same")
    ).all()
    assert {entry.case_number for entry in entries} == {one.number, two.number}
    for entry in entries:
        other = two.number if entry.case_number == one.number else one.number
        assert entry.details["reason"] == "twins"
        assert other not in str(entry.details) + str(entry.subject)


def test_only_who_sees_both_cases_may_tell_them_apart_or_read_that(
    reader: Actor, user_factory: Callable[..., User]
) -> None:
    member = user_factory(Role.INVESTIGATOR)
    one, two = alike_pair()
    two.restricted = True
    db.session.add(CaseMember(case_id=two.id, user_id=member.id, added_by_id=member.id, reason=""))
    db.session.commit()
    with pytest.raises(NotFound):
        distinctions.tell_apart(reader, one.number, two.number, "twins")
    row = distinctions.tell_apart(actor_for(member), one.number, two.number, "twins")
    assert distinctions.list_standing(reader) == []
    with pytest.raises(NotFound):
        distinctions.take_back(reader, row.id)
    assert len(distinctions.list_standing(actor_for(member))) == 1


def test_a_case_is_not_told_apart_from_itself_nor_without_a_reason(reader: Actor) -> None:
    one, two = alike_pair()
    with pytest.raises(Refused):
        distinctions.tell_apart(reader, one.number, one.number, "x")
    with pytest.raises(Refused):
        distinctions.tell_apart(reader, one.number, two.number, "  ")


def test_pairs_are_told_apart_on_the_page_by_the_api_and_by_command(
    app: Flask, logged_in: Callable[..., Client]
) -> None:
    one, two = alike_pair()
    client = logged_in("investigator")
    form = {"first": one.number, "second": two.number, "reason": "<b>twins</b>"}
    assert "Not the same" in client.get("/cases/duplicates").text
    page = client.post("/cases/duplicates/apart", data=form, follow_redirects=True).text
    assert "Told apart" in page
    assert "&lt;b&gt;twins" in page
    assert client.post("/cases/duplicates/apart", data={**form, "reason": ""}).status_code == 422
    pair_id = client.get("/api/cases/duplicates/apart").json["items"][0]["id"]
    client.post(f"/cases/duplicates/apart/{pair_id}/undo")
    assert client.get("/api/cases/duplicates/apart").json["items"] == []
    answer = client.post("/api/cases/duplicates/apart", json=form)
    assert (answer.status_code, answer.json["second"]) == (200, two.number)
    undone = client.post(f"/api/cases/duplicates/apart/{answer.json['id']}/undo").json
    assert undone["undone_at"]
    runner = app.test_cli_runner()
    done = runner.invoke(args=["cases", "apart", one.number, two.number, "--reason", "twins"])
    assert "not the same person" in done.output, done.output
    assert "twins" in runner.invoke(args=["cases", "apart-list"]).output
    number = done.output.split()[1].rstrip(":")
    assert "may be a pair" in runner.invoke(args=["cases", "apart-undo", number]).output
    analyst = logged_in("analyst")
    assert "Not the same" not in analyst.get("/cases/duplicates").text
    assert analyst.post("/cases/duplicates/apart", data=form).status_code == 403


def test_a_reason_that_names_one_of_two_subjects_is_refused(reader: Actor) -> None:
    factories.make_case(number="T-1", subject_name="Ann Madeup")
    factories.make_case(number="T.1", subject_name="Bo Invented")
    for reason in ("This is Ann Madeup", "invented, Bo was seen elsewhere"):
        with pytest.raises(Refused, match="The reason names the subject"):
            distinctions.tell_apart(reader, "T-1", "T.1", reason)
    distinctions.tell_apart(reader, "T-1", "T.1", "Another height")
