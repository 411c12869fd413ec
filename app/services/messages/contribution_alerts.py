"""Telling people that a tip or a found person is like the subject of a case.

Investigators get an alert. A partner gets one mail for each entry, which says that an investigator
will contact them and nothing else; the sender of a tip is told nothing at all.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.models import AlertKind, Case, ContributedMatch, FoundPerson, Tip
from app.services.base import live
from app.services.base.links import path_to
from app.services.messages import alerts, outbox

PARTNER_SUBJECT = "Your entry {number}: an investigator will contact you"
PARTNER_TEXT = (
    "An investigator will contact you about your entry {number}.\n\n"
    "Please keep the entry up to date until then, above all where the person is now. "
    "You can see it after logging in, under Found persons.\n"
)


def tell_all(matches: Sequence[ContributedMatch]) -> None:
    """Raise an alert for each new match, and tell the partners concerned. Does not commit."""
    for match in matches:
        photo = match.face.photo
        if photo.tip is not None:
            _tell_of_tip_match(match, photo.tip)
        elif photo.found_person is not None:
            _tell_of_found_match(match, photo.found_person)
        elif photo.post_id is not None:
            _tell_of_post_match(match, photo.post_id)


def tell_of_tip(tip: Tip, case: Case) -> None:
    """Tell a case's open maps that a tip came with the code of its poster. Does not commit."""
    live.publish(case.id, "contribution", {"kind": "tip", "number": tip.number})


def _tell_of_tip_match(match: ContributedMatch, tip: Tip) -> None:
    where = f" at {tip.place}" if tip.place else ""
    alerts.raise_alert(
        match.case,
        AlertKind.TIP_MATCH,
        title=f"A photo of tip {tip.number}{where} may show the subject",
        path=path_to("tips.show", tip_id=tip.id),
        dedupe_key=f"tip {tip.id} case {match.case_id}",
    )
    live.publish(match.case_id, "contribution", {"kind": "tip", "number": tip.number})


def _tell_of_post_match(match: ContributedMatch, post_id: int) -> None:
    """Without any word of the post: not everybody who reads alerts may read posts."""
    alerts.raise_alert(
        match.case,
        AlertKind.POST_MATCH,
        title=f"A picture of post {post_id} may show the subject (needs the right to posts)",
        path=path_to("posts.show", post_id=post_id),
        dedupe_key=f"post {post_id} case {match.case_id}",
    )
    live.publish(match.case_id, "contribution", {"kind": "post", "number": f"post {post_id}"})


def _tell_of_found_match(match: ContributedMatch, entry: FoundPerson) -> None:
    alerts.raise_alert(
        match.case,
        AlertKind.FOUND_PERSON_MATCH,
        title=f"Found person {entry.number} at {entry.place} may be the subject",
        path=path_to("found_matches.show", found_id=entry.id),
        dedupe_key=f"found person {entry.id} case {match.case_id}",
    )
    live.publish(match.case_id, "contribution", {"kind": "found person", "number": entry.number})
    outbox.queue_mail(
        to=entry.registered_by.email,
        subject=PARTNER_SUBJECT.format(number=entry.number),
        text=PARTNER_TEXT.format(number=entry.number),
        dedupe_key=f"found person {entry.id} partner",
    )
