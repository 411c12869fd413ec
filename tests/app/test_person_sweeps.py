"""Real footage, compared with a missing person and with persons of interest of the same case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.errors import Conflict, PhotoRefused, Refused
from app.extensions import db
from app.inputs.persons import PersonInput
from app.models import (
    Case,
    Embedder,
    LookBackState,
    PersonComparison,
    PersonEmbedding,
    PersonLookBack,
    PersonOfInterest,
    PersonSighting,
    Sighting,
    Sweep,
    VisitPart,
)
from app.models.accounts import User
from app.models.columns import utc_now
from app.recogniser import RecogniserHolder, holder
from app.services.embeddings import embedders
from app.services.persons import (
    authorising,
    finding,
    look_backs,
    looking_back,
    person_photos,
)
from app.services.sweeping import looking, sweeps
from tests.app import contribution_cases, person_cases
from tests.app import footage_cases as given
from tests.app.person_cases import People
from tests.cameras.stream_servers import pictures_server

EXAMPLES = "faces/face_recognition/examples"
SPEECH = "video/speech/short_hamilton_clip.mp4"
"""Miranda 2.8 to 7.0 s, Biden never."""
MIRANDA, OBAMA, BIDEN = "lin-manuel-miranda.png", "obama.jpg", "biden.jpg"

pytestmark = pytest.mark.slow


@pytest.fixture
def with_models(app: Flask, shared_dir: Path) -> Iterator[Path]:
    before = app.config["LASTSEEN"]
    settings = before.model_copy(
        update={
            "face_pack": str(shared_dir / "models" / "insightface-mini"),
            "footage_roots": f"{before.footage_roots},{shared_dir}",
            "allowed_stream_hosts": "127.0.0.1",
            "live_save_seconds": 3.0,
        }
    )
    app.config["LASTSEEN"] = settings
    app.extensions["lastseen_recogniser"] = RecogniserHolder(settings)
    yield shared_dir
    app.config["LASTSEEN"] = before
    app.extensions["lastseen_recogniser"] = RecogniserHolder(before)


@pytest.fixture
def people(user_factory: Callable[..., User]) -> People:
    return person_cases.make_people(user_factory)


def photo(shared_dir: Path, name: str) -> bytes:
    return (shared_dir / EXAMPLES / name).read_bytes()


def ask(case: Case, people: People, data: bytes, label: str = "P1") -> PersonOfInterest:
    given_input = PersonInput(
        label=label,
        reason="Was seen beside the subject",
        legal_basis="Section 4 of the made-up act",
        order_reference=person_cases.ORDER,
        expires_at=utc_now() + timedelta(days=5),
    )
    return authorising.request_person(people.asker, case, given_input, [data])


def in_force(case: Case, people: People, data: bytes, label: str = "P1") -> PersonOfInterest:
    return person_cases.decided(case, ask(case, people, data, label), people.decider)


def seen(person: PersonOfInterest) -> list[PersonSighting]:
    return list(
        db.session.scalars(
            select(PersonSighting)
            .where(PersonSighting.person_id == person.id)
            .order_by(PersonSighting.seen_at)
        )
    )


def seconds_of(found: list[PersonSighting] | list[Sighting]) -> list[float]:
    return [(one.seen_at - given.STARTED_AT).total_seconds() for one in found]


def test_one_sweep_finds_the_subject_and_a_person_of_interest_each_in_its_own_table(
    with_models: Path, people: People
) -> None:
    first, second = given.add_camera("c1"), given.add_camera("c2", latitude_deg=12.976)
    given.add_footage(first, with_models / SPEECH)
    given.add_footage(second, with_models / person_cases.SIGNER_CLIP)
    case = given.open_case("POI-1", with_models / EXAMPLES / MIRANDA)
    signer = in_force(case, people, person_cases.signer_photo(with_models))
    biden = in_force(case, people, photo(with_models, BIDEN), "P2")
    undecided = ask(case, people, photo(with_models, MIRANDA), "P3")

    sweep = given.plan(case)
    given.run_here(sweep)

    assert {one.camera_id for one in given.sightings_of(case)} == {first.id}
    assert all(2.5 <= at <= 7.1 for at in seconds_of(given.sightings_of(case)))
    assert {one.camera_id for one in seen(signer)} == {second.id}
    assert all(one.similarity >= one.threshold_similarity for one in seen(signer))
    assert all(one.threshold_similarity > 0.45 for one in seen(signer))
    assert seen(biden) == seen(undecided) == []
    visits = {one.camera_id: one for one in sweeps.list_visits(sweep).items}
    assert visits[second.id].sightings_found == 0
    compared = {
        (one.visit_id, one.person_id): one.faces
        for one in db.session.scalars(select(PersonComparison))
    }
    assert compared == {
        (visit.id, person.id): visit.faces_found
        for visit in visits.values()
        for person in (signer, biden)
    }


def test_one_face_may_be_both_and_is_written_twice(with_models: Path, people: People) -> None:
    given.add_footage(given.add_camera(), with_models / SPEECH)
    case = given.open_case("POI-2", with_models / EXAMPLES / MIRANDA)
    person = in_force(case, people, photo(with_models, MIRANDA))
    given.run_here(given.plan(case))
    of_subject = {one.face_id for one in given.sightings_of(case)}
    of_person = {one.face_id for one in seen(person)}
    assert of_person
    assert of_person <= of_subject


def looked_back(person: PersonOfInterest) -> PersonLookBack:
    newest = look_backs.list_of(person)[0]
    looking_back.run(newest.id)
    return db.session.get_one(PersonLookBack, newest.id, populate_existing=True)


def test_what_was_swept_before_the_authorisation_is_found_by_looking_back(
    with_models: Path, people: People
) -> None:
    first, second = given.add_camera("c1"), given.add_camera("c2", latitude_deg=12.976)
    given.add_footage(first, with_models / SPEECH)
    given.add_footage(second, with_models / person_cases.SIGNER_CLIP)
    case = given.open_case("POI-9", with_models / EXAMPLES / MIRANDA)
    sweep = given.plan(case)
    given.run_here(sweep)
    before = {one.face_id for one in given.sightings_of(case)}
    other = given.open_case("POI-10", with_models / EXAMPLES / BIDEN)
    given.run_here(given.plan(other))

    signer = in_force(case, people, person_cases.signer_photo(with_models))
    biden = in_force(case, people, photo(with_models, BIDEN), "P2")
    of_other_case = in_force(other, people, person_cases.signer_photo(with_models))
    assert seen(signer) == []

    kept = sum(visit.faces_found for visit in sweeps.list_visits(sweep).items)
    done = looked_back(signer)
    assert (done.state, done.faces_kept, done.faces) == (LookBackState.DONE, kept, kept)
    assert {one.camera_id for one in seen(signer)} == {second.id}
    assert all(one.similarity >= one.threshold_similarity > 0.45 for one in seen(signer))
    assert done.proposed == len(seen(signer)) > 0
    assert looked_back(biden).faces == kept
    assert seen(biden) == []
    # That case's visits were answered from this one's faces: they are none of its own.
    assert looked_back(of_other_case).faces == 0
    assert seen(of_other_case) == []
    assert {one.face_id for one in given.sightings_of(case)} == before
    assert db.session.query(PersonComparison).count() == 0


def test_looking_back_and_sweeping_find_the_same_faces(with_models: Path, people: People) -> None:
    given.add_footage(given.add_camera(), with_models / SPEECH)
    at_once = given.open_case("POI-11", with_models / EXAMPLES / BIDEN)
    swept = in_force(at_once, people, photo(with_models, MIRANDA))
    given.run_here(given.plan(at_once))
    expected = {(one.face_id, round(one.similarity, 3)) for one in seen(swept)}
    assert expected
    person = in_force(at_once, people, photo(with_models, MIRANDA), "P2")
    looked_back(person)
    assert {(one.face_id, round(one.similarity, 3)) for one in seen(person)} == expected


def test_a_visit_that_is_answered_from_kept_faces_asks_for_them_too(
    with_models: Path, people: People
) -> None:
    given.add_footage(given.add_camera(), with_models / SPEECH)
    given.run_here(given.plan(given.open_case("POI-3", with_models / EXAMPLES / BIDEN)))
    case = given.open_case("POI-4", with_models / EXAMPLES / BIDEN)
    person = in_force(case, people, photo(with_models, MIRANDA))
    sweep = given.plan(case)
    given.run_here(sweep)
    parts = db.session.scalars(
        select(VisitPart).where(VisitPart.visit_id == sweeps.list_visits(sweep).items[0].id)
    ).all()
    assert all(part.is_reused for part in parts)
    assert seen(person)
    assert given.sightings_of(case) == []


def test_when_it_is_over_the_next_sweep_compares_with_nobody(
    with_models: Path, people: People
) -> None:
    given.add_footage(given.add_camera(), with_models / SPEECH)
    case = given.open_case("POI-5", with_models / EXAMPLES / MIRANDA)
    person = in_force(case, people, photo(with_models, MIRANDA))
    person_cases.let_time_pass(person, timedelta(days=6))
    given.run_here(given.plan(case))
    assert given.sightings_of(case)
    assert seen(person) == []
    assert db.session.query(PersonComparison).count() == 0


@pytest.mark.timeout(200)
def test_a_live_stream_is_compared_with_them_while_it_is_watched(
    with_models: Path, people: People
) -> None:
    with pictures_server(with_models / SPEECH, per_s=10) as url:
        given.add_camera(stream_address=url)
        case = given.open_case("POI-6", with_models / EXAMPLES / BIDEN)
        person = in_force(case, people, photo(with_models, MIRANDA))
        now = utc_now()
        sweep: Sweep = given.plan(
            case, window_start=now - timedelta(seconds=1), window_end=now + timedelta(seconds=120)
        )
        sweeps.start_sweep(given.COMMAND_LINE, sweep)

        stopped: list[bool] = []

        def stop_once_somebody_was_proposed() -> None:
            if not stopped and db.session.scalar(select(PersonSighting.id).limit(1)):
                sweeps.stop_sweep(given.COMMAND_LINE, sweep)
                stopped.append(True)

        visit = sweeps.list_visits(sweep).items[0]
        looking.look(visit.id, "test", stop_once_somebody_was_proposed)
    assert seen(person)
    assert given.sightings_of(case) == []


def test_photos_pass_the_same_gate_as_the_subject_s(with_models: Path, people: People) -> None:
    case = given.open_case("POI-7")
    with pytest.raises(PhotoRefused):
        ask(case, people, contribution_cases.picture())
    with pytest.raises(PhotoRefused) as refused:
        ask(case, people, photo(with_models, "two_people.jpg"))
    assert refused.value.marked_jpeg
    assert finding.list_persons(people.asker, case) == []
    person = ask(case, people, photo(with_models, OBAMA))
    with pytest.raises(Conflict, match="label"):
        ask(case, people, photo(with_models, BIDEN))
    again, another = photo(with_models, OBAMA), photo(with_models, "obama2.jpg")
    with pytest.raises(Conflict, match="already"):
        person_photos.add_photos(people.asker, case, person.id, [another, again])
    db.session.rollback()
    with pytest.raises(PhotoRefused):
        person_photos.add_photos(
            people.asker, case, person.id, [another, contribution_cases.picture()]
        )
    with pytest.raises(Refused, match="Choose"):
        person_photos.add_photos(people.asker, case, person.id, [])
    assert len(finding.find_person(people.asker, case, person.id).photos) == 1, "all or none"
    person = person_photos.add_photos(people.decider, case, person.id, [another])
    assert len(person.photos) == 2
    person_cases.decided(case, person, people.decider)
    with pytest.raises(Conflict, match="extension"):
        person_photos.add_photos(people.asker, case, person.id, [photo(with_models, BIDEN)])
    too_many = [photo(with_models, OBAMA)] * (person_photos.MOST_PHOTOS + 1)
    with pytest.raises(Refused, match="photo"):
        person_photos.check_all(too_many)


def test_a_model_that_came_later_embeds_only_who_is_in_force(
    with_models: Path, people: People
) -> None:
    case = given.open_case("POI-8")
    person = in_force(case, people, photo(with_models, OBAMA))
    waiting = ask(case, people, photo(with_models, BIDEN), "P2")
    recogniser = holder().get()
    embedder: Embedder = embedders.register(recogniser)
    db.session.query(PersonEmbedding).delete()
    db.session.commit()
    assert person_photos.embed_missing(case, recogniser, embedder) == 1
    kept = db.session.scalars(select(PersonEmbedding.photo_id)).all()
    assert kept == [person.photos[0].id]
    assert waiting.photos[0].id not in kept
