"""Opening the pieces of a playlist (HLS), from the playlist's own host only.

An HLS address leads to a playlist, and the playlist to further files, on any host it likes. The
address was checked (`check_stream_address`), its pieces were not: so that a playlist cannot make
this machine call addresses inside its network, every piece must lie on the host and port of the
playlist, and redirections are not followed. A playlist without end would fill the memory, or be
waited for for ever: its size and time are bounded.
"""

from __future__ import annotations

import base64
import errno
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.parse import SplitResult, unquote, urlsplit

import av.error

from cameras.addresses import SecretAddress

Opener = Callable[[str, int, Mapping[str, str]], "Piece"]

_PLAYLIST_ENDINGS = (".m3u8", ".m3u")
_PLAYLIST_HEAD = b"#EXTM3U"
LARGEST_PLAYLIST_BYTES = 4 * 2**20
"""A day in pieces of two seconds is half of it."""


class Piece:
    """An open file of a playlist, whose failures are the decoder's own kind of error.

    One that is itself a playlist must end within `timeout_s` and `LARGEST_PLAYLIST_BYTES`.
    """

    def __init__(self, answer: http.client.HTTPResponse, timeout_s: float) -> None:
        self._answer = answer
        self._ends_at = time.monotonic() + timeout_s
        self._head = b""
        self._bytes = 0
        self._is_given_up = False

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, as many as have come; none at the end, or once it was given up."""
        if self._is_given_up:
            return b""
        try:
            data = self._answer.read1(size)
        except (OSError, http.client.HTTPException) as error:
            raise _decoder_error(error) from None
        self._bytes += len(data)
        if len(self._head) < len(_PLAYLIST_HEAD):
            self._head = (self._head + data)[: len(_PLAYLIST_HEAD)]
        if data and _PLAYLIST_HEAD.startswith(self._head):
            self._check_bounds()
        return data

    def _check_bounds(self) -> None:
        is_late, is_large = time.monotonic() > self._ends_at, self._bytes > LARGEST_PLAYLIST_BYTES
        self._is_given_up = is_late or is_large
        if is_large:
            raise av.error.InvalidDataError(errno.EFBIG, "a playlist that is too large")
        if is_late:
            raise av.error.ExitError(errno.ETIMEDOUT, "a playlist that does not end")

    def close(self) -> None:
        """Release the connection."""
        self._answer.close()


class _NoRedirection(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: object, **_more: object) -> None:
        return None


def is_playlist(address: SecretAddress) -> bool:
    """Whether this is an HLS address, by its path."""
    return urlsplit(address.reveal()).path.lower().endswith(_PLAYLIST_ENDINGS)


def same_host_opener(address: SecretAddress, timeout_s: float) -> Opener:
    """A function that opens files of the playlist's own host, for the decoder to call.

    It raises `av.error.FFmpegError` for everything else, as the decoder itself would.
    """
    own = urlsplit(address.reveal())
    opener = urllib.request.build_opener(_NoRedirection, urllib.request.ProxyHandler({}))

    def open_piece(url: str, _flags: int, _options: Mapping[str, str]) -> Piece:
        parts = urlsplit(url)
        if _place(parts) != _place(own):
            raise av.error.PermissionError(errno.EACCES, "the playlist leads to another host")
        # The scheme is that of the checked address: http or https.
        request = urllib.request.Request(  # noqa: S310
            _without_login(parts), headers=_login_header(own)
        )
        try:
            return Piece(opener.open(request, timeout=timeout_s), timeout_s)
        except (OSError, http.client.HTTPException) as error:
            raise _decoder_error(error) from None

    return open_piece


def _decoder_error(error: Exception) -> av.error.FFmpegError:
    """What the decoder would have raised; without the text, which holds the address."""
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        if error.code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return av.error.HTTPUnauthorizedError(error.code, "refused")
        if error.code == HTTPStatus.NOT_FOUND:
            return av.error.HTTPNotFoundError(error.code, "not found")
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError):
        return av.error.ExitError(errno.ETIMEDOUT, "timed out")
    if isinstance(reason, ConnectionRefusedError):
        return av.error.ConnectionRefusedError(errno.ECONNREFUSED, "refused")
    return av.error.OSError(errno.EIO, "broken off")


def _place(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _without_login(parts: SplitResult) -> str:
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _login_header(parts: SplitResult) -> dict[str, str]:
    if parts.username is None:
        return {}
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": "Basic " + base64.b64encode(login.encode()).decode("ascii")}
