"""Whether a case may be searched for now."""

from __future__ import annotations

from app.errors import Refused
from app.models import Case, CaseState
from app.models.columns import utc_now


def basis_expired(case: Case) -> bool:
    """Whether the legal basis no longer carries a search."""
    return case.legal_basis_expires_at <= utc_now()


def require_searchable(case: Case) -> None:
    """Raises Refused unless the case is open and its legal basis in force."""
    if case.state is CaseState.CLOSED:
        raise Refused(f"Case {case.number} is closed; reopen it before searching for it.")
    if case.state is CaseState.IMPORTED:
        raise Refused(
            f"Case {case.number} came with a list: confirm its purpose and legal basis before "
            "searching for it."
        )
    if basis_expired(case):
        raise Refused(
            f"The legal basis of case {case.number} has expired; enter its extension "
            "(Edit case → legal basis) before searching for it."
        )
