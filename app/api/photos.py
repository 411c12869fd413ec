"""Reference photos of a case."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint

from app.api.document import PHOTOS, READ, WRITE, answers
from app.api.paths import CasePath, CasePhotoPath
from app.api.replies import nothing, reply
from app.api.uploads import SentForm, UploadedFile
from app.current import actor, settings
from app.inputs import PhotoChange, PhotoInput
from app.inputs.photos import Taken
from app.outputs import AddedPhotoOut, PageOut, PhotoOut, whole_list
from app.services.base import views_audit
from app.services.casework import cases, photos
from app.services.searches import face_searches

api_photos = APIBlueprint(
    "api_photos", __name__, url_prefix="/api/cases", abp_tags=[PHOTOS], abp_security=READ
)


class PhotoForm(SentForm):
    """A picture file: JPEG, PNG, WebP or TIFF with one large, sharp face.

    `taken`: a year, a month or a day (2019, 2019-06, 2019-06-14). `artificial`: a computed picture,
    as of the subject at a later age; it is compared, and proposes nothing.
    """

    photo: UploadedFile
    taken: Taken = ""
    artificial: bool = False


@api_photos.get(
    "/<number>/photos",
    summary="List reference photos",
    responses=answers({200: PageOut[PhotoOut]}, 404),
)
def list_photos(path: CasePath) -> Response:
    """The photos that passed the quality gate."""
    case = views_audit.look_at(actor(), cases.find_case(path.number), "photos")
    return reply(whole_list(photos.list_photos(case), PhotoOut.of))


@api_photos.post(
    "/<number>/photos",
    summary="Add a reference photo",
    security=WRITE,
    responses=answers({201: AddedPhotoOut}, 404, 409, 413),
)
def add_photo(path: CasePath, form: PhotoForm) -> Response:
    """Refused, with the reason and the picture marked, unless it shows one usable face.

    All kept faces are compared with it at once: `search` says which, and what came of it.
    """
    case = cases.find_case(path.number)
    # One byte more than is taken is enough for the service to see that it is too large.
    data = form.photo.stream.read(settings().max_photo_bytes + 1)
    given = PhotoInput(taken=form.taken, artificial=form.artificial)
    photo = photos.add_photo(actor(), case, data, form.photo.filename or "photo", given)
    return reply(AddedPhotoOut.of_added(photo, face_searches.search_of_photo(photo)), 201)


@api_photos.patch(
    "/<number>/photos/<int:photo_id>",
    summary="Change a reference photo",
    security=WRITE,
    responses=answers({200: PhotoOut}, 400, 404, 415),
)
def change_photo(path: CasePhotoPath, body: PhotoChange) -> Response:
    """When it was taken, and whether it is artificial; an artificial one is called real only with
    a `reason`. Fields that are not given stay; an empty `taken` takes the date away.
    """
    case = cases.find_case(path.number)
    return reply(PhotoOut.of(photos.change_photo(actor(), case, path.photo_id, body)))


@api_photos.delete(
    "/<number>/photos/<int:photo_id>",
    summary="Remove a reference photo",
    security=WRITE,
    responses=answers({204: None}, 404),
)
def remove_photo(path: CasePhotoPath) -> Response:
    """The case is no longer searched for with it."""
    case = cases.find_case(path.number)
    photos.remove_photo(actor(), case, path.photo_id)
    return nothing()
