"""Who sees a case: its list of people, for the case's people and for administrators."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import actor
from app.inputs.fields import Input, Page
from app.models import Case
from app.services.base import access, views_audit
from app.services.casework import cases
from app.services.people import members
from app.views import admin
from app.views.cases import blueprint
from app.views.forms import Form, read_query

PER_PAGE = 50


class RestrictedQuery(Input):
    """A page of restricted cases."""

    page: Page = 1


@blueprint.get("/cases/<number>/access", endpoint="access")
def show_access(number: str) -> str:
    """Whether the case is restricted, and who is on its list."""
    case = views_audit.look_at(actor(), cases.find_case(number), "access")
    return _page(case, Form())


@blueprint.post("/cases/<number>/access/restrict")
def restrict(number: str) -> ResponseReturnValue:
    """Let only the people on the list see the case."""
    members.restrict(actor(), cases.find_case(number))
    flash("Only the people on the list see this case now.", "success")
    return redirect(url_for("cases.access", number=number))


@blueprint.post("/cases/<number>/access/unrestrict")
def unrestrict(number: str) -> ResponseReturnValue:
    """Let everybody whose role reads cases see it again."""
    members.unrestrict(actor(), cases.find_case(number))
    flash("Everybody whose role reads cases sees this case now.", "success")
    return redirect(url_for("cases.access", number=number))


@blueprint.post("/cases/<number>/access/members")
def add_member(number: str) -> ResponseReturnValue:
    """Put a person on the list."""
    case = cases.find_case(number)
    form = Form(request.form, shown=("user_id",))
    with form:
        user = members.add_member(actor(), case, request.form.get("user_id", 0, type=int))
        flash(f"{user.name} is on the list.", "success")
        return redirect(url_for("cases.access", number=number))
    return _page(cases.find_case(number), form), form.status


@blueprint.post("/cases/<number>/access/members/<int:user_id>/remove")
def remove_member(number: str, user_id: int) -> ResponseReturnValue:
    """Take a person off the list."""
    case = cases.find_case(number)
    case_id = case.id
    with Form() as form:
        user = members.remove_member(actor(), case, user_id)
        flash(f"{user.name} is off the list.", "success")
    if form.sentence:
        flash(form.sentence, "error")
    stays = access.sees_case(actor(), case_id)
    return redirect(url_for("cases.access", number=number) if stays else url_for("cases.index"))


@admin.blueprint.get("/restricted", endpoint="restricted")
def list_restricted() -> str:
    """Restricted cases: that they exist, and who can be asked."""
    query = read_query(RestrictedQuery)
    page = members.list_restricted(query.page, PER_PAGE)
    return render_template("admin/restricted.html", page=page)


@admin.blueprint.get("/restricted/<int:restricted_id>", endpoint="restricted_case")
def show_restricted(restricted_id: int) -> str:
    """The list of one restricted case, without anything that the case holds."""
    return _admin_page(restricted_id, Form())


@admin.blueprint.post("/restricted/<int:restricted_id>/members", endpoint="add_case_member")
def add_as_administrator(restricted_id: int) -> ResponseReturnValue:
    """Put a person on the list of a restricted case."""
    case = members.find_restricted(restricted_id)
    form = Form(request.form, shown=("user_id",))
    with form:
        user = members.add_member(actor(), case, request.form.get("user_id", 0, type=int))
        flash(f"{user.name} is on the list.", "success")
        return redirect(url_for("admin.restricted_case", restricted_id=restricted_id))
    return _admin_page(restricted_id, form), form.status


@admin.blueprint.post(
    "/restricted/<int:restricted_id>/members/<int:user_id>/remove", endpoint="remove_case_member"
)
def remove_as_administrator(restricted_id: int, user_id: int) -> ResponseReturnValue:
    """Take a person off the list of a restricted case."""
    case = members.find_restricted(restricted_id)
    with Form() as form:
        user = members.remove_member(actor(), case, user_id)
        flash(f"{user.name} is off the list.", "success")
    if form.sentence:
        flash(form.sentence, "error")
    return redirect(url_for("admin.restricted_case", restricted_id=restricted_id))


@admin.blueprint.post("/restricted/<int:restricted_id>/emergency", endpoint="emergency_access")
def take_emergency_access(restricted_id: int) -> ResponseReturnValue:
    """See a restricted case for a day, with a reason that stands on its list and in the log."""
    case = members.find_restricted(restricted_id)
    number = case.number
    form = Form(request.form, shown=("reason",))
    with form:
        members.emergency_access(actor(), case, form.value("reason"))
        flash(f"You see case {number} for 24 hours. Its people see that, and why.", "success")
        return redirect(url_for("cases.show", number=number))
    return _admin_page(restricted_id, form), form.status


def _page(case: Case, form: Form) -> str:
    return render_template(
        "cases/access.html",
        case=case,
        form=form,
        members=members.list_members(case),
        addable=members.addable_users(case),
    )


def _admin_page(restricted_id: int, form: Form) -> str:
    restricted = members.find_restricted(restricted_id)
    return render_template(
        "admin/restricted_case.html",
        restricted=restricted,
        form=form,
        members=members.list_members(restricted),
        addable=members.addable_users(restricted),
        sees=access.sees_case(actor(), restricted.id),
    )
