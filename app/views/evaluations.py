"""How well each face model tells people apart, and setting its threshold from that."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import actor, settings
from app.inputs import ModelInput, OneInInput
from app.services.embeddings import age_thresholds, evaluations
from app.views.forms import Form
from recognition.age_gaps import AGE_BANDS

blueprint = Blueprint("evaluations", __name__, url_prefix="/admin/evaluations")

MOST_PAGES = 1_000_000


@blueprint.get("")
def index() -> str:
    """The last evaluation of each model, the threshold in force, and all evaluations so far."""
    page = min(max(request.args.get("page", 1, type=int), 1), MOST_PAGES)
    return render_template(
        "evaluations/index.html",
        latest=evaluations.latest(),
        history=evaluations.history(page),
        report_of=evaluations.report_of,
        timezone=settings().default_timezone,
    )


@blueprint.get("/<int:evaluation_id>")
def show(evaluation_id: int) -> str:
    """All that one evaluation measured."""
    return _show(evaluation_id, Form())


@blueprint.get("/<int:evaluation_id>/<kind>.svg")
def plot(evaluation_id: int, kind: str) -> Response:
    """A plot as a file, for reports: `det` or `roc`."""
    svg = evaluations.plot_of(evaluation_id, kind)
    name = f"evaluation-{evaluation_id}-{kind}.svg"
    return Response(
        svg,
        mimetype="image/svg+xml",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@blueprint.post("/<int:evaluation_id>/threshold")
def set_threshold(evaluation_id: int) -> ResponseReturnValue:
    """Set the model's threshold from what was measured."""
    form = Form(request.form, shown=("one_in",))
    with form:
        given = form.read(OneInInput)
        model = evaluations.set_threshold(actor(), evaluation_id, given.false_match_rate)
        flash(f"{model.name} proposes from {model.threshold_similarity:.3f} on.", "success")
        return redirect(url_for("evaluations.index"))
    return _show(evaluation_id, form), form.status


@blueprint.post("/<int:evaluation_id>/age-thresholds")
def use_age_thresholds(evaluation_id: int) -> ResponseReturnValue:
    """Compare by the thresholds that were measured by years between photos."""
    form = Form(request.form)
    with form:
        given = form.read(OneInInput)
        rows = age_thresholds.take_over(actor(), evaluation_id, given.false_match_rate)
        model = rows[0].embedder
        flash(f"{model.name} has thresholds for {len(rows)} of {len(AGE_BANDS)} gaps.", "success")
        return redirect(url_for("admin.packs"))
    return _show(evaluation_id, form), form.status


@blueprint.post("/age-thresholds/withdraw")
def withdraw_age_thresholds() -> ResponseReturnValue:
    """Compare by the model's own threshold alone again."""
    form = Form(request.form)
    with form:
        given = form.read(ModelInput)
        model = age_thresholds.withdraw(actor(), given.model_sha256)
        flash(f"{model.name} proposes from {model.threshold_similarity:.3f} on again.", "success")
        return redirect(url_for("admin.packs"))
    flash(form.sentence, "error")
    return redirect(url_for("admin.packs"))


def _show(evaluation_id: int, form: Form) -> str:
    evaluation = evaluations.find(evaluation_id)
    return render_template(
        "evaluations/show.html",
        evaluation=evaluation,
        report=evaluations.report_of(evaluation),
        form=form,
        may_take_over=age_thresholds.may_take_over,
        timezone=settings().default_timezone,
    )
