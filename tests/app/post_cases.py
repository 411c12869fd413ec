"""Imports of posts for tests; accounts, numbers and places in them are made up."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from app.extensions import db
from app.inputs.posts import PostImportInput
from app.models import Post, User
from app.services.base.actors import COMMAND_LINE, Actor
from app.services.people.accounts import actor_for
from app.services.postings import post_imports
from app.services.postings.post_import_reports import PostImportReport

ZONE = "Asia/Kolkata"
PHONE = "+91 98450 12345"
PHONE_E164 = "+919845012345"
OTHER_PHONE = "+91 98450 54321"


def given(**values: Any) -> PostImportInput:
    return PostImportInput(
        **{"origin": "Made-up unit", "purpose": "Order 7/2026", "timezone": ZONE, **values}
    )


def row(text: str = "Quiet rooms near the lake for tourists", **cells: Any) -> dict[str, Any]:
    return {"text": text, **cells}


def as_json(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return json.dumps(list(rows)).encode()


def zipped(**files: bytes) -> io.BytesIO:
    """A zip; `a__b_jpg` is a/b.jpg."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), data)
    buffer.seek(0)
    return buffer


def take_in(
    *rows: Mapping[str, Any],
    actor: Actor = COMMAND_LINE,
    pictures: io.BytesIO | None = None,
    **values: Any,
) -> PostImportReport:
    return post_imports.import_posts(
        actor, as_json(rows), "posts.json", given(**values), pictures=pictures
    )


def posts() -> list[Post]:
    db.session.expire_all()
    return list(db.session.query(Post).filter(Post.active).order_by(Post.id))


def grant(user: User) -> Actor:
    user.may_read_posts = True
    db.session.commit()
    return actor_for(user, "192.0.2.9")
