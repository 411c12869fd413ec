"""Looking back: what a case's own sweeps have kept is compared with a person of interest."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update

from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.inputs.persons import PersonAuthorisationInput, PersonEndInput, PersonVerdictInput
from app.models import (
    Alert,
    AuditEntry,
    Case,
    CaseState,
    Embedder,
    Face,
    LookBackState,
    PersonAuthorisation,
    PersonLookBack,
    PersonOfInterest,
    PersonSighting,
    Sweep,
    Verdict,
    VisitState,
)
from app.models.accounts import Role, User
from app.models.columns import utc_now
from app.queues import LOOK_BACKS_QUEUE, queue
from app.services.base import person_records
from app.services.base.actors import SCHEDULER, Actor
from app.services.governance import purging
from app.services.persons import authorising, comparing, judging, look_backs, looking_back
from tests.app import factories
from tests.app import kept_face_cases as faces
from tests.app import person_cases as given
from tests.app.conftest import Client
from tests.app.person_cases import People

NUMBER = "LOOK-BACK-1"


@pytest.fixture
def people(user_factory: Callable[..., User]) -> People:
    return given.make_people(user_factory)


@pytest.fixture
def case(app: Flask) -> Case:
    made: Case = factories.make_case(number=NUMBER)
    return made


@pytest.fixture
def embedder(app: Flask) -> Embedder:
    made: Embedder = faces.make_embedder()
    return made


def newest(person: PersonOfInterest) -> PersonLookBack:
    return look_backs.list_of(person)[0]


def run(person: PersonOfInterest) -> PersonLookBack:
    """A worker takes up the newest look-back."""
    one = newest(person)
    looking_back.run(one.id)
    return db.session.get_one(PersonLookBack, one.id, populate_existing=True)


def seen(person: PersonOfInterest) -> set[int]:
    statement = select(PersonSighting.face_id).where(PersonSighting.person_id == person.id)
    return set(db.session.scalars(statement))


def entries(verb: str) -> list[AuditEntry]:
    action = f"{person_records.ACTIONS}{verb}"
    return list(
        db.session.scalars(
            select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)
        )
    )


# ------------------------------------------------------------------------------ what is compared


def test_a_grant_compares_what_the_case_s_own_sweeps_have_kept_and_nothing_else(
    case: Case, people: People, embedder: Embedder
) -> None:
    sweep, other = factories.make_sweep(case), factories.make_sweep(factories.make_case())
    inherited = factories.make_sweep(case, is_inherited=True)
    near = faces.make_face(sweep, embedder, 10)
    faces.make_face(sweep, embedder, 58)  # above the model's threshold, below the person's
    faces.make_face(sweep, embedder, 90)
    over = utc_now() - timedelta(minutes=1)
    faces.make_face(sweep, embedder, 0, expires_at=over)
    faces.make_face(other, embedder, 0)
    faces.make_face(inherited, embedder, 0)

    person = given.granted(case, people, embedder)
    assert f"look_back-{newest(person).id}-0" in queue(LOOK_BACKS_QUEUE).job_ids
    queue(LOOK_BACKS_QUEUE).empty()
    assert newest(person).state is LookBackState.WAITING
    assert seen(person) == set(), "the grant itself compares nothing"

    done = run(person)
    assert done.state is LookBackState.DONE
    assert (done.faces_kept, done.faces, done.proposed) == (3, 3, 1)
    assert seen(person) == {near.id}
    sighting = db.session.scalars(select(PersonSighting)).one()
    assert sighting.look_back_id == done.id
    assert sighting.threshold_similarity == pytest.approx(0.55)
    assert sighting.authorisation_id == done.authorisation_id
    entry = entries("look_back")[-1]
    assert entry.case_number is None
    told = ("case", "label", "faces", "faces_kept", "proposed", "state")
    assert [entry.details[name] for name in told] == [NUMBER, "P1", 3, 3, 1, "done"]
    assert entry.details["seen_from"] == near.best_at.isoformat(timespec="seconds")


def test_only_the_person_that_was_granted_is_compared(
    case: Case, people: People, embedder: Embedder
) -> None:
    first = given.granted(case, people, embedder, 0, label="P1")
    faces.make_face(factories.make_sweep(case), embedder, 5)
    second = given.granted(case, people, embedder, 90, label="P2")
    run(second)
    assert seen(first) == seen(second) == set()
    assert newest(first).state is LookBackState.WAITING


def test_faces_that_a_purged_case_left_are_not_looked_through(
    case: Case, people: People, embedder: Embedder
) -> None:
    other = factories.make_case(state=CaseState.CLOSED)
    face = {"embedding": faces.at_angle(3)}
    sweep = factories.make_sweep(other)
    factories.make_sighting(case, sweep=sweep, embedder=embedder, face=face)
    purging.delete_case(other)
    db.session.commit()
    inherited = db.session.scalars(select(Sweep).where(Sweep.case_id == case.id)).one()
    assert inherited.is_inherited
    assert look_backs.kept_faces(case).faces == 0
    person = given.granted(case, people, embedder)
    assert run(person).faces == 0
    assert seen(person) == set()


def test_doing_it_twice_proposes_nothing_twice(
    case: Case, people: People, embedder: Embedder
) -> None:
    sweep = factories.make_sweep(case)
    made = {faces.make_face(sweep, embedder, angle).id for angle in (0, 20)}
    person = given.granted(case, people, embedder)
    first = run(person)
    looking_back.run(first.id)
    look_backs.ask(people.third, case, person.id)
    again = run(person)
    assert (again.id > first.id, again.faces, again.proposed) == (True, 2, 0)
    assert seen(person) == made
    assert len(entries("look_back")) == 2
    assert len(entries("look_back_ask")) == 1


def test_what_a_sweep_has_proposed_is_not_proposed_again(
    case: Case, people: People, embedder: Embedder
) -> None:
    person = given.granted(case, people, embedder)
    run(person)
    sweep = factories.make_sweep(case)
    given.seen(sweep, embedder, 4)
    look_backs.ask(people.asker, case, person.id)
    assert run(person).proposed == 0
    assert len(seen(person)) == 1


def test_an_extension_s_new_photo_finds_what_the_first_one_did_not(
    case: Case, people: People, embedder: Embedder
) -> None:
    face = faces.make_face(factories.make_sweep(case), embedder, 90)
    person = given.granted(case, people, embedder)
    run(person)
    assert seen(person) == set()
    longer = PersonAuthorisationInput(
        legal_basis="Section 5", order_reference=given.ORDER,
        expires_at=utc_now() + timedelta(days=20),
    )  # fmt: skip
    authorising.request_extension(people.asker, case, person.id, longer)
    given.add_photo(person, embedder, 90)
    person = given.decided(case, person, people.third)
    assert run(person).proposed == 1
    assert seen(person) == {face.id}


def test_faces_of_a_model_that_never_saw_the_photos_are_counted_and_not_compared(
    case: Case, people: People, embedder: Embedder
) -> None:
    sweep, older = factories.make_sweep(case), faces.make_embedder(name="an older model")
    faces.make_face(sweep, older, 0)
    face = faces.make_face(sweep, embedder, 0)
    person = given.granted(case, people, embedder)
    done = run(person)
    assert (done.faces_kept, done.faces, done.faces_of_other_models) == (2, 1, 1)
    assert seen(person) == {face.id}


# ---------------------------------------------------------------------------------- what stops it


def test_an_end_takes_it_along_at_once_and_says_how_far_it_was(
    case: Case, people: People, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking_back, "BATCH", 1)
    sweep = factories.make_sweep(case)
    for angle in (0, 10, 20):
        faces.make_face(sweep, embedder, angle)
    person = given.granted(case, people, embedder)
    batches: list[int] = []

    def end_after_the_second() -> bool:
        batches.append(1)
        if len(batches) == 3:
            authorising.end(people.asker, case, person.id, PersonEndInput(reason="No more"))
        return False

    looking_back.run(newest(person).id, end_after_the_second)
    one = newest(person)
    assert (one.state, one.faces) == (LookBackState.ENDED, 2)
    assert len(seen(person)) == 2
    withdrawn = db.session.scalars(select(PersonSighting.withdrawn_at)).all()
    assert all(withdrawn)
    assert entries("look_back")[-1].details["faces"] == 2
    assert entries("look_back")[-1].details["state"] == "ended"


def test_a_time_that_is_over_is_over_without_any_scheduler(
    case: Case, people: People, embedder: Embedder
) -> None:
    faces.make_face(factories.make_sweep(case), embedder, 0)
    person = given.granted(case, people, embedder)
    given.let_time_pass(person, timedelta(days=11))
    assert run(person).state is LookBackState.ENDED
    assert seen(person) == set()


@pytest.mark.parametrize("what", ["closed", "basis"])
def test_a_case_that_may_not_be_searched_for_is_not_looked_back_in(
    case: Case, people: People, embedder: Embedder, what: str
) -> None:
    faces.make_face(factories.make_sweep(case), embedder, 0)
    person = given.granted(case, people, embedder)
    if what == "closed":
        case.state = CaseState.CLOSED
    else:
        case.legal_basis_expires_at = utc_now() - timedelta(seconds=1)
    db.session.commit()
    assert run(person).state is LookBackState.ENDED
    assert seen(person) == set()
    with pytest.raises(Refused):
        look_backs.ask(people.asker, case, person.id)


def test_nobody_asks_for_one_without_an_authorisation_or_the_right_or_twice(
    case: Case, people: People, embedder: Embedder
) -> None:
    waiting = given.asked(case, people.asker, embedder)
    with pytest.raises(Conflict, match="in force"):
        look_backs.ask(people.asker, case, waiting.id)
    person = given.decided(case, waiting, people.decider)
    with pytest.raises(Conflict, match="already"):
        look_backs.ask(people.asker, case, person.id)
    run(person)
    with pytest.raises(NotFound):
        look_backs.ask(people.without, case, person.id)
    given.let_time_pass(person, timedelta(days=11))
    with pytest.raises(Conflict, match="in force"):
        look_backs.ask(people.asker, case, person.id)
    assert len(look_backs.list_of(person)) == 1


def test_a_refusal_looks_at_nothing(case: Case, people: People, embedder: Embedder) -> None:
    person = given.asked(case, people.asker, embedder)
    given.decided(case, person, people.decider, grant=False)
    assert look_backs.list_of(person) == []


# ----------------------------------------------------------------------------------- disturbances


def test_who_is_stopped_goes_on_where_it_was(
    case: Case, people: People, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking_back, "BATCH", 2)
    sweep = factories.make_sweep(case)
    made = [faces.make_face(sweep, embedder, angle).id for angle in (0, 10, 20, 30, 40)]
    person = given.granted(case, people, embedder)
    stops = iter((False, True))
    looking_back.run(newest(person).id, lambda: next(stops))
    half = newest(person)
    assert (half.state, half.faces, half.attempt) == (LookBackState.WAITING, 2, 0)
    assert seen(person) == set(made[:2])
    later = faces.make_face(sweep, embedder, 0)  # its own sweep has compared it
    done = run(person)
    assert (done.state, done.faces, done.proposed) == (LookBackState.DONE, 5, 5)
    assert seen(person) == set(made)
    assert later.id not in seen(person)


def test_a_worker_that_fell_silent_writes_nothing_more_and_another_goes_on(
    case: Case, people: People, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking_back, "BATCH", 1)
    sweep = factories.make_sweep(case)
    for angle in (0, 10, 20):
        faces.make_face(sweep, embedder, angle)
    person = given.granted(case, people, embedder)
    number = newest(person).id
    queue(LOOK_BACKS_QUEUE).empty()
    taken: list[int] = []

    def fall_silent_after_the_first() -> bool:
        taken.append(1)
        if len(taken) == 2:
            past = utc_now() - look_backs.STALE_AFTER - timedelta(seconds=1)
            db.session.execute(update(PersonLookBack).values(beat_at=past))
            db.session.commit()
            assert look_backs.rescue() == 1
            looking_back.run(number)
        return False

    looking_back.run(number, fall_silent_after_the_first)
    done = newest(person)
    assert (done.state, done.faces, done.proposed, done.attempt) == (LookBackState.DONE, 3, 3, 2)
    assert len(seen(person)) == 3
    assert len(entries("look_back")) == 1
    queue(LOOK_BACKS_QUEUE).empty()


def test_what_redis_loses_is_put_in_again_once(
    case: Case, people: People, embedder: Embedder
) -> None:
    person = given.granted(case, people, embedder)
    queue(LOOK_BACKS_QUEUE).empty()
    assert look_backs.rescue() == 0, "it may still be on its way"
    newest(person).queued_at = utc_now() - look_backs.PATIENCE - timedelta(seconds=1)
    db.session.commit()
    assert look_backs.rescue() == 1
    assert f"look_back-{newest(person).id}-0" in queue(LOOK_BACKS_QUEUE).job_ids
    newest(person).queued_at = None
    db.session.commit()
    assert look_backs.rescue() == 0, "it waits there"
    queue(LOOK_BACKS_QUEUE).empty()


def test_one_that_many_workers_died_of_fails_with_a_sentence_and_can_be_asked_for_again(
    case: Case, people: People, embedder: Embedder
) -> None:
    face = faces.make_face(factories.make_sweep(case), embedder, 0)
    person = given.granted(case, people, embedder)
    newest(person).attempt = look_backs.MAX_ATTEMPTS
    db.session.commit()
    failed = run(person)
    assert failed.state is LookBackState.FAILED
    assert "Look back again" in failed.problem
    look_backs.ask(people.asker, case, person.id)
    assert run(person).state is LookBackState.DONE
    assert seen(person) == {face.id}


def _person_in_force(number: str) -> tuple[Case, Embedder, PersonOfInterest, Actor]:
    """A request in a database of its own, and who may decide it."""
    users = [
        given.grant(User(email=f"{name}@lastseen.example", name=name, role=Role.INVESTIGATOR))
        for name in ("asks", "decides")
    ]
    for one in users:
        one.password_hash = "none"
        db.session.add(one)
    db.session.commit()
    asker, decider = (Actor(one.id, one.email, one.role.value) for one in users)
    case, embedder = factories.make_case(number=number), faces.make_embedder()
    return case, embedder, given.asked(case, asker, embedder), decider


def test_a_chunk_that_was_compared_before_the_grant_and_is_committed_after_it_is_waited_for(
    committing_app: Flask,
) -> None:
    case, embedder, person, decider = _person_in_force("RACE-1")
    sweep = factories.make_sweep(case)
    visit = factories.make_visit(sweep, factories.make_camera(), state=VisitState.RUNNING)
    # A face that nobody may see before the chunk's commit, as one that the chunk writes.
    faces.make_face(sweep, embedder, 0, expires_at=utc_now() - timedelta(days=1))
    ids = (visit.id, sweep.id, embedder.id, person.id)
    compared, may_commit = threading.Event(), threading.Event()

    def commit_a_chunk() -> None:
        with committing_app.app_context():
            held = db.session.get_one(type(visit), ids[0], with_for_update=True)
            model = db.session.get_one(Embedder, ids[2])
            assert comparing.compare(held, [], model) == 0
            nobody = comparing.person_gallery.gallery_of(held.sweep.case, model)
            assert len(nobody) == 0, "the grant is not there yet"
            compared.set()
            assert may_commit.wait(60)
            db.session.execute(update(Face).values(expires_at=utc_now() + timedelta(days=1)))
            db.session.commit()

    def look_back() -> None:
        with committing_app.app_context():
            looking_back.run(newest(db.session.get_one(PersonOfInterest, ids[3])).id)

    chunk = threading.Thread(target=commit_a_chunk)
    chunk.start()
    assert compared.wait(60)
    given.decided(case, person, decider)
    job = threading.Thread(target=look_back)
    job.start()
    waits = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
        "AND datname = current_database()"
    )
    while job.is_alive() and not db.session.scalar(waits):
        db.session.rollback()
    db.session.rollback()
    assert job.is_alive(), "it waits for the chunk"
    may_commit.set()
    chunk.join(60)
    job.join(60)
    db.session.expire_all()
    done = newest(person)
    assert (done.state, done.faces, done.proposed) == (LookBackState.DONE, 1, 1)


# ----------------------------------------------------------------------------- telling, and pages


def test_people_are_told_once_and_the_alert_is_answered_by_the_last_face_s_first_verdict(
    case: Case, people: People, embedder: Embedder
) -> None:
    sweep = factories.make_sweep(case)
    for angle in (0, 15):
        faces.make_face(sweep, embedder, angle)
    person = given.granted(case, people, embedder)
    run(person)
    alert = db.session.scalars(select(Alert).where(Alert.title.contains("earlier sweeps"))).one()
    assert "2 faces to judge" in alert.title
    assert alert.path == f"/cases/{NUMBER}/persons/review"
    verdict = PersonVerdictInput(verdict=Verdict.REJECTED)
    first, second = db.session.scalars(select(PersonSighting.id).order_by(PersonSighting.id))
    judging.judge(people.asker, case, first, verdict)
    assert alert.acknowledged_at is None
    judging.judge(people.asker, case, second, verdict)
    assert alert.acknowledged_at is not None
    others = db.session.scalars(select(Alert).order_by(Alert.id.desc()).limit(1)).one()
    assert "another verdict is open on faces from earlier sweeps" in others.title
    assert others.not_for_ids == [people.asker.user_id]
    judging.judge(people.decider, case, first, verdict)
    assert others.acknowledged_at is None
    judging.judge(people.decider, case, second, verdict)
    assert others.acknowledged_at is not None


def test_the_page_says_what_a_grant_covers_how_far_it_is_and_what_came_of_it(
    case: Case, people: People, embedder: Embedder, logged_in: Callable[..., Client]
) -> None:
    sweep = factories.make_sweep(case)
    for angle in (0, 15):
        faces.make_face(sweep, embedder, angle)
    client = logged_in(Role.INVESTIGATOR)
    assert client.user is not None
    given.grant(client.user)
    person = given.asked(case, people.asker, embedder)
    page = f"/cases/{NUMBER}/persons/{person.id}"
    assert "the 2 faces that they have kept until now" in client.get(page).text
    given.decided(case, person, people.decider)
    assert "Waits for a worker" in client.get(page).text

    looks = len(entries("view"))
    part = client.get(f"{page}/look-back")
    assert "Waits for a worker" in part.text
    assert "<html" not in part.text
    assert "data-refresh-from" in part.text
    assert "data-running" in part.text
    assert len(entries("view")) == looks, "asking how far it is is no look"

    refused = client.post(f"{page}/look-back", follow_redirects=True)
    assert "being compared already" in refused.text
    run(person)
    part = client.get(f"{page}/look-back")
    assert "2 faces seen" in part.text
    assert "2 proposed" in part.text
    assert "data-running" not in part.text
    again = client.post(f"{page}/look-back", follow_redirects=True)
    assert "being compared" in again.text
    answer = client.get(f"/api{page}").get_json()
    assert [one["state"] for one in answer["look_backs"]] == ["waiting", "done"]
    assert client.post(f"/api{page}/look-back").status_code == 409
    run(person)
    assert client.post(f"/api{page}/look-back").status_code == 202
    stranger = logged_in(Role.INVESTIGATOR)
    assert stranger.get(f"{page}/look-back").status_code == 404
    assert stranger.post(f"{page}/look-back").status_code == 404
    queue(LOOK_BACKS_QUEUE).empty()


def test_one_from_before_look_backs_can_be_looked_back_for_by_hand(
    case: Case, people: People, embedder: Embedder, logged_in: Callable[..., Client]
) -> None:
    faces.make_face(factories.make_sweep(case), embedder, 0)
    person = given.granted(case, people, embedder)
    db.session.execute(delete(PersonLookBack))
    db.session.commit()
    client = logged_in(Role.INVESTIGATOR)
    assert client.user is not None
    given.grant(client.user)
    page = f"/cases/{NUMBER}/persons/{person.id}"
    assert "Not compared yet" in client.get(page).text
    client.post(f"{page}/look-back")
    assert run(person).proposed == 1
    assert db.session.scalar(select(Face.id)) in seen(person)


def test_the_scheduler_s_end_of_an_authorisation_ends_it(
    case: Case, people: People, embedder: Embedder
) -> None:
    person = given.granted(case, people, embedder)
    given.let_time_pass(person, timedelta(days=11))
    assert authorising.ending.end_expired(SCHEDULER) == 1
    assert newest(person).state is LookBackState.ENDED
    assert db.session.scalars(select(PersonAuthorisation)).one().end_reason
