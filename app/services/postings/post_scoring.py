"""Signs of all posts together, worked out anew whenever posts come or go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import func, select, text

from app.extensions import db
from app.indicators import contacts, prices
from app.indicators.contacts import ContactFacts, Use
from app.indicators.prices import Price, PriceFacts
from app.indicators.signs import Group, Sign, level
from app.intake.post_contacts import ContactKind
from app.models import Post, PostContact, PostContactUse
from app.services.base import post_lock

_KEEP_FACTS = text("""
    UPDATE post_contacts AS c
    SET posts = v.posts, accounts = v.accounts, places = v.places,
        busiest_posts = v.busiest_posts, busiest_from = v.busiest_from,
        widest_places = v.widest_places, widest_from = v.widest_from
    FROM unnest(
        CAST(:ids AS int[]), CAST(:posts AS int[]), CAST(:accounts AS int[]),
        CAST(:places AS int[]), CAST(:busiest AS int[]), CAST(:busiest_from AS timestamptz[]),
        CAST(:widest AS int[]), CAST(:widest_from AS timestamptz[])
    ) AS v (id, posts, accounts, places, busiest_posts, busiest_from, widest_places, widest_from)
    WHERE c.id = v.id
      AND (c.posts, c.accounts, c.places, c.busiest_posts, c.busiest_from, c.widest_places,
           c.widest_from)
          IS DISTINCT FROM (v.posts, v.accounts, v.places, v.busiest_posts, v.busiest_from,
                            v.widest_places, v.widest_from)
""")
_CLEAR_FACTS = text("""
    UPDATE post_contacts
    SET posts = 0, accounts = 0, places = 0, busiest_posts = 0, busiest_from = NULL,
        widest_places = 0, widest_from = NULL
    WHERE posts > 0 AND NOT id = ANY(CAST(:ids AS int[]))
""")
_KEEP_LEVELS = text("""
    UPDATE posts AS p
    SET tone_level = v.tone, frequency_level = v.frequency, price_level = v.price,
        shared_level = v.shared, text_accounts = v.texts, price_peers = v.peers,
        price_median = v.median, price_deviation = v.deviation, price_of_place = v.of_place
    FROM unnest(
        CAST(:ids AS int[]), CAST(:tone AS smallint[]), CAST(:frequency AS smallint[]),
        CAST(:price AS smallint[]), CAST(:shared AS smallint[]), CAST(:texts AS int[]),
        CAST(:peers AS int[]), CAST(:median AS float8[]), CAST(:deviation AS float8[]),
        CAST(:of_place AS boolean[])
    ) AS v (id, tone, frequency, price, shared, texts, peers, median, deviation, of_place)
    WHERE p.id = v.id
      AND (p.tone_level, p.frequency_level, p.price_level, p.shared_level, p.text_accounts,
           p.price_peers, p.price_median, p.price_deviation, p.price_of_place)
          IS DISTINCT FROM (v.tone, v.frequency, v.price, v.shared, v.texts, v.peers, v.median,
                            v.deviation, v.of_place)
""")


Part = Callable[[int, int], None]
"""Called with how many posts are done, of how many."""
POSTS_AT_ONCE: Final = 5000


def refresh(on_part: Part = lambda _done, _total: None) -> None:
    """Work out contacts' facts and posts' levels from all active posts. Does not commit.

    `post_lock` must be held. 100,000 posts take some seconds; `on_part` may raise to end it.
    """
    db.session.flush()
    facts = _refresh_contacts()
    signs = _signs_of_contacts(facts)
    amounts, price_facts = _prices()
    for post_id, found in price_facts.items():
        signs[post_id].update(prices.price_signs(amounts[post_id], found))
    _keep_levels(signs, price_facts, _shared_texts(), on_part)


def refresh_after(purged_posts: int) -> None:
    """Work all out anew after posts were let go of; commits."""
    if purged_posts:
        post_lock.hold_lock()
        refresh()
        db.session.commit()


def _refresh_contacts() -> Mapping[int, ContactFacts]:
    rows = db.session.execute(
        select(
            PostContactUse.contact_id,
            Post.account_id,
            func.lower(func.btrim(Post.place)),
            func.extract("epoch", Post.posted_at),
        )
        .join(Post, Post.id == PostContactUse.post_id)
        .where(Post.active)
    )
    facts = contacts.facts_of(
        Use(contact_id, account_id, place, None if at_s is None else float(at_s))
        for contact_id, account_id, place, at_s in rows
    )
    found = list(facts.values())
    ids = list(facts)
    db.session.execute(_CLEAR_FACTS, {"ids": ids})
    db.session.execute(
        _KEEP_FACTS,
        {
            "ids": ids,
            "posts": [one.posts for one in found],
            "accounts": [one.accounts for one in found],
            "places": [one.places for one in found],
            "busiest": [one.busiest_posts for one in found],
            "busiest_from": [_instant(one.busiest_from_s) for one in found],
            "widest": [one.widest_places for one in found],
            "widest_from": [_instant(one.widest_from_s) for one in found],
        },
    )
    return facts


def _signs_of_contacts(facts: Mapping[int, ContactFacts]) -> defaultdict[int, set[Sign]]:
    kinds: dict[int, ContactKind] = {
        row[0]: row[1] for row in db.session.execute(select(PostContact.id, PostContact.kind))
    }
    by_contact = {
        contact_id: {
            *contacts.frequency_signs(one),
            *contacts.sharing_signs(one, is_address=kinds[contact_id] is ContactKind.ADDRESS),
        }
        for contact_id, one in facts.items()
    }
    signs: defaultdict[int, set[Sign]] = defaultdict(set)
    telling = [contact_id for contact_id, found in by_contact.items() if found]
    rows = db.session.execute(
        select(PostContactUse.post_id, PostContactUse.contact_id).where(
            PostContactUse.contact_id == func.any(telling)
        )
    )
    for post_id, contact_id in rows:
        signs[post_id].update(by_contact[contact_id])
    return signs


def _prices() -> tuple[Mapping[int, float], Mapping[int, PriceFacts]]:
    rows = db.session.execute(
        select(
            Post.id,
            Post.price,
            Post.currency,
            func.lower(func.btrim(Post.category)),
            func.lower(func.btrim(Post.place)),
        ).where(Post.active, Post.price > 0, Post.currency != "")
    ).all()
    given = [Price(row[0], float(row[1] or 0), row[2], row[3], row[4]) for row in rows]
    return {one.post_id: one.amount for one in given}, prices.facts_of(given)


def _shared_texts() -> Mapping[str, int]:
    """How many accounts wrote a text, for texts of several accounts."""
    accounts = func.count(Post.account_id.distinct())
    rows = db.session.execute(
        select(Post.text_key, accounts)
        .where(Post.active, Post.text_key.is_not(None))
        .group_by(Post.text_key)
        .having(accounts >= contacts.SEVERAL)
    )
    return {key: count for key, count in rows if key is not None}


def _keep_levels(
    signs: Mapping[int, set[Sign]],
    price_facts: Mapping[int, PriceFacts],
    texts: Mapping[str, int],
    on_part: Part,
) -> None:
    rows = db.session.execute(
        select(Post.id, Post.text_key, Post.word_signs).where(Post.active).order_by(Post.id)
    ).all()
    on_part(0, len(rows))
    for start in range(0, len(rows), POSTS_AT_ONCE):
        some = rows[start : start + POSTS_AT_ONCE]
        found = [
            {*signs.get(post_id, ()), *_word_signs(words), *_text_signs(texts.get(key or "", 0))}
            for post_id, key, words in some
        ]
        accounts = [texts.get(row[1] or "", 0) for row in some]
        _keep_some_levels([row[0] for row in some], found, accounts, price_facts)
        on_part(start + len(some), len(rows))
    db.session.expire_all()


def _keep_some_levels(
    ids: Sequence[int],
    found: Sequence[set[Sign]],
    text_accounts: Sequence[int],
    price_facts: Mapping[int, PriceFacts],
) -> None:
    facts = [price_facts.get(post_id) for post_id in ids]
    db.session.execute(
        _KEEP_LEVELS,
        {
            "ids": ids,
            "tone": _levels(found, Group.TONE),
            "frequency": _levels(found, Group.FREQUENCY),
            "price": _levels(found, Group.PRICE),
            "shared": _levels(found, Group.SHARED),
            "texts": text_accounts,
            "peers": [one.peers if one else 0 for one in facts],
            "median": [one.median if one else None for one in facts],
            "deviation": [one.deviation if one else None for one in facts],
            "of_place": [one.of_place if one else False for one in facts],
        },
    )


def _levels(found: Sequence[set[Sign]], group: Group) -> list[int]:
    return [level(signs, group) for signs in found]


def _word_signs(words: Iterable[Sequence[object]]) -> set[Sign]:
    return {Sign[str(word[0])] for word in words}


def _text_signs(accounts: int) -> set[Sign]:
    return {Sign.SAME_TEXT} if accounts >= contacts.SEVERAL else set()


def _instant(at_s: float | None) -> datetime | None:
    return None if at_s is None else datetime.fromtimestamp(at_s, UTC)
