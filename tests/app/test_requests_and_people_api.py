"""Footage requests and the people of the installation, over the API and the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.models import AuditEntry, FootageRequest, RequestState
from app.models.accounts import Role, User
from app.models.columns import utc_now
from app.services.base import user_sessions
from app.services.base.actors import COMMAND_LINE
from app.services.people import joining, second_factors
from tests.app import factories
from tests.app.answers import body, problem
from tests.app.conftest import Client

LogIn = Callable[..., Client]


def _given(**values: object) -> dict[str, object]:
    camera = factories.make_camera(owner="Made-up baker")
    start = utc_now() - timedelta(hours=3)
    return {
        "camera_ids": [camera.id],
        "window_start": start.isoformat(),
        "window_end": (start + timedelta(hours=1)).isoformat(),
        "owner": "Made-up baker",
        "contact": "Desk 4, telephone 555 0100",
        "legal_basis": "Order 12 of the made-up court",
        **values,
    }


def _run(app: Flask, *args: str) -> Any:
    done = app.test_cli_runner().invoke(args=[*args, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_request_is_made_renewed_declined_and_its_link_is_told_once(
    app: Flask, logged_in: LogIn
) -> None:
    case = factories.make_case()
    client = logged_in(Role.DISPATCHER)
    answer = client.post(f"/api/cases/{case.number}/requests", json=_given())
    made = body(answer, 201)
    address = answer.headers["Location"]
    opened = app.test_client().get(made["link"])
    assert opened.status_code == 200, "the link is one that an owner can open"

    shown = body(client.get(address))
    assert shown["case_number"] == case.number
    assert made["link"].rsplit("/", 1)[1] not in json.dumps(shown)

    renewed = body(client.post(f"{address}/link", json={"link_days": 3}))
    assert renewed["link"] != made["link"]
    assert app.test_client().get(made["link"]).status_code == 404, "the old link has ended"
    assert problem(client.post(f"{address}/link", json={"link_days": 31}), 422)["errors"]

    told = {"reason": "The disk was full"}
    assert body(client.post(f"{address}/decline", json=told))["state"] == "declined"
    problem(client.post(f"{address}/withdraw"), 409)
    problem(client.post(f"{address}/sweep"), 422)
    assert body(client.get(f"/api/cases/{case.number}/requests"))["total"] == 1
    assert body(client.get("/api/requests?state=requested"))["total"] == 0


def test_a_request_of_a_restricted_case_is_not_there_for_others(logged_in: LogIn) -> None:
    given = _given()
    hidden = factories.make_case(restricted=True)
    db.session.add(
        FootageRequest(
            case_id=hidden.id, owner="x", contact="x", legal_basis="x", token_sha256="0" * 64,
            window_start=utc_now(), window_end=utc_now(), link_expires_at=utc_now(),
            owner_email="", message="", reason="", state=RequestState.REQUESTED,
        )
    )  # fmt: skip
    db.session.commit()
    request_id = db.session.scalar(select(FootageRequest.id))
    client = logged_in(Role.DISPATCHER)
    assert body(client.get("/api/requests"))["total"] == 0
    problem(client.get(f"/api/requests/{request_id}"), 404)
    problem(client.post(f"/api/requests/{request_id}/withdraw"), 404)
    problem(client.post(f"/api/cases/{hidden.number}/requests", json=given), 404)


def test_the_command_makes_lists_and_withdraws_requests(app: Flask) -> None:
    case, camera = factories.make_case(), factories.make_camera(owner="Made-up baker")
    made = _run(
        app, "requests", "create", case.number, "--camera", str(camera.id),
        "--from", "2026-11-18 14:00", "--to", "2026-11-18 15:00",
        "--owner", "Made-up baker", "--contact", "Desk 4",
    )  # fmt: skip
    request_id = str(made["request"]["id"])
    assert made["request"]["legal_basis"] == case.legal_basis
    assert _run(app, "requests", "link", request_id)["link"] != made["link"]
    assert _run(app, "requests", "withdraw", request_id)["state"] == "withdrawn"
    assert _run(app, "requests", "list", "--case", case.number)["total"] == 1
    assert _run(app, "requests", "show", request_id)["state"] == "withdrawn"


def test_somebody_is_invited_and_the_invitation_withdrawn(app: Flask, logged_in: LogIn) -> None:
    client = logged_in(Role.ADMINISTRATOR)
    wanted = {"email": "new@office.example", "role": "analyst"}
    made = body(client.post("/api/invitations", json=wanted), 201)
    assert made["was_mailed"] is False
    assert app.test_client().get(made["link"]).status_code == 200
    (listed,) = body(client.get("/api/invitations"))["items"]
    assert (listed["email"], listed["role"]) == ("new@office.example", "analyst")
    assert client.delete(f"/api/invitations/{listed['id']}").status_code == 204
    assert app.test_client().get(made["link"]).status_code == 404
    assert joining.open_invitations() == []

    again = _run(app, "users", "invite", "other@office.example", "--role", "examiner")
    assert app.test_client().get(again["link"]).status_code == 200
    listed = _run(app, "users", "invitations")["items"]
    _run(app, "users", "withdraw-invitation", str(listed[0]["id"]))
    assert joining.open_invitations() == []


def test_sessions_are_listed_and_ended(
    app: Flask, logged_in: LogIn, user_factory: Callable[..., User]
) -> None:
    user = user_factory(Role.ANALYST)
    for agent in ("Firefox/1 Linux", "Chrome/1 Windows", "Edg/1 Windows"):
        user_sessions.begin(user, "192.0.2.7", agent)
    client = logged_in(Role.ADMINISTRATOR)
    address = f"/api/users/{user.id}/sessions"
    listed = body(client.get(address))["items"]
    assert {one["device"] for one in listed} >= {"Firefox on Linux", "Chrome on Windows"}
    assert "key" not in json.dumps(listed)
    assert client.delete(f"{address}/{listed[0]['id']}").status_code == 204
    assert body(client.get(address))["total"] == 2
    assert len(_run(app, "users", "sessions", user.email)["items"]) == 2
    _run(app, "users", "end-sessions", user.email)
    assert body(client.get(address))["total"] == 0
    assert client.delete(address).status_code == 204


def test_a_lost_second_factor_is_reset_and_only_by_administrators(
    app: Flask, logged_in: LogIn, user_factory: Callable[..., User]
) -> None:
    user = user_factory(Role.ANALYST)
    factor = second_factors.begin(user)
    factor.confirmed_at = utc_now()
    db.session.commit()
    assert second_factors.is_enrolled(user.id)
    address = f"/api/users/{user.id}/second-factor"
    assert logged_in(Role.INVESTIGATOR).delete(address).status_code == 403
    assert logged_in(Role.ADMINISTRATOR).delete(address).status_code == 204
    assert not second_factors.is_enrolled(user.id)
    _run(app, "users", "reset-second-factor", user.email)
    actions = db.session.scalars(
        select(AuditEntry.actor_name).where(AuditEntry.action == "second_factor.reset")
    ).all()
    assert len(actions) == 2
    assert actions[1] == COMMAND_LINE.name
