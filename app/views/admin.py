"""Administration: accounts, face models, the audit log, the state of the installation."""

from __future__ import annotations

from dataclasses import asdict

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue

from app.current import actor, settings
from app.inputs.accounts import UserChange, UserInput, UserQuery
from app.inputs.alerts import MessageQuery
from app.models import MessageState
from app.models.accounts import Role, User
from app.services.base import audit, user_sessions
from app.services.base.rights import RIGHTS
from app.services.embeddings import packs
from app.services.governance import audit_csv, audit_reading
from app.services.messages import outbox
from app.services.operations import health as health_service
from app.services.people import accounts, second_factors
from app.views.forms import Form, read_query

blueprint = Blueprint("admin", __name__, url_prefix="/admin")

AUDIT_PAGE_SIZE = 100
USER_FIELDS = ("email", "name", "role", "organisation")


@blueprint.get("/users")
def users() -> str:
    """Accounts, with a search."""
    form = Form({key: value for key, value in request.args.items() if value})
    page = accounts.search_users(form.read(UserQuery))
    return render_template("admin/users.html", page=page, form=form, roles=list(Role))


@blueprint.get("/users/new")
def new_user() -> str:
    """The form for a new account."""
    return render_template("admin/new_user.html", form=Form(), roles=list(Role))


@blueprint.post("/users/new")
def create_user() -> ResponseReturnValue:
    """Make an account and show its first password, once."""
    form = Form(request.form, shown=USER_FIELDS)
    with form:
        account = accounts.create_user(actor(), form.read(UserInput))
        return render_template("admin/password.html", account=account, is_new=True), 201
    return render_template("admin/new_user.html", form=form, roles=list(Role)), form.status


@blueprint.get("/users/<int:user_id>")
def edit_user(user_id: int) -> str:
    """One account and what may be changed in it."""
    user = accounts.find_user(user_id)
    typed = {"name": user.name, "role": user.role.value, "organisation": user.organisation}
    rights = {"active": user.active, **{name: bool(getattr(user, name)) for name in RIGHTS}}
    form = Form({**typed, **{name: "1" if held else "" for name, held in rights.items()}})
    return _user_page(user, form)


@blueprint.post("/users/<int:user_id>")
def change_user(user_id: int) -> ResponseReturnValue:
    """Change name, role or whether the account is active."""
    user = accounts.find_user(user_id)
    shown = ("name", "role", "active", "organisation", *RIGHTS)
    form = Form(request.form, shown=shown)
    with form:
        given = {"active": "active" in request.form}
        # A right that is not held and not ticked is not mentioned: any role may stay without it.
        given |= {
            name: name in request.form
            for name in RIGHTS
            if name in request.form or getattr(user, name)
        }
        change = form.read(UserChange, **given)
        accounts.change_user(actor(), user, change)
        flash(f"{user.email} is changed.", "success")
        return redirect(url_for("admin.users"))
    return _user_page(user, form), form.status


@blueprint.post("/users/<int:user_id>/password")
def reset_password(user_id: int) -> ResponseReturnValue:
    """Give the account a new password and show it, once."""
    account = accounts.reset_password(actor(), accounts.find_user(user_id))
    return render_template("admin/password.html", account=account, is_new=False)


@blueprint.get("/packs", endpoint="packs")
def packs_page() -> str:
    """The face model in force and all that were used, with licence, hash and threshold."""
    return render_template(
        "admin/packs.html", overview=packs.overview(), timezone=settings().default_timezone
    )


@blueprint.get("/audit", endpoint="audit")
def audit_page() -> str:
    """The audit log, newest first."""
    return _audit_page()


@blueprint.post("/audit/verify")
def verify_audit() -> str:
    """Walk the whole chain and say whether it holds."""
    verdict = audit.verify()
    return _audit_page(verdict, audit.anchor() if verdict.ok else None)


@blueprint.get("/audit.csv", endpoint="audit_csv")
def audit_csv_file() -> Response:
    """The filtered log as CSV, oldest first. The export itself is in the log."""
    wanted, reader = _audit_filter(), actor()
    audit.record(reader, "audit.export", details=asdict(wanted))
    audit.commit()
    return Response(
        stream_with_context(audit_csv.lines(reader, wanted)),
        mimetype="text/csv",
        headers={"Content-Disposition": 'attachment; filename="lastseen-audit.csv"'},
    )


@blueprint.get("/health")
def health() -> str:
    """Which part answers, who works on what, and what to do."""
    return render_template("admin/health.html", health=health_service.check())


@blueprint.get("/messages")
def messages() -> str:
    """Messages on their way out, and why some could not be delivered."""
    query = read_query(MessageQuery)
    page = outbox.list_messages(query.state, query.page, query.per_page)
    return render_template(
        "admin/messages.html",
        page=page,
        state=query.state,
        states=list(MessageState),
        timezone=settings().default_timezone,
    )


@blueprint.post("/messages/<int:message_id>/retry")
def retry_message(message_id: int) -> ResponseReturnValue:
    """Try a message again at once."""
    message = outbox.retry(actor(), message_id)
    flash(f"The message to {message.recipient} is tried again.", "success")
    return redirect(url_for("admin.messages"))


def _user_page(user: User, form: Form) -> str:
    return render_template(
        "admin/edit_user.html",
        user=user,
        form=form,
        roles=list(Role),
        sessions=user_sessions.list_sessions(user),
        has_second_factor=second_factors.is_enrolled(user.id),
        timezone=settings().default_timezone,
    )


def _audit_filter() -> audit.AuditFilter:
    return audit.AuditFilter(
        request.args.get("case_number", "").strip()[:60],
        request.args.get("action", "").strip()[:80],
        request.args.get("actor", "").strip()[:254],
    )


def _audit_page(
    verdict: audit.AuditVerdict | None = None, anchor: audit.AuditAnchor | None = None
) -> str:
    wanted = _audit_filter()
    number = min(max(request.args.get("page", 1, type=int), 1), 1_000_000)
    entries = audit.list_entries(
        number, AUDIT_PAGE_SIZE, wanted.case_number, wanted.action, wanted.actor
    )
    return render_template(
        "admin/audit.html",
        page=audit_reading.page_as_read_by(actor(), entries),
        wanted=wanted,
        actions=audit.actions(),
        verdict=verdict,
        anchor=anchor,
        timezone=settings().default_timezone,
    )
