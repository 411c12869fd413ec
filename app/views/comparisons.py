"""The comparison checklist as a form, and back."""

from __future__ import annotations

from dataclasses import dataclass

from app.inputs.comparisons import (
    FEATURE_WORDS,
    ComparisonInput,
    Conclusion,
    Feature,
    Finding,
    Suitability,
)
from app.models import Review
from app.views.forms import Form


@dataclass(frozen=True)
class Checklist:
    """What the form offers: features with their names, and the words to choose from."""

    features: tuple[tuple[str, str, str], ...]
    findings: tuple[str, ...]
    suitabilities: tuple[str, ...]
    conclusions: tuple[str, ...]


def checklist() -> Checklist:
    """All features of the list, in the order of a look from above to below."""
    return Checklist(
        features=tuple((key.value, *FEATURE_WORDS[key]) for key in Feature),
        findings=tuple(one.value for one in Finding),
        suitabilities=tuple(one.value for one in Suitability),
        conclusions=tuple(one.value for one in Conclusion),
    )


def read_comparison(form: Form) -> ComparisonInput | None:
    """The filled checklist; None where nothing of it was touched. Raises Refused."""
    features = {
        feature.value: {
            "finding": form.value(f"finding.{feature}"),
            "remark": form.value(f"remark.{feature}"),
        }
        for feature in Feature
        if form.value(f"finding.{feature}")
    }
    suitability, conclusion = form.value("suitability"), form.value("conclusion")
    if not (features or suitability or conclusion):
        return None
    return form.read(
        ComparisonInput, features=features, suitability=suitability, conclusion=conclusion
    )


def shown_comparison(review: Review) -> ComparisonInput | None:
    """What a review's checklist said, for showing it."""
    if review.comparison is None:
        return None
    return ComparisonInput.model_validate(review.comparison)


def feature_name(feature: Feature) -> str:
    """What a feature is called on pages."""
    return FEATURE_WORDS[feature][0]
