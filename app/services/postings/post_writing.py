"""Writing imported posts with their accounts and contacts, many at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final, TypeVar

from psycopg import Connection, sql
from sqlalchemy import func, select, text

from app.current import settings
from app.extensions import db
from app.indicators.words import find_signs
from app.intake.post_contacts import ContactKind, ReadContact, contacts_of
from app.intake.post_rows import ReadPost
from app.models.columns import utc_now

T = TypeVar("T")

_POST_COLUMNS: Final = (
    "id", "import_id", "active", "account_id", "row_number", "content_sha256", "text_key", "ref",
    "title", "content", "posted_at", "category", "place", "latitude_deg", "longitude_deg", "price",
    "currency", "web_address", "word_signs", "created_at", "expires_at",
)  # fmt: skip
_USE_COLUMNS: Final = ("post_id", "contact_id", "from_char", "to_char")
# The lock under which posts come and go is held: nobody else adds between the two halves.
_ACCOUNTS = text("""
    WITH given AS (
        SELECT * FROM unnest(
            CAST(:platforms AS text[]), CAST(:keys AS text[]), CAST(:handles AS text[])
        ) AS g (platform, key, handle)
    ), added AS (
        INSERT INTO post_accounts (platform, key, handle) SELECT platform, key, handle FROM given
        ON CONFLICT DO NOTHING RETURNING platform, key, id
    )
    SELECT platform, key, id FROM added
    UNION ALL
    SELECT a.platform, a.key, a.id FROM post_accounts AS a JOIN given USING (platform, key)
""")
_CONTACTS = text("""
    WITH given AS (
        SELECT * FROM unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS g (kind, value)
    ), added AS (
        INSERT INTO post_contacts (kind, value) SELECT kind, value FROM given
        ON CONFLICT DO NOTHING RETURNING kind, value, id
    )
    SELECT kind, value, id FROM added
    UNION ALL
    SELECT c.kind, c.value, c.id FROM post_contacts AS c JOIN given USING (kind, value)
""")


def add_posts(import_id: int, posts: Sequence[ReadPost], region: str) -> list[int]:
    """Write posts that count nowhere yet, their accounts and contacts. Does not commit.

    Returns the posts' ids in the order given. The lock of `post_scoring` must be held.
    """
    accounts = _account_ids(posts)
    now = utc_now()
    expires_at = now + timedelta(days=settings().post_retention_days)
    ids = _new_ids(len(posts))
    contacts = [contacts_of(post, region) for post in posts]
    rows = [
        (
            post_id, import_id, False, accounts.get((post.platform, post.account.casefold())),
            *_said(post, found), now, expires_at,
        )
        for post_id, post, found in zip(ids, posts, contacts, strict=True)
    ]  # fmt: skip
    _copy("posts", _POST_COLUMNS, rows)
    _add_contacts(dict(zip(ids, contacts, strict=True)))
    return ids


def batches(items: Sequence[T], size: int) -> Iterator[list[T]]:
    """The items in lists of at most `size`."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])


def _said(post: ReadPost, contacts: Sequence[ReadContact]) -> tuple[object, ...]:
    """The columns from `row_number` to `word_signs`."""
    is_offer = bool(contacts or post.category) or post.price is not None
    found = find_signs(post.whole_text, is_offer=is_offer)
    signs = [[one.sign.name, one.start, one.end] for one in found]
    return (
        post.row_number, post.content_sha256, post.text_key, post.ref, post.title, post.content,
        post.posted_at, post.category, post.place, post.latitude_deg, post.longitude_deg,
        post.price, post.currency, post.web_address, json.dumps(signs),
    )  # fmt: skip


def _new_ids(count: int) -> list[int]:
    """Ids drawn beforehand, since a COPY returns none."""
    drawn = select(text("nextval(pg_get_serial_sequence('posts', 'id'))")).select_from(
        func.generate_series(1, count)
    )
    return [int(one) for one in db.session.scalars(drawn)] if count else []


def _account_ids(posts: Iterable[ReadPost]) -> Mapping[tuple[str, str], int]:
    wanted = {
        (post.platform, post.account.casefold()): post.account for post in posts if post.account
    }
    found = db.session.execute(
        _ACCOUNTS,
        {
            "platforms": [platform for platform, _ in wanted],
            "keys": [key for _, key in wanted],
            "handles": list(wanted.values()),
        },
    )
    return {(platform, key): account_id for platform, key, account_id in found}


def _add_contacts(found: Mapping[int, Sequence[ReadContact]]) -> None:
    wanted = sorted({(one.kind, one.value) for contacts in found.values() for one in contacts})
    rows = db.session.execute(
        _CONTACTS,
        {"kinds": [kind.value for kind, _ in wanted], "values": [value for _, value in wanted]},
    )
    known = {(ContactKind(kind), value): contact_id for kind, value, contact_id in rows}
    uses = [
        (post_id, known[one.kind, one.value], one.start, one.end)
        for post_id, contacts in found.items()
        for one in contacts
    ]
    _copy("post_contact_uses", _USE_COLUMNS, uses)


def _copy(table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows by COPY, in the session's own transaction."""
    driver = db.session.connection().connection.driver_connection
    if not isinstance(driver, Connection):
        raise TypeError("The database's driver is not psycopg.")
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
