"""Rights of their own, beside the role: an administrator gives each to single accounts.

For everybody else what a right opens does not exist: the answer is the same as for a wrong address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, exists
from sqlalchemy.orm import InstrumentedAttribute

from app.errors import NotFound
from app.extensions import db
from app.models.accounts import Role, User
from app.services.base.actors import SYSTEM_ROLE, Actor


@dataclass(frozen=True, slots=True)
class Right:
    """A right: the column of the account that holds it, and whose accounts may be given it.

    `what` follows "does not work with" in a refusal.
    """

    column: str
    what: str
    roles: frozenset[Role]

    def held_by(self, actor: Actor) -> bool:
        """Whether `actor` has it now; processes and a shell on the server do."""
        if actor.user_id is None:
            return actor.role == SYSTEM_ROLE
        user = db.session.get(User, actor.user_id)
        return user is not None and self.held_by_account(user)

    def held_by_account(self, user: User) -> bool:
        """Whether an account has it now: given, active, and still of a role that may have it."""
        return user.active and bool(getattr(user, self.column)) and user.role in self.roles

    def require(self, actor: Actor) -> None:
        """Raises NotFound unless `actor` has it."""
        if not self.held_by(actor):
            raise NotFound("There is no such page, or none that this account may see.")

    def holders(self) -> ColumnElement[bool]:
        """The condition on `User` that holds for the accounts that have it now."""
        held: InstrumentedAttribute[bool] = getattr(User, self.column)
        return held & User.active & User.role.in_(self.roles)

    def held_by_user(self, user_id: int) -> ColumnElement[bool]:
        """The same for one account, as a condition of any statement."""
        return exists().where(User.id == user_id, self.holders())


POSTS: Final = Right("may_read_posts", "posts", frozenset({Role.INVESTIGATOR, Role.ANALYST}))
"""Imported posts: people who are no subject of any case, and what others wrote about them."""

PERSONS: Final = Right(
    "may_see_persons", "persons of interest", frozenset({Role.INVESTIGATOR, Role.ANALYST})
)
"""Persons of interest: that there are any on a case, who they are, and where they were seen."""

RIGHTS: Final[Mapping[str, Right]] = {right.column: right for right in (POSTS, PERSONS)}
