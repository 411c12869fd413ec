"""Imported posts as people read them: listed by their signs, each with what caused them.

Nothing here is a probability. Signs order a list and say why; a person judges. Whoever looks is in
the audit log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, UnaryExpression, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload, selectinload

from app.errors import NotFound
from app.extensions import db
from app.indicators.contacts import ContactFacts, frequency_signs, sharing_signs
from app.indicators.prices import PriceFacts, price_signs
from app.indicators.signs import GROUP_OF, Group, Sign, level
from app.inputs.posts import PostOrder, PostQuery
from app.intake.post_contacts import ContactKind
from app.models import (
    ContributedFace,
    ContributedMatch,
    ContributedPhoto,
    MatchState,
    Post,
    PostContact,
    PostContactUse,
)
from app.services.base import access, audit, post_access
from app.services.base.actors import Actor
from app.services.base.pages import Page, paginate

SHOWN_WORDS = 60
_LEVELS = {
    Group.TONE: Post.tone_level,
    Group.FREQUENCY: Post.frequency_level,
    Group.PRICE: Post.price_level,
    Group.SHARED: Post.shared_level,
}


@dataclass(frozen=True)
class Reason:
    """One sign of a post, and what caused it: its words, a contact, or a number in a sentence.

    `contact_id` leads to the posts with that contact, `same_text` to those with the same text,
    `peers` to those that the price was held against.
    """

    sign: Sign
    words: str = ""
    sentence: str = ""
    contact_id: int | None = None
    same_text: bool = False
    peers: bool = False


@dataclass(frozen=True)
class GroupReasons:
    """A group of indicators: its level, 0 to 3, and the reasons."""

    group: Group
    level: int
    reasons: Sequence[Reason]


@dataclass(frozen=True)
class Piece:
    """A stretch of a post's text; `label` says what it is, empty for plain words."""

    text: str
    label: str = ""
    kind: str = ""


def list_posts(actor: Actor, query: PostQuery, per_page: int) -> Page[Post]:
    """One page of posts. The look is in the audit log."""
    post_access.require_right(actor)
    asked = query.model_dump(mode="json", exclude_defaults=True)
    audit.record(actor, "posts.list", details=asked)
    audit.commit()
    statement = _statement(actor, query).options(
        joinedload(Post.account),
        selectinload(Post.uses).joinedload(PostContactUse.contact),
        selectinload(Post.photos),
    )
    return paginate(statement, query.page, per_page)


def iterate_posts(actor: Actor, query: PostQuery, most: int) -> Iterator[Post]:
    """The posts of a list without its pages, for an export; that is in the audit log."""
    post_access.require_right(actor)
    asked = query.model_dump(mode="json", exclude_defaults=True)
    audit.record(actor, "posts.export", details=asked)
    audit.commit()
    statement = _statement(actor, query).options(
        joinedload(Post.account), selectinload(Post.uses).joinedload(PostContactUse.contact)
    )
    yield from db.session.scalars(statement.limit(most)).all()


def find_post(actor: Actor, post_id: int) -> Post:
    """One post of an import that is in force. Raises NotFound."""
    post_access.require_right(actor)
    post = db.session.scalar(
        select(Post)
        .options(
            joinedload(Post.account),
            joinedload(Post.imported),
            selectinload(Post.uses).joinedload(PostContactUse.contact),
            selectinload(Post.photos).selectinload(ContributedPhoto.faces),
        )
        .where(Post.id == post_id, Post.active)
    )
    if post is None:
        raise NotFound("There is no such post, or its import was taken back.")
    return post


def look_at(actor: Actor, post_id: int) -> Post:
    """As `find_post`; the look is in the audit log."""
    post = find_post(actor, post_id)
    audit.record(actor, "posts.view", subject=f"post {post.id}")
    audit.commit()
    return find_post(actor, post_id)


def reasons_of(post: Post) -> Sequence[GroupReasons]:
    """What each of the four groups says of a post, and what caused it."""
    found = [*_of_words(post), *_of_contacts(post), *_of_price(post), *_of_text(post)]
    reasons = sorted(found, key=lambda one: list(Sign).index(one.sign))
    return [
        GroupReasons(
            group,
            level({one.sign for one in reasons}, group),
            [one for one in reasons if GROUP_OF[one.sign] is group],
        )
        for group in Group
    ]


def pieces_of(post: Post) -> Sequence[Piece]:
    """The post's text, cut where signs and contacts begin and end."""
    marks = [
        (int(start), int(end), Sign[name].value, GROUP_OF[Sign[name]].name.lower())
        for name, start, end in post.word_signs
    ]
    marks += [
        (use.from_char, use.to_char, use.contact.kind.value, "contact")
        for use in post.uses
        if use.from_char is not None and use.to_char is not None
    ]
    text, position, pieces = post.whole_text, 0, []
    for start, end, label, kind in sorted(marks):
        if start < position or end > len(text):
            continue
        pieces += [Piece(text[position:start]), Piece(text[start:end], label, kind)]
        position = end
    return [one for one in (*pieces, Piece(text[position:])) if one.text]


def categories_and_places() -> tuple[Sequence[str], Sequence[str]]:
    """The categories and places that most posts name, for the filters."""
    return _most_named(Post.category), _most_named(Post.place)


# ------------------------------------------------------------------------------------------ lists


def _statement(actor: Actor, query: PostQuery) -> Select[Post]:
    statement = select(Post).where(Post.active, *_conditions(actor, query))
    return statement.order_by(*_order(query.order))


def _conditions(actor: Actor, query: PostQuery) -> Iterator[ColumnElement[bool]]:
    if query.text:
        yield or_(
            Post.title.icontains(query.text, autoescape=True),
            Post.content.icontains(query.text, autoescape=True),
        )
    if query.group is not None:
        yield _LEVELS[query.group] > 0
    for column, wanted in (
        (Post.place, query.place),
        (Post.category, query.category),
        (Post.currency, query.currency),
    ):
        if wanted:
            yield func.lower(func.btrim(column)) == wanted.lower()
    if query.account_id is not None:
        yield Post.account_id == query.account_id
    if query.import_id is not None:
        yield Post.import_id == query.import_id
    if query.contact_id is not None:
        yield exists().where(
            PostContactUse.post_id == Post.id, PostContactUse.contact_id == query.contact_id
        )
    if query.like_id is not None:
        like = select(Post.text_key).where(Post.id == query.like_id).scalar_subquery()
        yield Post.text_key == like
    if query.only_matches:
        yield has_match(actor)


def has_match(actor: Actor) -> ColumnElement[bool]:
    """Whether a face in a post's pictures is like the subject of a case that the account sees."""
    return (
        exists()
        .where(ContributedPhoto.post_id == Post.id, ContributedFace.photo_id == ContributedPhoto.id)
        .where(ContributedMatch.face_id == ContributedFace.id)
        .where(ContributedMatch.case_id.in_(access.visible_ids(actor)))
        .where(ContributedMatch.state != MatchState.REJECTED)
        .correlate(Post)
    )


def _order(order: PostOrder) -> tuple[UnaryExpression[Any], ...]:
    newest: tuple[UnaryExpression[Any], ...] = (Post.posted_at.desc().nulls_last(), Post.id.desc())
    if order is PostOrder.NEWEST:
        return newest
    if order is not PostOrder.SIGNS:
        return (_LEVELS[Group(order.value)].desc(), *newest)
    columns = list(_LEVELS.values())
    groups = func.num_nonnulls(*(func.nullif(column, 0) for column in columns))
    signs = Post.tone_level + Post.frequency_level + Post.price_level + Post.shared_level
    return (groups.desc(), signs.desc(), *newest)


def _most_named(column: InstrumentedAttribute[str], limit: int = 60) -> Sequence[str]:
    name = func.min(column)
    return db.session.scalars(
        select(name)
        .where(Post.active, column != "")
        .group_by(func.lower(func.btrim(column)))
        .order_by(func.count().desc(), name)
        .limit(limit)
    ).all()


# ---------------------------------------------------------------------------------------- reasons


def _of_words(post: Post) -> Iterator[Reason]:
    for name, start, end in post.word_signs:
        yield Reason(Sign[name], words=post.whole_text[start:end][:SHOWN_WORDS])


def _of_contacts(post: Post) -> Iterator[Reason]:
    for use in post.uses:
        contact = use.contact
        facts = facts_of(contact)
        is_address = contact.kind is ContactKind.ADDRESS
        signs = [*frequency_signs(facts), *sharing_signs(facts, is_address=is_address)]
        for sign in sorted(signs, key=list(Sign).index):
            yield Reason(
                sign,
                words=contact.value,
                sentence=_sentence(sign, facts),
                contact_id=contact.id,
            )


def facts_of(contact: PostContact) -> ContactFacts:
    """The kept facts of a contact."""
    return ContactFacts(
        posts=contact.posts,
        accounts=contact.accounts,
        places=contact.places,
        busiest_posts=contact.busiest_posts,
        busiest_from_s=contact.busiest_from.timestamp() if contact.busiest_from else None,
        widest_places=contact.widest_places,
        widest_from_s=contact.widest_from.timestamp() if contact.widest_from else None,
    )


def _sentence(sign: Sign, facts: ContactFacts) -> str:
    return {
        Sign.MANY_AT_ONCE: f"{facts.busiest_posts} posts within 7 days",
        Sign.SEVERAL_PLACES: f"{facts.widest_places} places within 14 days",
        Sign.MANY_POSTS: f"{facts.posts} posts altogether",
        Sign.SEVERAL_ACCOUNTS: f"in {facts.accounts} accounts",
        Sign.SHARED_ADDRESS: f"in {facts.accounts} accounts",
    }[sign]


def _of_price(post: Post) -> Iterator[Reason]:
    if post.price is None or post.price_median is None:
        return
    facts = PriceFacts(
        post.price_peers, post.price_median, post.price_deviation, post.price_of_place
    )
    peers = f"{facts.peers} prices of its category" + (" and place" if facts.of_place else "")
    middle = f"{post.currency} {post.price:g}; the median of {peers} is {facts.median:g}"
    for sign in sorted(price_signs(post.price, facts), key=list(Sign).index):
        far = f", {abs(facts.deviation or 0):.1f} deviations away"
        extra = far if sign is Sign.FAR_FROM_MEDIAN else ""
        yield Reason(sign, sentence=middle + extra, peers=True)


def _of_text(post: Post) -> Iterator[Reason]:
    if post.text_accounts > 1:
        sentence = f"in {post.text_accounts} accounts"
        yield Reason(Sign.SAME_TEXT, sentence=sentence, same_text=True)
