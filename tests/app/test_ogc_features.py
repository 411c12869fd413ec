"""OGC API – Features: the standard's answers, the account's rights, and GDAL as a client."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from werkzeug.serving import make_server

from app.extensions import db
from app.inputs.accounts import TokenInput
from app.models import AuditEntry, Case, SightingState, User
from app.models.accounts import Role
from app.services.base.actors import COMMAND_LINE
from app.services.people import accounts, tokens
from tests.app import factories
from tests.app.answers import body, problem
from tests.app.conftest import Client

LogIn = Callable[..., Client]
SEEN_AT = factories.SEEN_AT
ROOT = "/api/ogc"


@pytest.fixture
def case(app: Flask) -> Case:
    return factories.make_case()


def items(client: Client, collection: str, status: int = 200, **query: str) -> Any:
    answer = client.get(f"{ROOT}/collections/{collection}/items", query_string=query)
    return body(answer, status) if status == 200 else problem(answer, status)


def ids(page: Any) -> list[int]:
    return [feature["id"] for feature in page["features"]]


def href(document: Any, rel: str) -> str:
    found = [link["href"] for link in document["links"] if link["rel"] == rel]
    assert len(found) == 1, rel
    return found[0]


def followed(client: Client, address: str) -> Any:
    parts = urlsplit(address)
    return body(client.get(f"{parts.path}?{parts.query}"))


def test_everything_is_reached_by_links_from_the_landing_page(case: Case, logged_in: LogIn) -> None:
    client = logged_in("analyst")
    sighting = factories.make_sighting(case)
    landing = body(client.get(ROOT))
    classes = followed(client, href(landing, "conformance"))["conformsTo"]
    assert {one.rsplit("/", 1)[-1] for one in classes} == {"core", "geojson"}
    assert followed(client, href(landing, "service-desc"))["openapi"].startswith("3.1")
    listed = followed(client, href(landing, "data"))["collections"]
    assert [one["id"] for one in listed] == [
        "cameras", f"sightings.{case.number}", f"last-known-locations.{case.number}",
    ]  # fmt: skip
    described = followed(client, href(listed[1], "self"))
    assert described["extent"]["spatial"]["bbox"] == [
        [sighting.longitude_deg, sighting.latitude_deg] * 2
    ]
    assert described["crs"] == ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"]
    page = followed(client, href(described, "items"))
    assert ids(page) == [sighting.id]


def test_features_are_geojson_with_longitude_first_and_the_notice(
    case: Case, logged_in: LogIn
) -> None:
    client = logged_in("dispatcher")
    sighting = factories.make_sighting(case, state=SightingState.CONFIRMED)
    answer = client.get(f"{ROOT}/collections/sightings.{case.number}/items")
    assert answer.mimetype == "application/geo+json"
    (feature,) = body(answer)["features"]
    assert feature["geometry"]["coordinates"] == [sighting.longitude_deg, sighting.latitude_deg]
    told = feature["properties"]
    assert (told["state"], told["similarity"], told["threshold_similarity"]) == (
        "confirmed",
        0.52,
        0.36,
    )
    assert told["notice"] == "Investigative lead, not an identification."
    one = body(client.get(f"{ROOT}/collections/sightings.{case.number}/items/{sighting.id}"))
    assert (one["id"], one["properties"]) == (sighting.id, told)


def test_no_stream_address_and_no_removed_camera_is_handed_out(
    app: Flask, logged_in: LogIn
) -> None:
    kept = factories.make_camera(stream_address="rtsp://user:secret@192.0.2.7/1")
    factories.make_camera(deleted_at=SEEN_AT)
    page = items(logged_in("analyst"), "cameras")
    assert ids(page) == [kept.id]
    assert "secret" not in json.dumps(page)
    assert "rtsp" not in json.dumps(page)


def test_pages_follow_each_other_and_hold_every_feature_once(app: Flask, logged_in: LogIn) -> None:
    made = [factories.make_camera().id for _ in range(7)]
    client = logged_in("analyst")
    page = items(client, "cameras", limit="3", bbox="77,12,78,13")
    seen = []
    while True:
        assert page["numberMatched"] == 7
        assert page["numberReturned"] == len(page["features"])
        seen += ids(page)
        if not any(link["rel"] == "next" for link in page["links"]):
            break
        page = followed(client, href(page, "next"))
    assert seen == made
    assert ids(followed(client, href(page, "prev"))) == made[3:6]


def test_bbox_takes_what_lies_inside_and_may_cross_the_180th_meridian(
    app: Flask, logged_in: LogIn
) -> None:
    east = factories.make_camera(latitude_deg=-17.0, longitude_deg=179.5)
    west = factories.make_camera(latitude_deg=-17.0, longitude_deg=-179.5)
    other = factories.make_camera()
    client = logged_in("analyst")
    assert ids(items(client, "cameras", bbox="179,-18,-179,-16")) == [east.id, west.id]
    assert ids(items(client, "cameras", bbox="77,12,78,13")) == [other.id]
    assert ids(items(client, "cameras", bbox="77,12,0,78,13,900")) == [other.id]
    assert ids(items(client, "cameras", bbox="0,0,1,1")) == []


def test_datetime_takes_instants_and_open_intervals(case: Case, logged_in: LogIn) -> None:
    first = factories.make_location(case, seen_at=SEEN_AT).id
    second = factories.make_location(case, seen_at=SEEN_AT + timedelta(hours=1)).id
    factories.make_location(case, seen_at=None)
    client, name = logged_in("analyst"), f"last-known-locations.{case.number}"
    for text, expected in (
        ("2026-11-18T08:40:00Z", [first]),
        ("2026-11-18T14:10:00+05:30", [first]),
        ("../2026-11-18T09:00:00Z", [first]),
        ("2026-11-18T09:00:00Z/..", [second]),
        ("2026-11-18T08:00:00Z/2026-11-18T10:00:00Z", [first, second]),
        ("2027-01-01T00:00:00Z/", []),
    ):
        assert ids(items(client, name, datetime=text)) == expected, text
    assert len(ids(items(client, name))) == 3


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"bbox": "1,2,3"}, "four numbers"),
        ({"bbox": "a,b,c,d"}, "four numbers"),
        ({"bbox": "0,20,10,10"}, "four numbers"),
        ({"bbox": "0,-91,10,10"}, "four numbers"),
        ({"bbox": "nan,0,1,1"}, "four numbers"),
        ({"datetime": "yesterday"}, "instant"),
        ({"datetime": "2026-11-18T08:40:00"}, "its zone"),
        ({"datetime": "../.."}, "a start or an end"),
        ({"datetime": "2026-11-19T00:00:00Z/2026-11-18T00:00:00Z"}, "ends before"),
        ({"limit": "0"}, "limit must be"),
        ({"limit": "many"}, "limit must be"),
        ({"offset": "-1"}, "offset must be"),
        ({"f": "html"}, "f must be json"),
        ({"colour": "red"}, "no parameter “colour”"),
    ],
)
def test_a_wrong_parameter_is_a_400_in_words(
    app: Flask, logged_in: LogIn, query: dict[str, str], words: str
) -> None:
    assert words in items(logged_in("analyst"), "cameras", 400, **query)["detail"]


def test_a_limit_that_is_too_large_is_the_largest_and_not_refused(
    app: Flask, logged_in: LogIn
) -> None:
    factories.make_camera()
    assert items(logged_in("analyst"), "cameras", limit="99999999")["numberReturned"] == 1


@pytest.mark.parametrize(
    "path",
    [
        "collections/none", "collections/sightings", "collections/sightings.NO-SUCH/items",
        "collections/cameras/items/999999", "collections/cameras/items/x",
        "collections/cameras/items/²",
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_404(app: Flask, logged_in: LogIn, path: str) -> None:
    problem(logged_in("analyst").get(f"{ROOT}/{path}"), 404)


def test_a_closed_case_is_not_listed_and_still_answers(app: Flask, logged_in: LogIn) -> None:
    case = factories.make_case(state="closed")
    client = logged_in("analyst")
    listed = body(client.get(f"{ROOT}/collections"))["collections"]
    assert [one["id"] for one in listed] == ["cameras"]
    assert items(client, f"sightings.{case.number}")["features"] == []


def test_reading_a_cases_features_is_in_the_audit_log_with_its_purpose(
    case: Case, logged_in: LogIn
) -> None:
    factories.make_sighting(case)
    client = logged_in("analyst")
    items(client, f"sightings.{case.number}")
    items(client, "cameras")
    (entry,) = db.session.scalars(db.select(AuditEntry).filter_by(action="features.read"))
    assert entry.case_number == case.number
    assert entry.purpose == case.purpose
    assert entry.details == {"matched": 1, "returned": 1}


# ------------------------------------------------------------------------------------ who may read


@pytest.mark.parametrize("role", ["examiner", "partner"])
def test_roles_that_may_not_read_cases_may_not_read_features(
    app: Flask, logged_in: LogIn, role: str
) -> None:
    problem(logged_in(role).get(f"{ROOT}/collections"), 403)


def basic(name: str, secret: str) -> dict[str, str]:
    text = base64.b64encode(f"{name}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {text}"}


def test_a_token_may_come_as_bearer_or_as_the_password_of_basic(
    app: Flask, client: Client, user_factory: Callable[..., User]
) -> None:
    user = user_factory("analyst")
    secret = tokens.issue_token(COMMAND_LINE, user, TokenInput(label="GIS")).secret
    assert client.get(ROOT, headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    assert client.get(ROOT, headers=basic(user.email, secret)).status_code == 200
    assert client.get(ROOT, headers=basic(user.email, "ls_wrong")).status_code == 401
    assert client.get(ROOT).status_code == 401
    assert client.get("/api/cases", headers=basic(user.email, secret)).status_code == 401
    assert client.get("/api/ogcx", headers=basic(user.email, secret)).status_code in (401, 404)


def test_a_password_is_no_token(
    app: Flask, client: Client, user_factory: Callable[..., User]
) -> None:
    user = user_factory("analyst")
    assert (
        client.get(ROOT, headers=basic(user.email, "violet-harbour-42-lantern")).status_code == 401
    )


# ------------------------------------------------------------------------------ GDAL as a client


@contextmanager
def served(application: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{ROOT}"
    finally:
        server.shutdown()
        thread.join()


def gdal(program: str, *arguments: str) -> str:
    if shutil.which(program) is None:
        pytest.skip("GDAL's programs are not installed (scripts/setup.sh --test: gdal-bin)")
    answer = subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert "ERROR" not in answer.stderr
    return answer.stdout


def test_gdal_reads_all_pages_of_all_collections(committing_app: Flask, tmp_path: Path) -> None:
    case = factories.make_case(number="GIS-1")
    for step in range(23):
        factories.make_camera(longitude_deg=77.6 + step / 1000)
    factories.make_confirmed_route(case, 3)
    factories.make_location(case)
    user = User(
        email="gis@lastseen.example", name="Made-up", role=Role.ANALYST, password_hash="none"
    )
    db.session.add(user)
    db.session.commit()
    actor = accounts.actor_for(user)
    secret = tokens.issue_token(actor, user, TokenInput(label="GIS")).secret
    with served(committing_app) as address:
        header = ("--config", "GDAL_HTTP_HEADERS", f"Authorization: Bearer {secret}")
        layers = gdal("ogrinfo", *header, f"OAPIF:{address}")
        for name in ("cameras", "sightings.GIS-1", "last-known-locations.GIS-1"):
            assert name in layers
        paged = ("-oo", "PAGE_SIZE=10")
        told = gdal("ogrinfo", *header, "-al", "-so", *paged, f"OAPIF:{address}", "cameras")
        assert "Feature Count: 26" in told
        assert "Geometry: Point" in told
        target = tmp_path / "copy.gpkg"
        gdal("ogr2ogr", *header, *paged, str(target), f"OAPIF:{address}", "cameras")
        assert "Feature Count: 26" in gdal("ogrinfo", "-al", "-so", str(target), "cameras")
        layer = "sightings.GIS-1"
        told = gdal("ogrinfo", *header, "-al", f"OAPIF:{address}", layer)
        assert told.count("OGRFeature(") == 3
        assert "state (String) = confirmed" in told
        boxed = ("-spat", "77.6", "12.9", "77.6055", "13.0")
        told = gdal("ogrinfo", *header, "-al", "-so", *boxed, f"OAPIF:{address}", "cameras")
        assert "Feature Count: 6" in told
        login = ("--config", "GDAL_HTTP_USERPWD", f"gis@lastseen.example:{secret}",
            "--config", "GDAL_HTTP_AUTH", "BASIC")  # fmt: skip
        assert "cameras" in gdal("ogrinfo", *login, f"OAPIF:{address}")
