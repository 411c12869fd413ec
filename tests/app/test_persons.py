"""Persons of interest: asked for by one, authorised by another, compared in one case's sweeps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app.errors import Conflict, Forbidden, NotFound, Refused
from app.extensions import db
from app.inputs.persons import (
    PersonAuthorisationInput,
    PersonDecisionInput,
    PersonEndInput,
    PersonInput,
)
from app.models import (
    Alert,
    AuditEntry,
    AuthorisationState,
    Case,
    CaseState,
    ContributedMatch,
    Embedder,
    FaceSearchResult,
    LastKnownLocationRow,
    LiveEvent,
    OutgoingMessage,
    PersonAuthorisation,
    PersonComparison,
    PersonOfInterest,
    PersonSighting,
    Sighting,
)
from app.models.accounts import Role, User
from app.models.columns import utc_now
from app.services.base import person_records
from app.services.base.actors import COMMAND_LINE, SCHEDULER, WORKER, Actor
from app.services.base.rights import PERSONS
from app.services.casework import cases
from app.services.contributing import contribution_matching
from app.services.embeddings import galleries
from app.services.exchange import duplicates
from app.services.persons import (
    authorising,
    comparing,
    ending,
    finding,
    person_gallery,
    person_photos,
)
from app.services.searches import searching
from app.services.sweeping import sweeps
from tests.app import contribution_cases, factories
from tests.app import kept_face_cases as faces
from tests.app import person_cases as given
from tests.app.person_cases import People


@pytest.fixture
def people(user_factory: Callable[..., User]) -> People:
    return given.make_people(user_factory)


@pytest.fixture
def case(app: Flask) -> Case:
    made: Case = factories.make_case(number="WITH-PERSON-1")
    return made


@pytest.fixture
def embedder(app: Flask) -> Embedder:
    """Its threshold is 0.5; with the raise of 0.05, 0.55 for persons of interest: 56.6°."""
    made: Embedder = faces.make_embedder()
    return made


def sightings_of(person: PersonOfInterest) -> list[PersonSighting]:
    rows = select(PersonSighting).where(PersonSighting.person_id == person.id)
    return list(db.session.scalars(rows.order_by(PersonSighting.id)))


def entries(verb: str) -> list[AuditEntry]:
    action = f"{person_records.ACTIONS}{verb}"
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


# ------------------------------------------------------------------------------- two people


def test_one_asks_and_another_decides(app: Flask, case: Case, people: People) -> None:
    person = given.asked(case, people.asker)
    assert not finding.is_in_force(person)
    with pytest.raises(Forbidden):
        given.decided(case, person, people.asker)
    person = given.decided(case, person, people.decider)
    assert finding.is_in_force(person)
    assert person.granted is not None
    assert person.granted.decided_by_name == people.decider.name
    assert person.granted.photo_ids == [one.id for one in person.photos]
    entry = entries("grant")[0]
    assert entry.case_number is None
    assert entry.details["case"] == case.number
    assert entry.details["label"] == "P1"
    assert "Made-up Person" not in str(entry.details)


def test_the_database_itself_refuses_an_authorisation_by_one_person(
    app: Flask, case: Case, people: People
) -> None:
    person = given.asked(case, people.asker)
    row = person.newest
    row.state, row.decided_by_id = AuthorisationState.GRANTED, row.requested_by_id
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()


def test_without_the_right_nobody_asks_decides_or_sees(
    app: Flask, case: Case, people: People, actor_factory: Callable[..., Actor]
) -> None:
    person = given.asked(case, people.asker)
    for actor in (people.without, actor_factory(Role.ADMINISTRATOR)):
        with pytest.raises(NotFound):
            finding.list_persons(actor, case)
        with pytest.raises(NotFound):
            given.decided(case, person, actor)
        with pytest.raises(NotFound):
            authorising.end(actor, case, person.id, PersonEndInput(reason="No"))
    with pytest.raises(Forbidden):
        given.decided(case, person, COMMAND_LINE)


def test_a_request_needs_photos_and_ends_within_the_limit(
    app: Flask, case: Case, people: People
) -> None:
    asked: dict[str, Any] = {
        "label": "P1", "reason": "Seen beside the subject", "legal_basis": "Section 4",
        "order_reference": "8/2026", "expires_at": utc_now() + timedelta(days=5),
    }  # fmt: skip
    with pytest.raises(Refused, match="photo"):
        authorising.request_person(people.asker, case, PersonInput(**asked), [])
    person = given.granted(case, people)
    with pytest.raises(Refused, match="30 days"):
        authorising.request_extension(people.asker, case, person.id, given.later(30.5))
    with pytest.raises(Refused, match="over"):
        authorising.request_extension(people.asker, case, person.id, given.later(-1))


def test_what_the_log_keeps_for_good_is_written_without_the_name(
    app: Flask, case: Case, people: People
) -> None:
    person = given.granted(case, people)  # called Made-up Person
    word = PersonEndInput(reason="The person, made up, was spoken to")
    with pytest.raises(Refused, match="without"):
        authorising.end(people.asker, case, person.id, word)
    asked = PersonAuthorisationInput(
        legal_basis="Section 4", order_reference="Order on Made-up Person",
        expires_at=utc_now() + timedelta(days=2),
    )  # fmt: skip
    with pytest.raises(Refused) as refused:
        authorising.request_extension(people.asker, case, person.id, asked)
    assert set(refused.value.fields) == {"order_reference"}


def test_an_extension_is_asked_and_decided_anew_and_the_history_stays(
    app: Flask, case: Case, people: People
) -> None:
    person = given.granted(case, people)
    person = authorising.request_extension(people.decider, case, person.id, given.later(20))
    with pytest.raises(Conflict):
        authorising.request_extension(people.asker, case, person.id, given.later(20))
    with pytest.raises(Forbidden):  # who asked for the extension does not decide on it
        given.decided(case, person, people.decider)
    person = given.decided(case, person, people.third)
    states = [one.state for one in person.authorisations]
    assert states == [AuthorisationState.ENDED, AuthorisationState.GRANTED]
    assert person.authorisations[0].end_reason == "Extended."
    assert finding.is_in_force(person)


def test_a_refused_extension_leaves_what_is_in_force(
    app: Flask, case: Case, people: People
) -> None:
    person = given.granted(case, people)
    authorising.request_extension(people.asker, case, person.id, given.later(20))
    person = given.decided(case, person, people.third, grant=False)
    assert person.newest.state is AuthorisationState.REFUSED
    assert finding.is_in_force(person)


def test_whoever_decides_must_have_looked_at_the_photos(
    app: Flask, case: Case, people: People
) -> None:
    person = given.asked(case, people.asker)
    seen = tuple(one.id for one in person.photos)
    given.add_photo(person)
    with pytest.raises(Conflict, match="photos have changed"):
        authorising.decide(
            people.decider, case, person.id, PersonDecisionInput(grant=True, photo_ids=seen)
        )


def test_no_photo_is_added_once_it_is_decided(app: Flask, case: Case, people: People) -> None:
    person = given.granted(case, people)
    assert person.requested is None
    with pytest.raises(NotFound):
        person_photos.remove_photo(people.without, case, person.id, person.photos[0].id)
    with pytest.raises(NotFound):
        person_photos.remove_photo(people.asker, case, person.id, 987_654)


def test_a_case_that_may_not_be_searched_for_takes_no_request(
    app: Flask, case: Case, people: People
) -> None:
    person = given.asked(case, people.asker)
    case.legal_basis_expires_at = utc_now() - timedelta(hours=1)
    db.session.commit()
    with pytest.raises(Refused):
        given.decided(case, person, people.decider)


def test_nothing_is_granted_in_a_case_that_is_closed_at_the_same_moment(
    app: Flask, case: Case, people: People
) -> None:
    person = given.asked(case, people.asker)
    db.session.execute(
        update(Case)
        .where(Case.id == case.id)
        .values(state=CaseState.CLOSED)
        .execution_options(synchronize_session=False)
    )
    assert case.state is CaseState.OPEN, "as whoever decides has read it"
    with pytest.raises(Refused, match="closed"):
        given.decided(case, person, people.decider)


# ---------------------------------------------------------------- what is compared with whom


def test_a_face_is_proposed_in_a_table_of_its_own_and_nowhere_else(
    app: Flask, case: Case, people: People, embedder: Embedder
) -> None:
    person = given.granted(case, people, embedder, degrees=0.0)
    events = db.session.query(LiveEvent).count()
    visit, made, proposed = given.seen(factories.make_sweep(case), embedder, 10.0, 90.0)
    assert proposed == 1
    (sighting,) = sightings_of(person)
    assert sighting.face_id == made[0].id
    assert sighting.visit_id == visit.id
    assert sighting.threshold_similarity == pytest.approx(0.55)
    assert sighting.similarity == pytest.approx(0.985, abs=0.002)
    assert sighting.authorisation_id == person.newest.id
    for table in (Sighting, LastKnownLocationRow, FaceSearchResult, ContributedMatch):
        assert db.session.query(table).count() == 0
    assert db.session.query(LiveEvent).count() == events
    assert visit.sightings_found == 0


def test_the_threshold_is_the_model_s_and_the_installation_s_and_the_person_s_raise(
    app: Flask, case: Case, people: People, embedder: Embedder
) -> None:
    near = given.granted(case, people, embedder, degrees=0.0)
    strict = given.granted(case, people, embedder, degrees=0.0, label="P2", threshold_raise=0.2)
    sweep = factories.make_sweep(case)
    assert given.seen(sweep, embedder, 58.0)[2] == 0  # 0.530: enough for a subject, not for them
    assert given.seen(sweep, embedder, 52.0)[2] == 1  # 0.616
    assert len(sightings_of(near)) == 1
    assert sightings_of(strict) == []
    assert given.seen(sweep, embedder, 40.0)[2] == 2  # 0.766
    assert sightings_of(strict)[0].threshold_similarity == pytest.approx(0.75)


def test_one_face_may_be_like_the_subject_and_like_a_person_of_interest(
    app: Flask, case: Case, people: People, embedder: Embedder
) -> None:
    faces.make_photo(case, embedder, 0.0)
    person = given.granted(case, people, embedder, degrees=20.0)
    gallery = galleries.open_galleries(embedder)
    matches = gallery.match(faces.at_angle(10.0), embedder.sha256)
    assert [one.case_id for one in matches] == [case.id]
    assert given.seen(factories.make_sweep(case), embedder, 10.0)[2] == 1
    assert len(sightings_of(person)) == 1


def test_a_person_of_another_case_is_never_compared(
    app: Flask, case: Case, people: People, embedder: Embedder
) -> None:
    given.granted(case, people, embedder)
    other: Case = factories.make_case()
    assert len(person_gallery.gallery_of(other, embedder)) == 0
    visit, _, proposed = given.seen(factories.make_sweep(other), embedder, 0.0)
    assert proposed == 0
    assert db.session.query(PersonComparison).filter_by(visit_id=visit.id).count() == 0


def test_a_person_of_interest_is_in_no_gallery_of_missing_persons_and_no_search_finds_one(
    app: Flask, case: Case, people: People, embedder: Embedder
) -> None:
    person = given.granted(case, people, embedder, degrees=0.0)
    subject = faces.make_photo(case, embedder, 90.0)
    assert len(galleries.open_galleries(embedder)) == 1
    assert len(galleries.case_gallery(case, embedder)) == 1
    sweep = factories.make_sweep(case)
    for degrees in (0.0, 90.0):  # exactly the person of interest, and exactly the subject
        faces.make_face(sweep, embedder, degrees)
    searching.search_for_photo(COMMAND_LINE, case, subject, embedder)
    tip = contribution_cases.hand_in(contribution_cases.picture()).tip
    of_tip = [contribution_cases.add_face(tip.photos[0], embedder, one) for one in (0.0, 90.0)]
    contribution_matching.compare_case(COMMAND_LINE, case, embedder)
    contribution_matching.hold_lock()
    at = [faces.at_angle(0.0), faces.at_angle(90.0)]
    contribution_matching.compare_photo(tip.photos[0], embedder, of_tip, at)
    db.session.commit()
    assert list(duplicates.look_at_duplicates(COMMAND_LINE).pairs) == []
    assert [one.similarity for one in db.session.query(Sighting)] == pytest.approx([1.0])
    matched = [one.face_id for one in db.session.query(ContributedMatch)]
    assert matched == [of_tip[1].id]
    assert sightings_of(person) == []


@pytest.mark.parametrize("how", ["not decided", "refused", "time over", "ended", "closed", "basis"])
def test_who_is_not_in_force_is_not_compared_whatever_the_scheduler_does(
    app: Flask, case: Case, people: People, embedder: Embedder, how: str
) -> None:
    person = given.asked(case, people.asker, embedder)
    if how == "refused":
        given.decided(case, person, people.decider, grant=False)
    elif how != "not decided":
        given.decided(case, person, people.decider)
        assert len(person_gallery.gallery_of(case, embedder)) == 1
    if how == "time over":
        given.let_time_pass(person, timedelta(days=11))
        assert person.newest.state is AuthorisationState.GRANTED  # nobody has ended it
    elif how == "ended":
        authorising.end(people.third, case, person.id, PersonEndInput(reason="A mistake"))
    elif how == "closed":
        case.state = CaseState.CLOSED
    elif how == "basis":
        case.legal_basis_expires_at = utc_now() - timedelta(seconds=1)
    db.session.commit()
    assert len(person_gallery.gallery_of(case, embedder)) == 0
    visit, _, proposed = given.seen(factories.make_sweep(case), embedder, 0.0)
    assert proposed == 0
    assert db.session.query(PersonComparison).filter_by(visit_id=visit.id).count() == 0


def test_the_gallery_in_memory_ends_with_the_authorisation_without_any_change(
    app: Flask, case: Case, people: People, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = given.granted(case, people, embedder)
    assert len(person_gallery.gallery_of(case, embedder)) == 1
    later = person.newest.expires_at + timedelta(seconds=1)
    monkeypatch.setattr(person_gallery, "utc_now", lambda: later)
    monkeypatch.setattr(finding, "utc_now", lambda: later)
    assert len(person_gallery.gallery_of(case, embedder)) == 0


def test_a_photo_that_nobody_authorised_is_not_compared(
    app: Flask, case: Case, people: People, embedder: Embedder
) -> None:
    person = given.granted(case, people, embedder, degrees=0.0)
    given.add_photo(person, embedder, 90.0)  # somebody else's face, put under what is in force
    assert given.seen(factories.make_sweep(case), embedder, 90.0)[2] == 0
    assert given.seen(factories.make_sweep(case), embedder, 0.0)[2] == 1


def test_what_was_compared_is_counted_by_visit_and_logged_once(
    app: Flask, case: Case, people: People, embedder: Embedder
) -> None:
    person = given.granted(case, people, embedder)
    visit, _, _ = given.seen(factories.make_sweep(case), embedder, 0.0, 90.0)
    more = faces.make_face(visit.sweep, embedder, 80.0)
    comparing.compare(visit, [(more, faces.at_angle(80.0))], embedder)
    comparing.compare(visit, [], embedder)
    db.session.commit()
    row = db.session.scalars(select(PersonComparison)).one()
    assert (row.person_id, row.faces, row.proposed) == (person.id, 3, 1)
    (entry,) = entries("compare")
    assert entry.actor_name == WORKER.name
    assert entry.details["persons"] == 1
    assert entry.details["labels"] == ["P1"]
    assert entry.case_number is None


def test_a_face_kept_of_another_case_s_sweep_is_compared_with_this_case_s_person(
    app: Flask, case: Case, people: People, embedder: Embedder
) -> None:
    person = given.granted(case, people, embedder)
    theirs = factories.make_sweep(factories.make_case())
    visit, made, proposed = given.seen(factories.make_sweep(case), embedder, 0.0, of=theirs)
    assert proposed == 1
    assert sightings_of(person)[0].visit_id == visit.id != made[0].visit_id


# ------------------------------------------------------------------------------------- the end


def test_the_scheduler_ends_what_is_over_and_tells_both(
    app: Flask, case: Case, people: People, embedder: Embedder
) -> None:
    person = given.granted(case, people, embedder)
    given.seen(factories.make_sweep(case), embedder, 0.0)
    given.let_time_pass(person, timedelta(days=11))
    assert ending.end_expired(SCHEDULER) == 1
    assert ending.end_expired(SCHEDULER) == 0
    db.session.expire_all()
    assert person.newest.state is AuthorisationState.EXPIRED
    assert sightings_of(person)[0].withdrawn_at is not None
    told = {one.recipient for one in db.session.scalars(select(OutgoingMessage))}
    assert told == {people.asker.name, people.decider.name}
    texts = [one.text for one in db.session.scalars(select(OutgoingMessage))]
    assert all("P1" in text and "Made-up Person" not in text for text in texts)
    assert entries("expire")[0].details["case"] == case.number
    assert all(one.withdrawn_at for one in db.session.scalars(select(Alert)) if one.person_id)


def test_an_extension_that_runs_out_undecided_leaves_what_is_in_force(
    app: Flask, case: Case, people: People, embedder: Embedder
) -> None:
    person = given.granted(case, people, embedder)
    given.seen(factories.make_sweep(case), embedder, 0.0)
    authorising.request_extension(people.asker, case, person.id, given.later(1))
    row = db.session.scalars(
        select(PersonAuthorisation).order_by(PersonAuthorisation.id.desc()).limit(1)
    ).one()
    row.requested_at -= timedelta(days=2)
    row.expires_at -= timedelta(days=2)
    db.session.commit()
    assert ending.end_expired(SCHEDULER) == 1
    db.session.expire_all()
    assert finding.is_in_force(person)
    assert sightings_of(person)[0].withdrawn_at is None
    mail = db.session.scalars(select(OutgoingMessage)).one()
    assert "nobody decided" in mail.subject
    assert "any more" not in mail.text, "the authorisation before it goes on"
    waiting = [one.title for one in db.session.scalars(select(Alert)) if not one.withdrawn_at]
    assert len(waiting) == 1, "the face waits, the request does not"
    assert "a face to judge" in waiting[0]


def test_closing_the_case_ends_it_and_opening_again_brings_nothing_back(
    app: Flask, case: Case, people: People, embedder: Embedder
) -> None:
    person = given.granted(case, people, embedder)
    waiting = given.asked(case, people.asker, embedder, label="P2")
    cases.close_case(people.without, case)
    db.session.expire_all()
    assert person.newest.state is AuthorisationState.ENDED
    assert person.newest.end_reason == ending.CASE_CLOSED
    assert waiting.newest.state is AuthorisationState.WITHDRAWN
    cases.reopen_case(people.without, case)
    assert len(person_gallery.gallery_of(case, embedder)) == 0


def test_what_waited_comes_back_with_another_authorisation(
    app: Flask, case: Case, people: People, embedder: Embedder
) -> None:
    person = given.granted(case, people, embedder)
    given.seen(factories.make_sweep(case), embedder, 0.0)
    authorising.end(people.asker, case, person.id, PersonEndInput(reason="For now"))
    assert sightings_of(person)[0].withdrawn_at is not None
    authorising.request_extension(people.asker, case, person.id, given.later(3))
    given.decided(case, finding.find_person(people.asker, case, person.id), people.decider)
    db.session.expire_all()
    assert sightings_of(person)[0].withdrawn_at is None


def test_the_right_is_given_by_an_administrator_to_others_only(app: Flask) -> None:
    assert Role.ADMINISTRATOR not in PERSONS.roles
    assert PERSONS.roles == {Role.INVESTIGATOR, Role.ANALYST}


def test_no_sweep_of_a_case_says_that_it_compared_with_persons_of_interest(
    app: Flask, case: Case, people: People, embedder: Embedder
) -> None:
    given.granted(case, people, embedder)
    visit, _, _ = given.seen(factories.make_sweep(case), embedder, 0.0)
    shown = sweeps.list_visits(visit.sweep).items[0]
    assert shown.sightings_found == 0
    assert shown.outcome == ""
    assert db.session.scalar(select(func.count(PersonSighting.id))) == 1
