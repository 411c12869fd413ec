"""A case taken away as a whole, and its deletion."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel

from app.api.document import CASES, READ, WRITE, answers, binary
from app.api.paths import CasePath, Id
from app.api.replies import download, reply
from app.current import actor
from app.errors import NotFound
from app.inputs import PurgeInput
from app.inputs.duplicates import DistinctionInput
from app.outputs.duplicates import DistinctionOut, DistinctionsOut, DuplicatesOut
from app.outputs.purges import CasePurgeOut
from app.services.casework import cases
from app.services.exchange import case_export, distinctions, duplicates
from app.services.governance import case_purges

api_case_files = APIBlueprint(
    "api_case_files", __name__, url_prefix="/api/cases", abp_tags=[CASES], abp_security=READ
)


class DistinctionPath(BaseModel):
    """A pair that was told apart, by its number."""

    distinction_id: Id


@api_case_files.get(
    "/duplicates", summary="List possible duplicates", responses=answers({200: DuplicatesOut})
)
def list_duplicates() -> Response:
    """Pairs of cases that may be about one person, of those that you see: by number and by face."""
    return reply(DuplicatesOut.of(duplicates.look_at_duplicates(actor())))


@api_case_files.get(
    "/duplicates/apart",
    summary="List pairs that were told apart",
    responses=answers({200: DistinctionsOut}),
)
def list_apart() -> Response:
    """Pairs of cases that a person found to be two people; of cases that you see."""
    return reply(DistinctionsOut.of(distinctions.list_standing(actor())))


@api_case_files.post(
    "/duplicates/apart",
    summary="Tell two cases apart",
    security=WRITE,
    responses=answers({200: DistinctionOut}, 404),
)
def tell_apart(body: DistinctionInput) -> Response:
    """Say with a reason that two cases are not about one person: the pair is listed no more."""
    return reply(
        DistinctionOut.of_row(
            distinctions.tell_apart(actor(), body.first, body.second, body.reason)
        )
    )


@api_case_files.post(
    "/duplicates/apart/<int:distinction_id>/undo",
    summary="Let a pair be listed again",
    security=WRITE,
    responses=answers({200: DistinctionOut}, 404),
)
def undo_apart(path: DistinctionPath) -> Response:
    """Take back that two cases are not about one person."""
    return reply(DistinctionOut.of_row(distinctions.take_back(actor(), path.distinction_id)))


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
