"""Two people at the same moment: the outcome is one that would be, had they come one by one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.errors import Refused
from app.extensions import db
from app.inputs import ConfirmInput
from app.inputs.persons import PersonDecisionInput
from app.models import (
    AuditEntry,
    AuthorisationState,
    Case,
    CaseState,
    PersonAuthorisation,
    Role,
    User,
)
from app.models.columns import utc_now
from app.services.base.actors import Actor
from app.services.casework import cases
from app.services.people import passwords
from app.services.people.accounts import actor_for
from app.services.persons import authorising
from tests.app import factories, person_cases
from tests.app.conftest import PASSWORD
from tests.app.interleaving import interleave

pytestmark = pytest.mark.slow


@pytest.fixture
def colleague(committing_app: Flask) -> Callable[[], Actor]:
    """Makes an investigator with every right."""

    def make() -> Actor:
        number = db.session.query(User).count()
        user = User(
            email=f"colleague-{number}@lastseen.example",
            name=f"Made-up colleague {number}",
            role=Role.INVESTIGATOR,
            password_hash=passwords.hash_password(PASSWORD),
        )
        db.session.add(user)
        db.session.commit()
        return actor_for(person_cases.grant(user))

    return make


def of_number(number: str) -> Case:
    return cases.find_case(number)


# -------------------------------------------------------------------------------------- cases


def test_a_case_that_is_closed_while_it_is_confirmed_is_not_searched_for(
    committing_app: Flask, colleague: Callable[[], Actor]
) -> None:
    actor, number = colleague(), factories.make_case(state=CaseState.IMPORTED).number
    given = ConfirmInput(
        purpose="Find a child",
        legal_basis="Report 1",
        legal_basis_expires_at=utc_now() + timedelta(days=9),
    )
    interleave(
        committing_app,
        lambda: cases.confirm_case(actor, of_number(number), given).state,
        "UPDATE cases",
        lambda: cases.close_case(actor, of_number(number)).state,
    )
    db.session.expire_all()
    assert of_number(number).state is CaseState.CLOSED
    assert of_number(number).closed_at is not None


def test_a_case_that_two_close_at_once_is_closed_once(
    committing_app: Flask, colleague: Callable[[], Actor]
) -> None:
    one, other, number = colleague(), colleague(), factories.make_case().number
    interleave(
        committing_app,
        lambda: cases.close_case(one, of_number(number)).state,
        "UPDATE cases",
        lambda: cases.close_case(other, of_number(number)).state,
    )
    closings = select(AuditEntry.actor_id).where(AuditEntry.action == "case.close")
    assert db.session.scalars(closings).all() == [one.user_id]


# ------------------------------------------------------------------------ persons of interest


@pytest.mark.parametrize("grant", [True, False])
def test_nobody_is_authorised_in_a_case_that_is_closed_at_that_moment(
    committing_app: Flask, colleague: Callable[[], Actor], grant: bool
) -> None:
    asker, decider = colleague(), colleague()
    case = factories.make_case()
    person = person_cases.asked(case, asker)
    number, person_id, photo_id = case.number, person.id, person.photos[0].id
    given = PersonDecisionInput(grant=grant, photo_ids=(photo_id,), remarks="Looked at.")

    decided, _ = interleave(
        committing_app,
        lambda: authorising.decide(decider, of_number(number), person_id, given),
        "FROM persons_of_interest",
        lambda: cases.close_case(asker, of_number(number)).state,
    )

    db.session.expire_all()
    (asked,) = db.session.scalars(select(PersonAuthorisation)).all()
    if isinstance(decided, Refused):
        assert (asked.state, asked.decided_by_id) == (AuthorisationState.WITHDRAWN, None)
    else:
        assert asked.state is (AuthorisationState.ENDED if grant else AuthorisationState.REFUSED)
    cases.reopen_case(asker, of_number(number))
    assert asked.state is not AuthorisationState.GRANTED
