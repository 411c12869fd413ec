"""Writing imported posts with their accounts and contacts, many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final, TypeVar

from sqlalchemy import func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from app.current import settings
from app.extensions import db
from app.indicators.words import find_signs
from app.intake.post_contacts import ContactKind, ReadContact, contacts_of
from app.intake.post_rows import ReadPost
from app.models import Post, PostAccount, PostContact, PostContactUse
from app.models.columns import utc_now

T = TypeVar("T")

BATCH: Final = 2000


def add_posts(import_id: int, posts: Sequence[ReadPost], region: str) -> list[int]:
    """Write posts, accounts and contacts; returns the posts' ids in the order given."""
    accounts = _account_ids(posts)
    expires_at = utc_now() + timedelta(days=settings().post_retention_days)
    ids = _new_ids(len(posts))
    for some in batches(list(zip(ids, posts, strict=True)), BATCH):
        values = [
            {
                **_values(post),
                "id": post_id,
                "import_id": import_id,
                "account_id": accounts.get((post.platform, post.account.casefold())),
                "expires_at": expires_at,
                "created_at": utc_now(),
            }
            for post_id, post in some
        ]
        db.session.execute(insert(Post), values)
        _add_contacts({post_id: contacts_of(post, region) for post_id, post in some})
    return ids


def _new_ids(count: int) -> list[int]:
    """Ids drawn beforehand: asking for them with each insert takes ten times as long."""
    drawn = select(text("nextval(pg_get_serial_sequence('posts', 'id'))")).select_from(
        func.generate_series(1, count)
    )
    return [int(one) for one in db.session.scalars(drawn)] if count else []


def _values(post: ReadPost) -> dict[str, object]:
    signs = [[one.sign.name, one.start, one.end] for one in find_signs(post.whole_text)]
    return {
        "row_number": post.row_number,
        "content_sha256": post.content_sha256,
        "text_key": post.text_key,
        "ref": post.ref,
        "title": post.title,
        "content": post.content,
        "posted_at": post.posted_at,
        "category": post.category,
        "place": post.place,
        "latitude_deg": post.latitude_deg,
        "longitude_deg": post.longitude_deg,
        "price": post.price,
        "currency": post.currency,
        "web_address": post.web_address,
        "word_signs": signs,
    }


def _account_ids(posts: Iterable[ReadPost]) -> Mapping[tuple[str, str], int]:
    wanted = {
        (post.platform, post.account.casefold()): post.account for post in posts if post.account
    }
    for some in batches(list(wanted.items()), BATCH):
        rows = [
            {"platform": platform, "key": key, "handle": handle} for (platform, key), handle in some
        ]
        db.session.execute(upsert(PostAccount).on_conflict_do_nothing(), rows)
    platforms = {platform for platform, _ in wanted}
    found = db.session.execute(
        select(PostAccount.platform, PostAccount.key, PostAccount.id).where(
            PostAccount.platform.in_(platforms)
        )
    )
    return {(platform, key): account_id for platform, key, account_id in found}


def _add_contacts(found: Mapping[int, Sequence[ReadContact]]) -> None:
    wanted = {(one.kind, one.value) for contacts in found.values() for one in contacts}
    if not wanted:
        return
    rows = [{"kind": kind, "value": value} for kind, value in sorted(wanted)]
    db.session.execute(upsert(PostContact).on_conflict_do_nothing(), rows)
    known: dict[tuple[ContactKind, str], int] = {
        (kind, value): contact_id
        for kind, value, contact_id in db.session.execute(
            select(PostContact.kind, PostContact.value, PostContact.id).where(
                PostContact.value == func.any([value for _, value in wanted])
            )
        )
    }
    uses = [
        {
            "post_id": post_id,
            "contact_id": known[one.kind, one.value],
            "from_char": one.start,
            "to_char": one.end,
        }
        for post_id, contacts in found.items()
        for one in contacts
    ]
    db.session.execute(insert(PostContactUse), uses)


def batches(items: Sequence[T], size: int) -> Iterator[list[T]]:
    """The items in lists of at most `size`."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
