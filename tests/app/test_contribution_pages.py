"""What stands around tips and found persons on other pages: counts, receipts, ways back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from flask import Flask

from app.extensions import db
from app.models import User
from app.models.accounts import Role
from app.models.columns import utc_now
from app.services.base.actors import SCHEDULER, Actor
from app.services.contributing import contribution_matching, contribution_retention, triage
from tests.app import contribution_cases as given
from tests.app import factories
from tests.app.conftest import Client
from tests.app.kept_face_cases import make_embedder, make_photo

DAY = timedelta(days=1)


def test_receipts_of_what_expired_stand_on_the_retention_page(
    app: Flask, logged_in: Callable[..., Client]
) -> None:
    admin = logged_in(Role.ADMINISTRATOR)
    assert "No tip, found person or post was deleted yet" in admin.get("/admin/retention").text
    tip = given.hand_in(given.picture()).tip
    tip.expires_at = utc_now() - DAY
    db.session.commit()
    (receipt,) = contribution_retention.purge(SCHEDULER)
    page = contribution_retention.list_receipts(1, 10)
    assert [one.is_in_audit_log for one in page.items] == [True]
    assert "Receipts of what people handed in" in admin.get("/admin/retention").text
    assert "was deleted yet" not in admin.get("/admin/retention").text.split("handed in")[1]
    receipt.photos += 1
    db.session.commit()
    assert [one.is_in_audit_log for one in contribution_retention.list_receipts(1, 10).items] == [
        False
    ]


def test_the_menu_counts_what_waits_for_investigators_alone(
    logged_in: Callable[..., Client], user_factory: Callable[..., User]
) -> None:
    case, embedder = factories.make_case(), make_embedder()
    make_photo(case, embedder, 0)
    given.hand_in()
    given.add_face(given.hand_in(given.picture()).tip.photos[0], embedder, 90)
    given.add_face(given.register(user_factory(Role.PARTNER)).photos[0], embedder, 5)
    contribution_matching.compare_case(SCHEDULER, case, embedder)
    db.session.commit()
    desk = logged_in(Role.INVESTIGATOR)
    counts = re.findall(r'nav-count"[^>]*>(\S+?)<', desk.get("/cases").text)
    assert counts == ["2", "1", "2", "1"]  # in the menu of phones, and in the bar
    assert "nav-count" not in logged_in(Role.ANALYST).get("/cases").text
    assert "nav-count" not in logged_in(Role.PARTNER).get("/found").text


def test_a_decision_in_the_queue_leaves_a_way_back_and_the_place_of_the_next(
    logged_in: Callable[..., Client], actor_factory: Callable[..., Actor]
) -> None:
    first, second = given.hand_in().tip.id, given.hand_in().tip.id
    desk = logged_in(Role.INVESTIGATOR)
    sent = {"next": "/tips?order=received&page=1", "at": "0"}
    back = desk.post(f"/tips/{first}/reject", data=sent).location
    assert back == f"/tips?order=received&page=1&at=0&decided={first}"
    page = desk.get(back).text
    assert 'data-focus-card="0"' in page
    assert f"/tips/{first}/undo" in page
    assert f"/tips/{second}/undo" not in page
    triage.reject(actor_factory(), second)
    late = desk.post(f"/tips/{second}/reject", data={"next": "/tips", "at": "0"}).location
    assert late == "/tips?at=0"  # the decision of somebody else is not offered to be taken back
    assert "was decided on already: rejected by" in desk.get(late).text
    undone = {"next": "/tips"}
    assert desk.post(f"/tips/{first}/undo", data=undone).location == "/tips"
    assert "data-anywhere" not in desk.get(back).text
    assert desk.get("/tips?at=x&decided=-1").status_code == 200
