"""The text of a handed-in file: plain text, PDF or Word, told apart by content."""

from __future__ import annotations

import re
import subprocess
import sys

from app.children import harmless_environment
from app.config import PROJECT_ROOT
from app.errors import Refused, TooLarge
from app.intake.extract import PROTECTED, UNREADABLE
from app.intake.limits import CPU_SECONDS, MAX_FILE_BYTES, MAX_TEXT_CHARACTERS

FIELD = "report"


def text_of_file(data: bytes) -> str:
    """The readable text of a file.

    Raises TooLarge, and Refused for what is no text, PDF or Word file, is protected, or has no
    text in it (a scanned page).
    """
    if len(data) > MAX_FILE_BYTES:
        raise TooLarge(f"A report may have up to {MAX_FILE_BYTES // 2**20} MiB: divide it.")
    if data.startswith(b"%PDF-"):
        return tidy(_extracted("pdf", data), scanned=True)
    if data.startswith(b"PK\x03\x04"):
        return tidy(_extracted("docx", data))
    return tidy(_plain(data))


def tidy(text: str, *, scanned: bool = False) -> str:
    """Text as it is kept: no control characters, no long runs of blanks.

    Raises Refused where nothing is left, TooLarge where it is too long.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    plain = "".join(one for one in lines if one in "\n\t" or (one.isprintable()))
    plain = re.sub(r"[ \t]{3,}", "  ", re.sub(r"\n{4,}", "\n\n\n", plain)).strip()
    if not plain:
        reason = (
            "The file holds pictures of pages and no text: type or paste what it says."
            if scanned
            else "There is no text in it."
        )
        raise Refused(reason, {FIELD: "holds no text"})
    if len(plain) > MAX_TEXT_CHARACTERS:
        raise TooLarge(
            f"A report may have up to {MAX_TEXT_CHARACTERS:,} characters: hand it in in parts."
        )
    return plain


def _plain(data: bytes) -> str:
    if b"\x00" in data[:4000] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused(
            "This is no text, PDF or Word file (.docx).", {FIELD: "cannot be read as a report"}
        )
    for encoding in ("utf-8-sig", "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _extracted(kind: str, data: bytes) -> str:
    """What the reading process says; see `app.intake.extract`."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "app.intake.extract", kind],
            input=data,
            stdout=subprocess.PIPE,
            # A damaged file can make its reader complain without end.
            stderr=subprocess.DEVNULL,
            cwd=PROJECT_ROOT,
            env=harmless_environment(),
            timeout=2 * CPU_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Refused(
            "Reading the file takes too long: copy its text and paste it.", {FIELD: "too slow"}
        ) from error
    if done.returncode == 0:
        return done.stdout.decode("utf-8")
    name = "PDF" if kind == "pdf" else "Word file (.docx)"
    if done.returncode == PROTECTED:
        raise Refused(
            "The PDF is protected by a password: save it without one, or paste its text.",
            {FIELD: "is protected"},
        )
    reason = "is damaged, or none" if done.returncode == UNREADABLE else "needs too much to read"
    raise Refused(
        f"The {name} {reason}: copy its text and paste it.", {FIELD: f"{name} cannot be read"}
    )
