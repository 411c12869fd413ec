"""Pictures: served only when a case holds them, to those who may see cases or sightings."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from app.models.accounts import Role
from app.services.base import media
from tests.app import factories
from tests.app.conftest import Client

JPEG = b"\xff\xd8\xff\xe0 not quite a picture, but bytes with a name"


@pytest.fixture
def stored(app: Flask) -> str:
    """A picture in the media folder that no row names."""
    return media.store(JPEG)


def test_a_reference_photo_is_shown_to_whoever_may_see_cases(
    stored: str, logged_in: Callable[..., Client]
) -> None:
    factories.make_photo(factories.make_case(), sha256=stored)
    answer = logged_in(Role.INVESTIGATOR).get(f"/media/{stored}.jpg")
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/jpeg", JPEG)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_crop_is_shown_once_a_sighting_names_its_face(
    stored: str, logged_in: Callable[..., Client]
) -> None:
    examiner = logged_in(Role.EXAMINER)
    case = factories.make_case()
    factories.make_face(
        factories.make_camera(),
        sweep=factories.make_sweep(case),
        embedder=factories.make_embedder(),
        seen_at=factories.SEEN_AT,
        crop_sha256=stored,
    )
    assert examiner.get(f"/media/{stored}.jpg").status_code == 404, "it matched nobody"
    factories.make_sighting(case, face={"crop_sha256": stored})
    assert examiner.get(f"/media/{stored}.jpg").status_code == 200


def test_a_file_that_no_case_holds_is_not_found(
    stored: str, logged_in: Callable[..., Client]
) -> None:
    assert logged_in(Role.ADMINISTRATOR).get(f"/media/{stored}.jpg").status_code == 404


@pytest.mark.parametrize(
    "name", ["x.jpg", "..%2f..%2fetc%2fpasswd.jpg", "g" * 64 + ".jpg", "A" * 64 + ".jpg"]
)
def test_a_wrong_name_is_not_found(logged_in: Callable[..., Client], name: str) -> None:
    assert logged_in(Role.INVESTIGATOR).get(f"/media/{name}").status_code == 404


def test_partners_and_strangers_see_no_picture(
    stored: str, client: Client, logged_in: Callable[..., Client]
) -> None:
    factories.make_photo(factories.make_case(), face_sha256=stored)
    assert logged_in(Role.PARTNER).get(f"/media/{stored}.jpg").status_code == 403
    assert client.get(f"/media/{stored}.jpg").status_code == 302


def test_a_browser_keeps_a_picture_privately_and_asks_by_its_tag(
    stored: str, logged_in: Callable[..., Client]
) -> None:
    factories.make_photo(factories.make_case(), sha256=stored)
    browser = logged_in(Role.ANALYST)
    first = browser.get(f"/media/{stored}.jpg")
    kept = first.headers["Cache-Control"]
    assert "private" in kept
    assert "immutable" in kept
    assert "public" not in kept
    again = browser.get(f"/media/{stored}.jpg", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
