"""Retention, legal holds, and the transparency report: numbers that hold, and nobody's name."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask import Flask

from app.extensions import db
from app.models import FaceSearch, SearchOccasion, VisitState
from app.models.accounts import Role
from app.services.base import audit
from app.services.base.actors import COMMAND_LINE
from app.services.casework import cases
from app.services.governance import transparency
from tests.app import factories
from tests.app.conftest import Client

LATE_OCTOBER_UTC = datetime(2026, 10, 31, 20, 0, tzinfo=UTC)
"""The first of November in Kolkata, the zone of the tests' installation."""
NOVEMBER = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)


def test_the_report_counts_by_month_of_the_installation_s_clock(app: Flask) -> None:
    case = factories.make_case(created_at=LATE_OCTOBER_UTC, restricted=True)
    sweep = factories.make_sweep(case, created_at=NOVEMBER)
    camera = factories.make_camera()
    factories.make_visit(sweep, camera, finished_at=NOVEMBER, seconds_looked_at=5400.0)
    factories.make_visit(sweep, factories.make_camera(), state=VisitState.FAILED)
    sighting = factories.make_sighting(case, sweep=sweep, created_at=NOVEMBER)
    factories.make_review(sighting, created_at=NOVEMBER)
    factories.make_review(sighting, created_at=NOVEMBER, undone_at=NOVEMBER)
    audit.record(COMMAND_LINE, "route.export", case=case)
    audit.commit()

    months = {one.name: one.counts for one in transparency.report(NOVEMBER).months}

    november = months["2026-11"]
    assert (november["cases_opened"], november["sweeps"], november["proposed"]) == (1, 1, 1)
    assert (november["visits"], november["cameras"], november["hours"]) == (1, 1, 1.5)
    assert (november["confirmed"], november["rejected"]) == (1, 0)
    assert sum(one["exports"] for one in months.values()) == 1
    assert november["leads"] == 0, "one of two reviews makes no lead"


def test_every_kind_of_search_and_of_export_is_counted(app: Flask) -> None:
    case, embedder = factories.make_case(), factories.make_embedder()
    for occasion in SearchOccasion:
        search = FaceSearch(
            case_id=case.id, embedder_id=embedder.id, occasion=occasion, purpose="p",
            searched_by_name="n", photo_ids=[], face_limit=5, method="exact",
            threshold_similarity=0.3, faces_searched=1, faces_of_other_models=0, cameras_searched=1,
            seconds_searched=1.0, above_threshold=0, proposed=0, milliseconds=1.0,
            created_at=NOVEMBER,
        )  # fmt: skip
        db.session.add(search)
    for action in ("case.export", "poster.export", "posts.export"):
        audit.record(COMMAND_LINE, action, case=case)
    audit.commit()
    months = {one.name: one.counts for one in transparency.report(NOVEMBER).months}
    november = months["2026-11"]
    assert (november["searches_asked"], november["searches_by_photo"]) == (1, 1)
    assert sum(one["exports"] for one in months.values()) == 3


def test_a_lead_counts_in_the_month_of_the_confirmation_that_made_it_one(app: Flask) -> None:
    sighting = factories.make_sighting(
        factories.make_case(), created_at=NOVEMBER - timedelta(days=40)
    )
    factories.make_review(sighting, created_at=NOVEMBER - timedelta(days=40))
    factories.make_review(sighting, created_at=NOVEMBER)
    other = factories.make_sighting(factories.make_case(), created_at=NOVEMBER)
    factories.make_review(other, created_at=NOVEMBER)
    sighting.is_lead = True
    db.session.commit()

    months = {one.name: one.counts for one in transparency.report(NOVEMBER).months}

    assert [months[name]["leads"] for name in ("2026-10", "2026-11")] == [0, 1]
    assert [months[name]["proposed"] for name in ("2026-10", "2026-11")] == [1, 1]


def test_the_report_names_nobody(app: Flask, logged_in: Callable[..., Client]) -> None:
    case = factories.make_case(subject_name="Nobody To Name", purpose="A purpose of its own")
    factories.make_sighting(case)
    client = logged_in(Role.ADMINISTRATOR)
    page, file = client.get("/admin/transparency").text, client.get("/admin/transparency.csv").text
    for text in (page, file):
        for word in (case.number, "Nobody To Name", "A purpose of its own", "Made-up camera"):
            assert word not in text
    rows = list(csv.DictReader(io.StringIO(file)))
    assert rows
    assert set(rows[0]) == {"month", *transparency.COLUMNS}
    assert audit.list_entries(1, 1).items[0].action == "transparency.export"


def test_holds_are_listed_with_who_set_them_and_nothing_of_restricted_cases(
    app: Flask, logged_in: Callable[..., Client]
) -> None:
    for number, restricted in (("OPEN-TO-ALL", False), ("KEPT-TO-FEW", True)):
        case = factories.make_case(number=number, restricted=restricted)
        change = cases.CaseChange(legal_hold=True, legal_hold_reason=f"Order about {number}")
        cases.change_case(COMMAND_LINE, case, change)
    db.session.commit()
    page = logged_in(Role.ADMINISTRATOR).get("/admin/retention").text
    assert "Order about OPEN-TO-ALL" in page
    assert "command line" in page
    assert "KEPT-TO-FEW" in page
    assert "Order about KEPT-TO-FEW" not in page
