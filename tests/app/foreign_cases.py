"""A restricted case of others with something of every kind in it, and a telling word in each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app.extensions import db
from app.intake.marks import MarkKind
from app.models import (
    Alert,
    AlertKind,
    AlertUrgency,
    AuthorisationState,
    Case,
    CaseMember,
    CasePurge,
    ContributedMatch,
    Delivery,
    DeliveryState,
    Embedder,
    FaceSearch,
    FootageRequest,
    LocationSource,
    PersonSighting,
    Reliability,
    Report,
    ReportKind,
    ReportMark,
    RequestState,
    Sweep,
    Tip,
    Trace,
    User,
    Visit,
)
from app.models.columns import utc_now
from app.services.base import media
from app.services.messages import alerts
from app.services.people.accounts import actor_for
from tests.app import contribution_cases, factories, person_cases, post_cases

WORD = "Quellwasser"
"""Stands in every text of the foreign case, and nowhere else."""


@dataclass(frozen=True, eq=False)
class Foreign:
    """The case, and the ids of what it holds by the names that addresses give them."""

    case: Case
    values: dict[str, Any]
    pictures: tuple[str, ...]
    tip: Tip


def make(member: User, partner: User) -> Foreign:
    """Make the case with `member` alone on its list."""
    case = _case(member)
    word = f"{WORD} {case.id}"
    location = factories.make_location(case, label=word, remarks=word)
    photo = factories.make_photo(
        case, file_name=f"{word}.jpg", sha256=_picture(), face_sha256=_picture()
    )
    sweep = factories.make_sweep(case, note=word)
    visit = factories.make_visit(sweep, factories.make_camera())
    sighting = factories.make_sighting(
        case, sweep=sweep, photo=photo, face={"crop_sha256": _picture()}
    )
    alerts.raise_for_sighting(sighting)
    embedder = sighting.embedder
    search = _keep(_search(case, embedder, photo.id, word))
    trace = _keep(_trace(case, word))
    report, mark = _report(case, word)
    request, delivery = _request(case, word)
    _keep(CasePurge(case_id=case.id, case_number=case.number, was_restricted=True, reason=word,
                    requested_by_id=member.id, requested_by_name=member.email))  # fmt: skip
    tip, tip_match = _tip(case, embedder, word)
    found, found_match = _found(case, embedder, partner)
    alert = _keep(_alert(case, word))
    seen = _person(case, sweep, visit, embedder, (member, partner))
    values = {
        "number": case.number, "photo_id": photo.id, "location_id": location.id,
        "sweep_id": sweep.id, "visit_id": visit.id, "sighting_id": sighting.id,
        "search_id": search.id, "trace_id": trace.id, "report_id": report.id, "mark_id": mark.id,
        "request_id": request.id, "delivery_id": delivery.id, "alert_id": alert.id,
        "collection": f"sightings.{case.number}", "feature": str(sighting.id),
        "user_id": member.id, "member_id": member.id, "tip_id": tip.id, "found_id": found.id,
        "match_id": found_match.id, "sha256": photo.sha256, "person_id": seen.person_id,
        "candidate_id": seen.id,
    }  # fmt: skip
    assert tip_match.case_id == case.id
    pictures = (
        *(photo.sha256, photo.face_sha256, sighting.face.crop_sha256),
        *(seen.person.photos[0].sha256, seen.face.crop_sha256),
    )
    return Foreign(case, values, pictures, tip)


def post_match(case: Case, embedder: Embedder) -> ContributedMatch:
    """A picture of an imported post that is like the subject."""
    archive = post_cases.zipped(face_png=contribution_cases.picture("PNG"))
    post_cases.take_in(post_cases.row(images="face.png", text="A room to let"), pictures=archive)
    (post,) = post_cases.posts()
    return _match(post.photos[0], case, embedder)


def _keep(row: Any) -> Any:
    db.session.add(row)
    db.session.commit()
    return row


def _picture() -> str:
    return media.store(contribution_cases.picture())


def _case(member: User) -> Case:
    case = factories.make_case(
        restricted=True, created_by_id=member.id, subject_name=WORD, purpose=WORD, legal_basis=WORD,
        subject_clothing=WORD, subject_remarks=WORD, tip_code="QQQQ-ZZZZ", urgent=True,
    )  # fmt: skip
    case.number = f"NOT-YOURS-{case.id}"
    _keep(CaseMember(case_id=case.id, user_id=member.id, added_by_id=member.id, reason=WORD))
    return case


def _search(case: Case, embedder: Embedder, photo_id: int, word: str) -> FaceSearch:
    return FaceSearch(
        case_id=case.id, embedder_id=embedder.id, occasion="request", purpose=word,
        searched_by_name="n", photo_ids=[photo_id], face_limit=5, shows_below=True, method="exact",
        threshold_similarity=0.3, faces_searched=1, faces_of_other_models=0, cameras_searched=1,
        seconds_searched=1.0, above_threshold=1, proposed=0, is_cut_off=False, milliseconds=1.0,
    )  # fmt: skip


def _trace(case: Case, word: str) -> Trace:
    return Trace(
        case_id=case.id, label=word, source=LocationSource.PHONE, reliability=Reliability.LIKELY,
        format="csv", file_name=f"{word}.csv", file_sha256="0" * 64, rows=1, refused=0, added=1,
        thinned_within_m=10.0, remarks=word,
    )  # fmt: skip


def _report(case: Case, word: str) -> tuple[Report, ReportMark]:
    report = Report(
        case_id=case.id, kind=ReportKind.STATEMENT, title=word, written_at=utc_now(), region="IN",
        content=word, file_name=f"{word}.txt", sha256="0" * 64,
    )  # fmt: skip
    mark = ReportMark(
        report=report, ordinal=1, kind=MarkKind.PHONE, from_char=0, to_char=5, value=WORD
    )
    _keep(report)
    return report, mark


def _person(
    case: Case, sweep: Sweep, visit: Visit, embedder: Embedder, people: tuple[User, User]
) -> PersonSighting:
    """A person of interest in force, and a face that waits to be judged."""
    person = person_cases.asked(case, actor_for(people[0]), name=WORD, description=WORD)
    asked = person.newest
    asked.legal_basis = asked.order_reference = f"{WORD} {case.id}"
    asked.decided_by_id, asked.decided_by_name = people[1].id, people[1].email
    asked.state, asked.decided_at = AuthorisationState.GRANTED, utc_now()
    camera = factories.make_camera()
    face = factories.make_face(
        camera, sweep=sweep, embedder=embedder, seen_at=factories.SEEN_AT, crop_sha256=_picture()
    )
    seen: PersonSighting = _keep(
        PersonSighting(
            person_id=person.id, authorisation_id=asked.id, face_id=face.id, visit_id=visit.id,
            camera_id=camera.id, embedder_id=embedder.id, similarity=0.7,
            threshold_similarity=0.5, seen_at=factories.SEEN_AT,
            latitude_deg=camera.latitude_deg, longitude_deg=camera.longitude_deg,
        )
    )  # fmt: skip
    return seen


def _request(case: Case, word: str) -> tuple[FootageRequest, Delivery]:
    camera = factories.make_camera()
    request = FootageRequest(
        case_id=case.id, state=RequestState.RECEIVED, owner=word, owner_email="", contact=word,
        legal_basis=word, message=word, window_start=utc_now() - timedelta(hours=1),
        window_end=utc_now(), token_sha256=factories.sha256_of(word), cameras=[camera],
        link_expires_at=utc_now() + timedelta(days=3), reason="",
    )  # fmt: skip
    delivery = Delivery(
        request=request, camera_id=camera.id, state=DeliveryState.RECEIVED, file_name=word,
        part_name="x.part", size_bytes=1, shown_at=utc_now(), reason="",
    )  # fmt: skip
    _keep(delivery)
    return request, delivery


def _alert(case: Case, word: str) -> Alert:
    return Alert(
        case_id=case.id, kind=AlertKind.TIP_MATCH, urgency=AlertUrgency.HIGH, title=word,
        path="/cases", dedupe_key=word,
    )  # fmt: skip


def _tip(case: Case, embedder: Embedder, word: str) -> tuple[Tip, ContributedMatch]:
    tip = contribution_cases.hand_in(
        contribution_cases.picture(), remarks=word, poster_code=case.tip_code
    ).tip
    assert tip.case_id == case.id
    return tip, _match(tip.photos[0], case, embedder)


def _found(case: Case, embedder: Embedder, partner: User) -> tuple[Any, ContributedMatch]:
    entry = contribution_cases.register(partner)
    return entry, _match(entry.photos[0], case, embedder)


def _match(photo: Any, case: Case, embedder: Embedder) -> ContributedMatch:
    face = contribution_cases.add_face(photo, embedder, 10.0)
    made: ContributedMatch = _keep(
        ContributedMatch(
            face_id=face.id, case_id=case.id, embedder_id=embedder.id, similarity=0.66,
            threshold_similarity=0.3, decided_by_name="",
        )
    )  # fmt: skip
    return made
