"""The text of a PDF or a Word file, read in a process of its own.

    python -m app.intake.extract pdf|docx < file > text

Such files come from anybody. This process has little memory and little time, and nothing to lose:
whatever a file does to it ends with it. Exit code 1 (Python's own, for any failure) means that the
file cannot be read, 4 that it is protected by a password, a signal that it needs too much.
"""

from __future__ import annotations

import io
import resource
import sys
import zipfile

from app.intake.limits import CPU_SECONDS, MAX_PAGES, MAX_TEXT_CHARACTERS, MAX_UNPACKED_BYTES

MEMORY_BYTES = 1024**3
UNREADABLE, PROTECTED = 1, 4


def main() -> int:
    """Read standard input as the kind of document that the argument names."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    data = sys.stdin.buffer.read()
    try:
        text = _of_pdf(data) if sys.argv[1] == "pdf" else _of_docx(data)
    except PermissionError:
        return PROTECTED
    sys.stdout.buffer.write(text[: MAX_TEXT_CHARACTERS + 1].encode("utf-8", "replace"))
    return 0


def _of_pdf(data: bytes) -> str:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise PermissionError
    pages, length = [], 0
    for number, page in enumerate(reader.pages):
        if number >= MAX_PAGES or length > MAX_TEXT_CHARACTERS:
            break
        pages.append(page.extract_text())
        length += len(pages[-1])
    return "\n\n".join(pages)


def _of_docx(data: bytes) -> str:
    from docx import Document
    from docx.table import Table

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(one.file_size for one in archive.infolist()) > MAX_UNPACKED_BYTES:
            raise ValueError("unpacks to too much")
    lines: list[str] = []
    for block in Document(io.BytesIO(data)).iter_inner_content():
        if isinstance(block, Table):
            lines.extend("\t".join(cell.text for cell in row.cells) for row in block.rows)
        else:
            lines.append(block.text)
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
