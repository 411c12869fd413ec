"""Who may work with imported posts: a right of its own, beside the role.

Posts show people who are no subject of any case, and what others wrote about them. An
administrator gives the right to single accounts; for everybody else posts do not exist.
"""

from __future__ import annotations

from typing import Final

from app.errors import NotFound
from app.extensions import db
from app.models.accounts import Role, User
from app.services.base.access import SYSTEM_ROLE
from app.services.base.actors import Actor

POST_ROLES: Final = frozenset({Role.INVESTIGATOR, Role.ANALYST})
"""Whose accounts may be given the right."""


def has_right(actor: Actor) -> bool:
    """Whether `actor` may see posts now; processes and a shell on the server may."""
    if actor.user_id is None:
        return actor.role == SYSTEM_ROLE
    user = db.session.get(User, actor.user_id)
    return user is not None and user.active and user.may_read_posts and user.role in POST_ROLES


def require_right(actor: Actor) -> None:
    """Raises NotFound unless `actor` may see posts."""
    if not has_right(actor):
        raise NotFound("There is no such page, or none that this account may see.")
