"""Whether a case may be searched for now."""

from __future__ import annotations

from sqlalchemy import select

from app.errors import NotFound, Refused
from app.extensions import db
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


def hold_searchable(case: Case) -> None:
    """Like `require_searchable`, and so until the commit: whoever closes the case waits for it.

    Raises NotFound for a case that was purged meanwhile.
    """
    if not hold(case):
        raise NotFound(f"There is no case {case.number}.")
    require_searchable(case)


def hold(case: Case) -> bool:
    """Hold a case's row until the commit, read as it is now; False where it was deleted."""
    held = db.session.scalar(
        select(Case)
        .where(Case.id == case.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return held is not None
