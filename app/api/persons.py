"""Persons of interest of a case, for accounts with the right to them."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from app.api.document import PERSONS, READ, WRITE, answers
from app.api.paths import CasePath, Id, SightingId
from app.api.replies import nothing, reply
from app.api.uploads import SentForm, UploadedFile
from app.current import actor, settings
from app.inputs.fields import Instant, Page, PageSize
from app.inputs.persons import (
    PersonAuthorisationInput,
    PersonDecisionInput,
    PersonEndInput,
    PersonInput,
    PersonPageQuery,
    PersonVerdictInput,
)
from app.models import PersonOfInterest, PersonSighting
from app.outputs import PageOut, page_of, whole_list
from app.outputs.persons import PersonMarksOut, PersonOut, PersonSightingOut
from app.services.base import person_records
from app.services.casework import cases
from app.services.persons import authorising, finding, judging, look_backs, marking, person_photos

api_persons = APIBlueprint(
    "api_persons", __name__, url_prefix="/api/cases", abp_tags=[PERSONS], abp_security=READ
)


class PersonPath(CasePath):
    """A person of interest of a case."""

    person_id: Id


class PersonPhotoPath(PersonPath):
    """A photo of a person of interest."""

    photo_id: Id


class CandidatePath(CasePath):
    """A face proposed for a person of interest."""

    candidate_id: SightingId


class PersonForm(SentForm):
    """A request with its first photo; further ones are added until it is decided."""

    photo: UploadedFile
    label: str = Field(max_length=20)
    name: str = Field(default="", max_length=200)
    description: str = Field(default="", max_length=4000)
    reason: str = Field(max_length=4000)
    legal_basis: str = Field(max_length=4000)
    order_reference: str = Field(max_length=200)
    expires_at: Instant
    threshold_raise: float = 0.0


class PersonPhotoForm(SentForm):
    """A picture file with one large, sharp face."""

    photo: UploadedFile


class PersonSightingQuery(BaseModel):
    """Which faces: those that wait for your verdict, or those that you may know of."""

    model_config = ConfigDict(extra="forbid")

    waiting: bool = True
    page: Page = 1
    per_page: PageSize = 50


@api_persons.get(
    "/<number>/persons",
    summary="List persons of interest",
    responses=answers({200: PageOut[PersonOut]}, 404),
)
def list_persons(path: CasePath) -> Response:
    """All of the case, ended ones too, the newest first."""
    case = person_records.look(actor(), cases.find_case(path.number), "list")
    return reply(whole_list(finding.list_persons(actor(), case), _person))


@api_persons.post(
    "/<number>/persons",
    summary="Ask for a person of interest",
    security=WRITE,
    responses=answers({201: PersonOut}, 400, 403, 404, 409, 413),
)
def request_person(path: CasePath, form: PersonForm) -> Response:
    """Nothing is compared until a second account has granted it."""
    given = PersonInput.model_validate(form.model_dump(exclude={"photo"}))
    case = cases.find_case(path.number)
    return reply(
        _person(authorising.request_person(actor(), case, given, [_data(form.photo)])), 201
    )


@api_persons.get(
    "/<number>/persons/<int:person_id>",
    summary="Read a person of interest",
    responses=answers({200: PersonOut}, 404),
)
def show_person(path: PersonPath) -> Response:
    """With photos, and every authorisation that was asked for."""
    case = cases.find_case(path.number)
    found = finding.find_person(actor(), case, path.person_id)
    person_records.look(actor(), case, "view", found)
    return reply(_person(finding.find_person(actor(), case, path.person_id)))


@api_persons.post(
    "/<number>/persons/<int:person_id>/photos",
    summary="Add a photo to a request",
    security=WRITE,
    responses=answers({201: PersonOut}, 404, 409, 413),
)
def add_photo(path: PersonPath, form: PersonPhotoForm) -> Response:
    """Only while the request waits, so that whoever decides has seen it."""
    case = cases.find_case(path.number)
    person = person_photos.add_photos(actor(), case, path.person_id, [_data(form.photo)])
    return reply(_person(person), 201)


@api_persons.delete(
    "/<number>/persons/<int:person_id>/photos/<int:photo_id>",
    summary="Remove a photo of a person of interest",
    security=WRITE,
    responses=answers({204: None}, 404),
)
def remove_photo(path: PersonPhotoPath) -> Response:
    """It is compared with nothing any more."""
    case = cases.find_case(path.number)
    person_photos.remove_photo(actor(), case, path.person_id, path.photo_id)
    return nothing()


@api_persons.post(
    "/<number>/persons/<int:person_id>/extend",
    summary="Ask for more time",
    security=WRITE,
    responses=answers({200: PersonOut}, 400, 403, 404, 409),
)
def extend(path: PersonPath, body: PersonAuthorisationInput) -> Response:
    """Another request, decided anew by somebody else than who asked for it."""
    case = cases.find_case(path.number)
    return reply(_person(authorising.request_extension(actor(), case, path.person_id, body)))


@api_persons.post(
    "/<number>/persons/<int:person_id>/decide",
    summary="Grant or refuse a request",
    security=WRITE,
    responses=answers({200: PersonOut}, 400, 403, 404, 409),
)
def decide(path: PersonPath, body: PersonDecisionInput) -> Response:
    """403 for whoever asked; 409 where `photo_ids` are not the photos of the request as it is."""
    case = cases.find_case(path.number)
    return reply(_person(authorising.decide(actor(), case, path.person_id, body)))


@api_persons.post(
    "/<number>/persons/<int:person_id>/end",
    summary="End it, or take a request back",
    security=WRITE,
    responses=answers({200: PersonOut}, 400, 404, 409),
)
def end(path: PersonPath, body: PersonEndInput) -> Response:
    """Nothing is compared from then on; what nobody had settled is shown to nobody."""
    case = cases.find_case(path.number)
    return reply(_person(authorising.end(actor(), case, path.person_id, body)))


@api_persons.post(
    "/<number>/persons/<int:person_id>/look-back",
    summary="Compare kept faces once more",
    security=WRITE,
    responses=answers({202: PersonOut}, 404, 409),
)
def look_back(path: PersonPath) -> Response:
    """A worker does it; `look_backs` of the person say how far it is. A grant asks for it, too."""
    case = cases.find_case(path.number)
    look_backs.ask(actor(), case, path.person_id)
    return reply(_person(finding.find_person(actor(), case, path.person_id)), 202)


@api_persons.get(
    "/<number>/persons/sightings",
    summary="List faces of persons of interest",
    responses=answers({200: PageOut[PersonSightingOut]}, 404),
)
def list_faces(path: CasePath, query: PersonSightingQuery) -> Response:
    """What waits for your verdict, blind; `waiting=false`: what is settled or judged by you."""
    case = person_records.look(actor(), cases.find_case(path.number), "queue")
    wanted = PersonPageQuery(page=query.page, per_page=query.per_page)
    if query.waiting:
        return reply(page_of(judging.list_waiting(actor(), case, wanted), _face))
    return reply(page_of(judging.list_known(actor(), case, wanted), _face))


@api_persons.get(
    "/<number>/persons/sightings/<int:candidate_id>",
    summary="Read a face of a person of interest",
    responses=answers({200: PersonSightingOut}, 404),
)
def show_face(path: CandidatePath) -> Response:
    """Similarity and verdicts only once you have judged it, or it is settled."""
    case = cases.find_case(path.number)
    found = judging.find_sighting(actor(), case, path.candidate_id)
    person_records.look(actor(), case, "face", found.person, {"sighting": found.id})
    return reply(_face(judging.find_sighting(actor(), case, path.candidate_id)))


@api_persons.post(
    "/<number>/persons/sightings/<int:candidate_id>/verdicts",
    summary="Judge a face of a person of interest",
    security=WRITE,
    responses=answers({200: PersonSightingOut}, 400, 403, 404, 409),
)
def judge_face(path: CandidatePath, body: PersonVerdictInput) -> Response:
    """Two different people at least confirm it before it is a lead."""
    case = cases.find_case(path.number)
    return reply(_face(judging.judge(actor(), case, path.candidate_id, body)))


@api_persons.delete(
    "/<number>/persons/sightings/<int:candidate_id>/verdicts/latest",
    summary="Take your verdict on a face back",
    security=WRITE,
    responses=answers({200: PersonSightingOut}, 404, 409),
)
def undo_verdict(path: CandidatePath) -> Response:
    """While it is not settled; it stays in the history."""
    case = cases.find_case(path.number)
    return reply(_face(judging.undo(actor(), case, path.candidate_id)))


@api_persons.get(
    "/<number>/persons/map",
    summary="Persons of interest on the map",
    responses=answers({200: PersonMarksOut}, 404),
)
def show_marks(path: CasePath) -> Response:
    """Leads, and what you have still to judge. Never part of the subject's route."""
    return reply(marking.marks(actor(), cases.find_case(path.number)))


def _person(person: PersonOfInterest) -> PersonOut:
    return PersonOut.of(
        person, is_in_force=finding.is_in_force(person), look_backs=look_backs.list_of(person)
    )


def _face(sighting: PersonSighting) -> PersonSightingOut:
    return PersonSightingOut.of(sighting, is_known=judging.knows(actor(), sighting))


def _data(file: UploadedFile) -> bytes:
    # One byte more than is taken is enough for the service to see that it is too large.
    data: bytes = file.stream.read(settings().max_photo_bytes + 1)
    return data
