"""Bringing cases with a list, and confirming each; in the cases' blueprint."""

from __future__ import annotations

from pathlib import PurePath

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import actor, settings
from app.errors import Refused
from app.inputs import CaseImportInput, ConfirmInput
from app.inputs.imports import parse_mapping
from app.intake.case_lists import COLUMN_NAMES
from app.models import Case
from app.services.base import views_audit
from app.services.casework import cases
from app.services.exchange import case_imports
from app.services.exchange.case_imports import CaseImportReport
from app.views.cases import blueprint, proposed, times
from app.views.forms import Form
from app.views.presentation import wall_time

IMPORT_FIELDS = (
    "list", "file", "source", "purpose", "legal_basis", "legal_basis_expires_at", "timezone",
    "restricted", "made_up", "month_first",
)  # fmt: skip
CONFIRM_FIELDS = ("purpose", "legal_basis", "legal_basis_expires_at")
ROWS_SHOWN = 500


@blueprint.route("/cases/import", methods=["GET", "POST"], endpoint="import_list")
def import_list() -> ResponseReturnValue:
    """Check a list, see what would happen, then import it."""
    form = Form(request.form if request.method == "POST" else proposed(), shown=IMPORT_FIELDS)
    if request.method == "POST":
        with form:
            return _import_page(form, _import(form))
    return _import_page(form, None), form.status


@blueprint.route("/cases/<number>/confirm", methods=["GET", "POST"], endpoint="confirm")
def confirm(number: str) -> ResponseReturnValue:
    """Confirm purpose and legal basis of an imported case."""
    case = views_audit.look_at(actor(), cases.find_case(number), "case")
    form = Form(request.form if request.method == "POST" else _as_given(case), CONFIRM_FIELDS)
    if request.method == "POST":
        with form:
            basis = times(form, case.timezone)["legal_basis_expires_at"]
            given = form.read(ConfirmInput, legal_basis_expires_at=basis)
            cases.confirm_case(actor(), case, given)
            flash(f"Case {number} is open: it is searched for from now on.", "success")
            return redirect(url_for("cases.photos", number=number))
        case = cases.find_case(number)
    return _confirm_page(case, form), form.status


def _import(form: Form) -> CaseImportReport:
    file = request.files.get("list")
    if file is None or not file.filename:
        raise Refused("Choose a CSV or JSON file first.", {"list": "no file was chosen"})
    given = form.read(
        CaseImportInput,
        **times(form),
        source=form.value("source").strip() or PurePath(file.filename).stem[:120],
        restricted=bool(form.value("restricted")),
        made_up=bool(form.value("made_up")),
        month_first=form.value("month_first") != "no",
        apply_changes=bool(form.value("apply_changes")),
    )
    return case_imports.import_cases(
        actor(),
        file.stream.read(case_imports.MOST_BYTES + 1),
        file.filename,
        given,
        mapping=_chosen_columns() or parse_mapping(form.value("mapping")),
        dry_run=form.value("do") != "import",
    )


def _chosen_columns() -> dict[str, str]:
    """The selects of the preview: field → column; a blank one means that no column holds it."""
    chosen = {name: request.form.get(f"column-{name}", "") for name in COLUMN_NAMES}
    return {name: column for name, column in chosen.items() if column}


def _import_page(form: Form, report: CaseImportReport | None) -> str:
    return render_template(
        "cases/import.html",
        form=form,
        report=report,
        fields=list(COLUMN_NAMES),
        rows_shown=ROWS_SHOWN,
        default_timezone=settings().default_timezone,
    )


def _confirm_page(case: Case, form: Form) -> str:
    imported = case_imports.imported_from(case)
    return render_template("cases/confirm.html", case=case, form=form, imported=imported)


def _as_given(case: Case) -> dict[str, str]:
    return {
        "purpose": case.purpose,
        "legal_basis": case.legal_basis,
        "legal_basis_expires_at": wall_time(case.legal_basis_expires_at, case.timezone),
    }
