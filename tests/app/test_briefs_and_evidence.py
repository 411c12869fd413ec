"""The printed brief, read by a PDF reader; the evidence bundle, checked by its own script."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from pypdf import PdfReader

from app.errors import Conflict, TooLarge, Unavailable
from app.extensions import db
from app.models import AuditEntry, Case, Sighting, SightingState, Verdict
from app.outputs import LEAD_NOTICE
from app.services.base import audit, media
from app.services.base.actors import Actor
from app.services.papers import briefs, evidence
from app.services.papers.brief_fonts import scripts_in
from tests.app import factories
from tests.app.conftest import Client

LogIn = Callable[..., Client]


@pytest.fixture
def analyst(actor_factory: Callable[..., Actor]) -> Actor:
    return actor_factory("analyst")


def jpeg(shade: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (80, 80), (shade, 120, 90)).save(buffer, "JPEG")
    return buffer.getvalue()


def confirmed(case: Case, minutes: float, shade: int = 10, **values: Any) -> Sighting:
    camera = factories.make_camera(
        latitude_deg=factories.CENTRE_LATITUDE_DEG + values.pop("north_deg", minutes / 10_000)
    )
    crop = media.store(jpeg(shade))
    sighting: Sighting = factories.make_sighting(
        case,
        camera=camera,
        seen_at=factories.SEEN_AT + timedelta(minutes=minutes),
        state=SightingState.CONFIRMED,
        face={"crop_sha256": crop},
        **values,
    )
    factories.make_review(sighting)
    return sighting


@pytest.fixture
def case(app: Flask, analyst: Actor) -> Case:
    """Three confirmed sightings, one rejected and one candidate; some audit entries of others."""
    audit.record(analyst, "something.else")
    audit.commit()
    case = factories.make_case(subject_name="Made-up Subject ಕನ್ನಡ हिन्दी தமிழ்")
    audit.record(analyst, "case.open", case=case, details={"text": "ü\u2028 “quoted”", "n": 1.5})
    audit.commit()
    factories.make_location(case, label="Made-up gate")
    factories.make_photo(case)
    for step in range(3):
        confirmed(case, 5 * step, 40 * step)
    rejected = factories.make_sighting(case, state=SightingState.REJECTED)
    factories.make_review(rejected, verdict=Verdict.REJECTED)
    factories.make_sighting(case)
    audit.record(analyst, "other.case")
    audit.record(analyst, "case.view", case=case)
    audit.commit()
    return case


# ------------------------------------------------------------------------------------- the brief


def words_of(data: bytes) -> tuple[PdfReader, str]:
    reader = PdfReader(io.BytesIO(data), strict=True)
    text = "\n".join(page.extract_text() for page in reader.pages)
    # A glyph that stands for no letter of its own is read as a control character.
    plain = "".join(c for c in text if c.isprintable() or c.isspace() or c == "\u200d")
    return reader, " ".join(plain.split())


def test_a_brief_says_what_the_timeline_says_on_every_page(case: Case, analyst: Actor) -> None:
    export = briefs.export_brief(analyst, case)
    reader, text = words_of(export.data)
    assert reader.metadata is not None
    assert case.number in (reader.metadata.title or "")
    width_mm = float(reader.pages[0].mediabox.width) / 72 * 25.4
    assert width_mm == pytest.approx(210, abs=0.1)
    for number, page in enumerate(reader.pages, start=1):
        told = " ".join(page.extract_text().split())
        assert LEAD_NOTICE in told
        assert f"Page {number} of {len(reader.pages)}" in told
    for words in (
        case.purpose, "Made-up gate", "2026-11-18 14:10:00 IST", "similarity 0.52",
        "threshold 0.36", "confirmed by reviewer@lastseen.example", "possible on foot",
        "It is no probability",
    ):  # fmt: skip
        assert words in text
    assert "confidence" not in text
    assert "MADE-UP DEMONSTRATION DATA" not in text
    assert sum(len(page.images) for page in reader.pages) == 3


def test_names_in_indian_scripts_can_be_read_from_the_brief(case: Case, analyst: Actor) -> None:
    assert scripts_in(case.subject_name) == ["Devanagari", "Tamil", "Kannada"]
    reader, text = words_of(briefs.export_brief(analyst, case).data)
    for name in ("ಕನ್ನಡ", "हिन्दी", "தமிழ்"):
        assert name in text
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index]
    }
    assert any("Kannada" in name for name in fonts)


def test_a_brief_without_photos_holds_no_picture(case: Case, analyst: Actor) -> None:
    reader, _ = words_of(briefs.export_brief(analyst, case, with_photos=False).data)
    assert sum(len(page.images) for page in reader.pages) == 0


def test_made_up_data_are_labelled_on_every_page(app: Flask, analyst: Actor) -> None:
    case = factories.make_case(made_up=True)
    for step in range(9):
        confirmed(case, 5 * step)
    reader, _ = words_of(briefs.export_brief(analyst, case).data)
    assert len(reader.pages) > 1
    for page in reader.pages:
        assert "MADE-UP DEMONSTRATION DATA" in page.extract_text()


def test_contradictions_and_competing_routes_are_printed(app: Flask, analyst: Actor) -> None:
    case = factories.make_case()
    confirmed(case, 0)
    confirmed(case, 1, north_deg=0.5)
    _, text = words_of(briefs.export_brief(analyst, case).data)
    assert "Stops 1" in text
    assert "cannot both be the subject: impossible: faster than any road vehicle" in text
    assert "Competing route 2: stops" in text


def test_a_brief_is_in_the_audit_log_with_its_hash(case: Case, analyst: Actor) -> None:
    export = briefs.export_brief(analyst, case)
    entry = db.session.scalars(db.select(AuditEntry).filter_by(action="brief.export")).one()
    assert entry.details["sha256"] == hashlib.sha256(export.data).hexdigest()


def test_nothing_to_print_and_no_fonts_are_told_in_words(
    app: Flask, case: Case, analyst: Actor, tmp_path: Path
) -> None:
    with pytest.raises(Conflict, match="nothing to print"):
        briefs.export_brief(analyst, factories.make_case())
    settings = app.config["LASTSEEN"]
    app.config["LASTSEEN"] = settings.model_copy(update={"font_dir": tmp_path})
    try:
        with pytest.raises(Unavailable, match="fonts-noto-core"):
            briefs.export_brief(analyst, case)
    finally:
        app.config["LASTSEEN"] = settings


# ------------------------------------------------------------------------------------ the bundle


def bundled(case: Case, actor: Actor, folder: Path) -> tuple[Path, evidence.Bundle]:
    bundle = evidence.export_evidence(actor, case)
    path = folder / bundle.file_name
    path.write_bytes(b"".join(bundle.chunks()))
    return path, bundle


def verify(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The script as it lies in the bundle, in a Python that sees nothing of ours."""
    script = path / "verify.py" if path.is_dir() else path.with_name("verify.py")
    if not path.is_dir():
        with zipfile.ZipFile(path) as archive:
            script.write_bytes(archive.read("verify.py"))
    command = [sys.executable, "-I", "-S", str(script), str(path), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def unpacked(path: Path) -> Path:
    folder = path.with_suffix("")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder


def test_a_bundle_holds_everything_and_verifies_offline(
    case: Case, analyst: Actor, tmp_path: Path
) -> None:
    path, bundle = bundled(case, analyst, tmp_path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == bundle.sha256
    answer = verify(path, "--manifest", bundle.manifest_sha256)
    assert (answer.returncode, answer.stderr) == (0, ""), answer.stdout
    assert "ALL HOLD" in answer.stdout
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        sightings = json.loads(archive.read("sightings.json"))
        models = json.loads(archive.read("models.json"))
        entries = [json.loads(line) for line in archive.read("audit/entries.jsonl").splitlines()]
    assert len([name for name in names if name.startswith("crops/")]) == 3
    assert {"route.gpx", "route.kml"} <= {name.removeprefix("route/") for name in names}
    assert sorted(one["state"] for one in sightings) == [
        "candidate", "confirmed", "confirmed", "confirmed", "rejected",
    ]  # fmt: skip
    assert all(one["false_match_rate"] == 0.0001 for one in models)
    assert [one["action"] for one in entries] == ["case.open", "case.view"]
    assert "stream" not in json.dumps(sightings)


def test_the_pictures_of_people_who_are_not_the_subject_stay_in_the_product(
    case: Case, analyst: Actor, tmp_path: Path
) -> None:
    other = factories.make_sighting(
        case, state=SightingState.REJECTED, face={"crop_sha256": media.store(jpeg(99))}
    )
    factories.make_review(other, verdict=Verdict.REJECTED)
    path, _ = bundled(case, analyst, tmp_path)
    with zipfile.ZipFile(path) as archive:
        assert f"crops/{other.face.crop_sha256}.jpg" not in archive.namelist()
    assert verify(path).returncode == 0


def test_an_unpacked_bundle_verifies_too_and_so_do_its_sums(
    case: Case, analyst: Actor, tmp_path: Path
) -> None:
    folder = unpacked(bundled(case, analyst, tmp_path)[0])
    assert verify(folder).returncode == 0
    sums = subprocess.run(
        ["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=folder, capture_output=True, check=False
    )
    assert sums.returncode == 0


def replaced(folder: Path, name: str, old: str, new: str) -> None:
    """Change a file and make the manifest agree, as a forger would."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for one in manifest["files"]:
        data = (folder / one["path"]).read_bytes()
        one.update(sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data))
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("sightings.json", '"similarity": 0.52', '"similarity": 0.12', "below its threshold"),
        ("sightings.json", '"state": "rejected"', '"state": "unsure"', "its verdict is rejected"),
        ("reviews.json", '"verdict": "confirmed"', '"verdict": "unsure"', "its verdict is unsure"),
        ("models.json", '"sha256": "', '"sha256": "0', "model that is not listed"),
        ("route/route.gpx", "sighting_id: ", "sighting: ", "route.gpx does not hold"),
        ("audit/entries.jsonl", '"n":1.5', '"n":2.5', "was changed"),
        ("audit/entries.jsonl", '"case_number":"', '"case_number":"X', "was changed"),
    ],
)
def test_a_forged_bundle_is_found_out_although_its_manifest_agrees(
    case: Case, analyst: Actor, tmp_path: Path, name: str, old: str, new: str, words: str
) -> None:
    path, bundle = bundled(case, analyst, tmp_path)
    folder = unpacked(path)
    replaced(folder, name, old, new)
    answer = verify(folder)
    assert words in answer.stdout
    assert answer.returncode == 1
    told = verify(folder, "--manifest", bundle.manifest_sha256).stdout
    assert "not the one that was expected" in told


def test_changed_missing_and_added_files_are_named(
    case: Case, analyst: Actor, tmp_path: Path
) -> None:
    folder = unpacked(bundled(case, analyst, tmp_path)[0])
    (folder / "README.txt").write_text("other")
    (folder / "timeline.json").unlink()
    (folder / "extra.txt").write_text("more")
    crop = next((folder / "crops").iterdir())
    crop.write_bytes(b"another picture")
    answer = verify(folder)
    assert answer.returncode == 1
    for words in (
        "README.txt was changed", "timeline.json is missing", "extra.txt is not in the manifest",
        f"crops/{crop.name} was changed", "its picture is another one",
    ):  # fmt: skip
        assert words in answer.stdout


def test_something_else_is_no_bundle(case: Case, analyst: Actor, tmp_path: Path) -> None:
    path, _ = bundled(case, analyst, tmp_path)
    verify(path)
    command = [sys.executable, "-I", "-S", str(tmp_path / "verify.py"), str(tmp_path)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 2
    assert "is no evidence bundle" in answer.stdout


def test_a_removed_audit_entry_breaks_the_chain(case: Case, analyst: Actor, tmp_path: Path) -> None:
    folder = unpacked(bundled(case, analyst, tmp_path)[0])
    chain = folder / "audit" / "chain.txt"
    lines = chain.read_text().splitlines(keepends=True)
    chain.write_text("".join([*lines[:2], *lines[3:]]))
    assert "the chain has a gap" in verify(folder).stdout


def test_a_bundle_is_in_the_audit_log_with_both_hashes(
    case: Case, analyst: Actor, tmp_path: Path
) -> None:
    path, bundle = bundled(case, analyst, tmp_path)
    entry = db.session.scalars(db.select(AuditEntry).filter_by(action="evidence.export")).one()
    assert entry.details["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert entry.details["manifest_sha256"] == bundle.manifest_sha256


def test_what_is_no_longer_kept_is_said_and_stops_nothing(
    case: Case, analyst: Actor, tmp_path: Path
) -> None:
    sighting = db.session.scalars(
        db.select(Sighting).where(Sighting.state == SightingState.CONFIRMED)
    ).first()
    assert sighting is not None
    media.discard(sighting.face.crop_sha256)
    path, _ = bundled(case, analyst, tmp_path)
    assert verify(path).returncode == 0


def test_limits_and_empty_cases_are_told_in_words(
    case: Case, analyst: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Conflict, match="no evidence to bundle"):
        evidence.export_evidence(analyst, factories.make_case())
    monkeypatch.setattr(evidence, "MOST_BYTES", 2000)
    with pytest.raises(TooLarge, match="larger than is handed out"):
        evidence.export_evidence(analyst, case)


# ------------------------------------------------------------------------------------ the doors


def test_both_are_downloaded_by_those_who_may_export(case: Case, logged_in: LogIn) -> None:
    client = logged_in("analyst")
    brief = client.get(f"/api/cases/{case.number}/brief.pdf")
    assert (brief.status_code, brief.mimetype) == (200, "application/pdf")
    assert brief.data.startswith(b"%PDF-")
    bundle = client.get(f"/api/cases/{case.number}/evidence.zip")
    assert bundle.mimetype == "application/zip"
    assert bundle.content_length == len(bundle.data)
    with zipfile.ZipFile(io.BytesIO(bundle.data)) as archive:
        digest = hashlib.sha256(archive.read("manifest.json")).hexdigest()
    assert bundle.headers["X-Manifest-SHA256"] == digest
    for role in ("dispatcher", "examiner", "partner", "administrator"):
        for name in ("brief.pdf", "evidence.zip"):
            assert logged_in(role).get(f"/api/cases/{case.number}/{name}").status_code == 403


def test_the_shell_writes_both(app: Flask, case: Case, tmp_path: Path) -> None:
    runner = app.test_cli_runner()
    pdf, archive = tmp_path / "b.pdf", tmp_path / "e.zip"
    for command, path in (("brief", pdf), ("evidence", archive)):
        answer = runner.invoke(args=["route", command, case.number, "--out", str(path), "--json"])
        assert answer.exit_code == 0, answer.output
        told = json.loads(answer.stdout)
        assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert verify(archive).returncode == 0
