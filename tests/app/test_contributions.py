"""Contributed faces: compared with cases both ways, at once and later, never with each other."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.errors import Conflict, NotFound
from app.extensions import db
from app.inputs import CaseChange
from app.inputs.tips import AcceptInput, CloseInput, MessageInput, TipFilter, TipOrder, TipQuery
from app.models import (
    Alert,
    AlertKind,
    AuditEntry,
    Case,
    CaseState,
    ContributedFace,
    ContributedMatch,
    ContributedPhoto,
    ContributionReceipt,
    Embedder,
    FaceSearchResult,
    FoundPerson,
    FoundState,
    LastKnownLocationRow,
    LocationSource,
    MatchState,
    OutgoingMessage,
    PhotoState,
    Reliability,
    Sighting,
    Tip,
    TipState,
)
from app.models.accounts import Role, User
from app.models.columns import utc_now
from app.queues import CONTRIBUTIONS_QUEUE, queue
from app.services.base import media
from app.services.base.actors import COMMAND_LINE, SCHEDULER, WORKER, Actor
from app.services.casework import cases
from app.services.contributing import (
    contribution_matching,
    contribution_retention,
    contributions,
    found,
    found_matches,
    tip_queue,
    triage,
)
from app.services.embeddings import galleries
from app.services.people.accounts import actor_for
from app.services.places import locations
from tests.app import contribution_cases as given
from tests.app import factories
from tests.app.conftest import Client
from tests.app.kept_face_cases import make_embedder, make_photo

DAY = timedelta(days=1)


@pytest.fixture
def embedder(app: Flask) -> Embedder:
    row: Embedder = make_embedder()
    return row


@pytest.fixture
def investigator(actor_factory: Callable[..., Actor]) -> Actor:
    return actor_factory(Role.INVESTIGATOR)


@pytest.fixture
def partner(user_factory: Callable[..., User]) -> User:
    return user_factory(Role.PARTNER, organisation="Made-up Home")


def tip_with_face(embedder: Embedder, degrees: float, **values: Any) -> Tip:
    tip = given.hand_in(given.picture(), **values).tip
    given.add_face(tip.photos[0], embedder, degrees)
    return tip


def entry_with_face(user: User, embedder: Embedder, degrees: float) -> FoundPerson:
    entry = given.register(user)
    given.add_face(entry.photos[0], embedder, degrees)
    return entry


def compare(case: Case, embedder: Embedder) -> int:
    added = contribution_matching.compare_case(WORKER, case, embedder)
    db.session.commit()
    return added


# -------------------------------------------------------------------------- comparing both ways


def test_a_case_that_opens_later_is_compared_with_kept_tips_and_found_persons(
    embedder: Embedder, partner: User
) -> None:
    tip, entry = tip_with_face(embedder, 10), entry_with_face(partner, embedder, 20)
    tip_with_face(embedder, 120)
    case = factories.make_case()
    make_photo(case, embedder, 0)
    assert compare(case, embedder) == 2
    found_for = {(m.face.photo.tip_id, m.face.photo.found_person_id) for m in given.matches()}
    assert found_for == {(tip.id, None), (None, entry.id)}
    assert compare(case, embedder) == 0


def test_a_match_raises_one_alert_on_the_case_and_tells_the_partner_nothing_of_it(
    embedder: Embedder, partner: User
) -> None:
    tip_with_face(embedder, 10)
    entry = entry_with_face(partner, embedder, 20)
    case = factories.make_case()
    make_photo(case, embedder, 0)
    compare(case, embedder)
    compare(case, embedder)
    alerts = db.session.scalars(select(Alert).where(Alert.case_id == case.id)).all()
    assert {one.kind for one in alerts} == {AlertKind.TIP_MATCH, AlertKind.FOUND_PERSON_MATCH}
    assert len(alerts) == 2
    assert all(case.subject_name not in one.title for one in alerts)
    mail = db.session.scalars(select(OutgoingMessage)).one()
    assert mail.recipient == partner.email
    assert entry.number in mail.subject
    assert case.number not in mail.subject + mail.text
    assert case.subject_name not in mail.text


def test_a_face_below_the_threshold_or_the_raised_one_is_no_match(embedder: Embedder) -> None:
    tip_with_face(embedder, 59)
    tip_with_face(embedder, 61)
    case = factories.make_case()
    make_photo(case, embedder, 0)
    assert compare(case, embedder) == 1
    strict = factories.make_case(threshold_raise=0.1)
    make_photo(strict, embedder, 0)
    assert compare(strict, embedder) == 0


def test_embeddings_of_another_model_are_not_compared(embedder: Embedder) -> None:
    other = make_embedder()
    tip_with_face(other, 0)
    case = factories.make_case()
    make_photo(case, embedder, 0)
    assert compare(case, embedder) == 0


@pytest.mark.parametrize("what", ["spam", "expired", "closed entry", "closed case", "old basis"])
def test_what_may_not_be_compared_is_not(
    embedder: Embedder, partner: User, investigator: Actor, what: str
) -> None:
    case = factories.make_case()
    make_photo(case, embedder, 0)
    if what == "closed entry":
        entry = entry_with_face(partner, embedder, 0)
        found.close(actor_for(partner), partner, entry.id, CloseInput(state=FoundState.REUNITED))
    else:
        tip = tip_with_face(embedder, 0)
        if what == "spam":
            triage.reject(investigator, tip.id, spam=True)
        elif what == "expired":
            tip.expires_at = utc_now() - DAY
        elif what == "closed case":
            case.state = CaseState.CLOSED
        else:
            case.legal_basis_expires_at = utc_now() - DAY
    assert compare(case, embedder) == 0


def test_reopening_a_case_and_extending_its_basis_compare_again(
    embedder: Embedder, investigator: Actor
) -> None:
    case = factories.make_case()
    make_photo(case, embedder, 0)
    cases.close_case(investigator, case)
    tip_with_face(embedder, 0)
    cases.reopen_case(investigator, case)
    assert len(given.matches()) == 1
    other = factories.make_case(legal_basis_expires_at=utc_now() - DAY)
    make_photo(other, embedder, 0)
    extended = CaseChange(legal_basis_expires_at=utc_now() + DAY)
    cases.change_case(investigator, other, extended)
    assert len(given.matches()) == 2


def test_galleries_of_missing_persons_found_persons_and_tips_are_never_mixed(
    embedder: Embedder, partner: User
) -> None:
    """Everything here looks the same, and yet only pairs with a case's photos come up."""
    case = factories.make_case()
    photo = make_photo(case, embedder, 0)
    tip_with_face(embedder, 0)
    tip_with_face(embedder, 0)
    entry_with_face(partner, embedder, 0)
    compare(case, embedder)
    assert len(galleries.open_galleries(embedder)) == 1
    assert len(galleries.case_gallery(case, embedder)) == 1
    assert [match.reference_photo_id for match in given.matches()] == [photo.id] * 3
    assert db.session.scalar(select(func.count(Sighting.id))) == 0
    assert db.session.scalar(select(func.count()).select_from(FaceSearchResult)) == 0


def test_a_photo_belongs_to_a_tip_or_to_a_found_person_and_never_to_both(
    app: Flask, partner: User
) -> None:
    photo = given.hand_in(given.picture()).tip.photos[0]
    photo.found_person_id = given.register(partner).id
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError, match="one_owner"):
        db.session.flush()


# ---------------------------------------------------------------------------- the worker's side


def test_a_photo_whose_worker_died_is_put_in_again_and_one_that_kills_workers_is_given_up(
    app: Flask,
) -> None:
    photo = given.hand_in(given.picture()).tip.photos[0]
    queue(CONTRIBUTIONS_QUEUE).empty()
    photo.state, photo.attempt = PhotoState.RUNNING, 1
    photo.started_at = utc_now() - contributions.STALE_AFTER - DAY
    db.session.commit()
    assert contributions.rescue() == 1
    db.session.refresh(photo)
    assert (photo.state, photo.attempt) == (PhotoState.WAITING, 1)
    assert contributions.rescue() == 0
    photo.state, photo.attempt = PhotoState.RUNNING, contributions.MAX_ATTEMPTS
    db.session.commit()
    contributions.rescue()
    db.session.refresh(photo)
    assert photo.state is PhotoState.FAILED
    assert "Workers died" in photo.problem


def test_what_was_decided_on_a_match_stays_when_its_entry_is_closed_and_opened_again(
    embedder: Embedder, partner: User, investigator: Actor
) -> None:
    case = factories.make_case()
    make_photo(case, embedder, 0)
    entry = entry_with_face(partner, embedder, 0)
    compare(case, embedder)
    found_matches.decide(investigator, given.matches()[0].id, MatchState.REJECTED)
    ending = CloseInput(state=FoundState.WITHDRAWN)
    found.close(actor_for(partner), partner, entry.id, ending)
    later = factories.make_case()
    make_photo(later, embedder, 0)
    assert compare(later, embedder) == 0, "a closed entry is compared with nothing"
    found.reopen(actor_for(partner), partner, entry.id)
    queue(CONTRIBUTIONS_QUEUE).empty()
    photo = entry.photos[0]
    attempt = contributions._claim(photo.id)
    assert attempt is not None
    assert contributions._was_seen(photo.id, embedder)
    contributions._compare_again(photo.id, attempt, embedder)
    db.session.expire_all()
    states = {match.case_id: match.state for match in given.matches()}
    assert states == {case.id: MatchState.REJECTED, later.id: MatchState.CANDIDATE}
    assert photo.state is PhotoState.DONE


def test_a_tip_that_was_spam_by_mistake_is_compared_with_cases_opened_meanwhile(
    embedder: Embedder, investigator: Actor
) -> None:
    tip = tip_with_face(embedder, 0)
    queue(CONTRIBUTIONS_QUEUE).empty()
    triage.reject(investigator, tip.id, spam=True)
    case = factories.make_case()
    make_photo(case, embedder, 0)
    assert compare(case, embedder) == 0
    triage.undo(investigator, tip.id)
    photo = tip.photos[0]
    assert photo.state is PhotoState.WAITING
    assert queue(CONTRIBUTIONS_QUEUE).job_ids == [f"contribution-{photo.id}-{photo.attempt}"]
    queue(CONTRIBUTIONS_QUEUE).empty()
    attempt = contributions._claim(photo.id)
    assert attempt is not None
    contributions._compare_again(photo.id, attempt, embedder)
    assert [match.case_id for match in given.matches()] == [case.id]
    triage.reject(investigator, tip.id)
    triage.undo(investigator, tip.id)
    assert queue(CONTRIBUTIONS_QUEUE).job_ids == [], "it was compared all the time"


def test_photos_wait_while_no_model_is_installed(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.errors import NoRecogniser
    from app.recogniser import RecogniserHolder

    def none(self: RecogniserHolder) -> None:
        raise NoRecogniser("No face model is installed.")

    monkeypatch.setattr(RecogniserHolder, "get", none)
    photo = given.hand_in(given.picture()).tip.photos[0]
    contributions.analyse(photo.id)
    db.session.refresh(photo)
    assert (photo.state, photo.attempt) == (PhotoState.WAITING, 0)
    assert "No face model" in photo.problem


# ------------------------------------------------------------------------------------- triage


def test_the_queue_is_ordered_by_similarity_distance_and_time(
    embedder: Embedder, investigator: Actor
) -> None:
    case = factories.make_case()
    make_photo(case, embedder, 0)
    factories.make_location(case)
    centre = (factories.CENTRE_LATITUDE_DEG, factories.CENTRE_LONGITUDE_DEG)
    seen = factories.SEEN_AT
    near = tip_with_face(
        embedder, 40, latitude_deg=centre[0], longitude_deg=centre[1], seen_at=seen - 9 * DAY
    )
    far = tip_with_face(
        embedder, 10, latitude_deg=centre[0] + 0.1, longitude_deg=centre[1], seen_at=seen - DAY
    )
    unlike = tip_with_face(embedder, 150, seen_at=seen)
    compare(case, embedder)

    def listed(**query: Any) -> list[int]:
        page = tip_queue.list_tips(investigator, TipQuery(**query), 20)
        return [entry.tip.id for entry in page.items]

    assert listed() == [far.id, near.id, unlike.id]
    assert listed(order=TipOrder.DISTANCE) == [near.id, far.id, unlike.id]
    assert listed(order=TipOrder.TIME) == [unlike.id, far.id, near.id]
    assert listed(order=TipOrder.RECEIVED) == [near.id, far.id, unlike.id]
    assert listed(case=case.number) == [far.id, near.id]
    assert listed(case=case.number, within_km=5) == [near.id]
    assert listed(case=case.number, within_hours=48) == [far.id, unlike.id]
    assert listed(only_matches=True) == [far.id, near.id]
    first = tip_queue.list_tips(investigator, TipQuery(), 20).items[0]
    assert first.distance_m == pytest.approx(11_119, rel=0.01)
    assert first.seconds == pytest.approx(DAY.total_seconds())
    assert tip_queue.list_tips(investigator, TipQuery(), 2).total == 3


def test_an_accepted_tip_is_a_location_of_its_own_source_and_can_be_taken_back(
    app: Flask, investigator: Actor
) -> None:
    case = factories.make_case()
    tip = given.hand_in(
        place="Lantern Gate", latitude_deg=12.97, longitude_deg=77.6, seen_at=factories.SEEN_AT
    ).tip
    accepted = AcceptInput(case_number=case.number, reliability=Reliability.DOUBTFUL)
    triage.accept(investigator, tip.id, accepted)
    place = db.session.scalars(select(LastKnownLocationRow)).one()
    assert (place.source, place.reliability) == (LocationSource.TIP, Reliability.DOUBTFUL)
    assert (place.tip_id, place.seen_at) == (tip.id, factories.SEEN_AT)
    assert tip.state is TipState.ACCEPTED
    triage.undo(investigator, tip.id)
    assert locations.list_locations(case) == []
    assert (tip.state, tip.decided_case_id) == (TipState.WAITING, None)
    triage.accept(
        investigator, tip.id, accepted.model_copy(update={"reliability": Reliability.LIKELY})
    )
    assert len(locations.list_locations(case, include_inactive=True)) == 1
    with pytest.raises(Conflict):
        triage.reject(investigator, tip.id)
    actions = set(db.session.scalars(select(AuditEntry.action)))
    assert {"tip.accept", "tip.undo", "location.from_tip"} <= actions


def test_of_two_people_who_decide_on_a_tip_at_once_the_second_is_told_of_the_first(
    app: Flask, investigator: Actor, actor_factory: Callable[..., Actor]
) -> None:
    case, other = factories.make_case(), actor_factory(Role.INVESTIGATOR)
    into = AcceptInput(case_number=case.number)
    rejected, accepted = given.hand_in().tip, given.hand_in(latitude_deg=1, longitude_deg=1).tip
    triage.reject(investigator, rejected.id)
    triage.accept(investigator, accepted.id, into)
    for act in (
        lambda: triage.accept(other, rejected.id, into),
        lambda: triage.reject(other, rejected.id),
        lambda: triage.reject(other, rejected.id, spam=True),
        lambda: triage.accept(other, accepted.id, into),
    ):
        with pytest.raises(Conflict, match=re.escape(f"by {investigator.name}")):
            act()
    triage.reject(investigator, rejected.id)  # a double click
    triage.accept(investigator, accepted.id, into)
    assert (rejected.state, rejected.decided_by_id) == (TipState.REJECTED, investigator.user_id)
    assert locations.list_locations(case)[0].reliability is Reliability.DOUBTFUL
    assert triage.undo(other, rejected.id).state is TipState.WAITING
    assert triage.accept(other, rejected.id, into).state is TipState.ACCEPTED


def test_a_tip_without_a_place_is_accepted_without_a_location(
    app: Flask, investigator: Actor
) -> None:
    case = factories.make_case()
    tip = given.hand_in().tip
    triage.accept(investigator, tip.id, AcceptInput(case_number=case.number))
    assert tip.decided_case_id == case.id
    assert locations.list_locations(case) == []


def test_asking_back_takes_a_tip_out_of_the_queue_until_the_answer(
    app: Flask, investigator: Actor
) -> None:
    from app.services.contributing import tips

    tip = given.hand_in().tip
    assert tip_queue.waiting_count(investigator) == 1
    triage.ask(investigator, tip.id, MessageInput(text="Which gate?"))
    assert tips.state_for_sender(tip) == "We have a question for you."
    assert tip_queue.waiting_count(investigator) == 0
    tips.say_more(given.PUBLIC, tip, MessageInput(text="The north gate."))
    assert tip_queue.waiting_count(investigator) == 1


def test_a_rejected_tip_comes_back_when_a_later_case_is_like_it(
    embedder: Embedder, investigator: Actor
) -> None:
    tip = tip_with_face(embedder, 0)
    triage.reject(investigator, tip.id)
    assert tip_queue.waiting_count(investigator) == 0
    case = factories.make_case()
    make_photo(case, embedder, 0)
    compare(case, embedder)
    assert tip_queue.waiting_count(investigator) == 1


def test_triage_respects_who_may_see_a_case(
    embedder: Embedder, investigator: Actor, actor_factory: Callable[..., Actor]
) -> None:
    other = actor_factory(Role.INVESTIGATOR)
    case = factories.make_case(restricted=True)
    from app.services.people import members

    members.note_member([case.id], investigator.user_id, investigator.user_id)
    db.session.commit()
    make_photo(case, embedder, 0)
    hidden, general = tip_with_face(embedder, 0), tip_with_face(embedder, 150)
    compare(case, embedder)
    everything = TipQuery(show=TipFilter.ALL)
    seen = {entry.tip.id for entry in tip_queue.list_tips(investigator, everything, 20).items}
    assert seen == {hidden.id, general.id}
    assert [e.tip.id for e in tip_queue.list_tips(other, everything, 20).items] == [general.id]
    for act in (
        lambda: triage.find_tip(other, hidden.id),
        lambda: triage.reject(other, hidden.id),
        lambda: triage.accept(other, general.id, AcceptInput(case_number=case.number)),
        lambda: tip_queue.list_tips(other, TipQuery(case=case.number), 20),
    ):
        with pytest.raises(NotFound):
            act()


def test_the_queue_and_its_buttons_work_as_pages(
    embedder: Embedder, logged_in: Callable[..., Client]
) -> None:
    case = factories.make_case()
    photo = make_photo(case, embedder, 0)
    tip = tip_with_face(
        embedder, 0, latitude_deg=12.97, longitude_deg=77.6, remarks="<b>bold</b> & seen"
    )
    compare(case, embedder)
    tip_id, number, case_number, face = tip.id, tip.number, case.number, photo.face_sha256
    client = logged_in(Role.INVESTIGATOR)
    page = client.get("/tips").text
    assert number in page
    assert face in page
    assert "<b>bold</b>" not in page
    assert "lead, not an identification" in page
    data = {"case_number": case_number, "reliability": "likely"}
    assert client.post(f"/tips/{tip_id}/accept", data=data).status_code == 302
    page = client.get(f"/tips/{tip_id}").text
    assert "likely" in page
    assert f'Accepted into <a href="/cases/{case_number}">' in page
    places = client.get(f"/api/cases/{case_number}/locations").get_json()["items"]
    assert [(one["source"], one["tip_id"]) for one in places] == [("tip", tip_id)]
    assert number in client.get(f"/cases/{case_number}/tips").text
    assert number in client.get(f"/cases/{case_number}/locations").text
    client.post(f"/tips/{tip_id}/undo")
    client.post(f"/tips/{tip_id}/ask", data={"text": "Which gate?"})
    assert "Which gate?" in client.get(f"/tips/{tip_id}").text
    client.post(f"/tips/{tip_id}/spam")
    assert "spam" in client.get("/tips?show=spam").text
    assert client.get("/tips?show=nonsense").status_code == 422


def test_pictures_of_tips_are_served_to_those_who_may_see_the_tip(
    logged_in: Callable[..., Client],
) -> None:
    tip = given.hand_in(given.picture()).tip
    tip_id, sha256 = tip.id, tip.photos[0].sha256
    other_id = given.hand_in().tip.id
    client = logged_in(Role.INVESTIGATOR)
    assert client.get(f"/tips/{tip_id}/pictures/{sha256}.jpg").mimetype == "image/jpeg"
    assert client.get(f"/tips/{other_id}/pictures/{sha256}.jpg").status_code == 404
    assert client.get(f"/media/{sha256}.jpg").status_code == 404
    assert (
        logged_in(Role.DISPATCHER).get(f"/tips/{tip_id}/pictures/{sha256}.jpg").status_code == 403
    )


def test_a_public_code_is_shown_with_its_qr_code_and_withdrawn(
    logged_in: Callable[..., Client],
) -> None:
    case = factories.make_case()
    case_id, number = case.id, case.number
    client = logged_in(Role.INVESTIGATOR)
    assert "Publish a code" in client.get(f"/cases/{number}/tips").text
    client.post(f"/cases/{number}/tip-code")
    code = db.session.get_one(Case, case_id).tip_code
    page = client.get(f"/cases/{number}/tips").text
    assert code is not None
    assert code in page
    assert "data:image/svg+xml" in page
    client.post(f"/cases/{number}/tip-code/withdraw")
    assert code not in client.get(f"/cases/{number}/tips").text


# ------------------------------------------------------------------------------- found persons


def test_partners_see_only_entries_of_their_organisation(
    user_factory: Callable[..., User], partner: User
) -> None:
    colleague = user_factory(Role.PARTNER, organisation="Made-up Home")
    stranger = user_factory(Role.PARTNER, organisation="Other Home")
    alone, lonely = user_factory(Role.PARTNER), user_factory(Role.PARTNER)
    entry, own = given.register(partner), given.register(alone)
    assert [one.id for one in found.list_entries(colleague, 1, 20).items] == [entry.id]
    assert found.list_entries(stranger, 1, 20).total == 0
    assert [one.id for one in found.list_entries(alone, 1, 20).items] == [own.id]
    assert found.list_entries(lonely, 1, 20).total == 0
    for act in (
        lambda: found.find_entry(stranger, entry.id),
        lambda: found.change(actor_for(stranger), stranger, entry.id, given.found_input()),
        lambda: found.close(
            actor_for(stranger), stranger, entry.id, CloseInput(state=FoundState.REUNITED)
        ),
        lambda: found.add_photos(actor_for(stranger), stranger, entry.id, [given.picture()]),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_partner_registers_changes_closes_and_opens_an_entry_on_pages(
    logged_in: Callable[..., Client],
) -> None:
    import io

    client = logged_in(Role.PARTNER)
    assert client.get("/").location == "/found"
    assert "Nobody is registered yet" in client.get("/found").text
    data: dict[str, Any] = {
        "stamp": given.old_stamp(),
        "timezone": "Asia/Kolkata",
        "place": "Made-up market",
        "position": "12.97, 77.6",
        "found_at": "2026-11-18T14:10",
        "age_from_years": "6",
        "age_to_years": "9",
        "sex": "female",
        "whereabouts": "Room 4",
        "contact": "Made-up Warden",
    }
    without = client.post("/found/new", data=data, content_type="multipart/form-data")
    assert without.status_code == 422
    assert "at least one photo" in without.text
    swapped = {**data, "age_from_years": "10", "photos": (io.BytesIO(given.picture()), "a.jpg")}
    wrong = client.post("/found/new", data=swapped, content_type="multipart/form-data")
    assert "youngest age" in wrong.text
    with_photo = {**data, "photos": (io.BytesIO(given.picture()), "a.jpg")}
    made = client.post("/found/new", data=with_photo, content_type="multipart/form-data")
    assert made.status_code == 302
    entry = db.session.scalars(select(FoundPerson)).one()
    entry_id, number = entry.id, entry.number
    assert entry.latitude_deg == 12.97
    page = client.get(f"/found/{entry_id}").text
    assert "Room 4" in page
    assert "contact you" not in page
    client.post(f"/found/{entry_id}/edit", data={**data, "marks": "scar"})
    assert "scar" in client.get(f"/found/{entry_id}").text
    client.post(f"/found/{entry_id}/close", data={"state": "reunited"})
    assert "Open again" in client.get(f"/found/{entry_id}").text
    client.post(f"/found/{entry_id}/reopen")
    assert number in client.get("/found").text


def test_a_partner_learns_of_a_match_only_that_an_investigator_will_call(
    embedder: Embedder, app: Flask, user_factory: Callable[..., User], investigator: Actor
) -> None:
    from tests.app.conftest import log_in

    user = user_factory(Role.PARTNER)
    entry = entry_with_face(user, embedder, 0)
    case = factories.make_case(subject_name="Made-up Hidden Name")
    photo = make_photo(case, embedder, 0)
    compare(case, embedder)
    hidden = (case.number, case.subject_name, photo.face_sha256, "similarity")
    entry_id, match_id = entry.id, given.matches()[0].id
    client = app.test_client()
    assert isinstance(client, Client)
    log_in(client, user)
    for path in ("/found", f"/found/{entry_id}"):
        page = client.get(path).text
        assert "investigator will contact you" in page.lower().replace("an ", "")
        assert not any(one in page for one in hidden)
    assert client.get(f"/media/{photo.face_sha256}.jpg").status_code == 403
    found_matches.decide(investigator, match_id, MatchState.REJECTED)
    assert "will contact you" not in client.get(f"/found/{entry_id}").text


def test_whereabouts_are_shown_for_a_match_or_after_asking_with_a_reason(
    embedder: Embedder, partner: User, logged_in: Callable[..., Client]
) -> None:
    entry = entry_with_face(partner, embedder, 0)
    entry_id = entry.id
    client = logged_in(Role.INVESTIGATOR)
    assert "room 4" not in client.get(f"/found-persons/{entry_id}").text
    client.post(f"/found-persons/{entry_id}/whereabouts", data={"reason": " "})
    assert "room 4" not in client.get(f"/found-persons/{entry_id}").text
    client.post(f"/found-persons/{entry_id}/whereabouts", data={"reason": "Called by the home"})
    assert "room 4" in client.get(f"/found-persons/{entry_id}").text
    asked = select(AuditEntry).where(AuditEntry.action == "found.ask_whereabouts")
    assert db.session.scalars(asked).one().purpose == "Called by the home"
    other = logged_in(Role.INVESTIGATOR)  # one person's reason opens it for nobody else
    assert "room 4" not in other.get(f"/found-persons/{entry_id}").text
    looks = select(AuditEntry.details["whereabouts"].as_boolean())
    looks = looks.where(AuditEntry.action == "found.view").order_by(AuditEntry.id)
    assert db.session.scalars(looks).all() == [False, False, True, False]
    assert not found_matches.view(COMMAND_LINE, entry_id).shows_whereabouts
    found_matches.ask_whereabouts(COMMAND_LINE, entry_id, "A call from the desk")
    assert found_matches.view(COMMAND_LINE, entry_id).shows_whereabouts
    assert not found_matches.view(SCHEDULER, entry_id).shows_whereabouts
    matched = entry_with_face(partner, embedder, 90)
    matched_id = matched.id
    case = factories.make_case()
    make_photo(case, embedder, 90)
    compare(case, embedder)
    page = client.get(f"/found-persons/{matched_id}").text
    assert "room 4" in page
    assert case.number in page


def test_a_match_is_confirmed_rejected_and_taken_back_by_who_may_see_the_case(
    embedder: Embedder, partner: User, investigator: Actor, actor_factory: Callable[..., Actor]
) -> None:
    case = factories.make_case(restricted=True)
    from app.services.people import members

    members.note_member([case.id], investigator.user_id, investigator.user_id)
    make_photo(case, embedder, 0)
    entry = entry_with_face(partner, embedder, 0)
    compare(case, embedder)
    match = given.matches()[0]
    other = actor_factory(Role.INVESTIGATOR)
    assert found_matches.waiting_count(investigator) == 1
    assert found_matches.waiting_count(other) == 0
    with pytest.raises(NotFound):
        found_matches.decide(other, match.id, MatchState.CONFIRMED)
    hidden = found_matches.view(other, entry.id)
    assert not hidden.matches
    assert not hidden.shows_whereabouts
    found_matches.decide(investigator, match.id, MatchState.CONFIRMED)
    with pytest.raises(Conflict):
        found_matches.decide(investigator, match.id, MatchState.CONFIRMED)
    members.note_member([case.id], other.user_id, investigator.user_id)
    with pytest.raises(Conflict, match=re.escape(f"confirmed by {investigator.name}")):
        found_matches.decide(other, match.id, MatchState.REJECTED)
    found_matches.decide(investigator, match.id, MatchState.CANDIDATE)
    assert (match.state, match.decided_at) == (MatchState.CANDIDATE, None)
    decisions = select(func.count(AuditEntry.id)).where(AuditEntry.action == "found.decide")
    assert db.session.scalar(decisions) == 2


# ---------------------------------------------------------------------------------- letting go


def test_expired_tips_go_whole_with_a_receipt_that_the_audit_log_holds(
    embedder: Embedder,
) -> None:
    gone, stays = tip_with_face(embedder, 0, contact="080 0000"), given.hand_in().tip
    sha256 = gone.photos[0].sha256
    gone.expires_at = utc_now() - DAY
    db.session.commit()
    stays_id = stays.id
    receipts = contribution_retention.purge(SCHEDULER)
    assert [(one.tips, one.photos, one.faces, one.pictures) for one in receipts] == [(1, 1, 1, 1)]
    assert db.session.scalars(select(Tip.id)).all() == [stays_id]
    assert db.session.scalar(select(func.count(ContributedFace.id))) == 0
    with pytest.raises(NotFound):
        media.path_of(sha256)
    receipt = db.session.scalars(select(ContributionReceipt)).one()
    logged = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "contributions.purge")
    ).one()
    assert logged.details["receipt_sha256"] == contribution_retention.receipt_hash(receipt)
    assert contribution_retention.purge(SCHEDULER) == []


def test_a_picture_that_something_else_names_is_not_deleted(app: Flask) -> None:
    data = given.picture()
    gone, stays = given.hand_in(data).tip, given.hand_in(data).tip
    assert gone.photos[0].sha256 == stays.photos[0].sha256
    gone.expires_at = utc_now() - DAY
    db.session.commit()
    sha256 = stays.photos[0].sha256
    contribution_retention.purge(SCHEDULER)
    assert media.path_of(sha256).is_file()


def test_a_tip_that_a_case_still_needs_stays_beyond_its_time(
    embedder: Embedder, investigator: Actor
) -> None:
    case = factories.make_case()
    make_photo(case, embedder, 0)
    accepted, matching = given.hand_in(latitude_deg=12.9, longitude_deg=77.6).tip, None
    triage.accept(investigator, accepted.id, AcceptInput(case_number=case.number))
    matching = tip_with_face(embedder, 0)
    compare(case, embedder)
    for tip in (accepted, matching):
        tip.expires_at = utc_now() - DAY
    db.session.commit()
    assert contribution_retention.purge(SCHEDULER) == []
    case.state, case.closed_at = CaseState.CLOSED, utc_now() - timedelta(days=366)
    db.session.commit()
    assert contribution_retention.purge(SCHEDULER)[0].tips == 2
    place = db.session.scalars(select(LastKnownLocationRow)).one()
    db.session.refresh(place)
    assert place.tip_id is None


def test_a_closed_entry_goes_after_the_time_for_closed_cases(partner: User) -> None:
    entry = given.register(partner)
    found.close(actor_for(partner), partner, entry.id, CloseInput(state=FoundState.TRANSFERRED))
    assert contribution_retention.purge(SCHEDULER) == []
    entry.closed_at = utc_now() - timedelta(days=366)
    db.session.commit()
    assert contribution_retention.purge(SCHEDULER)[0].found_persons == 1
    assert db.session.scalar(select(func.count(ContributedPhoto.id))) == 0
    assert db.session.scalar(select(func.count(ContributedMatch.id))) == 0


def test_a_tip_about_two_cases_names_only_the_one_that_the_reader_may_see(
    embedder: Embedder, logged_in: Callable[..., Client]
) -> None:
    hidden = factories.make_case(restricted=True, number="HIDDEN-1", tip_code="ABCD-EFGH")
    factories.make_location(hidden)
    seen = factories.make_case()
    make_photo(seen, embedder, 0)
    tip = tip_with_face(
        embedder, 0, poster_code="ABCD-EFGH", latitude_deg=12.97, longitude_deg=77.6
    )
    assert tip.case_id == hidden.id
    compare(seen, embedder)
    tip.state, tip.decided_case_id, tip.decided_at = TipState.ACCEPTED, hidden.id, utc_now()
    db.session.commit()
    client = logged_in(Role.INVESTIGATOR)
    pages = ["/tips?show=all", f"/tips/{tip.id}", f"/cases/{seen.number}/tips"]
    for path in pages:
        page = client.get(path).text
        assert tip.number in page
        assert seen.number in page
        assert "HIDDEN-1" not in page, path
    seen.state = CaseState.CLOSED
    db.session.commit()
    assert "HIDDEN-1" not in client.get("/tips?show=all").text
