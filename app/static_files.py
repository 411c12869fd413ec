"""This product's own files, sent compressed to whoever takes them so.

A phone on a slow network waits for every byte of the public form. Each file is compressed once in
a process and kept by its entity tag, so that no file on the disk can be older than what is sent.
Pages are not compressed: they hold secrets beside what strangers write.
"""

from __future__ import annotations

import gzip
import threading
from typing import Final

from flask import Flask, Response, current_app, request

_TEXTS: Final = frozenset(
    {"text/css", "text/javascript", "application/javascript", "image/svg+xml", "application/json"}
)
_EXTENSION: Final = "lastseen_static_files"
_MARK: Final = "-gzip"


class CompressedFiles:
    """What was compressed in this process, by the entity tag of the file."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def get(self, tag: str, response: Response) -> bytes:
        """The body of `response`, compressed; it is read only where `tag` is not known yet."""
        with self._lock:
            if tag not in self._kept:
                response.direct_passthrough = False
                self._kept[tag] = gzip.compress(response.get_data(), 9, mtime=0)
            return self._kept[tag]


def install(application: Flask) -> None:
    """Send the application's static files through here."""
    application.extensions[_EXTENSION] = CompressedFiles()
    application.view_functions["static"] = send


def send(filename: str) -> Response:
    """One of this product's own files. Raises NotFound."""
    response = current_app.send_static_file(filename)
    tag, _ = response.get_etag()
    if response.mimetype not in _TEXTS or tag is None:
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code == 200 and _takes_gzip():
        files: CompressedFiles = current_app.extensions[_EXTENSION]
        data = files.get(tag, response)
        response.close()
        response.direct_passthrough = False
        response.set_data(data)
        response.content_encoding = "gzip"
        response.set_etag(tag + _MARK)
        response.make_conditional(request)
    return response


def _takes_gzip() -> bool:
    return request.accept_encodings.quality("gzip") > 0 and request.range is None
