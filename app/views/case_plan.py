"""The prior that a case is planned with; in the cases' blueprint."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import actor
from app.inputs import CaseChange
from app.models import Case
from app.services.casework import cases
from app.services.prioritisation import search_models
from app.views.cases import blueprint
from app.views.forms import Form
from geo.priors import PRIORS

KM_FIELDS = ("km_25", "km_50", "km_75", "km_95")


@blueprint.route("/cases/<number>/prior", methods=["GET", "POST"])
def prior(number: str) -> ResponseReturnValue:
    """See and change within how many kilometres people like the subject are found."""
    case = cases.find_case(number)
    form = Form(request.form if request.method == "POST" else _as_kept(case), shown=KM_FIELDS)
    if request.method == "POST":
        with form:
            own = () if "reset" in request.form else tuple(form.value(name) for name in KM_FIELDS)
            cases.change_case(actor(), case, form.read(CaseChange, prior_km=own))
            flash("The plan by probability is made anew with these distances.", "success")
            return redirect(url_for("cases.prior", number=number))
    return _page(cases.find_case(number), form), form.status


def _as_kept(case: Case) -> dict[str, str]:
    quantiles = search_models.prior_of(case).quantiles
    return {
        name: f"{quantile.distance_m / 1000:g}"
        for name, quantile in zip(KM_FIELDS, quantiles, strict=False)
    }


def _page(case: Case, form: Form) -> str:
    return render_template(
        "cases/prior.html",
        case=case,
        form=form,
        fields=KM_FIELDS,
        prior=search_models.prior_of(case),
        table=PRIORS.values(),
    )
