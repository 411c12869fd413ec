"""When reference photos were taken, and artificial pictures, which propose nothing anywhere."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import ExifTags, Image
from pydantic import ValidationError
from sqlalchemy import func, select

from app.errors import Refused
from app.extensions import db
from app.inputs import PhotoChange, PhotoInput
from app.inputs.photos import taken_of
from app.inputs.posters import PosterInput
from app.models import (
    Alert,
    AuditEntry,
    Case,
    ContributedMatch,
    Embedder,
    Face,
    FaceSearch,
    ReferencePhoto,
    SearchOccasion,
    Sighting,
    SightingSimilarity,
)
from app.models.accounts import Role, User
from app.models.cases import TakenPrecision
from app.outputs.age_gaps import age_gap
from app.recogniser import RecogniserHolder
from app.services.base import media
from app.services.base.actors import COMMAND_LINE, WORKER
from app.services.casework import photos
from app.services.contributing import contribution_matching
from app.services.embeddings import galleries
from app.services.embeddings.kept_faces import Reach
from app.services.exchange import case_export, duplicates
from app.services.papers import briefs, evidence_records, posters
from app.services.searches import face_searches, searching
from tests.app import contribution_cases, factories, footage_cases, post_cases
from tests.app import kept_face_cases as given
from tests.app.answers import body, problem

EXAMPLES = "faces/face_recognition/examples"
SEEN_AT = datetime(2026, 11, 18, 20, 0, tzinfo=UTC)
"""The 19th already in Kolkata."""


@pytest.fixture
def embedder(app: Flask) -> Embedder:
    row: Embedder = given.make_embedder()
    return row


@pytest.fixture
def with_models(app: Flask, shared_dir: Path) -> Iterator[Path]:
    before = app.config["LASTSEEN"]
    pack = str(shared_dir / "models" / "insightface-mini")
    roots = f"{before.footage_roots},{shared_dir}"
    settings = before.model_copy(
        # No copy of kept faces is made in the background, by the test's own connection.
        update={"face_pack": pack, "footage_roots": roots, "face_memory_mb": 0}
    )
    app.config["LASTSEEN"] = settings
    app.extensions["lastseen_recogniser"] = RecogniserHolder(settings)
    yield shared_dir
    app.config["LASTSEEN"] = before
    app.extensions["lastseen_recogniser"] = RecogniserHolder(before)


def _search(case: Case, embedder: Embedder, *, show_below: bool = False) -> FaceSearch:
    """A search as a person asks for it without choosing photos, with a model of few dimensions."""
    chosen = face_searches._usable_photos(case, embedder, ())
    wanted = searching.Wanted(SearchOccasion.REQUEST, Reach(case.id, None), chosen, 50, show_below)
    search = searching.run(COMMAND_LINE, case, embedder, wanted)
    db.session.commit()
    return search


def _count(model: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


# ------------------------------------------------------------------------------- dates and gaps


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", None),
        ("2019", (date(2019, 1, 1), TakenPrecision.YEAR)),
        ("2019-06", (date(2019, 6, 1), TakenPrecision.MONTH)),
        (" 2019-06-14 ", (date(2019, 6, 14), TakenPrecision.DAY)),
    ],
)
def test_a_year_a_month_or_a_day_is_read_as_exactly_as_it_was_given(
    typed: str, read: tuple[date, TakenPrecision] | None
) -> None:
    assert taken_of(typed) == read
    row = ReferencePhoto(taken_at_day=read and read[0], taken_precision=read and read[1])
    assert row.taken == (typed.strip() or None)


@pytest.mark.parametrize("typed", ["June", "2019-13", "2019-02-30", "2999", "0001", "19", "1899"])
def test_no_day_and_no_day_to_come_is_taken(typed: str) -> None:
    with pytest.raises(ValidationError):
        PhotoInput(taken=typed)


@pytest.mark.parametrize(
    ("taken", "words", "is_wide"),
    [
        ("2020-11-18", "taken about 6 years before", True),
        ("2023-11-19", "taken about 3 years before", True),
        ("2023-11-20", "taken about 3 years before", False),
        ("2023", "taken about 3 years before", True),
        ("2025-10", "taken about a year before", False),
        ("2026", "taken less than a year before", False),
        ("2026-11-19", "taken less than a year before", False),
        ("2026-11-20", "taken after this sighting: check its date", False),
    ],
)
def test_the_gap_is_told_on_the_cases_own_calendar(taken: str, words: str, is_wide: bool) -> None:
    day, precision = taken_of(taken) or (None, None)
    photo = ReferencePhoto(taken_at_day=day, taken_precision=precision, artificial=False)
    gap = age_gap(photo, SEEN_AT, "Asia/Kolkata")
    assert gap is not None
    assert (gap.words, gap.is_wide) == (words, is_wide)


def test_a_photo_without_a_date_has_no_gap() -> None:
    assert age_gap(ReferencePhoto(artificial=False), SEEN_AT, "UTC") is None


def _compared(case: Case, embedder: Embedder, **values: Any) -> tuple[Sighting, ReferencePhoto]:
    photo = factories.make_photo(case, **values)
    sighting = factories.make_sighting(case, embedder=embedder, photo=photo)
    db.session.add(SightingSimilarity(sighting_id=sighting.id, photo_id=photo.id, similarity=0.52))
    db.session.commit()
    return sighting, photo


OLD = {"taken_at_day": date(2020, 1, 1), "taken_precision": TakenPrecision.YEAR}


def test_a_sighting_tells_the_gap_of_each_photo_and_that_no_threshold_was_measured_for_it(
    embedder: Embedder, logged_in: Callable[..., Any]
) -> None:
    sighting, _ = _compared(factories.make_case(), embedder, **OLD)
    person = logged_in(Role.INVESTIGATOR)
    page = person.get(f"/sightings/{sighting.id}").text
    assert "taken about 6 years before" in page
    assert "No threshold measured for this gap" in page
    told = body(person.get(f"/api/sightings/{sighting.id}"))
    assert told["reference_photo"]["age_gap"] == "taken about 6 years before"
    (one,) = told["similarities"]
    assert one["taken"] == "2020"
    assert one["age_gap_remark"].startswith("No threshold measured for this gap")
    assert embedder.threshold_measured_on in one["age_gap_remark"]


def test_a_blind_reviewer_reads_gap_and_mark_without_similarity_or_threshold(
    embedder: Embedder, logged_in: Callable[..., Any]
) -> None:
    sighting, _ = _compared(factories.make_case(), embedder, artificial=True, **OLD)
    examiner = logged_in(Role.EXAMINER)
    page = examiner.get(f"/review/{sighting.id}").text
    told = body(examiner.get(f"/api/sightings/{sighting.id}/blind"))
    assert "dated about 6 years before" in page
    assert ">artificial</span>" in page
    (photo,) = told["reference_photos"]
    assert (photo["artificial"], photo["age_gap"]) == (True, "dated about 6 years before")
    for text in (page, str(told)):
        assert "0.52" not in text
        assert "0.36" not in text
        assert "hreshold" not in text


# ------------------------------------------------------------ artificial pictures propose nothing


def test_kept_faces_like_an_artificial_picture_alone_are_not_proposed(embedder: Embedder) -> None:
    case = factories.make_case()
    artificial = given.make_photo(case, embedder, 0, artificial=True)
    near = given.make_face(factories.make_sweep(factories.make_case()), embedder, 5)
    search = _search(case, embedder, show_below=True)
    assert (search.proposed, search.above_threshold) == (0, 0)
    (listed,) = face_searches.results_of(search)
    assert (listed.result.face_id, listed.sighting) == (near.id, None)
    assert listed.result.photo_id == artificial.id
    real = given.make_photo(case, embedder, 50)
    again = _search(case, embedder)
    assert again.photo_ids == [real.id]
    sighting = db.session.scalars(select(Sighting)).one()
    assert sighting.reference_photo_id == real.id
    assert sighting.without_best is None
    told = {one.photo_id: one.similarity for one in sighting.similarities}
    assert told[artificial.id] > told[real.id] == sighting.similarity


def test_tips_found_persons_and_posts_like_an_artificial_picture_alone_match_nothing(
    embedder: Embedder, user_factory: Callable[..., User]
) -> None:
    partner = user_factory(Role.PARTNER, organisation="Made-up Home")
    post_cases.take_in(
        post_cases.row(images="a.jpg"),
        pictures=post_cases.zipped(a_jpg=contribution_cases.picture()),
    )
    owners = [
        contribution_cases.hand_in(contribution_cases.picture()).tip,
        contribution_cases.register(partner),
        post_cases.posts()[0],
    ]
    faces = [contribution_cases.add_face(one.photos[0], embedder, 5) for one in owners]
    case = factories.make_case()
    given.make_photo(case, embedder, 0, artificial=True)
    assert contribution_matching.compare_case(WORKER, case, embedder) == 0
    for face in faces:
        row = given.at_angle(5)
        assert contribution_matching.compare_photo(face.photo, embedder, [face], [row]) == []
    assert (_count(ContributedMatch), _count(Alert)) == (0, 0)
    real = given.make_photo(case, embedder, 40)
    assert contribution_matching.compare_case(WORKER, case, embedder) == 3
    assert {one.reference_photo_id for one in contribution_cases.matches()} == {real.id}


def test_artificial_pictures_make_no_two_cases_the_same(embedder: Embedder) -> None:
    first, second = factories.make_case(), factories.make_case()
    given.make_photo(first, embedder, 0)
    picture = given.make_photo(second, embedder, 2, artificial=True)
    assert duplicates.find_duplicates(COMMAND_LINE, first).pairs == []
    picture.artificial = False
    db.session.commit()
    assert len(duplicates.find_duplicates(COMMAND_LINE, first).pairs) == 1


def test_a_sweep_and_kept_faces_propose_by_a_real_photo_only(with_models: Path) -> None:
    folder = with_models / EXAMPLES
    data = (folder / "lin-manuel-miranda.png").read_bytes()
    camera = footage_cases.add_camera()
    footage_cases.add_footage(camera, with_models / "video/speech/short_hamilton_clip.mp4")
    case = footage_cases.open_case("AGED-1")
    photo = photos.add_photo(
        COMMAND_LINE, case, data, "aged.png", PhotoInput(artificial=True, taken="2020")
    )
    footage_cases.run_here(footage_cases.plan(case))
    assert _count(Face) > 0
    assert footage_cases.sightings_of(case) == []
    other = footage_cases.open_case("AGED-2")
    photos.add_photo(COMMAND_LINE, other, data, "aged.png", PhotoInput(artificial=True))
    footage_cases.run_here(footage_cases.plan(other))
    assert (footage_cases.sightings_of(other), _count(Alert)) == ([], 0)
    real = PhotoChange(artificial=False, reason="It is the school's own photo")
    photos.change_photo(COMMAND_LINE, case, photo.id, real)
    found = footage_cases.sightings_of(case)
    assert found
    assert {one.reference_photo_id for one in found} == {photo.id}
    photos.remove_photo(COMMAND_LINE, case, photo.id)
    again = photos.add_photo(COMMAND_LINE, case, data, "x.png", PhotoInput(artificial=True))
    photos.remove_photo(COMMAND_LINE, case, photo.id)
    kept = photos.add_photo(COMMAND_LINE, case, data, "x.png")
    assert (again.id, kept.id, kept.artificial, kept.taken) == (photo.id, photo.id, True, "2020")


def test_a_gallery_in_memory_learns_of_the_mark(embedder: Embedder) -> None:
    case = factories.make_case()
    photo = given.make_photo(case, embedder, 0)
    assert galleries.open_galleries(embedder).match(given.at_angle(0), embedder.sha256)
    photo.artificial = True
    db.session.commit()
    assert galleries.open_galleries(embedder).match(given.at_angle(0), embedder.sha256) == []


# -------------------------------------------------------------------------- changing and marking


def test_the_mark_is_taken_away_with_a_reason_only_and_each_change_is_audited(
    app: Flask, logged_in: Callable[..., Any]
) -> None:
    case = factories.make_case()
    photo = factories.make_photo(case)
    at = f"/api/cases/{case.number}/photos/{photo.id}"
    person = logged_in(Role.INVESTIGATOR)
    told = body(person.patch(at, json={"taken": "2019-06", "artificial": True}))
    assert (told["taken"], told["taken_precision"], told["artificial"]) == (
        "2019-06",
        "month",
        True,
    )
    told = body(person.patch(at, json={"taken": ""}))
    assert (told["taken"], told["artificial"]) == (None, True)
    assert "reason" in problem(person.patch(at, json={"artificial": False}), 422)["errors"]
    page = person.post(f"/cases/{case.number}/photos/{photo.id}", data={"taken": "2018"})
    assert page.status_code == 422
    assert "Say why this artificial picture is a real photo" in page.text
    db.session.expire_all()
    assert (photo.artificial, photo.taken) == (True, None)
    given_ = {"taken": "2018", "reason": "Mixed up with another file"}
    assert person.post(f"/cases/{case.number}/photos/{photo.id}", data=given_).status_code == 302
    db.session.expire_all()
    assert (photo.artificial, photo.taken) == (False, "2018")
    entries = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "photo.change").order_by(AuditEntry.id)
    ).all()
    assert len(entries) == 3
    assert entries[-1].details["before"] == {"taken": None, "artificial": True}
    assert entries[-1].details["reason"] == "Mixed up with another file"


def test_the_command_line_changes_a_photo(app: Flask) -> None:
    case = factories.make_case()
    photo = factories.make_photo(case, artificial=True)
    runner = app.test_cli_runner()
    words = ["cases", "change-photo", case.number, str(photo.id)]
    assert runner.invoke(args=[*words, "--real"]).exit_code != 0
    ran = runner.invoke(args=[*words, "--real", "--reason", "Mixed up", "--taken", "2019"])
    assert ran.exit_code == 0, ran.output
    assert "real, taken 2019" in ran.output
    photos.change_photo(COMMAND_LINE, case, photo.id, PhotoChange(artificial=True))
    with pytest.raises(Refused):
        photos.change_photo(COMMAND_LINE, case, photo.id, PhotoChange(artificial=False))


def test_a_case_with_artificial_pictures_alone_says_that_it_proposes_nothing(
    embedder: Embedder, logged_in: Callable[..., Any]
) -> None:
    case = factories.make_case()
    given.make_photo(case, embedder, 0, artificial=True)
    person = logged_in(Role.INVESTIGATOR)
    words = "All reference pictures of this case are artificial."
    for page in ("photos", "sweeps"):
        assert words in person.get(f"/cases/{case.number}/{page}").text
    assert words in person.get(f"/cases/{case.number}").text
    given.make_photo(case, embedder, 0)
    for page in ("photos", "sweeps"):
        assert words not in person.get(f"/cases/{case.number}/{page}").text
    assert ">artificial</span>" in person.get(f"/cases/{case.number}/photos").text
    assert "(artificial)" in person.get(f"/cases/{case.number}/poster").text
    assert ">artificial</span>" in person.get(f"/cases/{case.number}/search").text


def test_brief_evidence_and_poster_name_an_artificial_picture(embedder: Embedder) -> None:
    case = factories.make_case()
    sighting, photo = _compared(case, embedder, artificial=True, **OLD)
    assert briefs._said_of(photo)[0] == "ARTIFICIAL: computed, not a photo"
    said = briefs._compared_with(sighting)
    assert said[0] == "artificial reference picture dated about 6 years before"
    assert said[1].startswith("No threshold measured for this gap")
    (row,) = evidence_records.photo_records(case)
    assert (row["artificial"], row["taken"]) == (True, "2020")
    record = evidence_records.sighting_record(sighting, False, None)
    assert record["reference_photo_artificial"] is True
    condition = case_export.conditions(case)["reference_photos"]
    (exported,) = case_export._rows(db.metadata.tables["reference_photos"], condition)
    assert (exported["artificial"], exported["taken_at_day"]) == (True, "2020-01-01")


def test_the_day_that_a_file_names_is_proposed_and_not_taken_for_granted(
    with_models: Path, logged_in: Callable[..., Any]
) -> None:
    picture = Image.open(with_models / EXAMPLES / "obama.jpg")
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2014:03:02 10:11:12"
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", exif=exif, quality=95)
    case = footage_cases.open_case("EXIF-1")
    person = logged_in(Role.INVESTIGATOR)
    sent = {"photo": (io.BytesIO(buffer.getvalue()), "a.jpg"), "artificial": "true"}
    told = body(person.post(f"/api/cases/{case.number}/photos", data=sent), 201)
    assert (told["taken_on"], told["taken"], told["artificial"]) == ("2014-03-02", None, True)
    assert "its file says 2014-03-02" in person.get(f"/cases/{case.number}/photos").text
    wrong = {"photo": (io.BytesIO(buffer.getvalue()), "a.jpg"), "taken": "last year"}
    assert problem(person.post(f"/api/cases/{case.number}/photos", data=wrong), 422)


def test_a_poster_prints_below_an_artificial_picture_what_it_is(app: Flask) -> None:
    case = factories.make_case()
    sha256 = media.store(contribution_cases.picture())
    photo = factories.make_photo(case, sha256=sha256, face_sha256=sha256, artificial=True)
    wanted = PosterInput(heading="Missing", photo_id=photo.id)
    poster = posters.make_poster(case, wanted, "https://lastseen.example/")
    assert poster.photo_note.startswith("Artificial picture")
    assert poster.photo_note in [fact.text for fact in posters.public_facts(poster)]
    photo.artificial = False
    assert posters.make_poster(case, wanted, "https://lastseen.example/").photo_note == ""


def test_a_photo_dated_by_its_year_alone_is_taken_by_the_api_as_by_the_page(
    with_models: Path, logged_in: Callable[..., Any]
) -> None:
    case = factories.make_case()
    data = (with_models / "faces/face_recognition/examples/biden.jpg").read_bytes()
    person = logged_in(Role.INVESTIGATOR)
    form = {"photo": (io.BytesIO(data), "b.jpg"), "taken": "2015", "artificial": "1"}
    told = body(person.post(f"/api/cases/{case.number}/photos", data=form), 201)
    assert (told["taken"], told["artificial"]) == ("2015", True)
