"""Importing posts: check a file, import it, take it back as a whole."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import actor, settings
from app.errors import Refused
from app.inputs.fields import Input, Page
from app.inputs.posts import PostImportInput
from app.intake.post_files import MAX_ROWS
from app.models import PostImport, PostImportState
from app.services.postings import post_import_reports, post_imports
from app.services.postings.post_import_progress import progress_of
from app.services.postings.post_import_rescue import ENDED_SHOWN_FOR
from app.views.forms import Form, read_query
from app.views.posts import blueprint

PER_PAGE = 20
FIELDS = ("table", "pictures", "origin", "purpose", "label", "platform", "timezone", "region")


class ListQuery(Input):
    """A page of imports."""

    page: Page = 1


@blueprint.get("/imports")
def imports() -> str:
    """What was imported, and the form for more."""
    values = {"timezone": settings().default_timezone, "region": "IN"}
    return _page(Form(values, shown=FIELDS))


@blueprint.post("/imports")
def import_file() -> ResponseReturnValue:
    """Take a file in, to be checked; its own page says what would happen."""
    form = Form(request.form, shown=FIELDS)
    with form:
        row = _hand_in(form)
        return redirect(url_for("posts.show_import", import_id=row.id))
    return _page(form), form.status


@blueprint.get("/imports/<int:import_id>")
def show_import(import_id: int) -> str:
    """One import, with the rows that were not taken."""
    row = post_imports.find_import(actor(), import_id)
    return render_template(
        "posts/import.html",
        row=row,
        report=post_import_reports.report_of(row),
        progress=progress_of(row),
        timezone=row.timezone,
        shown_for_days=ENDED_SHOWN_FOR.days,
    )


@blueprint.post("/imports/<int:import_id>/confirm")
def confirm(import_id: int) -> ResponseReturnValue:
    """Import what was checked."""
    with Form() as form:
        post_imports.confirm(actor(), import_id)
    if form.sentence:
        flash(form.sentence, "error")
    return redirect(url_for("posts.show_import", import_id=import_id))


@blueprint.post("/imports/<int:import_id>/cancel")
def cancel(import_id: int) -> ResponseReturnValue:
    """End what is being done with an import."""
    with Form() as form:
        row = post_imports.cancel(actor(), import_id)
        if row.state is PostImportState.CANCELLED:
            flash(f"“{row.label}” is cancelled; nothing of it was kept.", "success")
    if form.sentence:
        flash(form.sentence, "error")
    return redirect(url_for("posts.show_import", import_id=import_id))


@blueprint.post("/imports/<int:import_id>/take-back")
def take_back(import_id: int) -> ResponseReturnValue:
    """Take a whole import back."""
    with Form() as form:
        row = post_imports.take_back(actor(), import_id)
        return _turned(row, "is taken back: its posts count nowhere. It can be restored.")
    flash(form.sentence, "error")
    return redirect(url_for("posts.show_import", import_id=import_id))


@blueprint.post("/imports/<int:import_id>/restore")
def restore(import_id: int) -> ResponseReturnValue:
    """Bring an import back."""
    with Form() as form:
        row = post_imports.restore(actor(), import_id)
        return _turned(row, "is back.")
    flash(form.sentence, "error")
    return redirect(url_for("posts.show_import", import_id=import_id))


def _turned(row: PostImport, done: str) -> ResponseReturnValue:
    """To the list where it is done; to its own page, which says how far it is, where it waits."""
    if row.job is not None:
        return redirect(url_for("posts.show_import", import_id=row.id))
    flash(f"“{row.label}” {done}", "success")
    return redirect(url_for("posts.imports"))


def _hand_in(form: Form) -> PostImport:
    given = form.read(PostImportInput)
    sent = request.files.get("table")
    if sent is None or not sent.filename:
        raise Refused("No file came with the form.", {"table": "choose a file"})
    archive = request.files.get("pictures")
    pictures = archive.stream if archive is not None and archive.filename else None
    return post_imports.hand_in(actor(), sent.stream, sent.filename, given, pictures=pictures)


def _page(form: Form) -> str:
    page = post_imports.list_imports(actor(), read_query(ListQuery).page, PER_PAGE)
    return render_template(
        "posts/imports.html",
        form=form,
        page=page,
        max_mb=settings().post_max_upload_mb,
        max_rows=MAX_ROWS,
        timezone=settings().default_timezone,
        retention_days=settings().post_retention_days,
    )
