"""A list is imported, a case confirmed, its poster made, and the case deleted by two people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.extensions import db
from app.models import Case, CasePurge, PurgeState
from tests.journeys.conftest import Site

pytestmark = pytest.mark.journey

LIST = (
    "Case Number,Name,Missing Age,City,DLC\n"
    "MU-2026-1,Ann Madeup,8 Years,Springdale,05/17/2024\n"
    "MU-2026-2,Bo Madeup,old,Springdale,05/17/2024\n"
)


def test_a_case_comes_with_a_list_gets_its_poster_and_goes_for_good(
    site: Site, open_browser: Callable[..., Page], tmp_path: Path
) -> None:
    file = tmp_path / "list.csv"
    file.write_text(LIST)
    page, admin = open_browser("investigator"), open_browser("administrator", phone=True)

    page.goto("/cases/import")
    page.set_input_files("#list", file)
    page.fill("#purpose", "Compare missing with found children")
    page.fill("#legal_basis", "Order 12 of the made-up court")
    page.click("button[value=check]")
    expect(page.locator("#import-report")).to_contain_text("What would happen")
    expect(page.locator("#import-report")).to_contain_text("“old” is no age.")
    # What the report says can be acted upon at once.
    expect(page.locator("button[value=check]").first).to_be_enabled()
    page.get_by_role("button", name="Import 1 case").click()
    expect(page.locator("#import-report")).to_contain_text("1 case added")

    page.get_by_role("link", name="To the cases that wait for a confirmation").click()
    page.get_by_role("link", name="MU-2026-1", exact=True).click()
    expect(page.locator("main")).to_contain_text("nothing is searched for it until")
    page.get_by_role("link", name="Confirm").first.click()
    page.get_by_role("button", name="Confirm and search for this person").click()
    expect(page.locator(".flashes")).to_contain_text("is open")

    page.goto("/cases/MU-2026-1/files")
    page.get_by_role("link", name="Make a poster").click()
    page.fill("#place", "Old market quarter")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".facts")).to_contain_text("Old market quarter")
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF (A4)").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")

    page.goto("/cases/MU-2026-1/edit")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Close case").click()
    page.goto("/cases/MU-2026-1/files")
    page.fill("#reason", "Asked for by the family")
    page.fill("#typed_number", "MU-2026-1")
    page.get_by_role("button", name="Ask for deletion").click()
    expect(page.locator("main")).to_contain_text("A second person carries it out")

    admin.goto("/admin/purges")
    admin.once("dialog", lambda dialog: dialog.accept())
    admin.get_by_role("button", name="Delete everything").click()
    expect(admin.locator(".flashes")).to_contain_text("Case MU-2026-1 is deleted")

    answer = page.goto("/cases/MU-2026-1")
    assert answer is not None
    assert answer.status == 404
    site.fresh()
    assert db.session.query(Case).count() == 0
    assert db.session.query(CasePurge).one().state is PurgeState.DONE
    assert site.troubles == []
