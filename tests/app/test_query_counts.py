"""How many queries a page or an API answer takes does not depend on how much there is to show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from app.extensions import db
from app.models import Case
from tests.app.conftest import Client
from tests.app.factories import (
    CENTRE_LATITUDE_DEG,
    SEEN_AT,
    make_camera,
    make_case,
    make_embedder,
    make_footage,
    make_location,
    make_photo,
    make_sighting,
    make_sweep,
)
from tests.app.statements import counted_queries

FEW, MANY = 3, 30
DEG_PER_M = 1 / 111_195

ADDRESSES = [
    ("investigator", "/cases"),
    ("investigator", "/cases/{number}"),
    ("investigator", "/cases/{number}/photos"),
    ("investigator", "/cases/{number}/locations"),
    ("investigator", "/cases/{number}/sightings"),
    ("investigator", "/cases/{number}/sweeps"),
    ("analyst", "/cases/{number}/timeline"),
    ("dispatcher", "/sweeps"),
    ("dispatcher", "/sweeps/{sweep}"),
    ("examiner", "/review"),
    ("dispatcher", "/cameras"),
    ("dispatcher", "/cameras/{camera}"),
    ("investigator", "/sightings/{sighting}"),
    ("investigator", "/api/cases"),
    ("investigator", "/api/cases/{number}/cameras?limit=100"),
    ("investigator", "/api/cases/{number}/cameras?limit=100&on_map=true&owner=made&seen=seen"),
    ("investigator", "/api/cases/{number}/locations"),
    ("investigator", "/api/cases/{number}/photos"),
    ("investigator", "/api/cases/{number}/sightings?per_page=100"),
    ("investigator", "/api/cases/{number}/sweeps?per_page=100"),
    ("investigator", "/api/sweeps?per_page=100"),
    ("investigator", "/api/sweeps/{sweep}/visits?per_page=100"),
    ("analyst", "/api/cases/{number}/timeline"),
    ("dispatcher", "/api/cameras?per_page=100"),
    ("dispatcher", "/api/cameras/{camera}/footage?per_page=100"),
]


class Scene:
    """One case that can be given more of everything."""

    def __init__(self) -> None:
        self.case: Case = make_case()
        make_location(self.case)
        self.photo = make_photo(self.case)
        self.embedder = make_embedder()
        self.sweep = make_sweep(self.case)
        self.camera = make_camera()
        self.sighting = make_sighting(
            self.case, camera=self.camera, embedder=self.embedder, photo=self.photo
        )
        self._made = 0

    def grow(self, count: int) -> None:
        """More cases, cameras, footage, sweeps, visits, photos, places and sightings."""
        for _ in range(count):
            self._made += 1
            at = SEEN_AT + timedelta(minutes=7 * self._made)
            camera = make_camera(
                latitude_deg=CENTRE_LATITUDE_DEG + 5 * self._made * DEG_PER_M, owner="Made-up owner"
            )
            make_footage(camera)
            make_footage(self.camera)
            make_sweep(self.case)
            make_photo(self.case)
            make_location(self.case, seen_at=at, label=f"Made-up place {self._made}")
            state = ("candidate", "confirmed", "unsure", "rejected")[self._made % 4]
            make_sighting(
                self.case, camera=camera, seen_at=at, embedder=self.embedder, photo=self.photo,
                sweep=self.sweep, state=state,
            )  # fmt: skip
            make_sighting(make_case(), embedder=self.embedder)

    def address(self, pattern: str) -> str:
        return pattern.format(
            number=self.case.number, sweep=self.sweep.id, camera=self.camera.id,
            sighting=self.sighting.id,
        )  # fmt: skip


def asked(client: Client, address: str) -> list[str]:
    """The queries of the second answer, so that nothing in it is the first time of a process."""
    client.get(address)
    db.session.expire_all()
    with counted_queries() as sent:
        answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return sent


@pytest.mark.parametrize(("role", "pattern"), ADDRESSES)
def test_many_take_no_more_queries_than_few(
    app: Flask, logged_in: Callable[..., Client], role: str, pattern: str
) -> None:
    scene = Scene()
    client = logged_in(role)
    address = scene.address(pattern)
    scene.grow(FEW)
    few = asked(client, address)
    scene.grow(MANY - FEW)
    many = asked(client, address)

    more = [statement for statement in many if statement not in few] or many
    assert len(many) <= len(few), f"{len(few)} → {len(many)}; for instance:\n{more[0][:600]}"
    assert few
