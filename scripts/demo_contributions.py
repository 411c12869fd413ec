"""What people would hand in about the demo case: reports, tips, found persons, posts; all invented.

Photos of the subject are variants of the demo's portrait (see demo_footage.py); other pictures are
drawn and show nobody.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import cv2
import numpy as np

from app.inputs.posts import PostImportInput
from app.inputs.reports import MarkDecision, MarkInput, ReportInput
from app.inputs.tips import AcceptInput, MessageInput
from app.intake.marks import MarkKind
from app.models import Case, User
from app.models.accounts import Role
from app.models.cases import Reliability
from app.models.found import Sex
from app.models.reports import ReportKind
from app.services.base.actors import Actor
from app.services.contributing import reports, tips, triage
from app.services.people import accounts
from app.services.people.accounts import actor_for
from app.services.postings import post_imports
from recognition.faces import ImageBGR
from scripts import demo_entries
from scripts.demo_steps import ZONE
from scripts.demo_street import draw_street, read_photo_of

PUBLIC: Final = Actor(None, "not logged in", "public", "192.0.2.7")
LONGEST_WAIT_S: Final = 120.0
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Scene:
    """The demo case, when its first clip begins, and who works on it."""

    case: Case
    start: datetime

    def user(self, role: Role) -> User:
        """The demo's account of a role."""
        return accounts.find_by_email(f"{role.value}@lastseen.example")

    def actor(self, role: Role) -> Actor:
        """The same, as somebody who acts."""
        return actor_for(self.user(role), "192.0.2.20")


REPORTS: Final = (
    (
        ReportKind.FIR,
        "First information report 12/2026 (made up)",
        (
            "The complainant states that the subject left M G Road metro station yesterday at "
            "about 5:35 pm, wearing a blue coat. A friend saw her at Church Street at 17:50 and "
            "again near Brigade Road at 6.05 pm getting into a white van, KA 01 MJ 2345. The "
            "complainant can be reached at 98450 12345."
        ),
    ),
    (
        ReportKind.MESSAGE,
        "Message to the made-up help line",
        "I saw the person from the poster today at 9 am near Richmond Road, call me: 98450 54321",
    ),
)

POST_TEXTS: Final = (
    "Quiet rooms near the lake, ask for the weekly price",
    "New in town, leaving tomorrow. Incalls only, ask the manager",
    "Rooms with a view, tourists welcome, cheap price this week",
    "Our girls arrived today. My driver will pick you up",
    "Clean rooms, breakfast, near the bus stand, call any time",
)


def reports_of_people(scene: Scene) -> None:
    """Two reports; of each, the phone number and what the subject wore are accepted."""
    investigator = scene.actor(Role.INVESTIGATOR)
    accept = MarkInput(decision=MarkDecision.ACCEPT)
    for kind, title, text in REPORTS:
        given = ReportInput(kind=kind, title=title, written_at=scene.start + timedelta(hours=20))
        report = reports.add_report(investigator, scene.case, given, text=text)
        for mark in list(report.marks):
            if mark.kind in (MarkKind.PHONE, MarkKind.DESCRIPTION):
                reports.decide(investigator, scene.case, report.id, mark.id, accept)


def public_tips(scene: Scene) -> None:
    """Five tips: two like the subject, one with a question back, one accepted, one spam."""
    investigator = scene.actor(Role.INVESTIGATOR)
    tips.publish_code(investigator, scene.case)
    hours = timedelta(hours=1)
    _tip(
        [photo_of_subject(0)],
        "She asked for a bus to the coast. Blue coat.",
        place="Bus stand, platform 4 (made up)",
        position=(12.9779, 77.5721),
        seen_at=scene.start + 3 * hours,
        contact="080 0000 0001",
    )
    _tip(
        [photo_of_a_street(4)],
        "I am not sure, but the coat was the same. She went towards the church.",
        place="Church Street",
        position=(12.9749, 77.6052),
        seen_at=scene.start + hours,
    )
    asked = _tip(
        [],
        "Somebody slept on a bench here, I have no photo.",
        place="Cubbon Park, near the library",
        position=(12.9763, 77.5929),
        seen_at=scene.start + 2 * hours,
    )
    accepted = _tip(
        [photo_of_subject(1)],
        "She bought water and paid in coins.",
        place="Shop in Commercial Street",
        position=(12.9822, 77.6083),
        seen_at=scene.start + hours / 2,
    )
    spam = _tip([], "Buy followers at a made-up address")
    _wait_for_comparisons()
    into = AcceptInput(case_number=scene.case.number, reliability=Reliability.LIKELY)
    triage.accept(investigator, accepted, into)
    question = MessageInput(text="Thank you. At which gate was that, and about when?")
    triage.ask(investigator, asked, question)
    triage.reject(investigator, spam, spam=True)


def found_persons(scene: Scene) -> None:
    """Three entries of a partner; the first is like the subject."""
    station = "Made-up railway station, foot bridge between platform 2 and the long-distance buses"
    for photo, place, position, ages, sex, marks in (
        (photo_of_subject(3), "Made-up bus terminal, waiting hall", (12.9600, 77.5750), (30, 40),
         Sex.FEMALE, "Small scar above the left eyebrow (made up)"),
        (photo_of_a_street(7), "Made-up market, east gate", (12.9640, 77.5830), (25, 35),
         Sex.MALE, ""),
        (photo_of_a_street(9), station, None, (60, 75), Sex.UNKNOWN,
         "Does not speak; answers to no name that was tried"),
    ):  # fmt: skip
        demo_entries.register_found(
            scene.user(Role.PARTNER),
            _form_id(),
            photo,
            found_at=scene.start + timedelta(hours=6),
            place=place,
            position=position,
            ages=ages,
            sex=sex,
            languages="Kannada, some Hindi",
            clothing="Blue coat, grey trousers",
            marks=marks,
            condition="Well, tired",
            whereabouts="Made-up Hospital, ward 3",
            contact="Made-up social worker, 080 0000 0002",
        )
    _wait_for_comparisons()


def imported_posts(scene: Scene) -> None:
    """Fourteen posts of four accounts that share numbers; one picture is like the subject."""
    rows = [
        {
            "id": f"p{number}",
            "author": {"name": f"made_up_{number % 4 + 1}"},
            "text": POST_TEXTS[number % len(POST_TEXTS)],
            "posted_at": (scene.start + timedelta(hours=5 * number - 90)).isoformat(),
            "city": ("Bengaluru", "Mysuru", "Hassan")[number % 3],
            "category": "rooms",
            "phone": ("98450 12345", "98450 54321", "98450 67890")[number % 3],
            "price": str(900 if number == 4 else 3000 + 100 * (number % 5)),
            "currency": "INR",
            "images": ["made-up.jpg"] if number == 2 else [],
        }
        for number in range(14)
    ]
    pictures = io.BytesIO()
    with zipfile.ZipFile(pictures, "w") as archive:
        archive.writestr("made-up.jpg", photo_of_subject(5))
    pictures.seek(0)
    given = PostImportInput(
        origin="Made-up cyber unit",
        purpose="Order 7/2026 (made up)",
        label="Rooms, November (made up)",
        platform="made-up board",
        timezone=ZONE,
    )
    investigator, data = scene.actor(Role.INVESTIGATOR), json.dumps(rows).encode()
    post_imports.import_posts(investigator, data, "posts.json", given, pictures=pictures)
    _wait_for_comparisons()


def photo_of_subject(number: int) -> bytes:
    """The demo's portrait as JPEG, each number lit and framed a little otherwise."""
    portrait = read_photo_of("subject")[0:340, 40:420]
    lit = portrait.astype(np.float32) * (0.9 + 0.03 * (number % 7)) + 2 * number
    scale = (720 + 20 * number) / portrait.shape[0]
    image = np.clip(lit, 0, 255).astype(np.uint8)
    return _jpeg(cv2.resize(image, None, fx=scale, fy=scale).astype(np.uint8))


def photo_of_a_street(number: int) -> bytes:
    """A drawn street without anybody, as JPEG."""
    return _jpeg(draw_street(number, 0.9))


def as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    """Rows as a CSV file."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().encode()


def _tip(
    photos: Sequence[bytes],
    remarks: str,
    *,
    place: str = "",
    position: demo_entries.Position = None,
    seen_at: datetime | None = None,
    contact: str = "",
) -> int:
    tip = demo_entries.hand_in_tip(
        PUBLIC,
        _form_id(),
        photos,
        remarks=remarks,
        place=place,
        position=position,
        seen_at=seen_at,
        contact=contact,
    )
    return tip.id


def _form_id() -> str:
    """As the forms have: each makes one entry."""
    return f"demo-{next(_numbers)}-{time.time_ns()}"


def _jpeg(image_bgr: ImageBGR) -> bytes:
    return bytes(cv2.imencode(".jpg", image_bgr)[1].tobytes())


def _wait_for_comparisons() -> None:
    """Until the workers have compared every handed-in photo. Raises SystemExit if they do not."""
    if not demo_entries.wait_until_compared(LONGEST_WAIT_S):
        raise SystemExit("The workers have not compared the photos; is the demo running?")
