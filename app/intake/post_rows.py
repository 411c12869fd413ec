"""A row of a file of posts as one post: which column is what, and what its cells say."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final
from zoneinfo import ZoneInfo

import nh3

from app.intake.post_files import RawRow
from app.intake.reading import MONTH_FIRST
from geo.errors import InvalidRoute
from geo.formats.trace_times import read_time

MAX_TEXT_CHARACTERS: Final = 20_000
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "ref": ("post_id", "ad_id", "listing_id", "tweet_id", "message_id", "id", "ref"),
    "account": (
        "account", "username", "user_name", "screen_name", "handle", "author", "poster", "seller",
        "profile", "user", "nickname",
    ),
    "platform": ("platform", "site", "website", "domain", "source"),
    "posted_at": (
        "posted_at", "post_date", "posted", "published_at", "published", "created_at", "created",
        "timestamp", "datetime", "date_time", "date", "time",
    ),
    "title": ("title", "headline", "subject"),
    "content": (
        "text", "body", "content", "description", "message", "caption", "ad_text", "post", "html",
    ),
    "phone": (
        "phone", "phones", "phone_number", "phone_numbers", "mobile", "telephone", "tel",
        "whatsapp", "contact", "contacts", "contact_number",
    ),
    "email": ("email", "e_mail", "emails", "mail"),
    "address": ("address", "street_address", "street"),
    "place": ("city", "town", "place", "location", "area", "region"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon", "lng", "long"),
    "price": ("price", "rate", "rates", "amount", "cost", "fee"),
    "currency": ("currency", "currency_code"),
    "category": ("category", "section", "type", "kind"),
    "images": (
        "images", "image", "photos", "photo", "pictures", "picture", "media", "files",
        "attachments",
    ),
    "web_address": ("url", "link", "permalink", "web_address"),
}  # fmt: skip
"""Names of columns by field, the likeliest first; compared without case, blanks and dashes."""

_LEAVES: Final = frozenset(
    {"name", "value", "text", "id", "number", "username", "screen_name", "handle", "url", "src",
     "filename", "file", "amount"}
)  # fmt: skip
"""What an object calls the part that stands for it: `author.name`, `images.url`."""
_BLANKS = re.compile(r"[ \t\u00a0]{2,}|[\t\u00a0]")
_LINES = re.compile(r"\n{3,}")
_BLOCK = re.compile(r"<\s*(?:br|/p|/div|/li|/tr|/h[1-6])\b[^>]*>", re.IGNORECASE)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+(?![\w-])")
_CURRENCIES: Final = {
    "₹": "INR", "rs": "INR", "rs.": "INR", "inr": "INR", "$": "USD", "usd": "USD", "us$": "USD",
    "€": "EUR", "eur": "EUR", "£": "GBP", "gbp": "GBP",
}  # fmt: skip
_SIGN = r"(?:₹|rs\.?|inr|us\$|\$|usd|€|eur|£|gbp)"
_AMOUNT = r"\d{1,3}(?:,\d{2,3})+(?:\.\d{1,2})?|\d{1,9}(?:\.\d{1,2})?"
_PRICE = re.compile(
    rf"(?<!\w)(?:(?P<sign>{_SIGN})\s?(?P<amount>{_AMOUNT})|(?P<amount2>{_AMOUNT})\s?(?P<sign2>{_SIGN})(?!\w))",
    re.IGNORECASE,
)
_BARE = re.compile(_AMOUNT)
_DAY_ONLY = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{4}")


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """What a file leaves open: the clocks of its times, the country of its numbers and dates."""

    timezone: str
    region: str
    platform: str
    now: datetime


@dataclass(frozen=True, slots=True)
class ReadPost:
    """A post as its row says it, in plain text. `images` are names of files without folders."""

    row_number: int
    ref: str
    platform: str
    account: str
    posted_at: datetime | None
    title: str
    content: str
    phones: str
    emails: tuple[str, ...]
    address: str
    place: str
    latitude_deg: float | None
    longitude_deg: float | None
    price: float | None
    currency: str
    category: str
    images: tuple[str, ...]
    web_address: str

    @property
    def whole_text(self) -> str:
        """Title and content, as `models.posts.Post.whole_text`."""
        return f"{self.title}\n{self.content}" if self.title else self.content

    @property
    def content_sha256(self) -> str:
        """The same for the same post in another file, wherever its row stands."""
        said = (
            self.platform.casefold(), self.ref, self.account.casefold(), self.title, self.content,
            self.posted_at.isoformat() if self.posted_at else "", self.phones, list(self.emails),
            self.address, self.place, self.price, self.currency, self.category, list(self.images),
        )  # fmt: skip
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()

    @property
    def text_key(self) -> str | None:
        """The same for texts of the same letters; None for short ones, which repeat by chance."""
        letters = re.sub(r"[\W\d_]+", "", self.whole_text).casefold()
        return hashlib.sha256(letters.encode()).hexdigest() if len(letters) >= 40 else None


class RowRefused(ValueError):
    """The row can be no post; the text says why, `value` what stood there."""

    def __init__(self, reason: str, value: str = "") -> None:
        super().__init__(reason)
        self.value = value[:100]


def columns_of(rows: Iterable[RawRow]) -> Mapping[str, str]:
    """Which column holds which field, over all rows of a file."""
    names = list(dict.fromkeys(name for row in rows for name in row.cells))
    chosen: dict[str, str] = {}
    for field, wanted in COLUMNS.items():
        ranked = [(rank, name) for name in names for rank in [_rank(name, field, wanted)] if rank]
        free = [one for one in ranked if one[1] not in chosen.values()]
        if free:
            chosen[field] = min(free, key=lambda one: one[0])[1]
    return chosen


def read_row(row: RawRow, columns: Mapping[str, str], rules: ReadingRules) -> ReadPost:
    """The post in a row. Raises RowRefused."""
    if row.refusal:
        raise RowRefused(row.refusal)
    cells = {field: row.cells.get(column, "").strip() for field, column in columns.items()}
    title, content = plain_text(cells.get("title", "")), plain_text(cells.get("content", ""))
    if not title and not content:
        raise RowRefused("It has no text.")
    if len(title) + len(content) > MAX_TEXT_CHARACTERS:
        raise RowRefused(f"Its text has more than {MAX_TEXT_CHARACTERS:,} characters.")
    latitude_deg, longitude_deg = _position(cells)
    price, currency = _price(cells, title, content, rules.region)
    return ReadPost(
        row_number=row.number,
        ref=_short(cells, "ref", 200),
        platform=_short(cells, "platform", 100) or rules.platform,
        account=_short(cells, "account", 200),
        posted_at=_time(cells.get("posted_at", ""), rules),
        title=title,
        content=content,
        phones=_short(cells, "phone", 500, keep_lines=True),
        emails=tuple(_emails(f"{cells.get('email', '')}\n{cells.get('phone', '')}")),
        address=_short(cells, "address", 300),
        place=_short(cells, "place", 200),
        latitude_deg=latitude_deg,
        longitude_deg=longitude_deg,
        price=price,
        currency=currency,
        category=_short(cells, "category", 100),
        images=tuple(_image_names(cells.get("images", ""))),
        web_address=_short(cells, "web_address", 500),
    )


def image_names_of(row: RawRow, columns: Mapping[str, str]) -> Sequence[str]:
    """The pictures that a row names, as `ReadPost.images`."""
    column = columns.get("images")
    return tuple(_image_names(row.cells.get(column, "").strip())) if column else ()


def plain_text(markup: str) -> str:
    """A text without its HTML: scripts and styles gone with what they hold, entities as letters."""
    if "<" in markup or "&" in markup:
        broken = _BLOCK.sub("\n", markup)
        markup = html.unescape(
            nh3.clean(broken, tags=set(), clean_content_tags={"script", "style"})
        )
    if not markup.isprintable():
        markup = "".join(one if one.isprintable() or one == "\n" else " " for one in markup)
    return _LINES.sub("\n\n", _BLANKS.sub(" ", markup)).strip()


def find_emails(text: str) -> Iterator[tuple[int, int, str]]:
    """Mail addresses in a text: start, end, address in lower case."""
    if "@" not in text:
        return
    for match in _EMAIL.finditer(text):
        yield match.start(), match.end(), match[0].rstrip(".").lower()


def _rank(name: str, field: str, wanted: Sequence[str]) -> tuple[int, int] | None:
    """How well a column's name fits a field, lower is better; None if it does not."""
    parts = [re.sub(r"[^a-z0-9]+", "_", part.lower()).strip("_") for part in name.split(".")]
    whole = "_".join(parts)
    if whole in wanted:
        return wanted.index(whole), 0
    if len(parts) == 1:
        return None
    if field != "ref" and parts[-1] in wanted and (field != "account" or parts[-1] != "user"):
        return wanted.index(parts[-1]), len(parts)
    if field != "ref" and parts[-2] in wanted and parts[-1] in _LEAVES:
        return len(wanted) + wanted.index(parts[-2]), len(parts)
    return None


def _short(cells: Mapping[str, str], field: str, length: int, *, keep_lines: bool = False) -> str:
    text = plain_text(cells.get(field, ""))
    return (text if keep_lines else " ".join(text.split()))[:length]


def _time(written: str, rules: ReadingRules) -> datetime | None:
    if not written:
        return None
    text = written.splitlines()[0]
    if _DAY_ONLY.fullmatch(text):
        text += " 00:00"
    if rules.region in MONTH_FIRST:
        text = re.sub(r"^(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", r"\3/\1/\4", text)
    try:
        return read_time(text, ZoneInfo(rules.timezone), rules.now)
    except InvalidRoute as error:
        try:
            moment = parsedate_to_datetime(text)
            return read_time(moment.isoformat(), ZoneInfo(rules.timezone), rules.now)
        except (ValueError, InvalidRoute):
            raise RowRefused(str(error), written) from error


def _position(cells: Mapping[str, str]) -> tuple[float | None, float | None]:
    latitude, longitude = cells.get("latitude", ""), cells.get("longitude", "")
    if not latitude or not longitude:
        return None, None
    try:
        pair = float(latitude), float(longitude)
    except ValueError as error:
        raise RowRefused("Its position is no two numbers.", f"{latitude}, {longitude}") from error
    if not (-90 <= pair[0] <= 90 and -180 <= pair[1] <= 180):
        raise RowRefused("Its position is not on Earth.", f"{latitude}, {longitude}")
    return pair


def _price(
    cells: Mapping[str, str], title: str, content: str, region: str
) -> tuple[float | None, str]:
    """The price of its column, else the first one in the text that has a currency."""
    written = cells.get("price", "")
    named = cells.get("currency", "").strip().lower()
    match = _PRICE.search(written or f"{title}\n{content}")
    if match:
        sign = (match["sign"] or match["sign2"]).lower()
        return _number(match["amount"] or match["amount2"]), _CURRENCIES[sign]
    bare = _BARE.search(written)
    if bare is None:
        return None, ""
    default = "INR" if region == "IN" else ""
    return _number(bare[0]), _CURRENCIES.get(named, named.upper()[:3]) or default


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _emails(text: str) -> Iterator[str]:
    yield from dict.fromkeys(address for _, _, address in find_emails(text))


def _image_names(cell: str) -> Iterator[str]:
    """Names of files without folders or addresses; nothing is ever fetched."""
    for part in re.split(r"[\n;|]|,\s*(?=\S)", cell):
        path = part.strip().partition("?")[0].partition("#")[0]
        name = path.replace("\\", "/").rstrip("/").rpartition("/")[2]
        if name:
            yield name[:255]
