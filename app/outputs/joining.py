"""Outputs for how people come to an account, and for where they are logged in."""

from __future__ import annotations

from app.models.accounts import Role
from app.models.joining import AccountLink
from app.models.sessions import UserSession
from app.outputs.base import Output, UtcInstant


class InvitationOut(Output):
    """An invitation that waits; `made_by` is None where the command line made it."""

    id: int
    email: str
    name: str
    role: Role | None
    organisation: str
    made_by: str | None
    created_at: UtcInstant
    expires_at: UtcInstant

    @classmethod
    def of(cls, link: AccountLink) -> InvitationOut:
        """From a row with whoever made it."""
        return cls(
            id=link.id,
            email=link.email,
            name=link.name,
            role=link.role,
            organisation=link.organisation,
            made_by=link.made_by.email if link.made_by else None,
            created_at=link.created_at,
            expires_at=link.expires_at,
        )


class MadeInvitationOut(Output):
    """A new invitation. `link` is None where a mail carries it, else told only here."""

    invitation: InvitationOut
    was_mailed: bool
    link: str | None


class SessionOut(Output):
    """A browser in which somebody is logged in."""

    id: int
    device: str
    address: str | None
    created_at: UtcInstant
    last_used_at: UtcInstant

    @classmethod
    def of(cls, session: UserSession) -> SessionOut:
        """From a row."""
        return cls.model_validate(session)
