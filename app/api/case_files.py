"""A case taken away as a whole, and its deletion."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint

from app.api.document import CASES, READ, WRITE, answers, binary
from app.api.paths import CasePath
from app.api.replies import download, reply
from app.current import actor
from app.errors import NotFound
from app.inputs import PurgeInput
from app.outputs.duplicates import DuplicatesOut
from app.outputs.purges import CasePurgeOut
from app.services.casework import cases
from app.services.exchange import case_export, duplicates
from app.services.governance import case_purges

api_case_files = APIBlueprint(
    "api_case_files", __name__, url_prefix="/api/cases", abp_tags=[CASES], abp_security=READ
)


@api_case_files.get(
    "/duplicates", summary="List possible duplicates", responses=answers({200: DuplicatesOut})
)
def list_duplicates() -> Response:
    """Pairs of cases that may be about one person, of those that you see: by number and by face."""
    return reply(DuplicatesOut.of(duplicates.look_at_duplicates(actor())))


@api_case_files.get(
    "/<number>/export.zip",
    summary="Export a case",
    responses=answers(
        {200: binary("A zip that can be checked offline.", "application/zip")}, 404, 413
    ),
)
def export_case(path: CasePath) -> Response:
    """Every row, photo, crop, clip and tip of the case, with hashes and the script that checks."""
    bundle = case_export.export_case(actor(), cases.find_case(path.number))
    response = Response(bundle.chunks(), mimetype="application/zip")
    response.call_on_close(bundle.file.close)
    response.content_length = bundle.size_bytes
    response.headers["X-Manifest-SHA256"] = bundle.manifest_sha256
    return download(response, bundle.file_name)


@api_case_files.post(
    "/<number>/purge",
    summary="Ask for a case to be deleted",
    security=WRITE,
    responses=answers({201: CasePurgeOut}, 400, 404, 409, 415),
)
def request_purge(path: CasePath, body: PurgeInput) -> Response:
    """The case must be closed and not on legal hold; a second person carries it out."""
    case = cases.find_case(path.number)
    purge = case_purges.request_purge(actor(), case, body.reason, body.typed_number)
    return reply(CasePurgeOut.model_validate(purge), 201)


@api_case_files.post(
    "/<number>/purge/carry-out",
    summary="Delete a case",
    security=WRITE,
    responses=answers({200: CasePurgeOut}, 404, 409),
)
def carry_out_purge(path: CasePath) -> Response:
    """By somebody else than who asked for it. Answers with the receipt."""
    purge = case_purges.open_request(cases.find_case(path.number))
    if purge is None:
        raise NotFound("No purge of this case is asked for.")
    return reply(CasePurgeOut.model_validate(case_purges.carry_out(actor(), purge)))
