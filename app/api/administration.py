"""The state of the installation, its accounts and its audit log."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from app.api.document import ADMINISTRATION, READ, answers
from app.api.replies import reply
from app.inputs.fields import Page, PageSize
from app.outputs import AuditEntryOut, HealthOut, PageOut, UserOut, page_of, whole_list
from app.services import accounts, audit, health

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
    """Newest first. The log is append-only and chained by hashes."""
    entries = audit.list_entries(
        query.page, query.per_page, query.case_number, query.action, query.actor
    )
    return reply(page_of(entries, AuditEntryOut.of))


@api_administration.get(
    "/users", summary="List accounts", responses=answers({200: PageOut[UserOut]})
)
def list_users() -> Response:
    """Accounts, without anything secret."""
    return reply(whole_list(accounts.list_users(), UserOut.of))
