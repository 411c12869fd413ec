"""Persons of interest on pages, API, alerts, exports and in the log: for those with the right."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.current import settings
from app.errors import Conflict, NotFound
from app.extensions import db
from app.gate import ROOMS_WITH_A_RIGHT
from app.inputs.persons import (
    PersonAuthorisationInput,
    PersonEndInput,
    PersonPageQuery,
    PersonVerdictInput,
)
from app.models import (
    Alert,
    AlertKind,
    AlertMode,
    AlertNotice,
    AlertPreference,
    AlertUrgency,
    AuditEntry,
    Case,
    CaseState,
    Embedder,
    Face,
    LastKnownLocationRow,
    LiveEvent,
    OutgoingMessage,
    PersonOfInterest,
    PersonPhoto,
    PersonReceipt,
    PersonSighting,
    PersonVerdict,
    SightingState,
    Verdict,
)
from app.models.accounts import Role, User
from app.models.columns import utc_now
from app.permissions import PERSON_READERS, TABLE
from app.services.base import access, audit, media, person_records
from app.services.base.actors import COMMAND_LINE, SCHEDULER, Actor
from app.services.base.rights import PERSONS
from app.services.casework import cases
from app.services.exchange import case_export
from app.services.governance import (
    audit_reading,
    case_purges,
    person_retention,
    retention,
    transparency,
)
from app.services.messages import alert_rounds, alerts
from app.services.people.accounts import actor_for
from app.services.persons import authorising, ending, finding, judging, person_photos, telling
from tests.app import factories
from tests.app import kept_face_cases as faces
from tests.app import person_cases as given
from tests.app.conftest import Client
from tests.app.person_cases import People

NUMBER = "WITH-PERSON-2"
ALL = PersonPageQuery()


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


@pytest.fixture
def person(case: Case, people: People, embedder: Embedder) -> PersonOfInterest:
    return given.granted(case, people, embedder)


@pytest.fixture
def sighting(case: Case, person: PersonOfInterest, embedder: Embedder) -> PersonSighting:
    """A face that waits to be judged, its crop on disk."""
    _, (face,), _ = given.seen(factories.make_sweep(case), embedder, 0.0)
    face.crop_sha256 = media.store(b"a face like a person of interest")
    db.session.commit()
    return db.session.scalars(select(PersonSighting)).one()


def with_right(logged_in: Callable[..., Client], role: Role = Role.INVESTIGATOR) -> Client:
    client = logged_in(role)
    assert client.user is not None
    given.grant(client.user)
    return client


def say(actor: Actor, case: Case, sighting_id: int, verdict: Verdict) -> PersonSighting:
    return judging.judge(actor, case, sighting_id, PersonVerdictInput(verdict=verdict))


def addresses(person: PersonOfInterest, sighting: PersonSighting) -> list[str]:
    page, api = f"/cases/{NUMBER}/persons", f"/api/cases/{NUMBER}/persons"
    photo, face = person.photos[0].sha256, sighting.face.crop_sha256
    return [
        *(f"{page}{rest}" for rest in ("", "/new", f"/{person.id}", "/review")),
        *(f"{page}/review/{sighting.id}", f"{page}/pictures/{photo}.jpg"),
        *(f"{page}/pictures/{face}.jpg", api, f"{api}/{person.id}"),
        *(f"{api}/sightings", f"{api}/sightings/{sighting.id}", f"{api}/map"),
    ]


# ------------------------------------------------------------------------------- who sees them


def test_every_endpoint_of_persons_needs_role_and_right() -> None:
    rooms = [one for one in TABLE if ROOMS_WITH_A_RIGHT.get(one.partition(".")[0]) is PERSONS]
    assert len(rooms) >= 27
    for endpoint in rooms:
        assert TABLE[endpoint] == PERSON_READERS, endpoint
    assert Role.ADMINISTRATOR not in PERSON_READERS


def test_without_the_right_nothing_tells_that_there_is_anybody(
    app: Flask,
    person: PersonOfInterest,
    sighting: PersonSighting,
    logged_in: Callable[..., Client],
) -> None:
    paths = addresses(person, sighting)
    for role in Role:
        client = logged_in(role)
        for path in paths:
            expected = 404 if role in PERSON_READERS else 403
            assert client.get(path).status_code == expected, (role, path)
        face = f"/media/{sighting.face.crop_sha256}.jpg"
        assert client.get(face).status_code in (403, 404)
        assert client.get(f"/media/{person.photos[0].sha256}.jpg").status_code in (403, 404)
    client = logged_in(Role.INVESTIGATOR)
    pages = (
        *(f"/cases/{NUMBER}{rest}" for rest in ("", "/photos", "/sightings", "/sweeps", "/files")),
        *(f"/cases/{NUMBER}/{rest}" for rest in ("alerts", "timeline", "wall")),
        *("/alerts", "/review", "/cases", "/"),
    )
    for path in pages:
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code == 200, path
        assert "erson of interest" not in answer.text, path
        assert "ersons of interest" not in answer.text, path
        assert "/persons" not in answer.text, path
    assert client.get("/api/alerts").json == {"items": [], "total": 0, "page": 1, "per_page": 50}
    for path in ("sightings", "sweeps", "timeline", "locations", "photos"):
        assert "P1" not in client.get(f"/api/cases/{NUMBER}/{path}").text


def test_with_the_right_all_of_it_opens_and_every_look_is_logged(
    app: Flask,
    person: PersonOfInterest,
    sighting: PersonSighting,
    logged_in: Callable[..., Client],
) -> None:
    client = with_right(logged_in)
    for path in addresses(person, sighting):
        assert client.get(path).status_code == 200, path
    assert "/persons" in client.get(f"/cases/{NUMBER}").text
    looked = set(db.session.scalars(select(AuditEntry.action)))
    for look in ("list", "view", "queue", "face", "map"):
        assert f"{person_records.ACTIONS}{look}" in looked


def test_a_restricted_case_hides_its_persons_from_who_is_not_on_its_list(
    app: Flask,
    case: Case,
    person: PersonOfInterest,
    sighting: PersonSighting,
    logged_in: Callable[..., Client],
) -> None:
    client = with_right(logged_in)
    case.restricted = True
    db.session.commit()
    for path in addresses(person, sighting):
        assert client.get(path).status_code == 404, path
    assert client.get("/api/alerts").json["total"] == 0


def test_a_person_is_not_reached_through_another_case(
    app: Flask,
    person: PersonOfInterest,
    sighting: PersonSighting,
    logged_in: Callable[..., Client],
) -> None:
    other = factories.make_case()
    client = with_right(logged_in)
    base = f"/cases/{other.number}/persons"
    photo = person.photos[0].sha256
    for path in (f"/{person.id}", f"/review/{sighting.id}", f"/pictures/{photo}.jpg"):
        assert client.get(f"{base}{path}").status_code == 404, path
    assert client.post(f"{base}/{person.id}/end", data={"reason": "x"}).status_code == 404


# -------------------------------------------------------------------------------------- the log


def test_the_log_does_not_tell_administrators_of_whom_or_which_case(
    app: Flask, case: Case, person: PersonOfInterest, logged_in: Callable[..., Client]
) -> None:
    client = logged_in(Role.ADMINISTRATOR)
    page = client.get("/admin/audit").text
    assert "person_of_interest.grant" in page
    assert NUMBER not in page
    assert given.ORDER not in page
    assert "P1" not in client.get("/admin/audit.csv").text
    of_case = client.get(f"/admin/audit?case_number={NUMBER}").text
    assert of_case.count("person_of_interest.grant") == 1  # the choice among all actions
    assert given.ORDER not in client.get("/api/audit").text
    entries = list(db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
    shown = list(audit_reading.as_read_by(COMMAND_LINE, entries))
    assert any(line.details.get("case") == NUMBER for line in shown)
    assert audit.verify().ok


def test_the_transparency_report_counts_by_month(
    app: Flask, case: Case, people: People, sighting: PersonSighting
) -> None:
    say(people.asker, case, sighting.id, Verdict.CONFIRMED)
    say(people.third, case, sighting.id, Verdict.CONFIRMED)
    counts = transparency.report(utc_now()).months[0].counts
    assert counts["persons_asked"] == counts["persons_granted"] == 1
    assert counts["persons_refused"] == 0
    assert counts["persons_compared"] == counts["persons_proposed"] == counts["persons_leads"] == 1
    assert counts["leads"] == counts["proposed"] == 0


# ------------------------------------------------------------------------------------- verdicts


def test_two_people_judge_blind_and_nothing_follows_from_it(
    app: Flask,
    case: Case,
    people: People,
    sighting: PersonSighting,
    logged_in: Callable[..., Client],
) -> None:
    client = with_right(logged_in)
    page = f"/cases/{NUMBER}/persons/review/{sighting.id}"
    api = f"/api/cases/{NUMBER}/persons/sightings/{sighting.id}"
    say(people.asker, case, sighting.id, Verdict.CONFIRMED)
    blind = client.get(page).text
    assert people.asker.name not in blind
    assert "similarity, threshold" not in blind
    told: dict[str, Any] = client.get(api).json
    assert [told[one] for one in ("similarity", "state", "is_lead", "verdicts")] == [None] * 4
    client.post(page, data={"verdict": "confirmed", "remarks": "The same scar"})
    assert people.asker.name in client.get(page).text
    db.session.refresh(sighting)
    assert sighting.is_lead
    assert sighting.state is SightingState.CONFIRMED
    assert all(one.blind for one in db.session.scalars(select(PersonVerdict)))
    assert db.session.query(LastKnownLocationRow).count() == 0
    assert [one.kind for one in db.session.scalars(select(LiveEvent))] == []
    with pytest.raises(Conflict):
        judging.undo(people.asker, case, sighting.id)
    marks = client.get(f"/api/cases/{NUMBER}/persons/map").json
    assert [one["is_lead"] for one in marks["items"]] == [True]
    assert "not an identification" in marks["notice"]


def test_one_person_alone_makes_no_lead_even_where_one_review_is_enough(
    app: Flask, case: Case, people: People, sighting: PersonSighting
) -> None:
    before = app.config["LASTSEEN"]
    app.config["LASTSEEN"] = before.model_copy(update={"reviews_needed": 1})
    try:
        judged = say(people.asker, case, sighting.id, Verdict.CONFIRMED)
        assert not judged.is_lead
        with pytest.raises(NotFound):
            judging.find_sighting(people.without, case, sighting.id)
        assert say(people.decider, case, sighting.id, Verdict.CONFIRMED).is_lead
    finally:
        app.config["LASTSEEN"] = before


def test_who_has_seen_the_others_words_cannot_confirm_any_more(
    app: Flask, case: Case, people: People, sighting: PersonSighting
) -> None:
    say(people.asker, case, sighting.id, Verdict.CONFIRMED)
    say(people.decider, case, sighting.id, Verdict.REJECTED)
    judging.undo(people.decider, case, sighting.id)
    with pytest.raises(Conflict, match="blind"):
        say(people.decider, case, sighting.id, Verdict.CONFIRMED)
    assert say(people.decider, case, sighting.id, Verdict.UNSURE).awaits is not None


def test_one_person_s_no_settles_nothing_and_can_be_taken_back(
    app: Flask, case: Case, people: People, sighting: PersonSighting
) -> None:
    judged = say(people.asker, case, sighting.id, Verdict.REJECTED)
    assert judged.state is SightingState.REJECTED
    assert judged.awaits is not None
    assert not judging.knows(people.decider, judged)
    judging.undo(people.asker, case, sighting.id)
    say(people.asker, case, sighting.id, Verdict.UNSURE)
    assert say(people.decider, case, sighting.id, Verdict.REJECTED).awaits is None


def test_a_face_is_judged_by_the_photos_that_were_authorised(
    app: Flask, person: PersonOfInterest, sighting: PersonSighting
) -> None:
    given.add_photo(person)
    db.session.expire_all()
    assert len(person.photos) == 2
    assert [one.id for one in sighting.photos] == [person.photos[0].id]


def test_people_who_disagree_ask_a_third(
    app: Flask, case: Case, people: People, sighting: PersonSighting
) -> None:
    say(people.asker, case, sighting.id, Verdict.CONFIRMED)
    say(people.decider, case, sighting.id, Verdict.REJECTED)
    assert [one.id for one in judging.list_waiting(people.third, case, ALL).items] == [sighting.id]
    assert judging.list_waiting(people.asker, case, ALL).items == []
    assert say(people.third, case, sighting.id, Verdict.REJECTED).state is SightingState.REJECTED


def test_what_is_over_is_judged_by_nobody_whatever_the_scheduler_does(
    app: Flask, case: Case, people: People, person: PersonOfInterest, sighting: PersonSighting
) -> None:
    given.let_time_pass(person, timedelta(days=11))
    assert judging.list_waiting(people.third, case, ALL).items == []
    assert judging.count_waiting(people.third, case) == 0
    with pytest.raises(NotFound):
        judging.find_sighting(people.third, case, sighting.id)
    with pytest.raises(NotFound):
        say(people.third, case, sighting.id, Verdict.CONFIRMED)


# --------------------------------------------------------------------------------------- alerts


def test_alerts_reach_only_people_with_the_right_and_only_by_mail(
    app: Flask, case: Case, people: People, sighting: PersonSighting
) -> None:
    raised = list(db.session.scalars(select(Alert)))
    assert {one.kind for one in raised} == {AlertKind.PERSON_OF_INTEREST}
    assert all(one.crop_sha256 is None for one in raised)
    assert db.session.query(LiveEvent).count() == 0
    for actor in (people.third, people.without):
        assert actor.user_id is not None
        db.session.add(
            AlertPreference(
                user_id=actor.user_id, case_id=case.id, mode=AlertMode.OWN,
                channels=["mail", "channel:duty-phone", "webhook:desk"],
                least_urgency=AlertUrgency.LOW, timezone="Asia/Kolkata", urgent_breaks_quiet=True,
                group_minutes=0,
            )
        )  # fmt: skip
    db.session.commit()
    alert_rounds.tell_of_new(utc_now())
    told = {(one.user_id, one.channel) for one in db.session.scalars(select(AlertNotice))}
    assert told == {(people.third.user_id, "mail")}
    assert people.without.user_id is not None
    assert alerts.count_open(people.without.user_id) == 0
    assert alerts.list_open(people.without.user_id) == []
    assert people.third.user_id is not None
    assert alerts.count_open(people.third.user_id) == 1  # the request was decided already
    assert alerts.acknowledge_case(people.without, case) == 0
    assert alerts.list_alerts(people.without, case, 1, 20, only_open=False).total == 0
    say(people.third, case, sighting.id, Verdict.UNSURE)
    assert alerts.count_open(people.third.user_id) == 0
    assert not list(
        db.session.scalars(
            select(AuditEntry).where(
                AuditEntry.action == "alert.acknowledge", AuditEntry.case_number == NUMBER
            )
        )
    )


def test_an_alert_is_404_for_whoever_has_not_the_right(
    app: Flask, sighting: PersonSighting, logged_in: Callable[..., Client]
) -> None:
    alert = db.session.scalars(select(Alert).order_by(Alert.id.desc()).limit(1)).one()
    assert logged_in().post(f"/api/alerts/{alert.id}/acknowledge").status_code == 404
    assert with_right(logged_in).post(f"/api/alerts/{alert.id}/acknowledge").status_code == 200


def test_they_are_not_escalated_to_a_shared_box(
    app: Flask, case: Case, sighting: PersonSighting
) -> None:
    before = app.config["LASTSEEN"]
    app.config["LASTSEEN"] = before.model_copy(
        update={"mail_host": "mail.example", "alert_escalation_to": "desk@lastseen.example"}
    )
    try:
        assert alert_rounds.escalate(utc_now() + timedelta(hours=2)) == 0
    finally:
        app.config["LASTSEEN"] = before


# ------------------------------------------------------------------- export, letting go, purge


def export(actor: Actor, case: Case) -> zipfile.ZipFile:
    bundle = case_export.export_case(actor, case)
    return zipfile.ZipFile(io.BytesIO(b"".join(bundle.chunks())))


def test_the_full_export_holds_them_only_for_who_has_the_right(
    app: Flask, case: Case, people: People, person: PersonOfInterest, sighting: PersonSighting
) -> None:
    with export(people.without, case) as archive:
        assert not [name for name in archive.namelist() if "person" in name]
        assert json.loads(archive.read("all/alerts.json")) == []
        assert json.loads(archive.read("all/faces.json")) == []
        assert b"erson of interest" not in archive.read("CONTENTS.txt")
    with export(people.asker, case) as archive:
        (row,) = json.loads(archive.read("all/persons_of_interest.json"))
        assert row["label"] == "P1"
        assert len(json.loads(archive.read("all/person_sightings.json"))) == 1
        assert len(json.loads(archive.read("all/person_authorisations.json"))) == 1
        assert f"all/persons/{person.photos[0].sha256}.jpg" in archive.namelist()
        assert f"all/crops/{sighting.face.crop_sha256}.jpg" in archive.namelist()
        assert "all/person_embeddings.json" not in archive.namelist()


def on_disk(*sha256s: str) -> list[bool]:
    return [(settings().media_dir / one[:2] / f"{one}.jpg").is_file() for one in sha256s]


def test_after_its_time_nothing_says_who_it_was_and_a_receipt_stays(
    app: Flask, case: Case, people: People, person: PersonOfInterest, sighting: PersonSighting
) -> None:
    say(people.asker, case, sighting.id, Verdict.CONFIRMED)
    photo = person.photos[0]
    files = (photo.sha256, photo.face_sha256)
    assert person_retention.purge(SCHEDULER) == []
    authorising.end(people.asker, case, person.id, PersonEndInput(reason="Spoken to"))
    assert person_retention.purge(SCHEDULER) == []
    given.let_time_pass(person, timedelta(days=settings().closed_case_retention_days + 1))
    case.legal_hold, case.legal_hold_reason = True, "A court asked"
    db.session.commit()
    assert person_retention.purge(SCHEDULER) == []
    assert on_disk(*files) == [True, True]
    case.legal_hold = False
    db.session.commit()
    (receipt,) = person_retention.purge(SCHEDULER)
    assert (receipt.photos, receipt.embeddings, receipt.pictures) == (1, 1, 2)
    assert on_disk(*files) == [False, False]
    db.session.expire_all()
    assert (person.name, person.description, person.reason) == ("", "", "")
    assert person.newest.order_reference == given.ORDER
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == f"{person_records.ACTIONS}purge")
    ).one()
    assert entry.details["receipt_sha256"] == person_retention.receipt_hash(receipt)


def test_a_withdrawn_face_goes_when_its_time_is_over_and_a_confirmed_one_later(
    app: Flask, case: Case, people: People, person: PersonOfInterest, embedder: Embedder
) -> None:
    sweep = factories.make_sweep(case)
    _, (waiting, confirmed), _ = given.seen(sweep, embedder, 0.0, 3.0)
    second = db.session.scalars(
        select(PersonSighting).where(PersonSighting.face_id == confirmed.id)
    ).one()
    for actor in (people.asker, people.decider):
        say(actor, case, second.id, Verdict.CONFIRMED)
    for face in (waiting, confirmed):
        face.expires_at = utc_now() - timedelta(hours=1)
    db.session.commit()
    first = db.session.scalars(
        select(PersonSighting).where(PersonSighting.face_id == waiting.id)
    ).one()
    say(people.asker, case, first.id, Verdict.REJECTED)  # one person's no settles nothing
    assert retention.expire_faces(SCHEDULER).faces == 0
    authorising.end(people.asker, case, person.id, PersonEndInput(reason="Over"))
    assert retention.expire_faces(SCHEDULER).faces == 1
    kept = list(db.session.scalars(select(Face.id)))
    assert kept == [confirmed.id]
    assert [one.face_id for one in db.session.scalars(select(PersonSighting))] == kept


def test_the_history_of_a_person_is_all_that_was_done_and_no_mere_look(
    app: Flask, case: Case, people: People, person: PersonOfInterest, sighting: PersonSighting
) -> None:
    say(people.asker, case, sighting.id, Verdict.UNSURE)
    judging.undo(people.asker, case, sighting.id)
    for what in ("view", "face"):
        person_records.look(people.third, case, what, person)
    authorising.request_extension(people.asker, case, person.id, given.later())
    given.decided(case, person, people.decider, grant=False)
    person_photos.remove_photo(people.asker, case, person.id, person.photos[0].id)
    authorising.end(people.asker, case, person.id, PersonEndInput(reason="Over"))
    named = select(AuditEntry.action).where(AuditEntry.subject == f"person of interest {person.id}")
    done = set(db.session.scalars(named)) - {"person_of_interest.view", "person_of_interest.face"}
    assert len(done) >= 7
    told = person_records.history(people.third, case, person)
    assert {entry.action for entry in told} == done


def test_the_purge_of_a_case_destroys_all_of_it_on_disk_and_in_the_database(
    app: Flask, case: Case, people: People, person: PersonOfInterest, sighting: PersonSighting
) -> None:
    say(people.asker, case, sighting.id, Verdict.CONFIRMED)
    files = (
        person.photos[0].sha256, person.photos[0].face_sha256, sighting.face.crop_sha256,
    )  # fmt: skip
    assert on_disk(*files) == [True, True, True]
    cases.close_case(people.asker, case)
    assert db.session.query(OutgoingMessage).count() == 2  # both are told that it has ended
    purge = case_purges.request_purge(people.asker, case, "Asked for", NUMBER)
    case_purges.carry_out(people.decider, purge)
    assert on_disk(*files) == [False, False, False]
    assert db.session.query(OutgoingMessage).count() == 0
    for table in (PersonOfInterest, PersonPhoto, PersonSighting, PersonVerdict, PersonReceipt):
        assert db.session.query(table).count() == 0
    assert audit.verify().ok


def test_a_face_that_another_case_s_person_rests_on_outlives_the_purge(
    app: Flask, case: Case, people: People, person: PersonOfInterest, embedder: Embedder
) -> None:
    theirs: Case = factories.make_case()
    _, (face,), proposed = given.seen(
        factories.make_sweep(case), embedder, 0.0, of=factories.make_sweep(theirs)
    )
    assert proposed == 1
    cases.close_case(people.asker, theirs)
    purge = case_purges.request_purge(people.asker, theirs, "Asked for", theirs.number)
    case_purges.carry_out(people.decider, purge)
    db.session.expire_all()
    assert db.session.get_one(Face, face.id).visit_id
    assert len(list(db.session.scalars(select(PersonSighting)))) == 1


# ---------------------------------------------------------------------------------------- forms


def test_the_pages_decide_end_and_extend(
    app: Flask, case: Case, people: People, logged_in: Callable[..., Client]
) -> None:
    person = given.asked(case, people.asker)
    base = f"/cases/{NUMBER}/persons/{person.id}"
    client = with_right(logged_in)
    ids = " ".join(str(one.id) for one in person.photos)
    answer = client.post(f"{base}/decide", data={"decision": "grant", "photo_ids": "999"})
    assert answer.status_code == 409
    assert "photos have changed" in answer.text
    client.post(f"{base}/decide", data={"decision": "grant", "photo_ids": ids, "remarks": "Read"})
    page = client.get(base).text
    assert "in force" in page
    assert "Read" in page
    until = (utc_now() + timedelta(days=5)).strftime("%Y-%m-%dT%H:%M")
    asked = {"legal_basis": "Section 5", "order_reference": "9/2026", "expires_at": until}
    client.post(f"{base}/extend", data=asked)
    assert "You asked for it" in client.get(base).text
    answer = client.post(f"{base}/decide", data={"decision": "grant", "photo_ids": ids})
    assert answer.status_code == 403
    assert client.post(f"{base}/end", data={"reason": ""}).status_code == 422
    client.post(f"{base}/end", data={"reason": "Spoken to"})
    assert "Spoken to" in client.get(base).text
    assert not finding.is_in_force(db.session.get_one(PersonOfInterest, person.id))


def test_the_request_form_says_what_is_missing(
    app: Flask, case: Case, logged_in: Callable[..., Client]
) -> None:
    client = with_right(logged_in)
    answer = client.post(f"/cases/{NUMBER}/persons", data={"label": "<b>", "reason": "x"})
    assert answer.status_code == 422
    assert "use letters, digits" in answer.text
    assert "<b>" not in answer.text.replace("&lt;b&gt;", "")


def test_an_administrator_gives_and_takes_the_right_on_the_account_s_page(
    app: Flask, logged_in: Callable[..., Client], user_factory: Callable[..., User]
) -> None:
    user, admin = user_factory(Role.ANALYST), logged_in(Role.ADMINISTRATOR)
    form = {"name": user.name, "role": "analyst", "organisation": "", "active": "1"}
    admin.post(f"/admin/users/{user.id}", data={**form, "may_see_persons": "1"})
    db.session.refresh(user)
    assert user.may_see_persons
    assert not user.may_read_posts
    admin.post(f"/admin/users/{user.id}", data={**form, "role": "dispatcher"})
    db.session.refresh(user)
    assert not PERSONS.held_by(actor_for(user))


def test_the_api_asks_decides_and_judges(
    app: Flask,
    case: Case,
    people: People,
    sighting: PersonSighting,
    logged_in: Callable[..., Client],
) -> None:
    waiting = given.asked(case, people.asker, label="P2")
    client, api = with_right(logged_in), f"/api/cases/{NUMBER}/persons"
    ids = [one.id for one in waiting.photos]
    granted = client.post(
        f"{api}/{waiting.id}/decide", json={"grant": True, "photo_ids": ids, "remarks": ""}
    )
    assert granted.json["is_in_force"]
    assert granted.json["photos"][0]["is_authorised"]
    listed = client.get(f"{api}/sightings").json
    assert [one["similarity"] for one in listed["items"]] == [None]
    judged = client.post(
        f"{api}/sightings/{sighting.id}/verdicts", json={"verdict": "rejected"}
    ).json
    assert judged["state"] == "rejected"
    assert judged["similarity"] == pytest.approx(1.0, abs=0.001)
    assert client.get(f"{api}/sightings?waiting=false").json["total"] == 1
    ended = client.post(f"{api}/{waiting.id}/end", json={"reason": "Over"}).json
    assert not ended["is_in_force"]
    assert ended["authorisations"][0]["state"] == "ended"


def test_the_command_line_needs_two_accounts_too(app: Flask, case: Case, people: People) -> None:
    person = given.asked(case, people.asker)
    run = app.test_cli_runner()
    ids = " ".join(str(one.id) for one in person.photos)
    decide = ["persons", "decide", NUMBER, str(person.id), "--grant", "--photos-seen", ids]
    assert run.invoke(args=decide).exit_code == 1
    assert run.invoke(args=[*decide, "--as", people.asker.name]).exit_code == 1
    done = run.invoke(args=[*decide, "--as", people.decider.name])
    assert done.exit_code == 0, done.output
    assert "in force" in run.invoke(args=["persons", "list", NUMBER]).output
    given.let_time_pass(db.session.get_one(PersonOfInterest, person.id), timedelta(days=11))
    ended = json.loads(run.invoke(args=["persons", "expire", "--json"]).output)
    assert ended == {"ended": 1, "let_go": 0}
    db.session.expire_all()
    case.state = CaseState.CLOSED
    db.session.commit()


# ---------------------------------------------------------------------- whom alerts are for


def tray(actor: Actor) -> list[str]:
    assert actor.user_id is not None
    return [one.title for one in alerts.list_open(actor.user_id)]


def test_whoever_asked_is_not_told_of_what_they_cannot_decide(
    case: Case, people: People, embedder: Embedder
) -> None:
    asked = given.asked(case, people.asker, embedder)
    telling.tell_of_request(asked, asked.newest)
    db.session.commit()
    (alert,) = db.session.scalars(select(Alert)).all()
    assert tray(people.asker) == []
    assert len(tray(people.decider)) == 1
    with pytest.raises(NotFound):
        access.require_alert(people.asker, alert.id)
    assert alerts.acknowledge_case(people.asker, case) == 0
    access.require_alert(people.decider, alert.id)


def test_after_the_first_verdict_the_others_are_told_that_theirs_is_open(
    case: Case, people: People, sighting: PersonSighting
) -> None:
    assert len(tray(people.asker)) == len(tray(people.third)) == 1
    say(people.asker, case, sighting.id, Verdict.CONFIRMED)
    assert tray(people.asker) == []
    (told,) = tray(people.third)
    assert "another verdict is open on a face at" in told
    say(people.third, case, sighting.id, Verdict.REJECTED)
    assert tray(people.third) == []
    assert len(tray(people.decider)) == 1, "the two disagree: a third is asked"
    say(people.decider, case, sighting.id, Verdict.CONFIRMED)
    assert tray(people.decider) == []


def test_a_page_of_a_request_shows_who_and_why_before_it_asks_for_a_decision(
    case: Case, people: People, embedder: Embedder, logged_in: Callable[..., Client]
) -> None:
    asked = given.asked(case, people.asker, embedder)
    client = with_right(logged_in)
    page = client.get(f"/cases/{NUMBER}/persons/{asked.id}").text
    assert page.index("Who, and why") < page.index("Authorise")
    assert "Take it back" not in page, "whoever decides refuses"
    assert "End it" not in page


def test_after_a_verdict_the_next_face_is_one_click_away_and_nothing_looks_settled(
    case: Case,
    person: PersonOfInterest,
    embedder: Embedder,
    logged_in: Callable[..., Client],
) -> None:
    given.seen(factories.make_sweep(case), embedder, 0.0, 20.0)
    client = with_right(logged_in)
    first, _ = db.session.scalars(select(PersonSighting.id).order_by(PersonSighting.id))
    page = f"/cases/{NUMBER}/persons/review/{first}"
    assert "more to judge" not in client.get(page).text
    after = client.post(page, data={"verdict": "confirmed"}, follow_redirects=True).text
    assert "1 more to judge" in after
    assert "second review open" in after


def test_a_refused_extension_is_not_said_to_end_what_is_in_force_nor_hides_that_it_expired(
    case: Case,
    people: People,
    person: PersonOfInterest,
    logged_in: Callable[..., Client],
) -> None:
    longer = PersonAuthorisationInput(
        legal_basis="Section 5", order_reference=given.ORDER,
        expires_at=utc_now() + timedelta(days=20),
    )  # fmt: skip
    authorising.request_extension(people.asker, case, person.id, longer)
    client, page = with_right(logged_in), f"/cases/{NUMBER}/persons/{person.id}"
    form = {"decision": "refuse", "photo_ids": str(person.photos[0].id)}
    told = client.post(f"{page}/decide", data=form, follow_redirects=True).text
    assert "nothing is compared" not in told
    assert "what is in force goes on" in told
    assert finding.is_in_force(person)
    given.let_time_pass(person, timedelta(days=11))
    ending.end_expired(SCHEDULER)
    for path in (page, f"/cases/{NUMBER}/persons"):
        assert re.search(r"badge expired.*?expired", client.get(path).text), path
