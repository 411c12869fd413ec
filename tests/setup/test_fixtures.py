"""What tests/conftest.py promises to all other tests."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator

import pytest
import redis
from playwright.sync_api import Page
from sqlalchemy import Engine, create_engine, text

from tests.private_database import Cluster
from tests.private_redis import RedisServer


@pytest.fixture
def new_database(cluster: Cluster) -> Iterator[Engine]:
    """A database that no other test has touched."""
    name = f"lastseen_test_{os.getpid()}_{secrets.token_hex(4)}"
    engine = create_engine(cluster.create(name))
    yield engine
    engine.dispose()
    cluster.drop(name)


def test_a_new_database_is_empty_and_has_postgis_and_pgvector(new_database: Engine) -> None:
    with new_database.connect() as connection:
        one_degree_m = connection.execute(
            text("SELECT ST_Distance('POINT(77 12)'::geography, 'POINT(77 13)'::geography)")
        ).scalar_one()
        cosine = connection.execute(
            text("SELECT '[1,0]'::halfvec(2) <=> '[0,1]'::halfvec(2)")
        ).scalar_one()
        is_superuser = connection.execute(text("SHOW is_superuser")).scalar_one()
        tables = connection.execute(
            text("SELECT tablename FROM pg_tables WHERE tableowner = current_user")
        ).all()
    assert 110_000 < one_degree_m < 111_000
    assert cosine == 1.0
    assert is_superuser == "off"
    assert tables == []


def test_a_redis_that_was_killed_comes_back_with_what_it_held() -> None:
    server = RedisServer()
    server.start()
    try:
        client = redis.Redis.from_url(server.url)
        client.set("kept", "yes")
        server.kill()
        with pytest.raises(redis.exceptions.ConnectionError):
            client.get("kept")
        server.start()
        assert client.get("kept") == b"yes"
    finally:
        server.remove()


@pytest.mark.journey
def test_the_browser_shows_a_page_and_runs_its_script(page: Page) -> None:
    page.set_content(
        "<h1>before</h1><script>document.querySelector('h1').textContent='after'</script>"
    )
    assert page.locator("h1").inner_text() == "after"
