"""Latency of the ranking: the whole API answer over HTTP, at 3,000 and 1,000,000 cameras.

Beside it, in the same run, what a program without a spatial index does: geopy's great circle to
every camera, sorted.
"""

from __future__ import annotations

import http.client
import json
import random
import statistics
import time
from urllib.parse import urlsplit

from flask import Flask
from geopy.distance import great_circle
from sqlalchemy import text

from app.extensions import db
from app.inputs.accounts import TokenInput, UserInput
from app.models.accounts import Role
from app.services.base.actors import COMMAND_LINE
from app.services.people import accounts, tokens
from benchmarks.city import (
    CENTRE_LATITUDE_DEG,
    CENTRE_LONGITUDE_DEG,
    add_benchmark_location,
    add_made_up_cameras,
    import_real_cameras,
    open_benchmark_case,
)
from benchmarks.database import benchmark_app
from benchmarks.report import Figure, publish
from benchmarks.server import web_server

MILLION = 1_000_000
ANSWERS = 200
WARM_UP = 20
HALF_SIDE_DEG = 0.25
"""The million lies in a square of about 55 km: 330 cameras a square kilometre."""


def main() -> None:
    """Measure both sizes and publish."""
    figures: dict[str, Figure] = {}
    with benchmark_app() as application, application.app_context():
        token = _prepare()
        import_real_cameras()
        positions = _positions()
        figures |= _measure(application, token, "3,000 cameras", 50.0)
        figures |= _measure_geopy(positions, "3,000 cameras")
        _ratio(figures, "3,000 cameras")
        print("Adding cameras up to a million …", flush=True)
        add_made_up_cameras(MILLION - len(positions), HALF_SIDE_DEG)
        figures |= _measure(application, token, "1,000,000 cameras", 100.0)
    publish("ranking", figures)


def _prepare() -> str:
    user = accounts.create_user(
        COMMAND_LINE,
        UserInput(email="bench@lastseen.example", name="Benchmark", role=Role.INVESTIGATOR),
    ).user
    case = open_benchmark_case()
    for offset_deg in (0.0, 0.01, 0.02):
        add_benchmark_location(case, offset_deg)
    wanted = TokenInput(label="benchmark")
    return tokens.issue_token(accounts.actor_for(user), user, wanted).secret


def _positions() -> list[tuple[float, float]]:
    rows = db.session.execute(text("SELECT latitude_deg, longitude_deg FROM cameras"))
    return [(latitude, longitude) for latitude, longitude in rows]


def _measure(application: Flask, token: str, label: str, goal_ms: float) -> dict[str, Figure]:
    times_ms = []
    with web_server(application) as address:
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        rng = random.Random(1)
        for number in range(WARM_UP + ANSWERS):
            radius_m = rng.choice((500, 1000, 2000))
            begun = time.perf_counter()
            connection.request(
                "GET",
                f"/api/cases/BENCH-1/cameras?radius_m={radius_m}&limit=50",
                headers={"Authorization": f"Bearer {token}"},
            )
            answer = connection.getresponse()
            body = answer.read()
            if number >= WARM_UP:
                times_ms.append(1000 * (time.perf_counter() - begun))
            if answer.status != http.HTTPStatus.OK:
                raise SystemExit(f"The API answered {answer.status}: {body[:300]!r}")
        entries = len(json.loads(body)["items"])
    return {
        f"API answer, {label}: p50": Figure(statistics.median(times_ms), "ms"),
        f"API answer, {label}: p95": Figure(_p95(times_ms), "ms", f"< {goal_ms:.0f}"),
        f"entries in the last answer, {label}": Figure(entries, "cameras"),
    }


def _measure_geopy(positions: list[tuple[float, float]], label: str) -> dict[str, Figure]:
    times_ms = []
    centre = (CENTRE_LATITUDE_DEG, CENTRE_LONGITUDE_DEG)
    for _ in range(5):
        begun = time.perf_counter()
        sorted(great_circle(centre, position).m for position in positions)
        times_ms.append(1000 * (time.perf_counter() - begun))
    return {f"geopy over all, {label}, one location": Figure(statistics.median(times_ms), "ms")}


def _ratio(figures: dict[str, Figure], label: str) -> None:
    ours = figures[f"API answer, {label}: p50"].value
    theirs = figures[f"geopy over all, {label}, one location"].value
    figures[f"geopy ÷ whole API answer, {label}"] = Figure(theirs / ours, "×")


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
