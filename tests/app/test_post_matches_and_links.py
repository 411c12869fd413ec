"""Faces in posts' pictures, what becomes of posts in time, and what hangs together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.errors import Conflict, NotFound
from app.extensions import db
from app.inputs.posts import LinkQuery, PostMatchQuery, PostQuery
from app.intake.marks import MarkKind
from app.models import (
    Alert,
    CaseMember,
    ContributedPhoto,
    MarkState,
    MatchState,
    Post,
    PostAccount,
    PostContact,
    Report,
    ReportKind,
    ReportMark,
)
from app.models.accounts import Role, User
from app.models.columns import utc_now
from app.services.base.actors import COMMAND_LINE, SCHEDULER, Actor
from app.services.contributing import contribution_matching, contribution_retention
from app.services.contributing.contribution_retention import receipt_hash
from app.services.postings import post_links, post_matches, post_scoring, posts
from tests.app import contribution_cases, factories, kept_face_cases, post_cases
from tests.app.conftest import Client
from tests.app.post_cases import PHONE, PHONE_E164, row, take_in


def listed(actor: Actor = COMMAND_LINE, **values: object) -> list[Post]:
    return list(posts.list_posts(actor, PostQuery.model_validate(values), 50).items)


def with_right(logged_in: Callable[..., Client], role: Role = Role.INVESTIGATOR) -> Client:
    client = logged_in(role)
    assert client.user is not None
    post_cases.grant(client.user)
    return client


# --------------------------------------------------------------------------------------- faces


def post_with_picture() -> ContributedPhoto:
    take_in(
        row("with a picture", images="a.png", account="someone"),
        pictures=post_cases.zipped(a_png=contribution_cases.picture("PNG")),
    )
    return db.session.scalars(select(ContributedPhoto)).one()


def test_a_face_of_a_post_is_compared_with_a_case_that_comes_later(app: Flask) -> None:
    photo, embedder = post_with_picture(), kept_face_cases.make_embedder()
    contribution_cases.add_face(photo, embedder, 10.0)
    case = factories.make_case()
    kept_face_cases.make_photo(case, embedder, 0.0)
    assert contribution_matching.compare_case(COMMAND_LINE, case, embedder) == 1
    db.session.commit()
    match = contribution_cases.matches()[0]
    assert match.similarity == pytest.approx(0.985, abs=0.01)
    alert = db.session.scalars(select(Alert)).one()
    assert (alert.kind.value, alert.path) == ("post match", f"/posts/{photo.post_id}")
    assert "someone" not in alert.title
    post_cases.posts()
    db.session.execute(update(Post).values(active=False))
    other = factories.make_case()
    kept_face_cases.make_photo(other, embedder, 0.0)
    assert contribution_matching.compare_case(COMMAND_LINE, other, embedder) == 0


def test_matches_follow_each_case_s_list_of_people_and_can_be_taken_back(
    app: Flask, user_factory: Callable[..., User], logged_in: Callable[..., Client]
) -> None:
    photo, embedder = post_with_picture(), kept_face_cases.make_embedder()
    contribution_cases.add_face(photo, embedder, 10.0)
    case = factories.make_case(restricted=True)
    kept_face_cases.make_photo(case, embedder, 0.0)
    contribution_matching.compare_case(COMMAND_LINE, case, embedder)
    db.session.commit()
    match = contribution_cases.matches()[0]
    user = user_factory(Role.INVESTIGATOR)
    actor = post_cases.grant(user)
    assert post_matches.list_matches(actor, PostMatchQuery(), 20).total == 0
    assert listed(actor, only_matches=True) == []
    with pytest.raises(NotFound):
        post_matches.decide(actor, match.id, MatchState.CONFIRMED)
    assert post_links.draw(actor, LinkQuery()).nodes == ()
    db.session.add(CaseMember(case_id=case.id, user_id=user.id))
    db.session.commit()
    assert post_matches.list_matches(actor, PostMatchQuery(), 20).total == 1
    assert len(listed(actor, only_matches=True)) == 1
    drawn = post_links.draw(actor, LinkQuery(case=case.number))
    assert {node.kind.value for node in drawn.nodes} == {"case", "account"}
    assert post_matches.decide(actor, match.id, MatchState.REJECTED).decided_by_name == user.email
    assert post_links.draw(actor, LinkQuery()).nodes == ()
    with pytest.raises(Conflict):
        post_matches.decide(actor, match.id, MatchState.REJECTED)
    assert post_matches.decide(actor, match.id, MatchState.CANDIDATE).decided_at is None


def test_the_triage_shows_face_threshold_and_notice_and_takes_verdicts(
    app: Flask, logged_in: Callable[..., Client]
) -> None:
    photo, embedder = post_with_picture(), kept_face_cases.make_embedder()
    contribution_cases.add_face(photo, embedder, 10.0)
    case = factories.make_case()
    kept_face_cases.make_photo(case, embedder, 0.0)
    contribution_matching.compare_case(COMMAND_LINE, case, embedder)
    client = with_right(logged_in)
    page = client.get("/posts/faces").text
    assert "not an identification" in page
    assert "threshold 0.500" in page
    match = contribution_cases.matches()[0]
    client.post(f"/posts/faces/{match.id}", data={"state": "confirmed", "next": "/posts/faces"})
    db.session.refresh(match)
    assert match.state is MatchState.CONFIRMED
    assert client.get(f"/posts/{photo.post_id}").status_code == 200


def test_pictures_of_posts_are_served_to_those_with_the_right_alone(
    app: Flask, logged_in: Callable[..., Client]
) -> None:
    photo = post_with_picture()
    tip = contribution_cases.hand_in(contribution_cases.picture()).tip
    path = f"/posts/{photo.post_id}/pictures/{photo.sha256}.jpg"
    client = with_right(logged_in)
    assert client.get(path).status_code == 200
    assert logged_in(Role.INVESTIGATOR).get(path).status_code == 404
    foreign = f"/posts/{photo.post_id}/pictures/{tip.photos[0].sha256}.jpg"
    assert client.get(foreign).status_code == 404
    assert client.get(f"/tips/{tip.id}/pictures/{photo.sha256}.jpg").status_code == 404


# -------------------------------------------------------------------------------------- expiry


def test_posts_expire_with_all_that_only_they_named_and_a_receipt_says_so(app: Flask) -> None:
    photo = post_with_picture()
    take_in(row("kept on", account="other", phone=PHONE))
    db.session.execute(
        update(Post).where(Post.id == photo.post_id).values(expires_at=utc_now() - timedelta(1))
    )
    receipt = contribution_retention.purge_batch(SCHEDULER)
    assert receipt is not None
    assert (receipt.posts, receipt.tips, receipt.photos, receipt.pictures) == (1, 0, 1, 1)
    assert receipt.receipt_sha256 == receipt_hash(receipt)
    assert db.session.scalars(select(PostAccount.handle)).all() == ["other"]
    assert db.session.scalars(select(PostContact.value)).all() == [PHONE_E164]


def test_a_post_stays_while_a_needed_case_has_a_match_that_nobody_rejected(app: Flask) -> None:
    photo, embedder = post_with_picture(), kept_face_cases.make_embedder()
    contribution_cases.add_face(photo, embedder, 10.0)
    case = factories.make_case()
    kept_face_cases.make_photo(case, embedder, 0.0)
    contribution_matching.compare_case(COMMAND_LINE, case, embedder)
    db.session.execute(update(Post).values(expires_at=utc_now() - timedelta(1)))
    db.session.commit()
    assert contribution_retention.purge_batch(SCHEDULER) is None
    post_matches.decide(COMMAND_LINE, contribution_cases.matches()[0].id, MatchState.REJECTED)
    assert contribution_retention.purge_batch(SCHEDULER) is not None
    assert db.session.scalar(select(func.count(Post.id))) == 0


# --------------------------------------------------------------------------------------- links


def accepted_phone(value: str, state: MarkState = MarkState.ACCEPTED, **values: object) -> Report:
    case = factories.make_case(**values)
    report = Report(
        case_id=case.id, kind=ReportKind.STATEMENT, title="Made-up", written_at=utc_now(),
        region="IN", content=value, sha256="0" * 64,
    )  # fmt: skip
    report.marks = [
        ReportMark(ordinal=0, kind=MarkKind.PHONE, from_char=0, to_char=5, value=value, state=state)
    ]
    db.session.add(report)
    db.session.commit()
    return report


def test_accounts_hang_together_by_contacts_and_cases_by_accepted_numbers(app: Flask) -> None:
    report = accepted_phone(PHONE_E164)
    accepted_phone(PHONE_E164, MarkState.PROPOSED)
    take_in(
        row("one text", account="a", phone=PHONE),
        row("two texts", account="b", phone=PHONE, email="m@example.org"),
        row("three texts", account="c", email="m@example.org"),
        row("alone", account="d", phone=post_cases.OTHER_PHONE),
        row("pair one", phone="+91 98450 77777"),
        row("pair two", phone="+91 98450 77777"),
    )
    drawn = post_links.draw(COMMAND_LINE, LinkQuery())
    assert drawn.sizes == [6, 3]
    labels = {node.label for node in drawn.nodes}
    assert labels == {"a", "b", "c", PHONE_E164, "m@example.org", report.case.number}
    assert all(0 <= node.x <= 1 and 0 <= node.y <= 1 for node in drawn.nodes)
    reasons = {edge.reason for edge in drawn.edges}
    assert reasons == {"used in posts", "accepted from a report of the case"}
    second = post_links.draw(COMMAND_LINE, LinkQuery(component=2))
    assert [node.kind.value for node in second.nodes].count("post") == 2
    again = post_links.draw(COMMAND_LINE, LinkQuery())
    assert [(node.key, node.x) for node in again.nodes] == [
        (node.key, node.x) for node in drawn.nodes
    ]
    around = post_links.draw(COMMAND_LINE, LinkQuery(case=report.case.number))
    assert len(around.nodes) == 6


def test_restricted_cases_are_in_nobody_else_s_drawing(
    app: Flask, user_factory: Callable[..., User]
) -> None:
    report = accepted_phone(PHONE_E164, restricted=True)
    take_in(row("one text", account="a", phone=PHONE), row("two texts", account="b", phone=PHONE))
    actor = post_cases.grant(user_factory(Role.ANALYST))
    assert {node.label for node in post_links.draw(actor, LinkQuery()).nodes} == {
        "a", "b", PHONE_E164,
    }  # fmt: skip
    with pytest.raises(NotFound):
        post_links.draw(actor, LinkQuery(case=report.case.number))


def test_a_large_part_is_drawn_in_part_and_says_how_much_is_left_out(
    app: Flask, logged_in: Callable[..., Client]
) -> None:
    take_in(*[row(f"text {at}", account=f"a{at}", phone=PHONE) for at in range(161)])
    drawn = post_links.draw(COMMAND_LINE, LinkQuery())
    assert (len(drawn.nodes), drawn.left_out) == (120, 42)
    page = with_right(logged_in).get("/posts/links").text
    assert "42 more" in page
    assert page.count("<line ") == 119


def test_a_thing_is_opened_by_a_click_and_the_others_stay_where_they_are(
    app: Flask, logged_in: Callable[..., Client]
) -> None:
    rows = [row(f"text {at}", account=f"a{at}", phone=PHONE) for at in range(161)]
    rows += [row(f"more {at}", account=f"b{at}", email="m@example.org") for at in range(30)]
    take_in(*rows, row("both", account="a0", email="m@example.org"))
    drawn = post_links.draw(COMMAND_LINE, LinkQuery())
    hub = next(node for node in drawn.nodes if node.label == PHONE_E164)
    assert hub.hidden == hub.links - sum(edge.second == hub or edge.first == hub
                                         for edge in drawn.edges)  # fmt: skip
    assert hub.hidden > 0
    opened = post_links.draw(COMMAND_LINE, LinkQuery(open=hub.key))
    assert len(opened.nodes) == len(drawn.nodes) + min(post_links.MOST_MORE, hub.hidden)
    assert opened.left_out == drawn.left_out - (len(opened.nodes) - len(drawn.nodes))
    page = with_right(logged_in).get("/posts/links").text
    assert f"open={hub.key}#drawing" in page
    assert f"+{hub.hidden}<" in page
    second = with_right(logged_in).get(f"/posts/links?open={hub.key}").text
    assert "Close them" in second
    assert with_right(logged_in).get("/posts/links?open=C1;drop").status_code == 422
    assert with_right(logged_in).get("/posts/links?open=C999999").status_code == 200


def test_what_was_asked_for_is_drawn_however_few_links_it_has(app: Flask) -> None:
    rows = [row(f"text {at}", account=f"a{at}", phone=PHONE) for at in range(161)]
    rows += [row(f"more {at}", account=f"a{at}", email="m@example.org") for at in range(130)]
    take_in(*rows)
    last = db.session.scalars(select(PostAccount).where(PostAccount.key == "a160")).one()
    drawn = post_links.draw(COMMAND_LINE, LinkQuery(account_id=last.id))
    assert f"A{last.id}" in {node.key for node in drawn.nodes}
    assert len(drawn.nodes) == post_links.MOST_NODES


def test_the_signs_of_posts_follow_when_others_expire(app: Flask) -> None:
    take_in(row("one text", account="a", phone=PHONE), row("two texts", account="b", phone=PHONE))
    gone = listed(text="one text")[0]
    db.session.execute(update(Post).where(Post.id == gone.id).values(expires_at=utc_now()))
    db.session.commit()
    receipts = contribution_retention.purge(SCHEDULER)
    post_scoring.refresh_after(sum(receipt.posts for receipt in receipts))
    db.session.expire_all()
    assert [post.shared_level for post in listed()] == [0]
