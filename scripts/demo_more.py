"""Fill a running demo so that every page has something to show, for the pictures in docs/images.

    scripts/demo.sh          in one shell: workers and the map
    scripts/demo_more.py     in another, with the environment of var/env

It works on the newest demo case, once. Everything is made by the product's own services, as people
would make it on the pages; all that is said in it is invented. Whoever wants registrations in it
sets REGISTRATION_ENABLED=true.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sqlalchemy import select  # noqa: E402

from app.config import load_settings  # noqa: E402
from app.errors import Conflict, LastseenError  # noqa: E402
from app.extensions import db  # noqa: E402
from app.factory import create_app  # noqa: E402
from app.inputs import CaseInput, LocationInput, ReviewInput, SweepInput  # noqa: E402
from app.inputs.accounts import (  # noqa: E402
    InvitationInput,
    RegistrationInput,
    UserChange,
    UserInput,
)
from app.inputs.cases import CaseChange, CaseImportInput  # noqa: E402
from app.inputs.clocks import ClockCheckInput  # noqa: E402
from app.inputs.requests import RequestInput  # noqa: E402
from app.inputs.searches import FaceSearchInput  # noqa: E402
from app.inputs.traces import TraceInput  # noqa: E402
from app.models import Case  # noqa: E402
from app.models.accounts import Role  # noqa: E402
from app.models.cases import LocationSource, Reliability, SubjectCategory  # noqa: E402
from app.models.sightings import Verdict  # noqa: E402
from app.models.sweeps import SweepPriority  # noqa: E402
from app.services.base.actors import COMMAND_LINE, Actor  # noqa: E402
from app.services.casework import cases, photos  # noqa: E402
from app.services.exchange import case_imports  # noqa: E402
from app.services.governance import case_purges  # noqa: E402
from app.services.inventory import clocks  # noqa: E402
from app.services.people import accounts, joining, members, registrations  # noqa: E402
from app.services.places import locations, traces  # noqa: E402
from app.services.requests import footage_requests  # noqa: E402
from app.services.reviews import sightings  # noqa: E402
from app.services.searches import face_searches  # noqa: E402
from app.services.sweeping import sweeps  # noqa: E402
from scripts import demo_contributions as handed_in  # noqa: E402
from scripts.demo_contributions import Scene, as_csv  # noqa: E402
from scripts.demo_steps import (  # noqa: E402
    ZONE,
    camera_of,
    footage_folder,
    found_sightings,
    read_manifest,
)

LEGAL_BASIS: Final = "None needed: nobody in this case is missing."
PURPOSE: Final = "Demonstration of the product with a made-up case."
FILMED: Final = ("DEMO-002", "DEMO-009", "DEMO-010", "DEMO-014", "DEMO-016", "DEMO-018")
"""Cameras that the demo has composed footage of."""


def main() -> int:
    """Fill in everything, one noun after the other; says what it does."""
    settings = load_settings()
    with create_app(settings).app_context():
        newest = select(Case).where(Case.number.like("DEMO-2%")).order_by(Case.id.desc()).limit(1)
        case = db.session.scalar(newest)
        if case is None:
            print("There is no demo case yet: run scripts/demo.sh first.", file=sys.stderr)
            return 1
        manifest = read_manifest(footage_folder(settings) / "manifest.json")
        scene = Scene(case, datetime.fromisoformat(manifest["start"]))
        for step in STEPS:
            print(step.__name__.replace("_", " "))
            step(scene)
    return 0


def more_accounts(scene: Scene) -> None:
    """Colleagues, an organisation, invitations, and people who ask for an account."""
    for name, address, role in (
        ("Made-up Night Shift", "night.shift", Role.INVESTIGATOR),
        ("Made-up Second Examiner", "second.examiner", Role.EXAMINER),
        ("Made-up Child Home", "home", Role.PARTNER),
    ):
        wanted = UserInput(name=name, email=f"{address}@lastseen.example", role=role)
        _unless_refused(accounts.create_user, COMMAND_LINE, wanted)
    administrator = scene.actor(Role.ADMINISTRATOR)
    for role in (Role.INVESTIGATOR, Role.ANALYST):
        accounts.change_user(administrator, scene.user(role), UserChange(may_read_posts=True))
    home = UserChange(organisation="Made-up Hospital, Social Work")
    accounts.change_user(administrator, scene.user(Role.PARTNER), home)
    for address, role in (("new.examiner", Role.EXAMINER), ("ngo", Role.PARTNER)):
        invited = InvitationInput(email=f"{address}@lastseen.example", role=role)
        _unless_refused(joining.invite, administrator, invited)
    for number, organisation in enumerate(("Made-up Police Station", "Made-up Help Line"), 1):
        asks = RegistrationInput(
            email=f"asks.{number}@lastseen.example",
            name=f"Made-up Person who Asks {number}",
            organisation=organisation,
            remarks="We would like to see how a case is searched for.",
        )
        _unless_refused(registrations.register, asks, "192.0.2.9")


def reviews(scene: Scene) -> None:
    """One sighting is a lead, one waits for its blind review, the rest are candidates."""
    yes = ReviewInput(verdict=Verdict.CONFIRMED, remarks="Coat and face agree (made up).")
    found = found_sightings(scene.case)
    for sighting in found[:2]:
        sightings.review_sighting(scene.actor(Role.INVESTIGATOR), sighting.id, yes)
    for sighting in found[:1]:
        sightings.review_sighting(scene.actor(Role.EXAMINER), sighting.id, yes)


def a_phone(scene: Scene) -> None:
    """Positions of a phone after the last camera."""
    rows: list[Sequence[str]] = [("time", "latitude", "longitude", "accuracy")]
    for step in range(4):
        at = scene.start + timedelta(minutes=18 + 4 * step)
        north, east = 12.9731 - 0.0009 * step, 77.6071 - 0.0004 * step
        rows.append((at.isoformat(), f"{north:.5f}", f"{east:.5f}", "40"))
    given = TraceInput(source=LocationSource.PHONE, label="Phone (made up)", uncertainty_m=80)
    analyst = scene.actor(Role.ANALYST)
    traces.import_trace(analyst, scene.case, as_csv(rows), "phone-made-up.csv", given)


def more_sweeps(scene: Scene) -> None:
    """One planned, one that was stopped, one over cameras whose footage nobody has yet."""
    dispatcher = scene.actor(Role.DISPATCHER)
    filmed = tuple(camera_of(ref).id for ref in FILMED)
    around = SweepInput(
        window_start=scene.start - timedelta(minutes=5),
        window_end=scene.start + timedelta(minutes=25),
        radius_m=3000,
        camera_ids=filmed,
    )
    again = around.model_copy(
        update={
            "smallest_face_px": 30,
            "note": "Smaller faces (made up)",
            "priority": SweepPriority.HIGH,
            "assigned_to_id": scene.user(Role.DISPATCHER).id,
        }
    )
    sweeps.plan_sweep(dispatcher, scene.case, again)
    stopped = around.model_copy(update={"smallest_face_px": 24, "note": "Stopped (made up)"})
    sweep = sweeps.plan_sweep(dispatcher, scene.case, stopped)
    sweeps.start_sweep(dispatcher, sweep)
    try:
        sweeps.stop_sweep(dispatcher, sweep)
    except Conflict:
        db.session.rollback()  # The workers were quicker; then it is finished.
    later = SweepInput(
        window_start=scene.start + timedelta(hours=4),
        window_end=scene.start + timedelta(hours=6),
        radius_m=600,
        limit=4,
        note="Night buses (made up)",
    )
    sweeps.plan_sweep(dispatcher, scene.case, later)


def requests_to_owners(scene: Scene) -> None:
    """Two that wait, one that was declined."""
    dispatcher = scene.actor(Role.DISPATCHER)
    for owner, refs in (
        ("Example Street Traders Union", ("DEMO-017", "DEMO-022")),
        ("Example City Traffic Desk", ("DEMO-011",)),
        ("Example Metro Operations", ("DEMO-007",)),
    ):
        wanted = RequestInput(
            camera_ids=tuple(camera_of(ref).id for ref in refs),
            window_start=scene.start - timedelta(minutes=10),
            window_end=scene.start + timedelta(minutes=50),
            owner=owner,
            owner_email="footage@owner.example",
            contact="Made-up desk, 080 0000 0000",
            legal_basis=LEGAL_BASIS,
            message="A made-up request for the demonstration.",
        )
        made = footage_requests.create_request(dispatcher, scene.case, wanted)
        if refs == ("DEMO-007",):
            footage_requests.decline(dispatcher, made.request, "The recorder was being replaced.")


def other_cases(scene: Scene) -> None:
    """A list, a case with the same face and a hold, a restricted one, one that is to be purged."""
    investigator = scene.actor(Role.INVESTIGATOR)
    _import_a_list(investigator)
    twin = _open(investigator, "MADE-UP-31", "Made-up Person, as another station knows her", 37)
    other_photo = handed_in.photo_of_subject(6)
    photos.add_photo(investigator, twin, other_photo, "other-station.jpg")
    hold = CaseChange(legal_hold=True, legal_hold_reason="Order 12 (made up)")
    cases.change_case(investigator, twin, hold)
    members.restrict(investigator, _open(investigator, "MADE-UP-32", "Made-up Witness", 29))
    over = _open(investigator, "MADE-UP-33", "Made-up Person who Came Home", 16)
    cases.close_case(investigator, over)
    reason = "Found well; the family asks for it (made up)."
    case_purges.request_purge(investigator, over, reason, over.number)


def a_clock_check(scene: Scene) -> None:
    """A camera whose clock is fast."""
    true_at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    check = ClockCheckInput(
        true_at=true_at,
        shown_at=true_at + timedelta(seconds=95),
        precision_s=2,
        remarks="By telephone (made up)",
    )
    clocks.add_check(scene.actor(Role.DISPATCHER), camera_of("DEMO-002"), check)


def a_face_search(scene: Scene) -> None:
    """Kept faces, compared once more."""
    given = FaceSearchInput(radius_m=3000, purpose="Once more, wider (made up)")
    face_searches.search_faces(scene.actor(Role.INVESTIGATOR), scene.case, given)


STEPS: Final[tuple[Callable[[Scene], None], ...]] = (
    more_accounts,
    reviews,
    a_phone,
    more_sweeps,
    requests_to_owners,
    handed_in.reports_of_people,
    handed_in.public_tips,
    handed_in.found_persons,
    handed_in.imported_posts,
    other_cases,
    a_clock_check,
    a_face_search,
)


def _import_a_list(investigator: Actor) -> None:
    rows: list[Sequence[str]] = [
        ("Case Number", "First Name", "Last Name", "Age", "Sex", "City", "DLC", "Details")
    ]
    for number, name, age in ((71, "Asha", 9), (72, "Ravi", 14), (73, "Meena", 67)):
        details = "Last seen near the made-up market, in a yellow dress."
        rows.append(
            (f"LIST-{number}", f"Made-up {name}", "Example", f"{age} Years", "F", "Bengaluru",
             "05/17/2026", details)
        )  # fmt: skip
    given = CaseImportInput(
        purpose="Compare a made-up list.",
        legal_basis=LEGAL_BASIS,
        legal_basis_expires_at=datetime.now(UTC) + timedelta(days=60),
        source="Made-up police district",
        made_up=True,
    )
    case_imports.import_cases(investigator, as_csv(rows), "list-made-up.csv", given)


def _open(actor: Actor, number: str, name: str, age_years: int) -> Case:
    """A made-up case whose subject was seen two and a half days ago, near short-lived recorders."""
    now = datetime.now(UTC)
    case = cases.open_case(
        actor,
        CaseInput(
            number=number,
            purpose=PURPOSE,
            legal_basis=LEGAL_BASIS,
            legal_basis_expires_at=now + timedelta(days=14),
            subject_name=name,
            subject_age_years=age_years,
            subject_category=SubjectCategory.ADULT,
            timezone=ZONE,
            made_up=True,
        ),
    )
    near = camera_of("DEMO-022")
    place = LocationInput(
        latitude_deg=near.latitude_deg + 0.0005,
        longitude_deg=near.longitude_deg,
        seen_at=now - timedelta(hours=60),
        label="Made-up gate",
        source=LocationSource.FAMILY,
        reliability=Reliability.LIKELY,
    )
    locations.add_location(actor, case, place)
    return case


def _unless_refused(step: Callable[..., object], *given: object) -> None:
    """Do it, unless the product refuses, as registrations where they are switched off."""
    try:
        step(*given)
    except LastseenError as error:
        db.session.rollback()
        print(f"  left out: {error}")


if __name__ == "__main__":
    sys.exit(main())
