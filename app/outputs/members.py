"""Outputs for the list of people of a case."""

from __future__ import annotations

from collections.abc import Sequence

from app.models.access import CaseMember
from app.models.accounts import Role
from app.models.cases import Case
from app.outputs.base import Output, UtcInstant


class MemberOut(Output):
    """A person on the list; `ends_at` and `reason` belong to an emergency access."""

    user_id: int
    name: str
    email: str
    role: Role
    added_at: UtcInstant
    ends_at: UtcInstant | None
    reason: str

    @classmethod
    def of(cls, member: CaseMember) -> MemberOut:
        """From a row with its user."""
        return cls(
            user_id=member.user_id,
            name=member.user.name,
            email=member.user.email,
            role=member.user.role,
            added_at=member.added_at,
            ends_at=member.ends_at,
            reason=member.reason,
        )


class CaseAccessOut(Output):
    """Whether only the people on its list see the case, and who they are."""

    case_number: str
    restricted: bool
    members: list[MemberOut]

    @classmethod
    def of(cls, case: Case, members: Sequence[CaseMember]) -> CaseAccessOut:
        """From a case and its list."""
        people = [MemberOut.of(member) for member in members]
        return cls(case_number=case.number, restricted=case.restricted, members=people)
