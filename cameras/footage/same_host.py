"""Opening the pieces of a playlist (HLS), from the playlist's own host only.

An HLS address leads to a playlist, and the playlist to further files, on any host it likes. The
address was checked (`check_stream_address`), its pieces were not: so that a playlist cannot make
this machine call addresses inside its network, every piece must lie on the host and port of the
playlist, and redirections are not followed.
"""

from __future__ import annotations

import base64
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import IO
from urllib.parse import SplitResult, unquote, urlsplit

from cameras.addresses import SecretAddress

Opener = Callable[[str, int, Mapping[str, str]], IO[bytes]]

_PLAYLIST_ENDINGS = (".m3u8", ".m3u")


class ForeignPiece(OSError):
    """A playlist leads to another host than its own."""


class _NoRedirection(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: object, **_more: object) -> None:
        return None


def is_playlist(address: SecretAddress) -> bool:
    """Whether this is an HLS address, by its path."""
    return urlsplit(address.reveal()).path.lower().endswith(_PLAYLIST_ENDINGS)


def same_host_opener(address: SecretAddress, timeout_s: float) -> Opener:
    """A function that opens files of the playlist's own host, for the decoder to call.

    It raises `OSError` for everything else.
    """
    own = urlsplit(address.reveal())
    opener = urllib.request.build_opener(_NoRedirection, urllib.request.ProxyHandler({}))

    def open_piece(url: str, _flags: int, _options: Mapping[str, str]) -> IO[bytes]:
        parts = urlsplit(url)
        if _place(parts) != _place(own):
            raise ForeignPiece("The playlist leads to another host, which is not opened.")
        request = urllib.request.Request(_without_login(parts), headers=_login_header(own))
        try:
            answer: http.client.HTTPResponse = opener.open(request, timeout=timeout_s)
        except urllib.error.HTTPError as error:
            error.close()
            raise
        return answer

    return open_piece


def _place(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _without_login(parts: SplitResult) -> str:
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _login_header(parts: SplitResult) -> dict[str, str]:
    if parts.username is None:
        return {}
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": "Basic " + base64.b64encode(login.encode()).decode("ascii")}
