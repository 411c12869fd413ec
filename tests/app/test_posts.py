"""Imported posts: who sees them, what caused each sign, faces in them, and what hangs together."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.errors import NotFound, Refused
from app.extensions import db
from app.gate import ROOMS_WITH_A_RIGHT
from app.indicators.signs import Group, Sign
from app.inputs.accounts import UserChange
from app.inputs.posts import LinkQuery, PostMatchQuery, PostOrder, PostQuery
from app.models import (
    AuditEntry,
    Post,
    PostImport,
)
from app.models.accounts import Role, User
from app.permissions import TABLE
from app.services.base.actors import COMMAND_LINE, Actor
from app.services.base.rights import POSTS
from app.services.people import accounts
from app.services.postings import post_links, post_matches, posts
from tests.app import post_cases
from tests.app.conftest import Client
from tests.app.post_cases import PHONE, PHONE_E164, row, take_in
from tests.app.statements import queries_of


def listed(actor: Actor = COMMAND_LINE, **values: object) -> list[Post]:
    return list(posts.list_posts(actor, PostQuery.model_validate(values), 50).items)


def with_right(logged_in: Callable[..., Client], role: Role = Role.INVESTIGATOR) -> Client:
    client = logged_in(role)
    assert client.user is not None
    post_cases.grant(client.user)
    return client


# ----------------------------------------------------------------------------- who sees posts


def test_without_the_right_no_page_of_posts_exists(
    app: Flask, logged_in: Callable[..., Client]
) -> None:
    take_in(row("some text"))
    post = post_cases.posts()[0]
    for role in (Role.INVESTIGATOR, Role.ANALYST):
        client = logged_in(role)
        pages = ("", f"/{post.id}", "/imports", "/links", "/faces", "/posts.csv")
        for path in (*(f"/posts{page}" for page in pages), "/api/posts", "/api/posts/links"):
            assert client.get(path).status_code == 404, path
        assert "/posts" not in client.get("/account").text
    assert with_right(logged_in).get("/posts").status_code == 200
    assert 'href="/posts"' in with_right(logged_in, Role.ANALYST).get("/account").text


def test_every_endpoint_of_posts_needs_role_and_right(app: Flask) -> None:
    for endpoint, allowed in TABLE.items():
        if ROOMS_WITH_A_RIGHT.get(endpoint.partition(".")[0]) is POSTS:
            assert allowed == frozenset({Role.INVESTIGATOR, Role.ANALYST}), endpoint


def test_services_ask_for_the_right_themselves(
    app: Flask, actor_factory: Callable[..., Actor]
) -> None:
    actor = actor_factory(Role.INVESTIGATOR)
    with pytest.raises(NotFound):
        listed(actor)
    with pytest.raises(NotFound):
        post_links.draw(actor, LinkQuery())
    with pytest.raises(NotFound):
        post_matches.list_matches(actor, PostMatchQuery(), 20)


def test_an_administrator_gives_the_right_and_a_new_role_takes_it(
    app: Flask, actor_factory: Callable[..., Actor], user_factory: Callable[..., User]
) -> None:
    admin, user = actor_factory(Role.ADMINISTRATOR), user_factory(Role.INVESTIGATOR)
    accounts.change_user(admin, user, UserChange(may_read_posts=True))
    assert user.may_read_posts
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert entry.details == {"may_read_posts": [False, True]}
    accounts.change_user(admin, user, UserChange(role=Role.DISPATCHER))
    assert not user.may_read_posts
    with pytest.raises(Refused):
        accounts.change_user(admin, user, UserChange(may_read_posts=True))


def test_the_right_is_given_on_the_account_s_page(
    app: Flask, logged_in: Callable[..., Client], user_factory: Callable[..., User]
) -> None:
    user, admin = user_factory(Role.ANALYST), logged_in(Role.ADMINISTRATOR)
    form = {"name": user.name, "role": "analyst", "organisation": "", "active": "1"}
    admin.post(f"/admin/users/{user.id}", data={**form, "may_read_posts": "1"})
    db.session.refresh(user)
    assert user.may_read_posts
    admin.post(f"/admin/users/{user.id}", data=form)
    db.session.refresh(user)
    assert not user.may_read_posts


def test_every_look_is_in_the_audit_log(app: Flask, logged_in: Callable[..., Client]) -> None:
    take_in(row("some text"))
    client = with_right(logged_in)
    post = post_cases.posts()[0]
    for path in ("/posts", f"/posts/{post.id}", "/posts/faces", "/posts/links", "/posts/posts.csv"):
        assert client.get(path).status_code == 200
    actions = set(db.session.scalars(select(AuditEntry.action)))
    expected = {"posts.list", "posts.view", "posts.matches", "posts.links", "posts.export"}
    assert expected <= actions


# ------------------------------------------------------------------------------------- signs


def test_signs_are_shown_with_the_words_and_posts_that_caused_them(app: Flask) -> None:
    take_in(
        row("New in town, our girls wait. Special tonight!", account="one", phone=PHONE, price=900),
        row("Something else altogether here", account="two", phone=PHONE),
    )
    first = listed()[0]
    groups = {one.group: one for one in posts.reasons_of(first)}
    assert {group: one.level for group, one in groups.items()} == {
        Group.TONE: 2, Group.FREQUENCY: 0, Group.PRICE: 0, Group.SHARED: 1,
    } | {Group.PRICE: 1}  # fmt: skip
    assert [one.words for one in groups[Group.TONE].reasons] == ["New in town", "our girls"]
    shared = groups[Group.SHARED].reasons[0]
    assert (shared.sign, shared.words, shared.sentence) == (
        Sign.SEVERAL_ACCOUNTS, PHONE_E164, "in 2 accounts",
    )  # fmt: skip
    assert len(listed(contact_id=shared.contact_id)) == 2


def test_the_levels_kept_are_those_of_the_reasons_shown(app: Flask) -> None:
    rows = [
        row(f"Special rooms number {at % 3} near the lake for the night", account=f"a{at}",
            phone=PHONE, city=f"City {at % 4}", date=f"2026-10-{1 + at:02d}T10:00:00Z",
            price=1000 + at if at else 100, category="rooms", address="12, Made-up Street")
        for at in range(12)
    ]  # fmt: skip
    take_in(*rows)
    for post in listed():
        kept = (post.tone_level, post.frequency_level, post.price_level, post.shared_level)
        assert kept == tuple(one.level for one in posts.reasons_of(post))
    cheap = listed(order=PostOrder.PRICE)[0]
    assert cheap.price == 100
    assert (cheap.price_level, cheap.shared_level, cheap.frequency_level) == (3, 3, 2)


def test_lists_are_filtered_and_ordered(app: Flask) -> None:
    take_in(
        row("plain words", city="Mysuru", date="2026-11-01T10:00:00Z"),
        row("new in town", city="Hubli", date="2026-10-01T10:00:00Z", category="rooms"),
        row("100% _plain_ text", city="mysuru "),
    )
    assert listed()[0].content == "new in town"
    assert listed(order="newest")[0].content == "plain words"
    assert {post.content for post in listed(place="MYSURU")} == {"plain words", "100% _plain_ text"}
    assert [post.content for post in listed(text="0% _")] == ["100% _plain_ text"]
    assert [post.content for post in listed(group="tone")] == ["new in town"]


# --------------------------------------------------------------------------------- pages, files


def test_hostile_texts_are_shown_as_text(app: Flask, logged_in: Callable[..., Client]) -> None:
    evil = "&lt;script&gt;alert(1)&lt;/script&gt; new in town"
    take_in(row(evil, account='"><img src=x onerror=alert(1)>', city="<b>x</b>", phone=PHONE))
    take_in(row("another text", account="<svg onload=alert(2)>", phone=PHONE))
    client = with_right(logged_in)
    post = post_cases.posts()[0]
    for path in ("/posts", f"/posts/{post.id}", "/posts/links", "/posts/imports"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<svg onload" not in page
    assert "&lt;script&gt;" in client.get(f"/posts/{post.id}").text


def test_an_export_holds_no_cell_that_a_spreadsheet_runs(
    app: Flask, logged_in: Callable[..., Client]
) -> None:
    take_in(row("=HYPERLINK(1)", title="@SUM(1)", account="-2+3", city="+1"))
    text = with_right(logged_in).get("/posts/posts.csv").text
    line = next(iter(csv.DictReader(io.StringIO(text))))
    assert (line["title"], line["text"], line["account"], line["place"]) == (
        "'@SUM(1)", "'=HYPERLINK(1)", "'-2+3", "'+1",
    )  # fmt: skip
    assert "accuse nobody" in line["notice"]


def test_a_file_is_checked_and_imported_on_its_page(
    app: Flask, logged_in: Callable[..., Client]
) -> None:
    client = with_right(logged_in)
    form = {"origin": "Made-up unit", "purpose": "Order 7", "timezone": "Asia/Kolkata",
            "region": "IN", "label": "", "platform": "made-up.example"}  # fmt: skip

    def send() -> str:
        table = (io.BytesIO(b"text,username\nnew in town,someone\n,\n"), "my posts.csv")
        return client.post(
            "/posts/imports", data={**form, "table": table}, follow_redirects=True
        ).text

    checked = send()
    assert "Import 1 post<" in checked
    assert "It has no text" in checked or "It is empty" in checked or "All rows" in checked
    assert post_cases.posts() == []
    import_id = db.session.scalars(select(PostImport.id)).one()
    done = client.post(f"/posts/imports/{import_id}/confirm", follow_redirects=True).text
    assert "1 added" in done
    assert "imported already" in send()
    assert post_cases.posts()[0].account is not None
    wrong = client.post("/posts/imports", data={**form, "purpose": ""})
    assert wrong.status_code == 422


def test_the_number_of_queries_of_the_list_does_not_grow(
    app: Flask, logged_in: Callable[..., Client]
) -> None:
    client = with_right(logged_in)
    counts = []
    for batch in range(2):
        take_in(*[row(f"text {batch} {at} new in town", account=f"a{at}", phone=PHONE,
                      email=f"m{at}@example.org") for at in range(1 + 8 * batch)])  # fmt: skip
        counts.append(queries_of(lambda: client.get("/posts")))
    assert counts[0] == counts[1]


# ---------------------------------------------------------------------------------- API, CLI


def test_the_api_says_the_same(app: Flask, logged_in: Callable[..., Client]) -> None:
    client = with_right(logged_in)
    answer = client.post(
        "/api/posts/imports",
        data={
            "table": (io.BytesIO(b'[{"text": "new in town", "user": "u", "price": 5}]'), "p.json"),
            "origin": "Made-up unit", "purpose": "Order 7", "timezone": "Asia/Kolkata",
        },
    )  # fmt: skip
    assert (answer.status_code, answer.json["added"]) == (200, 1)
    listed_posts = client.get("/api/posts?group=tone").json
    assert listed_posts["total"] == 1
    post = client.get(f"/api/posts/{listed_posts['items'][0]['id']}").json
    assert post["groups"][0]["reasons"][0]["words"] == "new in town"
    assert "no accusation" in post["notice"]
    import_id = answer.json["import_id"]
    assert client.post(f"/api/posts/imports/{import_id}/take-back").json["taken_back_at"]
    assert client.get("/api/posts").json["total"] == 0
    assert client.post(f"/api/posts/imports/{import_id}/restore").json["taken_back_at"] is None
    assert client.get("/api/posts/links").json["nodes"] == []
    assert client.get("/api/posts/faces").json["total"] == 0
    assert client.get("/api/posts?group=nonsense").status_code == 422


def test_the_command_line_imports_lists_and_takes_back(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    file.write_text("text\nnew in town\n", encoding="utf-8")
    runner = app.test_cli_runner()
    done = runner.invoke(
        args=["posts", "import", str(file), "--origin", "Made-up unit", "--purpose", "Order 7"]
    )
    assert "1 posts" in done.output, done.output
    assert "new in town" in runner.invoke(args=["posts", "list"]).output
    import_id = runner.invoke(args=["posts", "imports"]).output.splitlines()[1].split()[0]
    assert "taken back" in runner.invoke(args=["posts", "undo", import_id]).output
    assert "is back" in runner.invoke(args=["posts", "restore", import_id]).output
