"""The demonstration is run again and again beside cases that somebody opened to try things out."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.models import Case, Face, Sighting
from scripts import demo_steps
from tests.app import factories


def test_earlier_demo_cases_go_and_leave_what_another_case_rests_on(app: Flask) -> None:
    demo = factories.make_case(number="DEMO-20261118-120000", made_up=True)
    factories.make_sighting(demo)
    tried_out = factories.make_case(number="TRY-1")
    # Answered from a face that the demo's sweep kept.
    of_demo = db.session.scalars(select(Face)).one()
    seen = factories.make_sighting(tried_out)
    seen.face_id = of_demo.id
    db.session.commit()
    demo_steps.delete_earlier_cases()
    assert db.session.scalars(select(Case.number)).all() == ["TRY-1"]
    assert db.session.scalars(select(Sighting.id)).all() == [seen.id]
    assert of_demo.id in db.session.scalars(select(Face.id)).all()
