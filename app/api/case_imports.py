"""Bringing cases with a list, and confirming each of them."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePath

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field

from app.api.document import CASES, READ, WRITE, answers
from app.api.paths import CasePath
from app.api.replies import reply
from app.api.uploads import SentForm, UploadedFile
from app.current import actor, settings
from app.inputs import CaseImportInput, ConfirmInput
from app.inputs.imports import parse_mapping
from app.outputs import CaseOut
from app.outputs.case_imports import CaseImportOut
from app.services.casework import cases
from app.services.exchange import case_imports

api_case_imports = APIBlueprint(
    "api_case_imports", __name__, url_prefix="/api/cases", abp_tags=[CASES], abp_security=READ
)


class CaseImportForm(SentForm):
    """A list (CSV or JSON) and what is said once for all its cases.

    `mapping` is `number=Case Number,age=Missing Age` or a JSON object of field → column; `dry_run`
    reports and changes nothing; `month_first` says what 05/06/2004 means.
    """

    list: UploadedFile
    source: str = Field(default="", max_length=120)
    purpose: str = Field(max_length=4000)
    legal_basis: str = Field(max_length=4000)
    legal_basis_expires_at: datetime
    timezone: str = ""
    restricted: bool | None = None
    made_up: bool = False
    month_first: bool = True
    apply_changes: bool = False
    mapping: str = Field(default="", max_length=8000)
    dry_run: bool = False


@api_case_imports.post(
    "/import",
    summary="Import a list of cases",
    security=WRITE,
    responses=answers({200: CaseImportOut}, 400, 409, 413),
)
def import_cases(form: CaseImportForm) -> Response:
    """Fields as NamUs and the FBI publish them. Cases wait for a person's confirmation."""
    file_name = form.list.filename or "list"
    values = form.model_dump(exclude={"list", "mapping", "dry_run"})
    values["source"] = form.source.strip() or PurePath(file_name).stem
    values["timezone"] = form.timezone or settings().default_timezone
    report = case_imports.import_cases(
        actor(),
        form.list.stream.read(case_imports.MOST_BYTES + 1),
        file_name,
        CaseImportInput.model_validate(values),
        mapping=parse_mapping(form.mapping),
        dry_run=form.dry_run,
    )
    return reply(CaseImportOut.of(report))


@api_case_imports.post(
    "/<number>/confirm",
    summary="Confirm an imported case",
    security=WRITE,
    responses=answers({200: CaseOut}, 400, 404, 409, 415),
)
def confirm_case(path: CasePath, body: ConfirmInput) -> Response:
    """Its purpose and legal basis are confirmed by a person: from now on it is searched for."""
    case = cases.find_case(path.number)
    return reply(CaseOut.of(cases.confirm_case(actor(), case, body)))
