#!/usr/bin/env python3
"""Check an evidence bundle, offline, with nothing but Python's own library (3.8 or newer).

    python3 verify.py [FOLDER or ZIP] [--manifest SHA256]

Prints one line for each check. Exit code 0: all hold. 1: at least one does not. 2: no bundle.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

OUTSIDE_MANIFEST = {"manifest.json", "SHA256SUMS"}
GENESIS = hashlib.sha256(b"Lastseen audit log, genesis").hexdigest()


class Bundle:
    """The bundle's files, from a folder or from a zip that is not unpacked."""

    def __init__(self, path: Path) -> None:
        self.archive = zipfile.ZipFile(path) if path.is_file() else None
        self.path = path

    def names(self) -> list[str]:
        """Paths of all files, with forward slashes; in a zip, each as often as it occurs."""
        if self.archive is not None:
            return [name for name in self.archive.namelist() if not name.endswith("/")]
        files = [path for path in self.path.rglob("*") if path.is_file()]
        return [path.relative_to(self.path).as_posix() for path in files]

    def read(self, name: str) -> bytes:
        """The bytes of one file."""
        if self.archive is not None:
            return self.archive.read(name)
        return self.path.joinpath(*name.split("/")).read_bytes()

    def json(self, name: str) -> Any:
        """A JSON file's content."""
        return json.loads(self.read(name).decode("utf-8"))


def sha256(data: bytes) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def check_manifest(bundle: Bundle, expected: str) -> list[str]:
    """Every file is listed, none is changed, none is missing; the manifest is the expected one."""
    listed = {one["path"]: one for one in bundle.json("manifest.json")["files"]}
    names = bundle.names()
    problems = [f"{name} is in the bundle twice" for name in set(names) if names.count(name) > 1]
    extra = sorted(set(names) - OUTSIDE_MANIFEST - set(listed))
    problems += [f"{name} is not in the manifest" for name in extra]
    for name, one in sorted(listed.items()):
        if name not in names:
            problems.append(f"{name} is missing")
            continue
        data = bundle.read(name)
        if len(data) != one["size_bytes"] or sha256(data) != one["sha256"]:
            problems.append(f"{name} was changed")
    found = sha256(bundle.read("manifest.json"))
    if expected and found != expected.strip().lower():
        problems.append(f"manifest.json has the hash {found}, not the one that was expected")
    return problems


def check_crops(bundle: Bundle) -> list[str]:
    """Each picture is the one that its sighting names."""
    problems = []
    for one in bundle.json("sightings.json"):
        if one["crop"] is None:
            continue
        if one["crop"] not in bundle.names():
            problems.append(f"sighting {one['id']}: its picture is missing")
        elif sha256(bundle.read(one["crop"])) != one["crop_sha256"]:
            problems.append(f"sighting {one['id']}: its picture is another one")
    return problems


def check_clips(bundle: Bundle) -> list[str]:
    """Each clip is the one that its sighting names, and was cut from the sighting's recording."""
    problems = []
    for one in bundle.json("sightings.json"):
        clip = one["clip"]
        if clip is None:
            continue
        if clip["path"] not in bundle.names():
            problems.append(f"sighting {one['id']}: its clip is missing")
        elif sha256(bundle.read(clip["path"])) != clip["sha256"]:
            problems.append(f"sighting {one['id']}: its clip is another one")
        if clip["recording_sha256"] != one["recording"]["sha256"]:
            problems.append(f"sighting {one['id']}: its clip is of another recording")
    return problems


def check_sightings(bundle: Bundle) -> list[str]:
    """Each sighting reached its threshold, and names a model whose hash the bundle holds."""
    models = {one["sha256"] for one in bundle.json("models.json")}
    problems = []
    for one in bundle.json("sightings.json"):
        if one["similarity"] < one["threshold_similarity"] - 1e-6:
            problems.append(f"sighting {one['id']} lies below its threshold")
        if one["model_sha256"] not in models:
            problems.append(f"sighting {one['id']} names a model that is not listed")
    return problems


def standing_of(words: list[str], needed: int) -> tuple[str, bool]:
    """State, and whether it is a lead. `words` has one verdict for each person, in their order.

    More confirm than reject: confirmed; more reject: rejected; as many of both: unsure, until a
    third person's word decides. A lead needs as many who confirm as the case asked for.
    """
    confirm, reject = words.count("confirmed"), words.count("rejected")
    if not words:
        state = "candidate"
    elif confirm != reject:
        state = "confirmed" if confirm > reject else "rejected"
    else:
        state = words[-1] if confirm and len(words) > 2 else "unsure"
    return state, state == "confirmed" and confirm >= needed


def check_reviews(bundle: Bundle) -> list[str]:
    """Each sighting stands where the verdicts put it that were not taken back.

    A person counts once, with the last verdict. A confirmation of what others had judged before
    counts only if it was blind.
    """
    words: dict[int, dict[str, str]] = {}
    problems = []
    for review in sorted(bundle.json("reviews.json"), key=lambda one: one["id"]):
        if review["undone_at"] is not None:
            continue
        people = words.setdefault(review["sighting_id"], {})
        who, verdict = review["reviewer"], review["verdict"]
        is_further = any(one != who for one in people) and people.get(who) != "confirmed"
        if not is_further or verdict != "confirmed" or review["blind"] is True:
            people[who] = verdict
    for one in bundle.json("sightings.json"):
        people = words.get(one["id"], {})
        state, is_lead = standing_of(list(people.values()), one["reviews_needed"])
        if one["state"] != state:
            told = f"sighting {one['id']} is {one['state']}, but its verdict is {state}"
            problems.append(told)
        elif one["is_lead"] is not is_lead:
            told = "a lead" if one["is_lead"] else "no lead"
            problems.append(f"sighting {one['id']} is called {told}, against its verdicts")
    return problems


def ids_in_route(bundle: Bundle, name: str) -> list[int]:
    """The sightings that a route file holds, in its order."""
    text = bundle.read(name).decode("utf-8-sig")
    if name.endswith(".geojson"):
        found = [one["properties"].get("sighting_id") for one in json.loads(text)["features"]]
        return [one for one in found if one is not None]
    if name.endswith(".csv"):
        return [int(row["sighting_id"]) for row in csv.DictReader(io.StringIO(text))]
    if name.endswith(".cot"):
        return [int(one) for one in re.findall(r'uid="[^"]*\.sighting\.(\d+)"', text)]
    lines = text.replace("&lt;br&gt;", "\n").replace("<br>", "\n")
    return [int(one) for one in re.findall(r"(?m)^sighting_id: (\d+)$", lines)]


def check_routes(bundle: Bundle) -> list[str]:
    """Each route file holds exactly the confirmed sightings, in order of time."""
    confirmed = [one for one in bundle.json("sightings.json") if one["state"] == "confirmed"]
    confirmed.sort(key=lambda one: (one["seen_at"], one["id"]))
    expected = [one["id"] for one in confirmed]
    files = [path for path in sorted(bundle.names()) if path.startswith("route/")]
    return [
        f"{path} does not hold exactly the confirmed sightings"
        for path in files
        if ids_in_route(bundle, path) != expected
    ]


def check_audit(bundle: Bundle) -> list[str]:
    """Each entry has the hash that the chain gives it, and follows the entry before it."""
    chain = {0: GENESIS}
    previous_id: int | None = None
    problems = []
    for link in bundle.read("audit/chain.txt").decode("ascii").splitlines():
        number, digest = link.split()
        if previous_id is not None and int(number) != previous_id + 1:
            problems.append(f"the chain has a gap before entry {number}")
        previous_id = int(number)
        chain[previous_id] = digest
    number_of_case = bundle.json("case.json")["case_number"]
    entries = bundle.read("audit/entries.jsonl").splitlines()
    for line in entries:
        entry = json.loads(line.decode("utf-8"))
        if sha256(line) != chain.get(entry["id"]):
            problems.append(f"entry {entry['id']} was changed")
        if entry["previous_hash"] != chain.get(entry["id"] - 1):
            problems.append(f"entry {entry['id']} does not follow the one before it")
        if entry["case_number"] != number_of_case:
            problems.append(f"entry {entry['id']} is of another case")
    if not entries:
        problems.append("the extract holds no entry")
    return problems


CHECKS = (
    ("Pictures of confirmed sightings", check_crops),
    ("Clips of confirmed sightings", check_clips),
    ("Sightings, thresholds and models", check_sightings),
    ("Verdicts of people", check_reviews),
    ("Route files", check_routes),
    ("Audit log and its chain", check_audit),
)


def say(text: str) -> None:
    """One line of the report."""
    sys.stdout.write(text + "\n")


def tell(name: str, problems: list[str]) -> bool:
    """Print a check's outcome; whether it held."""
    say(f"{name:34} {'holds' if not problems else 'DOES NOT HOLD'}")
    for problem in problems[:20]:
        say("    " + problem)
    if len(problems) > 20:
        say(f"    and {len(problems) - 20} more")
    return not problems


def run(check: Callable[..., list[str]], *arguments: object) -> list[str]:
    """A check's problems; a file that cannot be read is one."""
    try:
        return check(*arguments)
    except (KeyError, ValueError, TypeError, AttributeError, OSError, zipfile.BadZipFile) as error:
        return [f"cannot be read: {type(error).__name__}: {error}"]


def main() -> int:
    """Check the bundle that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("bundle", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--manifest", default="", help="the SHA-256 that manifest.json must have")
    options = parser.parse_args()
    try:
        bundle = Bundle(options.bundle)
        digest = sha256(bundle.read("manifest.json"))
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        say(f"{options.bundle} is no evidence bundle: {error}")
        return 2
    held = [tell("Files and manifest", run(check_manifest, bundle, options.manifest))]
    held += [tell(name, run(check, bundle)) for name, check in CHECKS]
    say("")
    say("SHA-256 of manifest.json: " + digest)
    if not options.manifest:
        say("Compare it with the one in the audit log (action evidence.export; case.export")
        say("for a full export).")
    say("ALL HOLD" if all(held) else "NOT ALL HOLD")
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
