"""Posts and advertisements that were imported, the accounts and contacts in them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.intake.post_contacts import ContactKind
from app.models.accounts import User
from app.models.columns import LongText, UtcTime, choice, utc_now

if TYPE_CHECKING:
    from app.models.contributions import ContributedPhoto
    from app.models.post_jobs import PostImportJob


class PostImportState(StrEnum):
    """Where an import stands; `checked` waits for a person, `cancelled` and `failed` left nothing.

    Posts of an import count from `done` on, unless it was taken back.
    """

    WAITING = "waiting"
    RUNNING = "running"
    CHECKED = "checked"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class PostImport(Model):
    """One file of posts, taken in as a whole and taken back as a whole.

    `origin` says who handed it over, `purpose` why it was imported. `problems` holds the first
    rows that were not taken, or not whole: row number (None: the file), reason, value. `columns`
    says which column was taken for what, `outcome` why it failed or ended. While there is
    something to do, a `PostImportJob` stands beside it.
    """

    __tablename__ = "post_imports"
    __table_args__ = (Index("ix_post_imports_file_sha256", "file_sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(String(100))
    origin: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[LongText]
    timezone: Mapped[str] = mapped_column(String(60))
    region: Mapped[str] = mapped_column(String(2))
    format: Mapped[str] = mapped_column(String(60))
    file_name: Mapped[str] = mapped_column(String(255))
    file_sha256: Mapped[str] = mapped_column(String(64))
    rows: Mapped[int]
    added: Mapped[int]
    already_there: Mapped[int]
    refused: Mapped[int]
    pictures: Mapped[int]
    problems: Mapped[list[Any]] = mapped_column(JSONB)
    imported_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    imported_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    taken_back_at: Mapped[UtcTime | None]
    state: Mapped[PostImportState] = mapped_column(choice(PostImportState))
    columns: Mapped[dict[str, Any]] = mapped_column(JSONB)
    outcome: Mapped[LongText] = mapped_column(default="", server_default="")
    finished_at: Mapped[UtcTime | None]

    job: Mapped[PostImportJob | None] = relationship(
        back_populates="imported", passive_deletes=True
    )
    imported_by: Mapped[User | None] = relationship()


class PostAccount(Model):
    """An account on a platform. `key` is its handle as handles are compared."""

    __tablename__ = "post_accounts"
    __table_args__ = (UniqueConstraint("platform", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(String(100))
    handle: Mapped[str] = mapped_column(String(200))
    key: Mapped[str] = mapped_column(String(200))


class PostContact(Model):
    """A phone number (E.164), mail address, address or vehicle's number that posts carry.

    What follows `value` is worked out anew after every import: `app.indicators.contacts` says what
    each fact means.
    """

    __tablename__ = "post_contacts"
    __table_args__ = (UniqueConstraint("kind", "value"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ContactKind] = mapped_column(choice(ContactKind))
    value: Mapped[str] = mapped_column(String(300))
    posts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    accounts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    places: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    busiest_posts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    busiest_from: Mapped[UtcTime | None]
    widest_places: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    widest_from: Mapped[UtcTime | None]


class Post(Model):
    """One post or advertisement, as plain text; what its file had of HTML is gone.

    `active` is false until its import is done, and once it was taken back. `content_sha256` tells
    the same post again, `text_key` the same text (letters only) in another post. `word_signs` are
    [sign, start, end] in `title` and `content`, joined as `whole_text`. Levels, 0 to 3, say how
    many signs of each group were found (`app.indicators`).
    """

    __tablename__ = "posts"
    __table_args__ = (
        Index(
            "ix_posts_content_sha256",
            "content_sha256",
            unique=True,
            postgresql_where=text("active"),
        ),
        Index("ix_posts_import_id", "import_id"),
        Index("ix_posts_account_id", "account_id"),
        Index("ix_posts_expires_at", "expires_at"),
        Index("ix_posts_text_key", "text_key"),
        CheckConstraint("(latitude_deg IS NULL) = (longitude_deg IS NULL)", name="whole_position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("post_imports.id", ondelete="CASCADE"))
    row_number: Mapped[int]
    active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=text("true"))
    content_sha256: Mapped[str] = mapped_column(String(64))
    text_key: Mapped[str | None] = mapped_column(String(64))
    ref: Mapped[str] = mapped_column(String(200), default="", server_default="")
    account_id: Mapped[int | None] = mapped_column(ForeignKey("post_accounts.id"))
    title: Mapped[LongText]
    content: Mapped[LongText]
    posted_at: Mapped[UtcTime | None]
    category: Mapped[str] = mapped_column(String(100), default="", server_default="")
    place: Mapped[str] = mapped_column(String(200), default="", server_default="")
    latitude_deg: Mapped[float | None] = mapped_column(Float(53))
    longitude_deg: Mapped[float | None] = mapped_column(Float(53))
    price: Mapped[float | None] = mapped_column(Float(53))
    currency: Mapped[str] = mapped_column(String(3), default="", server_default="")
    web_address: Mapped[LongText]
    word_signs: Mapped[list[Any]] = mapped_column(JSONB)
    tone_level: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    frequency_level: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    price_level: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    shared_level: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    price_peers: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    price_median: Mapped[float | None] = mapped_column(Float(53))
    price_deviation: Mapped[float | None] = mapped_column(Float(53))
    price_of_place: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    text_accounts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    expires_at: Mapped[UtcTime]

    imported: Mapped[PostImport] = relationship()
    account: Mapped[PostAccount | None] = relationship()
    uses: Mapped[list[PostContactUse]] = relationship(
        back_populates="post", order_by="PostContactUse.contact_id", passive_deletes=True
    )
    photos: Mapped[list[ContributedPhoto]] = relationship(
        back_populates="post", order_by="ContributedPhoto.id", passive_deletes=True
    )

    @property
    def whole_text(self) -> str:
        """Title and content, as `word_signs` and contacts count their characters."""
        return f"{self.title}\n{self.content}" if self.title else self.content


class PostContactUse(Model):
    """A contact in a post: characters `from_char` to `to_char`, None where a column named it."""

    __tablename__ = "post_contact_uses"
    __table_args__ = (Index("ix_post_contact_uses_contact_id", "contact_id"),)

    post_id: Mapped[int] = mapped_column(
        ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True
    )
    contact_id: Mapped[int] = mapped_column(ForeignKey("post_contacts.id"), primary_key=True)
    from_char: Mapped[int | None]
    to_char: Mapped[int | None]

    post: Mapped[Post] = relationship(back_populates="uses")
    contact: Mapped[PostContact] = relationship()
