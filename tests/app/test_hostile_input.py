"""What strangers type and hand in: refused in words, at once, and nothing breaks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.models import Role
from tests.app import factories
from tests.app.conftest import Client

LogIn = Callable[..., Client]


@pytest.mark.parametrize(
    "zone", ["America", "../../etc/passwd", "UTC\x00", "x" * 300, "Nowhere/Atlantis", "-1"]
)
def test_a_form_refuses_a_time_zone_that_is_none_in_words(logged_in: LogIn, zone: str) -> None:
    case, camera = factories.make_case(), factories.make_camera()
    start = "2026-11-18T14:10"
    sent = {
        f"/cases/{case.number}/edit": {"legal_basis_expires_at": start},
        "/cases/new": {"legal_basis_expires_at": start},
        f"/cameras/{camera.id}/footage": {"path": "x.mp4", "started_at": start},
    }
    for address, form in sent.items():
        role = Role.DISPATCHER if "cameras" in address else Role.INVESTIGATOR
        answer = logged_in(role).post(address, data={**form, "timezone": zone})
        assert answer.status_code == 422, address
        assert "time zone" in answer.text, address
