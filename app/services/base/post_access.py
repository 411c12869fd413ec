"""Who may work with imported posts: a right of its own, beside the role.

Posts show people who are no subject of any case, and what others wrote about them. An
administrator gives the right to single accounts; for everybody else posts do not exist.
"""

from __future__ import annotations

from app.services.base.actors import Actor
from app.services.base.rights import POSTS


def has_right(actor: Actor) -> bool:
    """Whether `actor` may see posts now; processes and a shell on the server may."""
    return POSTS.held_by(actor)


def require_right(actor: Actor) -> None:
    """Raises NotFound unless `actor` may see posts."""
    POSTS.require(actor)
