"""The evidence bundle: everything behind a route in one file that anyone can check offline."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from sqlalchemy import func, select

from app.errors import Conflict, NotFound, TooLarge
from app.extensions import db
from app.models import AuditEntry, Case, Sighting, SightingClip, SightingState
from app.models.columns import utc_now
from app.outputs import LEAD_NOTICE
from app.services.base import audit, media
from app.services.base.actors import Actor
from app.services.papers import evidence_records as records
from app.services.places import timeline_answers
from app.services.places.routes import route_files
from app.services.places.timeline import timeline_of
from app.services.reviews import clips

MOST_BYTES: Final = 512 * 1024 * 1024
MOST_SIGHTINGS: Final = 20_000
MOST_CHAIN_ENTRIES: Final = 2_000_000
IN_MEMORY_BYTES: Final = 16 * 1024 * 1024
CHUNK_BYTES: Final = 1024 * 1024
VERIFIER: Final = Path(__file__).with_name("evidence_verify.py")
FORMATS: Final = ("geojson", "gpx", "kml", "csv", "cot")
BUNDLE_VERSION: Final = 2
_TOO_LARGE: Final = (
    "This bundle would be larger than is handed out at once; ask an administrator for an export of "
    "the database."
)


@dataclass
class Bundle:
    """A finished bundle. `chunks` hands it out and closes it; nothing of it stays behind."""

    file: IO[bytes]
    file_name: str
    size_bytes: int
    sha256: str
    manifest_sha256: str
    files: int

    def chunks(self) -> Iterator[bytes]:
        """The file's bytes, a piece at a time."""
        with self.file as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk


@dataclass
class Packing:
    """A zip that is being written, and what its manifest will say."""

    archive: zipfile.ZipFile
    files: list[dict[str, object]] = field(default_factory=list)
    total_bytes: int = 0

    def add(self, path: str, data: bytes) -> None:
        """Add one file."""
        self.add_pieces(path, (data,))

    def add_pieces(self, path: str, pieces: Iterable[bytes]) -> None:
        """Add one file that is never in memory as a whole. Raises TooLarge."""
        digest, size = hashlib.sha256(), 0
        with self.archive.open(path, "w", force_zip64=True) as target:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                self.total_bytes += len(piece)
                if self.total_bytes > MOST_BYTES:
                    raise TooLarge(_TOO_LARGE)
                target.write(piece)
        self.files.append({"path": path, "sha256": digest.hexdigest(), "size_bytes": size})


def export_evidence(actor: Actor, case: Case) -> Bundle:
    """Pack the bundle. The audit log gets the hashes of the bundle and of its manifest.

    Raises Conflict without a confirmed sighting, TooLarge beyond the limits.
    """
    confirmed = select(Sighting.id).where(
        Sighting.case_id == case.id, Sighting.state == SightingState.CONFIRMED
    )
    if db.session.scalar(confirmed.limit(1)) is None:
        raise Conflict(
            f"Case {case.number} has no confirmed sighting yet, so there is no evidence to bundle."
        )
    bundle = build(actor, case, f"evidence-{case.number}.zip")
    _record(actor, case, bundle)
    return bundle


def build(
    actor: Actor, case: Case, file_name: str, more: Callable[[Packing], None] | None = None
) -> Bundle:
    """Pack a bundle, with what `more` adds; its manifest covers that too. Writes no audit entry.

    Raises TooLarge beyond the limits.
    """
    sightings = records.all_sightings(case)
    _check_amount(case, len(sightings))
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 (handed out)
    try:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            packing = Packing(archive)
            _pack(actor, case, packing, sightings)
            if more is not None:
                more(packing)
            manifest_sha256 = _pack_manifest(case, packing)
        return _finished(file_name, file, packing, manifest_sha256)
    except BaseException:
        file.close()
        raise


def _check_amount(case: Case, sightings: int) -> None:
    last_id = db.session.scalar(select(func.max(AuditEntry.id))) or 0
    entries = last_id - (records.first_entry_id(case) or last_id)
    if sightings > MOST_SIGHTINGS or entries > MOST_CHAIN_ENTRIES:
        raise TooLarge(_TOO_LARGE)


def _pack(actor: Actor, case: Case, packing: Packing, sightings: Iterable[Sighting]) -> None:
    listed = list(sightings)
    packing.add("README.txt", _readme(case).encode("utf-8"))
    packing.add("verify.py", VERIFIER.read_bytes())
    packing.add("case.json", records.as_json(records.case_record(case, actor.name, utc_now())))
    has_crop = _pack_crops(packing, listed)
    packed_clips = _pack_clips(packing, listed)
    packing.add(
        "sightings.json",
        records.as_json(
            [
                records.sighting_record(
                    one, one.face.crop_sha256 in has_crop, packed_clips.get(one.id)
                )
                for one in listed
            ]
        ),
    )
    packing.add("reviews.json", records.as_json(records.review_records(case)))
    packing.add("models.json", records.as_json(records.model_records(listed)))
    packing.add("reference_photos.json", records.as_json(records.photo_records(case)))
    timeline = timeline_answers.timeline_answer(case, timeline_of(case))
    packing.add("timeline.json", records.as_json(timeline.model_dump(mode="json")))
    for name, data in route_files(case, FORMATS).items():
        packing.add(f"route/{name}", data)
    packing.add_pieces("audit/entries.jsonl", records.audit_lines(case))
    first_id = records.first_entry_id(case)
    # One entry earlier, so that the case's first entry can be seen to follow it.
    lines = () if first_id is None else records.chain_lines(first_id - 1)
    packing.add_pieces("audit/chain.txt", lines)


def _pack_crops(packing: Packing, sightings: Iterable[Sighting]) -> set[str]:
    """The pictures of confirmed sightings; those of others show people who are not the subject."""
    packed: set[str] = set()
    for sighting in sightings:
        digest = sighting.face.crop_sha256
        if sighting.state is not SightingState.CONFIRMED or digest in packed:
            continue
        try:
            data = media.path_of(digest).read_bytes()
        except (NotFound, FileNotFoundError):
            # Its retention period is over; the record keeps the hash.
            continue
        packing.add(f"crops/{digest}.jpg", data)
        packed.add(digest)
    return packed


def _pack_clips(packing: Packing, sightings: Iterable[Sighting]) -> dict[int, SightingClip]:
    """The clips of confirmed sightings; others show people who are not the subject."""
    confirmed = [one.id for one in sightings if one.state is SightingState.CONFIRMED]
    packed: dict[int, SightingClip] = {}
    names: set[str] = set()
    for sighting_id, clip in clips.kept_clips(confirmed).items():
        name = f"clips/{clip.sha256}.{clips.SUFFIX}"
        try:
            data = media.path_of(clip.sha256 or "", clips.SUFFIX).read_bytes()
        except (NotFound, FileNotFoundError):
            continue
        if name not in names:
            packing.add(name, data)
            names.add(name)
        packed[sighting_id] = clip
    return packed


def _pack_manifest(case: Case, packing: Packing) -> str:
    manifest = records.as_json(
        {
            "bundle_version": BUNDLE_VERSION,
            "case_number": case.number,
            "notice": LEAD_NOTICE,
            "files": sorted(packing.files, key=lambda one: str(one["path"])),
        }
    )
    packing.add("manifest.json", manifest)
    sums = "".join(f"{one['sha256']}  {one['path']}\n" for one in packing.files)
    packing.add("SHA256SUMS", sums.encode("utf-8"))
    return hashlib.sha256(manifest).hexdigest()


def _finished(file_name: str, file: IO[bytes], packing: Packing, manifest_sha256: str) -> Bundle:
    size_bytes = file.tell()
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK_BYTES):
        digest.update(chunk)
    file.seek(0)
    return Bundle(
        file=file,
        file_name=file_name,
        size_bytes=size_bytes,
        sha256=digest.hexdigest(),
        manifest_sha256=manifest_sha256,
        files=len(packing.files),
    )


def _record(actor: Actor, case: Case, bundle: Bundle) -> None:
    details = {
        "files": bundle.files,
        "size_bytes": bundle.size_bytes,
        "sha256": bundle.sha256,
        "manifest_sha256": bundle.manifest_sha256,
    }
    audit.record(
        actor, "evidence.export", case=case, subject=f"evidence of {case.number}", details=details
    )
    audit.commit()


def _readme(case: Case) -> str:
    made_up = "\nMADE-UP DEMONSTRATION DATA: people, places and times are invented.\n"
    return f"""\
Evidence bundle of case {case.number}
{LEAD_NOTICE}
{made_up if case.made_up else ""}
Check it, without a network and with nothing but Python 3.8 or newer:

    python3 verify.py                          in the unpacked folder
    python3 verify.py evidence.zip             or on the zip itself
    python3 verify.py --manifest SHA256        and that it is the bundle that was exported

The SHA-256 of manifest.json is in the audit log of the installation that made the bundle, with the
action evidence.export. Have it told to you by another way than the bundle itself came: only then
does a bundle that was made anew from changed data show. `sha256sum -c SHA256SUMS` checks the files
alone.

case.json              the case, its purpose and legal basis, who made this bundle and when
sightings.json         every sighting with camera, recording (SHA-256), similarity and threshold,
                       and whether it is a lead or provisional (confirmed, second review open)
reviews.json           every verdict of a person, whether it was blind, its checklist; also those
                       that were taken back
models.json            the face models: SHA-256, threshold, measured false-match rate
reference_photos.json  the reference photos by their SHA-256; the pictures are not included
crops/                 the faces of confirmed sightings, each named by its SHA-256
clips/                 the seconds around confirmed sightings, each named by its SHA-256
timeline.json          stops in order of time, legs that cannot be, competing routes
route/                 the confirmed sightings as GeoJSON, GPX, KML, CSV and Cursor on Target
audit/entries.jsonl    the audit log's entries of this case, byte for byte as they were hashed
audit/chain.txt        id and hash of every entry of the whole log since the case began

A similarity is the cosine of two embeddings, from -1 to 1. It is no probability.
"""
