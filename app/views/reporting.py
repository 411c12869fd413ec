"""What the installation keeps and what it did: retention, legal holds, the transparency report."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Response, render_template

from app.current import actor, settings
from app.inputs.fields import Input, Page
from app.services.base import audit
from app.services.contributing import contribution_retention
from app.services.governance import holds, photo_retention, retention, transparency
from app.views.admin import blueprint
from app.views.forms import read_query

PER_PAGE = 30


class ReceiptQuery(Input):
    """A page each of the receipts of faces, of reference photos and of contributions."""

    page: Page = 1
    photo_page: Page = 1
    contribution_page: Page = 1


@blueprint.get("/retention", endpoint="retention")
def retention_page() -> str:
    """How long faces are kept, what keeps some longer, and receipts of what was deleted."""
    query = read_query(ReceiptQuery)
    return render_template(
        "admin/retention.html",
        settings=settings(),
        holds=holds.list_holds(actor()),
        page=retention.list_receipts(query.page, PER_PAGE),
        photo_receipts=photo_retention.list_receipts(query.photo_page, PER_PAGE),
        contribution_receipts=contribution_retention.list_receipts(
            query.contribution_page, PER_PAGE
        ),
        photos_held_back=photo_retention.held_back(),
        timezone=settings().default_timezone,
    )


@blueprint.get("/transparency", endpoint="transparency")
def transparency_page() -> str:
    """The report by month, to read and to print."""
    return render_template(
        "admin/transparency.html",
        report=transparency.report(datetime.now(UTC)),
        columns=transparency.COLUMNS,
    )


@blueprint.get("/transparency.csv", endpoint="transparency_csv")
def transparency_csv() -> Response:
    """The same as CSV. That it was taken is in the audit log."""
    audit.record(actor(), "transparency.export")
    audit.commit()
    text = transparency.as_csv(transparency.report(datetime.now(UTC)))
    return Response(
        text,
        mimetype="text/csv",
        headers={"Content-Disposition": 'attachment; filename="lastseen-transparency.csv"'},
    )
