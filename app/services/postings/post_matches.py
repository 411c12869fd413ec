"""Faces in posts' pictures that are like a case's subject. Leads, decided on by a person."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from app.errors import Conflict, NotFound
from app.extensions import db
from app.inputs.posts import PostMatchQuery
from app.models import (
    Case,
    CaseState,
    ContributedFace,
    ContributedMatch,
    ContributedPhoto,
    MatchState,
    Post,
)
from app.models.columns import utc_now
from app.services.base import access, audit, live, post_access
from app.services.base.actors import Actor
from app.services.base.pages import Page, paginate


def list_matches(actor: Actor, query: PostMatchQuery, per_page: int) -> Page[ContributedMatch]:
    """Matches with open cases that the account may see, the most similar first; audited."""
    post_access.require_right(actor)
    statement = _matches(actor).where(Case.state == CaseState.OPEN)
    around = access.require_case(actor, query.case) if query.case is not None else None
    if around is not None:
        statement = statement.where(Case.id == around.id)
    if query.state is not None:
        statement = statement.where(ContributedMatch.state == query.state)
    asked = query.model_dump(mode="json", exclude_defaults=True)
    audit.record(actor, "posts.matches", case=around, details=asked)
    audit.commit()
    ordered = statement.order_by(ContributedMatch.similarity.desc(), ContributedMatch.id)
    return paginate(ordered, query.page, per_page)


def matches_of(actor: Actor, post: Post) -> Sequence[ContributedMatch]:
    """What the faces of a post are like, of cases that this account may see."""
    post_access.require_right(actor)
    statement = _matches(actor).where(ContributedPhoto.post_id == post.id)
    return db.session.scalars(statement.order_by(ContributedMatch.similarity.desc())).all()


def waiting_count(actor: Actor) -> int:
    """How many matches wait for a verdict; 0 without the right."""
    if not post_access.has_right(actor):
        return 0
    waiting = _matches(actor).where(
        Case.state == CaseState.OPEN, ContributedMatch.state == MatchState.CANDIDATE
    )
    return db.session.scalar(select(func.count()).select_from(waiting.subquery())) or 0


def decide(actor: Actor, match_id: int, state: MatchState) -> ContributedMatch:
    """Confirm or reject a match, or take the verdict back (`candidate`)."""
    post_access.require_right(actor)
    locked = _matches(actor).where(ContributedMatch.id == match_id)
    match = db.session.scalar(locked.with_for_update(of=ContributedMatch))
    if match is None:
        raise NotFound("There is no such match, or it is about a case of others.")
    if match.state is state:
        raise Conflict(f"This match is “{state.value}” already.")
    details = {"from": match.state.value, "to": state.value}
    match.state = state
    is_open = state is MatchState.CANDIDATE
    match.decided_at = None if is_open else utc_now()
    match.decided_by_id = None if is_open else actor.user_id
    match.decided_by_name = "" if is_open else actor.name
    post_id = match.face.photo.post_id
    audit.record(actor, "posts.decide", case=match.case, subject=f"post {post_id}", details=details)
    live.publish(match.case_id, "contribution", {"kind": "post", "match_id": match.id})
    db.session.commit()
    return match


def _matches(actor: Actor) -> Select[ContributedMatch]:
    return (
        select(ContributedMatch)
        .options(
            joinedload(ContributedMatch.face)
            .joinedload(ContributedFace.photo)
            .joinedload(ContributedPhoto.post)
            .joinedload(Post.account),
            joinedload(ContributedMatch.case),
            joinedload(ContributedMatch.reference_photo),
            joinedload(ContributedMatch.embedder),
        )
        .join(ContributedFace, ContributedFace.id == ContributedMatch.face_id)
        .join(ContributedPhoto, ContributedPhoto.id == ContributedFace.photo_id)
        .join(Post, Post.id == ContributedPhoto.post_id)
        .join(Case, Case.id == ContributedMatch.case_id)
        .where(Post.active, Case.id.in_(access.visible_ids(actor)))
    )
