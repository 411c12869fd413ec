"""Where a sighting stands after what people said of it: the rule, and nothing else.

Each person counts once, with the verdict that they gave last and have not taken back, in the order
in which they first judged. `evidence_verify.py` holds the same rule for whoever checks a bundle
offline; a test compares the two. The reasons are in docs/decisions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from app.models.persons import PersonVerdict
from app.models.sightings import Review, ReviewStage, SightingState, Verdict

Said: TypeAlias = Review | PersonVerdict
"""One person's verdict on a sighting of a subject, or of a person of interest."""

MOST_UNDECIDED = 3
"""After so many people who could not tell, nobody else is asked."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A sighting's state, whether it is a lead, and whose review it waits for (None: nobody's)."""

    state: SightingState
    is_lead: bool
    awaits: ReviewStage | None


def reviewer_of(review: Said) -> str:
    """Who gave a verdict, as one text: the account, or the name where there was none."""
    return f"#{review.reviewer_id}" if review.reviewer_id is not None else review.reviewer_name


def words_of(reviews: Iterable[Said]) -> dict[str, Verdict]:
    """Each reviewer's last verdict that counts, in the order in which they first judged.

    Those that were taken back do not count, nor does a confirmation of what others had judged
    before, unless it was blind.
    """
    words: dict[str, Verdict] = {}
    for review in sorted(reviews, key=lambda one: one.id):
        who = reviewer_of(review)
        if review.undone_at is None and (review.blind or not needs_blindness(words, who, review)):
            words[who] = review.verdict
    return words


def needs_blindness(words: Mapping[str, Verdict], who: str, review: Said) -> bool:
    """Whether a verdict counts only if it is blind: a confirmation of what others have judged.

    Not where somebody repeats a confirmation of their own.
    """
    is_further = any(other != who for other in words)
    is_repeated = words.get(who) is Verdict.CONFIRMED
    return review.verdict is Verdict.CONFIRMED and is_further and not is_repeated


def standing_of(words: Sequence[Verdict], needed: int) -> Standing:
    """The rule. `words` has one verdict for each person; `needed` people must confirm for a lead.

    More confirm than reject: confirmed; more reject: rejected. As many of both: people disagree, so
    it is unsure, and a third person is asked, whose word decides.
    """
    confirm, reject = words.count(Verdict.CONFIRMED), words.count(Verdict.REJECTED)
    state = _state(words, confirm, reject)
    is_lead = state is SightingState.CONFIRMED and confirm >= needed
    settled = (
        is_lead
        or state is SightingState.REJECTED
        or (confirm == reject == 0 and len(words) >= MOST_UNDECIDED)
    )
    return Standing(state, is_lead, None if settled else _next_stage(len(words)))


def _state(words: Sequence[Verdict], confirm: int, reject: int) -> SightingState:
    if not words:
        return SightingState.CANDIDATE
    if confirm != reject:
        return SightingState.CONFIRMED if confirm > reject else SightingState.REJECTED
    if confirm and len(words) > 2:
        return SightingState(words[-1].value)
    return SightingState.UNSURE


def _next_stage(people: int) -> ReviewStage:
    stages = (ReviewStage.FIRST, ReviewStage.SECOND, ReviewStage.THIRD)
    return stages[min(people, len(stages) - 1)]
