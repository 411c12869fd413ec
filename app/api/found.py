"""Found persons: a partner's own entries, and what investigators see of all."""

from __future__ import annotations

from datetime import datetime

from flask import Response
from flask_login import current_user
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from app.api.document import FOUND_PERSONS, READ, WRITE, answers, binary
from app.api.paths import Id, Sha256, SightingId
from app.api.replies import reply
from app.api.uploads import SentForm, UploadedFile
from app.current import actor, settings
from app.extensions import limiter
from app.inputs.fields import Page, PageSize
from app.inputs.tips import CloseInput, FoundInput, MatchVerdictInput, ReasonInput
from app.models import FoundPerson
from app.models.found import Sex
from app.outputs import PageOut, page_of
from app.outputs.found import FoundEntryOut, FoundPersonOut, FoundViewOut
from app.outputs.tips import ContributedMatchOut
from app.security import PICTURE_LIMIT
from app.sent_pictures import send_picture
from app.services.contributing import contributed_photos, found, found_matches, public_forms

api_found = APIBlueprint(
    "api_found", __name__, url_prefix="/api/found", abp_tags=[FOUND_PERSONS], abp_security=READ
)
api_found_persons = APIBlueprint(
    "api_found_persons",
    __name__,
    url_prefix="/api/found-persons",
    abp_tags=[FOUND_PERSONS],
    abp_security=READ,
)


class FoundPath(BaseModel):
    """An entry by its id."""

    found_id: Id


class FoundPicturePath(FoundPath):
    """A photo of an entry, or a face in it, by its hash."""

    sha256: Sha256


class FoundMatchPath(BaseModel):
    """A face that is like a subject, by its number."""

    match_id: SightingId


class FoundQuery(BaseModel):
    """Which page of the list."""

    model_config = ConfigDict(extra="forbid")

    page: Page = 1
    per_page: PageSize = 50


class FoundPersonsQuery(FoundQuery):
    """Which page, and whether those are left out that are like no case."""

    only_matches: bool = False


class FoundForm(SentForm):
    """A found person and one to five photos of the face.

    `request_id` is any text of your own: sent again with the same one, an entry is not made twice.
    """

    photos: list[UploadedFile]
    request_id: str = Field(default="", max_length=200)
    found_at: datetime | None = None
    place: str
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    age_from_years: int
    age_to_years: int
    sex: Sex = Sex.UNKNOWN
    languages: str = ""
    clothing: str = ""
    marks: str = ""
    condition: str = ""
    whereabouts: str
    contact: str
    timezone: str = ""


class PhotosForm(SentForm):
    """Photos of the face; an entry holds five."""

    photos: list[UploadedFile]


# ------------------------------------------------------------------------------ partners


@api_found.get("", summary="List own entries", responses=answers({200: PageOut[FoundEntryOut]}))
def list_entries(query: FoundQuery) -> Response:
    """Of the partner's organisation, open ones first."""
    page = found.list_entries(current_user, query.page, query.per_page)
    contacted = found.will_be_contacted(page.items)
    return reply(
        page_of(
            page, lambda entry: FoundEntryOut.of(entry, will_be_contacted=entry.id in contacted)
        )
    )


@api_found.post(
    "",
    summary="Register a found person",
    security=WRITE,
    responses=answers({201: FoundEntryOut}, 400, 409, 413),
)
def register(form: FoundForm) -> Response:
    """The photos are compared with all open cases at once, and with every later one."""
    given = FoundInput.model_validate(
        {
            **form.model_dump(exclude={"photos", "request_id", "timezone"}),
            "timezone": form.timezone or settings().default_timezone,
        }
    )
    stamp = public_forms.stamp_of_request(current_user.id, form.request_id)
    entry = found.register(actor(), current_user, stamp, given, _read(form.photos))
    return _reply_entry(entry, 201)


@api_found.get(
    "/<int:found_id>", summary="Read an own entry", responses=answers({200: FoundEntryOut}, 404)
)
def show_entry(path: FoundPath) -> Response:
    """Of a match it says only that an investigator will make contact."""
    return _reply_entry(found.find_entry(current_user, path.found_id))


@api_found.put(
    "/<int:found_id>",
    summary="Change an own entry",
    security=WRITE,
    responses=answers({200: FoundEntryOut}, 400, 404),
)
def change(path: FoundPath, body: FoundInput) -> Response:
    """The whole entry anew; the audit log keeps which fields were changed."""
    return _reply_entry(found.change(actor(), current_user, path.found_id, body))


@api_found.post(
    "/<int:found_id>/photos",
    summary="Add photos to an own entry",
    security=WRITE,
    responses=answers({200: FoundEntryOut}, 400, 404, 409, 413),
)
def add_photos(path: FoundPath, form: PhotosForm) -> Response:
    """They are compared at once."""
    files = _read(form.photos)
    return _reply_entry(found.add_photos(actor(), current_user, path.found_id, files))


@api_found.post(
    "/<int:found_id>/close",
    summary="Close an own entry",
    security=WRITE,
    responses=answers({200: FoundEntryOut}, 400, 404),
)
def close(path: FoundPath, body: CloseInput) -> Response:
    """`reunited`, `transferred` or `withdrawn`: it is compared with no case any more."""
    return _reply_entry(found.close(actor(), current_user, path.found_id, body))


@api_found.post(
    "/<int:found_id>/reopen",
    summary="Open an own entry again",
    security=WRITE,
    responses=answers({200: FoundEntryOut}, 404, 409),
)
def reopen(path: FoundPath) -> Response:
    """Undo the closing; the photos are compared anew."""
    return _reply_entry(found.reopen(actor(), current_user, path.found_id))


@api_found.get(
    "/<int:found_id>/pictures/<string(length=64):sha256>.jpg",
    summary="Picture of an own entry",
    responses=answers({200: binary("A photo.", "image/jpeg")}, 404),
)
@limiter.limit(PICTURE_LIMIT)
def picture(path: FoundPicturePath) -> Response:
    """A photo of the entry, by the hash that it names."""
    entry = found.find_entry(current_user, path.found_id)
    contributed_photos.require_picture(path.sha256, found_person_id=entry.id)
    return send_picture(path.sha256)


# ------------------------------------------------------------------------------ investigators


@api_found_persons.get(
    "", summary="List found persons", responses=answers({200: PageOut[FoundPersonOut]})
)
def list_persons(query: FoundPersonsQuery) -> Response:
    """Open entries of all partners, those first that are like a subject of the reader's cases."""
    page = found_matches.look_over(
        actor(), query.page, query.per_page, only_matches=query.only_matches
    )
    matched = found_matches.matched_ids(actor(), page.items)
    return reply(
        page_of(page, lambda entry: FoundPersonOut.of(entry, matches_a_case=entry.id in matched))
    )


@api_found_persons.get(
    "/<int:found_id>",
    summary="Read a found person",
    responses=answers({200: FoundViewOut}, 404),
)
def show_person(path: FoundPath) -> Response:
    """Beside the cases that they are like. The look is in the audit log."""
    return reply(FoundViewOut.of(found_matches.view(actor(), path.found_id)))


@api_found_persons.post(
    "/<int:found_id>/whereabouts",
    summary="Ask where a found person is now",
    security=WRITE,
    responses=answers({200: FoundViewOut}, 404),
)
def ask_whereabouts(path: FoundPath, body: ReasonInput) -> Response:
    """The reason is in the audit log."""
    found_matches.ask_whereabouts(actor(), path.found_id, body.reason)
    return reply(FoundViewOut.of(found_matches.view(actor(), path.found_id)))


@api_found_persons.post(
    "/matches/<int:match_id>",
    summary="Decide on a match of a found person",
    security=WRITE,
    responses=answers({200: ContributedMatchOut}, 404, 409),
)
def decide(path: FoundMatchPath, body: MatchVerdictInput) -> Response:
    """`confirmed`, `rejected`, or `candidate` to take a verdict back."""
    match = found_matches.decide(actor(), path.match_id, body.state)
    return reply(ContributedMatchOut.of(match))


@api_found_persons.get(
    "/<int:found_id>/pictures/<string(length=64):sha256>.jpg",
    summary="Picture of a found person",
    responses=answers({200: binary("A photo, or the face in it.", "image/jpeg")}, 404),
)
@limiter.limit(PICTURE_LIMIT)
def person_picture(path: FoundPicturePath) -> Response:
    """A photo, or a face in it, by the hash that the person's entry or match names."""
    contributed_photos.require_picture(path.sha256, found_person_id=path.found_id)
    return send_picture(path.sha256)


def _read(files: list[UploadedFile]) -> list[bytes]:
    most = settings().max_photo_bytes + 1  # a byte more is enough to see that it is too large
    return [file.stream.read(most) for file in files[: contributed_photos.MOST_PHOTOS + 1]]


def _reply_entry(entry: FoundPerson, status: int = 200) -> Response:
    contacted = entry.id in found.will_be_contacted([entry])
    return reply(FoundEntryOut.of(entry, will_be_contacted=contacted), status)
