"""Persons of interest of a case: asking, deciding, judging faces. For accounts with the right."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import actor
from app.errors import NotFound, PhotoRefused
from app.extensions import limiter
from app.inputs.persons import (
    PersonAuthorisationInput,
    PersonDecisionInput,
    PersonEndInput,
    PersonInput,
    PersonPageQuery,
    PersonVerdictInput,
)
from app.models import Case, PersonOfInterest
from app.models.columns import utc_now
from app.security import PICTURE_LIMIT
from app.sent_pictures import send_picture
from app.services.base import person_records
from app.services.base.searchable import basis_expired
from app.services.casework import cases
from app.services.governance import person_retention
from app.services.persons import (
    authorising,
    finding,
    judging,
    look_backs,
    person_photos,
)
from app.views.forms import Form, read_query
from app.views.presentation import wall_time

blueprint = Blueprint("persons", __name__, url_prefix="/cases/<number>/persons")

REQUEST_FIELDS = (
    *("label", "name", "description", "reason", "threshold_raise", "photos"),
    *("legal_basis", "order_reference", "expires_at"),
)
EXTENSION_FIELDS = ("legal_basis", "order_reference", "expires_at", "photos")
PER_PAGE_OF_A_PERSON = 12
REFUSED = "Refused; nothing is compared."
REFUSED_EXTENSION = "The extension is refused; what is in force goes on until its time is over."
GRANTED = "Granted. What this case's sweeps have kept is being compared."


@blueprint.get("")
def index(number: str) -> str:
    """All persons of interest of the case, with their state and the time left."""
    case = person_records.look(actor(), cases.find_case(number), "list")
    persons = finding.list_persons(actor(), case)
    return render_template(
        "persons/index.html",
        case=case,
        persons=persons,
        in_force={one.id for one in persons if finding.is_in_force(one)},
        waiting=judging.count_waiting(actor(), case),
        limits=authorising.limits(),
        needed=judging.needed_of(case),
        now=utc_now(),
    )


@blueprint.get("/new")
def new(number: str) -> str:
    """The form of a request."""
    case = cases.find_case(number)
    count = len(finding.list_persons(actor(), case))
    return _request_page(case, Form({"label": f"P{count + 1}", "expires_at": _longest(case)}))


@blueprint.post("")
def request_person(number: str) -> ResponseReturnValue:
    """Ask for a person of interest; a refused photo is shown with what was found marked in it."""
    case, marked = cases.find_case(number), b""
    form = Form(request.form, shown=REQUEST_FIELDS)
    with form:
        try:
            given = form.read(PersonInput, expires_at=form.instant("expires_at", case.timezone))
            person = authorising.request_person(actor(), case, given, _files("photos"))
        except PhotoRefused as refusal:
            marked = refusal.marked_jpeg
            raise
        flash("The request waits for a second person's decision.", "success")
        return redirect(url_for("persons.show", number=number, person_id=person.id))
    return _request_page(cases.find_case(number), form, marked), form.status


@blueprint.get("/<int:person_id>")
def show(number: str, person_id: int) -> str:
    """One person of interest: photos, authorisations, faces, and what may be done now."""
    return _person_page(number, person_id, Form())


@blueprint.post("/<int:person_id>/photos")
def add_photo(number: str, person_id: int) -> ResponseReturnValue:
    """Add photos while a request waits."""
    case, marked = cases.find_case(number), b""
    form = Form()
    with form:
        try:
            person_photos.add_photos(actor(), case, person_id, _files("photos"))
        except PhotoRefused as refusal:
            marked = refusal.marked_jpeg
            raise
        flash("Added; it counts once the request is granted.", "success")
        return redirect(url_for("persons.show", number=number, person_id=person_id))
    return _person_page(number, person_id, form, marked), form.status


@blueprint.post("/<int:person_id>/photos/<int:photo_id>/remove")
def remove_photo(number: str, person_id: int, photo_id: int) -> ResponseReturnValue:
    """Take a photo out of the gallery."""
    person_photos.remove_photo(actor(), cases.find_case(number), person_id, photo_id)
    flash("The photo is compared with nothing any more.", "success")
    return redirect(url_for("persons.show", number=number, person_id=person_id))


@blueprint.post("/<int:person_id>/extend")
def extend(number: str, person_id: int) -> ResponseReturnValue:
    """Ask for more time."""
    case, marked = cases.find_case(number), b""
    form = Form(request.form, shown=EXTENSION_FIELDS)
    with form:
        try:
            until = form.instant("expires_at", case.timezone)
            given = form.read(PersonAuthorisationInput, expires_at=until)
            authorising.request_extension(actor(), case, person_id, given, _files("photos"))
        except PhotoRefused as refusal:
            marked = refusal.marked_jpeg
            raise
        flash("The request waits for a second person's decision.", "success")
        return redirect(url_for("persons.show", number=number, person_id=person_id))
    return _person_page(number, person_id, form, marked), form.status


@blueprint.post("/<int:person_id>/decide")
def decide(number: str, person_id: int) -> ResponseReturnValue:
    """Grant or refuse, as a second person."""
    form = Form(request.form, shown=("remarks",))
    with form:
        given = form.read(PersonDecisionInput, grant=form.value("decision") == "grant")
        person = authorising.decide(actor(), cases.find_case(number), person_id, given)
        refused = REFUSED_EXTENSION if finding.is_in_force(person) else REFUSED
        flash(GRANTED if given.grant else refused, "success")
        return redirect(url_for("persons.show", number=number, person_id=person_id))
    return _person_page(number, person_id, form), form.status


@blueprint.post("/<int:person_id>/end")
def end(number: str, person_id: int) -> ResponseReturnValue:
    """End what is in force, or take a request back."""
    form = Form(request.form, shown=("reason",))
    with form:
        authorising.end(actor(), cases.find_case(number), person_id, form.read(PersonEndInput))
        flash("Ended: no face is compared with this person any more.", "success")
        return redirect(url_for("persons.show", number=number, person_id=person_id))
    return _person_page(number, person_id, form), form.status


@blueprint.get("/<int:person_id>/look-back", endpoint="look_backs")
def show_look_backs(number: str, person_id: int) -> str:
    """How far the newest look-back is: a part of the person's page, which the log knows of."""
    case = cases.find_case(number)
    person = finding.find_person(actor(), case, person_id)
    return render_template("persons/_look_back.html", **_look_back_values(case, person))


@blueprint.post("/<int:person_id>/look-back")
def look_back(number: str, person_id: int) -> ResponseReturnValue:
    """Compare what the case's sweeps have kept once more."""
    with Form() as form:
        look_backs.ask(actor(), cases.find_case(number), person_id)
        flash("The kept faces are being compared.", "success")
    if form.sentence:
        flash(form.sentence, "error")
    return redirect(url_for("persons.show", number=number, person_id=person_id))


@blueprint.get("/review")
def queue(number: str) -> str:
    """Faces that wait for this account, each with nothing but pictures, place and time."""
    case = person_records.look(actor(), cases.find_case(number), "queue")
    page = judging.list_waiting(actor(), case, read_query(PersonPageQuery))
    return render_template("persons/queue.html", case=case, page=page)


@blueprint.get("/review/<int:candidate_id>")
def judge(number: str, candidate_id: int) -> str:
    """One face: blind until this account has judged it, or as many as needed have."""
    case = cases.find_case(number)
    found = judging.find_sighting(actor(), case, candidate_id)
    person_records.look(actor(), case, "face", found.person, {"sighting": candidate_id})
    sighting = judging.find_sighting(actor(), cases.find_case(number), candidate_id)
    return render_template(
        "persons/judge.html",
        case=sighting.person.case,
        sighting=sighting,
        is_known=judging.knows(actor(), sighting),
        waiting=judging.count_waiting(actor(), sighting.person.case),
        has_judged=judging.has_judged(actor(), sighting),
        is_in_force=finding.is_in_force(sighting.person),
        needed=judging.needed_of(sighting.person.case),
    )


@blueprint.post("/review/<int:candidate_id>")
def give_verdict(number: str, candidate_id: int) -> ResponseReturnValue:
    """Record a verdict."""
    form = Form(request.form)
    with form:
        given = form.read(PersonVerdictInput)
        judging.judge(actor(), cases.find_case(number), candidate_id, given)
        flash(f"Recorded: {given.verdict.value}.", "success")
    return _back_to_face(number, candidate_id, form)


@blueprint.post("/review/<int:candidate_id>/undo")
def undo(number: str, candidate_id: int) -> ResponseReturnValue:
    """Take one's own verdict back."""
    form = Form()
    with form:
        judging.undo(actor(), cases.find_case(number), candidate_id)
        flash("The verdict is taken back; it stays in the history.", "success")
    return _back_to_face(number, candidate_id, form)


@blueprint.get("/pictures/<string(length=64):sha256>.jpg")
@limiter.limit(PICTURE_LIMIT)
def picture(number: str, sha256: str) -> Response:
    """A photo of a person of interest of this case, or a face proposed for one."""
    if not person_photos.is_picture_of(cases.find_case(number), sha256):
        raise NotFound("There is no such picture, or it is not kept any more.")
    return send_picture(sha256)


def _files(name: str) -> list[bytes]:
    return [file.read() for file in request.files.getlist(name) if file.filename]


def _longest(case: Case) -> str:
    """The latest end that may be asked for, on the case's clocks, to the minute."""
    latest = utc_now() + timedelta(days=authorising.limits().most_days)
    return wall_time(latest.replace(second=0, microsecond=0), case.timezone)


def _request_page(case: Case, form: Form, marked: bytes = b"") -> str:
    return render_template(
        "persons/new.html",
        case=case,
        form=form,
        limits=authorising.limits(),
        is_searchable=not basis_expired(case) and case.state == "open",
        marked_picture=base64.b64encode(marked).decode(),
    )


def _person_page(number: str, person_id: int, form: Form, marked: bytes = b"") -> str:
    case = cases.find_case(number)
    found = finding.find_person(actor(), case, person_id)
    person_records.look(actor(), case, "view", found)
    case = cases.find_case(number)
    person = finding.find_person(actor(), case, person_id)
    extension = form if form.value("legal_basis") else Form(_as_before(person, case))
    query = read_query(PersonPageQuery, per_page=PER_PAGE_OF_A_PERSON)
    return render_template(
        "persons/show.html",
        photos=finding.photos_in_use(person),
        **_look_back_values(case, person),
        kept=look_backs.kept_faces(case),
        faces=judging.list_known(actor(), case, query, person),
        receipts=person_retention.receipts_of(person),
        history=person_records.history(actor(), case, person),
        limits=authorising.limits(),
        form=form,
        extension=extension,
        marked_picture=base64.b64encode(marked).decode(),
        user_id=actor().user_id,
        now=utc_now(),
    )


def _look_back_values(case: Case, person: PersonOfInterest) -> dict[str, Any]:
    """What the part of the page about look-backs shows."""
    return {
        "case": case,
        "person": person,
        "is_in_force": finding.is_in_force(person),
        "look_backs": look_backs.list_of(person),
    }


def _as_before(person: PersonOfInterest, case: Case) -> dict[str, str]:
    """An extension mostly rests on what the request before it rested on."""
    return {"legal_basis": person.newest.legal_basis, "expires_at": _longest(case)}


def _back_to_face(number: str, candidate_id: int, form: Form) -> ResponseReturnValue:
    if form.sentence:
        flash(form.sentence, "error")
    return redirect(url_for("persons.judge", number=number, candidate_id=candidate_id))
