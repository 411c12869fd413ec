"""An administrator takes thresholds over that were measured by years, and withdraws them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.models import Role
from app.services.embeddings import age_thresholds
from tests.app import age_cases
from tests.app import kept_face_cases as given
from tests.journeys.conftest import Site
from tests.journeys.test_accessibility import _RUN, AXE

pytestmark = pytest.mark.journey

OpenBrowser = Callable[..., Page]


def _is_accessible(page: Page) -> bool:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return page.evaluate(_RUN) == []


@pytest.mark.parametrize("phone", [False, True])
def test_thresholds_by_years_are_taken_over_and_withdrawn(
    site: Site, open_browser: OpenBrowser, phone: bool
) -> None:
    model = given.make_embedder(false_match_rate=0.01)
    evaluation = age_cases.keep_evaluation(model)
    page = open_browser(Role.ADMINISTRATOR, phone=phone)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/admin/packs")
    expect(page.locator("#age-thresholds")).to_contain_text("Not measured on this installation")
    page.click("#age-thresholds a")
    page.goto(f"/admin/evaluations/{evaluation.id}")
    assert _is_accessible(page)
    page.get_by_role("button", name="Use those for 1 in 100").click()
    shown = page.locator("#age-thresholds")
    expect(shown).to_contain_text("20 years and more")
    expect(shown).to_contain_text(f"made-up set (evaluation {evaluation.id})")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert _is_accessible(page)
    site.fresh()
    assert len(age_thresholds.kept_for(model)) == 4
    page.get_by_role("button", name="Use the model's own threshold alone").click()
    expect(shown).to_contain_text("Not measured on this installation")
    site.fresh()
    assert age_thresholds.kept_for(model) == []
    assert site.troubles == []


def test_a_rate_that_promises_less_than_the_model_is_not_offered(
    site: Site, open_browser: OpenBrowser
) -> None:
    evaluation = age_cases.keep_evaluation(given.make_embedder(false_match_rate=0.0001))
    page = open_browser(Role.ADMINISTRATOR)
    page.goto(f"/admin/evaluations/{evaluation.id}")
    expect(page.get_by_text("1 in 100 is laxer than the model's own 1 in 10,000")).to_be_visible()
    expect(page.get_by_role("button", name="Use those for")).to_have_count(0)
    assert site.troubles == []
