"""Pairs of cases that may be about one person, for those who may see both."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from app.extensions import db
from app.models import CaseMember, Role, User
from app.services.base.actors import Actor
from app.services.exchange import duplicates
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
