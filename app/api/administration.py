"""The state of the installation, its accounts and its audit log."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from app.api.document import ADMINISTRATION, READ, WRITE, answers
from app.api.paths import EvaluationPath
from app.api.replies import reply
from app.current import actor
from app.inputs import ModelInput, ThresholdInput
from app.inputs.fields import Page, PageSize
from app.outputs import AuditEntryOut, HealthOut, PageOut, UserOut, page_of, whole_list
from app.outputs.evaluations import EvaluationOut, ThresholdOut
from app.outputs.thresholds import AgeThresholdsOut
from app.services.base import audit
from app.services.embeddings import age_thresholds, embedders, evaluations
from app.services.governance import audit_reading
from app.services.operations import health
from app.services.people import accounts

api_administration = APIBlueprint(
    "api_administration",
    __name__,
    url_prefix="/api",
    abp_tags=[ADMINISTRATION],
    abp_security=READ,
)


class AuditQuery(BaseModel):
    """Entries by case, action and part of the actor's name."""

    model_config = ConfigDict(extra="forbid")

    case_number: str | None = Field(default=None, max_length=60)
    action: str | None = Field(default=None, max_length=80)
    actor: str | None = Field(default=None, max_length=254)
    page: Page = 1
    per_page: PageSize = 50


@api_administration.get(
    "/health", summary="State of the installation", responses=answers({200: HealthOut})
)
def show_health() -> Response:
    """Which part is down, who works on what, and which recogniser is in force."""
    state = HealthOut.model_validate(health.check())
    return reply(state, 200 if state.ok else 503)


@api_administration.get(
    "/audit", summary="Read the audit log", responses=answers({200: PageOut[AuditEntryOut]})
)
def list_audit(query: AuditQuery) -> Response:
    """Newest first. The log is append-only and chained by hashes.

    Of restricted cases of others, purpose, subject and details are withheld.
    """
    entries = audit.list_entries(
        query.page, query.per_page, query.case_number, query.action, query.actor
    )
    return reply(page_of(audit_reading.page_as_read_by(actor(), entries), AuditEntryOut.of))


@api_administration.get(
    "/evaluations",
    summary="List evaluations of models",
    responses=answers({200: PageOut[EvaluationOut]}),
)
def list_evaluations() -> Response:
    """The last one of each model; `flask evaluate` makes them."""
    return reply(whole_list(evaluations.latest(), EvaluationOut.of))


@api_administration.get(
    "/evaluations/<int:evaluation_id>",
    summary="Read an evaluation",
    responses=answers({200: EvaluationOut}, 404),
)
def show_evaluation(path: EvaluationPath) -> Response:
    """All that one evaluation measured, with the points of its curve."""
    return reply(EvaluationOut.of(evaluations.find(path.evaluation_id)))


@api_administration.post(
    "/evaluations/threshold",
    summary="Set a model's threshold from an evaluation",
    security=WRITE,
    responses=answers({200: ThresholdOut}, 400, 404, 415),
)
def set_threshold(body: ThresholdInput) -> Response:
    """It holds in all cases for what is found from now on; the change is in the audit log."""
    model = evaluations.set_threshold(actor(), body.evaluation_id, body.false_match_rate)
    return reply(ThresholdOut.model_validate(model))


@api_administration.get(
    "/age-thresholds",
    summary="List thresholds by years between photo and face",
    responses=answers({200: PageOut[AgeThresholdsOut]}),
)
def list_age_thresholds() -> Response:
    """For each model what was measured for it; without any, its own threshold holds for all."""
    kept = age_thresholds.kept_for_all()
    return reply(
        whole_list(
            embedders.list_embedders(), lambda row: AgeThresholdsOut.of(row, kept.get(row.id, []))
        )
    )


@api_administration.post(
    "/evaluations/age-thresholds",
    summary="Compare by the thresholds that an evaluation measured by years",
    security=WRITE,
    responses=answers({200: AgeThresholdsOut}, 400, 404, 415),
)
def use_age_thresholds(body: ThresholdInput) -> Response:
    """They hold in all cases for what is found from now on; the change is in the audit log.

    Refused for a rate that is laxer than the model's own, and for one that no gap was measured at.
    """
    rows = age_thresholds.take_over(actor(), body.evaluation_id, body.false_match_rate)
    return reply(AgeThresholdsOut.of(rows[0].embedder, rows))


@api_administration.post(
    "/age-thresholds/withdraw",
    summary="Compare by a model's own threshold alone",
    security=WRITE,
    responses=answers({200: AgeThresholdsOut}, 400, 404, 409, 415),
)
def withdraw_age_thresholds(body: ModelInput) -> Response:
    """From now on; sightings keep the threshold that they were proposed by."""
    return reply(AgeThresholdsOut.of(age_thresholds.withdraw(actor(), body.model_sha256), []))


@api_administration.get(
    "/users", summary="List accounts", responses=answers({200: PageOut[UserOut]})
)
def list_users() -> Response:
    """Accounts, without anything secret."""
    return reply(whole_list(accounts.list_users(), UserOut.of))
