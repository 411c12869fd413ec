"""A sighting is a lead only after a second, blind review; people who disagree ask a third."""

from __future__ import annotations

import importlib.util
import io
import itertools
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlalchemy import select

from app.config import PROJECT_ROOT
from app.errors import Conflict
from app.extensions import db
from app.inputs import CaseChange, ReviewInput, SightingQuery
from app.models import (
    Alert,
    AuditEntry,
    LastKnownLocationRow,
    LiveEvent,
    Review,
    ReviewStage,
    Role,
    Sighting,
    SightingState,
    Verdict,
)
from app.services.base import views_audit
from app.services.base.actors import COMMAND_LINE, Actor
from app.services.casework import cases
from app.services.mapping import ogc
from app.services.reviews import blindness, sightings
from app.services.reviews.standing import Standing, standing_of
from tests.app import factories
from tests.app.answers import body, problem
from tests.app.conftest import Client
from tests.app.statements import counted_queries

LogIn = Callable[..., Client]
MakeActor = Callable[..., Actor]
C, R, U = Verdict.CONFIRMED, Verdict.REJECTED, Verdict.UNSURE


def _verifier() -> Any:
    path = PROJECT_ROOT / "app" / "services" / "papers" / "evidence_verify.py"
    spec = importlib.util.spec_from_file_location("evidence_verify_alone", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


VERIFIER = _verifier()

# ---------------------------------------------------------------------------------- the rule


@pytest.mark.parametrize(
    ("words", "state", "is_lead", "awaits"),
    [
        ((), "candidate", False, "first"),
        ((C,), "confirmed", False, "second"),
        ((R,), "rejected", False, None),
        ((U,), "unsure", False, "second"),
        ((C, C), "confirmed", True, None),
        ((C, R), "unsure", False, "third"),
        ((C, U), "confirmed", False, "third"),
        ((U, C), "confirmed", False, "third"),
        ((C, R, C), "confirmed", True, None),
        ((C, R, R), "rejected", False, None),
        ((C, R, U), "unsure", False, "third"),
        ((C, U, R), "rejected", False, None),
        ((C, U, C), "confirmed", True, None),
        ((R, R, C), "rejected", False, None),
        ((U, U, U), "unsure", False, None),
    ],
)
def test_two_who_agree_make_a_lead_and_a_third_decides_between_two(
    words: tuple[Verdict, ...], state: str, is_lead: bool, awaits: str | None
) -> None:
    expected = Standing(SightingState(state), is_lead, awaits and ReviewStage(awaits))  # type: ignore[arg-type]
    assert standing_of(words, 2) == expected


def test_where_one_review_is_enough_the_first_confirmation_is_a_lead() -> None:
    assert standing_of([C], 1) == Standing(SightingState.CONFIRMED, True, None)


@given(st.lists(st.sampled_from(list(Verdict)), max_size=6), st.integers(1, 3))
def test_no_lead_has_fewer_confirmations_than_needed_nor_more_rejections(
    words: list[Verdict], needed: int
) -> None:
    standing = standing_of(words, needed)
    if standing.is_lead:
        assert words.count(C) >= needed
        assert words.count(C) >= words.count(R)
        assert standing.state is SightingState.CONFIRMED
        assert standing.awaits is None


def test_the_bundle_s_script_has_the_same_rule() -> None:
    for length in range(6):
        for words in itertools.product(Verdict, repeat=length):
            for needed in (1, 2, 3):
                ours = standing_of(words, needed)
                theirs = VERIFIER.standing_of([word.value for word in words], needed)
                assert theirs == (ours.state.value, ours.is_lead)


# ---------------------------------------------------------------------------------- reviewing


@pytest.fixture
def sighting(app: Flask) -> Sighting:
    case = factories.make_case()
    return factories.make_sighting(case, photo=factories.make_photo(case))


def judge(actor: Actor, sighting: Sighting, verdict: Verdict) -> Sighting:
    return sightings.review_sighting(actor, sighting.id, ReviewInput(verdict=verdict))


def place_of(sighting: Sighting) -> LastKnownLocationRow:
    found = select(LastKnownLocationRow).where(LastKnownLocationRow.sighting_id == sighting.id)
    return db.session.scalars(found).one()


def test_a_first_confirmation_is_searched_from_at_once_and_is_marked_as_provisional(
    sighting: Sighting, actor_factory: MakeActor
) -> None:
    judged = judge(actor_factory(), sighting, C)
    assert (judged.state, judged.is_lead) == (SightingState.CONFIRMED, False)
    assert judged.standing == "confirmed, not yet a lead: second review open"
    place = place_of(sighting)
    assert (place.active, place.provisional) == (True, True)


def test_a_second_blind_person_makes_it_a_lead_and_its_place_certain(
    sighting: Sighting, actor_factory: MakeActor
) -> None:
    judge(actor_factory(), sighting, C)
    judged = judge(actor_factory(Role.EXAMINER), sighting, C)
    assert (judged.is_lead, judged.awaits) == (True, None)
    assert judged.standing == "lead: confirmed by 2 people"
    assert place_of(sighting).provisional is False
    assert [one.blind for one in sightings.reviews_of(sighting)] == [True, True]


def test_the_same_person_twice_is_one_person(sighting: Sighting, actor_factory: MakeActor) -> None:
    actor = actor_factory()
    judge(actor, sighting, C)
    assert judge(actor, sighting, C).is_lead is False


def test_disagreement_takes_the_place_back_and_tells_everybody_until_a_third_decides(
    sighting: Sighting, actor_factory: MakeActor
) -> None:
    judge(actor_factory(), sighting, C)
    disputed = judge(actor_factory(Role.EXAMINER), sighting, R)
    assert (disputed.state, disputed.awaits) == (SightingState.UNSURE, ReviewStage.THIRD)
    assert place_of(sighting).active is False
    logged = select(AuditEntry.action).where(AuditEntry.action == "sighting.overturn")
    assert len(db.session.scalars(logged).all()) == 1
    alert = db.session.scalars(select(Alert)).one()
    assert "disagree" in alert.title
    told = db.session.scalars(select(LiveEvent).order_by(LiveEvent.id)).all()
    assert {"review", "location", "ranking"} <= {one.kind for one in told}

    decided = judge(actor_factory(Role.EXAMINER), sighting, C)
    assert decided.is_lead is True
    assert (place_of(sighting).active, place_of(sighting).provisional) == (True, False)


def test_whoever_has_seen_the_similarity_cannot_confirm_second_but_may_doubt(
    sighting: Sighting, actor_factory: MakeActor
) -> None:
    judge(actor_factory(), sighting, C)
    knowing = actor_factory()
    views_audit.look_at(knowing, sighting.case, "sightings")
    assert not blindness.is_blind(knowing, sighting)
    with pytest.raises(Conflict, match="blind"):
        judge(knowing, sighting, C)
    db.session.rollback()
    assert judge(knowing, sighting, R).awaits is ReviewStage.THIRD


def test_the_command_line_is_never_blind(sighting: Sighting, actor_factory: MakeActor) -> None:
    judge(actor_factory(), sighting, C)
    with pytest.raises(Conflict, match="blind"):
        judge(COMMAND_LINE, sighting, C)


def test_a_look_at_one_sighting_tells_nothing_of_another(
    sighting: Sighting, actor_factory: MakeActor
) -> None:
    examiner = actor_factory(Role.EXAMINER)
    other = factories.make_sighting(sighting.case)
    views_audit.look_at_one(examiner, other)
    assert blindness.is_blind(examiner, sighting)
    assert not blindness.is_blind(examiner, other)


def test_a_confirmation_that_was_not_blind_does_not_count_however_it_came(
    sighting: Sighting, actor_factory: MakeActor
) -> None:
    judge(actor_factory(), sighting, C)
    factories.make_review(sighting, reviewer_name="Made-up second", blind=False)
    sightings.settle(COMMAND_LINE, sighting, "sighting.settle", {})
    assert sighting.is_lead is False


def test_nobody_takes_back_what_another_said(sighting: Sighting, actor_factory: MakeActor) -> None:
    first, second = actor_factory(), actor_factory(Role.EXAMINER)
    judge(first, sighting, C)
    with pytest.raises(Conflict, match="no verdict to take back"):
        sightings.undo_review(second, sighting.id)
    judge(second, sighting, C)
    undone = sightings.undo_review(first, sighting.id)
    assert (undone.state, undone.is_lead) == (SightingState.CONFIRMED, False)
    standing = select(Review.reviewer_name).where(Review.undone_at.is_(None))
    assert db.session.scalars(standing).all() == [second.name]


def test_a_case_may_ask_for_more_people_and_its_leads_become_provisional_again(
    sighting: Sighting, actor_factory: MakeActor
) -> None:
    first = actor_factory()
    judge(first, sighting, C)
    judge(actor_factory(Role.EXAMINER), sighting, C)
    cases.change_case(first, sighting.case, CaseChange(reviews_needed=3))
    assert (sighting.is_lead, sighting.awaits) == (False, ReviewStage.THIRD)
    assert place_of(sighting).provisional is True
    assert judge(actor_factory(Role.EXAMINER), sighting, C).is_lead is True
    cases.change_case(first, sighting.case, CaseChange(reviews_needed=None))
    assert sighting.reviews_needed == 2


def test_a_place_that_a_person_took_out_stays_out_when_the_second_confirms(
    sighting: Sighting, actor_factory: MakeActor
) -> None:
    judge(actor_factory(), sighting, C)
    place_of(sighting).active = False
    db.session.commit()
    judge(actor_factory(Role.EXAMINER), sighting, C)
    assert (place_of(sighting).active, place_of(sighting).provisional) == (False, False)


# ------------------------------------------------------------------------------- nothing leaks

MARKS = (
    "0.5231", "0.523", "0.3611", "0.361", "made-up-model", "similarity", "threshold", "1 in 10,000",
    "Said by the first", "secret remark", "confirmed", "rejected face", "carried it", "rank",
    "second review", "third review", "provisional", "lead:",
)  # fmt: skip
"""What would tell a reviewer something; `Confirm` on a button is no leak."""


@pytest.fixture
def first_judged(sighting: Sighting, actor_factory: MakeActor) -> Sighting:
    sighting.similarity, sighting.threshold_similarity = 0.5231, 0.3611
    db.session.commit()
    given_ = ReviewInput(verdict=C, remarks="secret remark")
    actor = actor_factory(Role.INVESTIGATOR)
    sightings.review_sighting(
        Actor(actor.user_id, "Said by the first", actor.role), sighting.id, given_
    )
    return sighting


def leaks(text: str) -> list[str]:
    # Values of buttons, and the words of the page that are the same for every sighting.
    plain = re.sub(r'value="confirmed"|class="[^"]*"|tokens\.css|Blind review', "", text)
    plain = re.sub(r"<section class=.card.><h2>Why so little.*?</section>", "", plain, flags=re.S)
    return [mark for mark in MARKS if mark in plain]


def test_the_blind_pages_tell_nothing_that_would_lead_the_reviewer(
    first_judged: Sighting, logged_in: LogIn
) -> None:
    examiner = logged_in(Role.EXAMINER)
    page = examiner.get(f"/review/{first_judged.id}").text
    assert first_judged.face.crop_sha256 in page
    main = page[page.index("<main") :]
    assert [one for one in leaks(main) if one != "similarity"] == []
    queue = examiner.get("/review").text
    assert f"/review/{first_judged.id}" in queue
    assert leaks(queue[queue.index("<main") :]) == []


def test_the_open_page_leads_an_examiner_to_the_blind_one_until_they_judged(
    first_judged: Sighting, logged_in: LogIn
) -> None:
    examiner = logged_in(Role.EXAMINER)
    address = f"/sightings/{first_judged.id}"
    assert examiner.get(address).location == f"/review/{first_judged.id}"
    examiner.post(f"{address}/review", data={"verdict": "confirmed"})
    page = examiner.get(address)
    assert page.status_code == 200
    assert "secret remark" in page.text
    assert "0.523" in page.text
    assert examiner.get(f"/review/{first_judged.id}").location == address


def test_no_door_of_the_api_tells_an_examiner_before_they_judged(
    first_judged: Sighting, logged_in: LogIn
) -> None:
    examiner = logged_in(Role.EXAMINER)
    number, at = first_judged.case.number, f"/api/sightings/{first_judged.id}"
    told = problem(examiner.get(at), 409)
    assert "0.52" not in json.dumps(told)
    for path in (
        f"/api/cases/{number}/sightings",
        f"/api/cases/{number}/sightings?state=confirmed",
        f"/api/cases/{number}/live",
        f"/api/cases/{number}/timeline",
        f"/api/cases/{number}/locations",
        f"/api/ogc/collections/sightings.{number}/items",
        f"/cases/{number}/sightings",
        f"/cases/{number}",
    ):
        assert examiner.get(path).status_code == 403, path
    blind = body(examiner.get(f"{at}/blind"))
    assert set(blind) == {
        "id", "case_number", "seen_at", "seen_at_local", "latitude_deg", "longitude_deg", "camera",
        "crop", "reference_photos", "made_up", "notice",
    }  # fmt: skip
    waiting = examiner.get("/api/reviews?stage=first")
    assert [one["id"] for one in body(waiting)["items"]] == [first_judged.id]
    assert leaks(waiting.text) == []
    judged = examiner.post(f"{at}/reviews", json={"verdict": "confirmed"})
    assert body(judged, 201)["is_lead"] is True
    assert body(examiner.get(at))["reviews"][1]["blind"] is True


def test_who_judged_and_then_looked_cannot_take_back_and_confirm_anew(
    first_judged: Sighting, logged_in: LogIn
) -> None:
    examiner = logged_in(Role.EXAMINER)
    at = f"/api/sightings/{first_judged.id}/reviews"
    body(examiner.post(at, json={"verdict": "rejected"}), 201)
    body(examiner.delete(f"{at}/latest"))
    assert "blind" in problem(examiner.post(at, json={"verdict": "confirmed"}), 409)["detail"]


# ---------------------------------------------------------------------------------- the queue


def test_each_finds_in_the_queue_what_waits_for_them_oldest_first(
    first_judged: Sighting, logged_in: LogIn
) -> None:
    case = first_judged.case
    candidate = factories.make_sighting(case)
    second = factories.make_sighting(case, state=SightingState.UNSURE)
    settled = factories.make_sighting(case, state=SightingState.CONFIRMED)
    investigator = logged_in()
    page = investigator.get("/review").text
    order = [page.index(f"/sightings/{one.id}/review") for one in (first_judged, second)]
    assert order == sorted(order)
    assert f"/sightings/{candidate.id}/review" in page
    assert f"/sightings/{settled.id}/review" not in page
    assert "first (1)" in page
    assert "second (2)" in page
    only = investigator.get(f"/review?stage=first&case={case.number}").text
    assert f"/sightings/{candidate.id}/review" in only
    assert f"/sightings/{second.id}/review" not in only

    examiner = logged_in(Role.EXAMINER)
    page = examiner.get("/review?stage=first").text
    assert f"/sightings/{candidate.id}/review" not in page
    assert f"/sightings/{first_judged.id}/review" in page
    examiner.post(f"/sightings/{first_judged.id}/review", data={"verdict": "unsure"})
    assert f"/sightings/{first_judged.id}/review" not in examiner.get("/review").text


@pytest.mark.parametrize("role", [Role.INVESTIGATOR, Role.EXAMINER])
def test_the_queue_costs_as_many_queries_for_one_as_for_many(
    first_judged: Sighting, logged_in: LogIn, role: Role
) -> None:
    client = logged_in(role)
    client.get("/review")
    with counted_queries() as few:
        client.get("/review")
    for number in range(12):
        case = first_judged.case if number % 2 else factories.make_case()
        one = factories.make_sighting(case, photo=factories.make_photo(case))
        if number % 3:
            one.state, one.awaits = SightingState.CONFIRMED, ReviewStage.SECOND
    db.session.commit()
    client.get("/review")
    with counted_queries() as many:
        client.get("/review")
    reads = [[one for one in sent if one.startswith("SELECT")] for sent in (few, many)]
    assert len(reads[1]) == len(reads[0])


# ------------------------------------------------------------------------------ what leaves


def test_every_answer_says_whether_a_sighting_is_a_lead_or_provisional(
    first_judged: Sighting, logged_in: LogIn, actor_factory: MakeActor
) -> None:
    words = "confirmed, not yet a lead: second review open"
    case, analyst = first_judged.case, logged_in(Role.ANALYST)
    base = f"/api/cases/{case.number}"
    listed = body(analyst.get(f"{base}/sightings"))["items"][0]
    assert (listed["is_lead"], listed["awaits"], listed["standing"]) == (False, "second", words)
    assert body(analyst.get(f"{base}/locations"))["items"][0]["provisional"] is True
    stop = body(analyst.get(f"{base}/timeline"))["stops"][0]
    assert stop["sighting"]["standing"] == words
    for ending in ("geojson", "gpx", "kml", "csv", "html", "cot"):
        assert "not yet a lead" in analyst.get(f"{base}/route.{ending}").text, ending
    feature: Any = ogc.find_feature(
        actor_factory(Role.ANALYST),
        ogc.find_collection(f"sightings.{case.number}"),
        str(first_judged.id),
    )
    assert feature["properties"]["standing"] == words
    assert "second review open" in analyst.get(f"/cases/{case.number}/timeline").text
    assert body(analyst.get(f"{base}/sightings?is_lead=true"))["total"] == 0
    assert sightings.list_sightings(case, SightingQuery(is_lead=False)).total == 1


# ------------------------------------------------------------------------------ the checklist

FILLED = {
    "verdict": "confirmed",
    "suitability": "limited",
    "conclusion": "some support for the same person",
    "finding.ears": "similar",
    "remark.ears": "same notch",
    "finding.nose": "not comparable",
}


def test_a_checklist_is_kept_with_the_review_and_shown_once_it_is_given(
    first_judged: Sighting, logged_in: LogIn
) -> None:
    examiner, at = logged_in(Role.EXAMINER), f"/sightings/{first_judged.id}"
    assert 'name="finding.ears"' in examiner.get(f"/review/{first_judged.id}").text
    examiner.post(f"{at}/review", data=FILLED)
    page = examiner.get(at).text
    for words in ("some support for the same person", "same notch", "pictures limited"):
        assert words in page
    told = body(examiner.get(f"/api{at}"))["reviews"][1]["comparison"]
    assert told["features"]["ears"] == {"finding": "similar", "remark": "same notch"}
    assert set(told["features"]) == {"ears", "nose"}


def test_a_checklist_without_its_conclusion_is_refused_and_no_verdict_is_given(
    first_judged: Sighting, logged_in: LogIn
) -> None:
    examiner, at = logged_in(Role.EXAMINER), f"/sightings/{first_judged.id}/review"
    page = examiner.post(at, data={**FILLED, "conclusion": ""}, follow_redirects=True).text
    assert 'class="notice error"' in page
    assert len(sightings.reviews_of(first_judged)) == 1
    wrong = {"verdict": "confirmed", "comparison": {"suitability": "suitable",
             "conclusion": "identified", "features": {}}}  # fmt: skip
    problem(examiner.post(f"/api/sightings/{first_judged.id}/reviews", json=wrong), 422)


def test_the_brief_prints_what_the_checklists_came_to(
    first_judged: Sighting, logged_in: LogIn
) -> None:
    logged_in(Role.EXAMINER).post(f"/sightings/{first_judged.id}/review", data=FILLED)
    analyst = logged_in(Role.ANALYST)
    pdf = analyst.get(f"/api/cases/{first_judged.case.number}/brief.pdf").data
    text = " ".join(" ".join(p.extract_text() for p in PdfReader(io.BytesIO(pdf)).pages).split())
    assert "some support for the same person; pictures limited; 1 similar, 1 not comparable" in text
    assert "lead: confirmed by 2 people" in text
