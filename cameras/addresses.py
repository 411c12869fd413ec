"""Stream addresses: kept secret, and checked before anything is opened."""

import ipaddress
import re
import socket
from collections.abc import Callable, Collection, Sequence
from urllib.parse import SplitResult, urlsplit

from cameras.errors import RefusedAddress

STREAM_SCHEMES = frozenset({"rtsp", "rtsps", "http", "https"})
_DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
_MAX_ADDRESS = 2_000
_HOST_AND_PORT = re.compile(
    r"(?:\[[0-9A-Fa-f:.]+(?:%[\w.~-]+)?\]|[^\[\]:]+)(?::\d{0,5})?", re.ASCII
)
"""Only what every parser reads alike: the decoder must not call another host than was checked."""
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))

Resolver = Callable[[str, int], Sequence[str]]


class SecretAddress:
    """A stream address. Text, `repr` and logs show scheme and host only; `reveal` shows it all."""

    __slots__ = ("_address",)

    def __init__(self, address: str) -> None:
        self._address = address

    def reveal(self) -> str:
        """The whole address, with user, password and path. For the decoder, never for a page."""
        return self._address

    @property
    def masked(self) -> str:
        """Scheme and host, the rest hidden: "rtsp://camera.example/…"."""
        return mask_address(self._address)

    def __repr__(self) -> str:
        return f"SecretAddress({self.masked!r})"

    def __str__(self) -> str:
        return self.masked

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretAddress) and other._address == self._address

    def __hash__(self) -> int:
        return hash(("SecretAddress", self._address))


def mask_address(address: str) -> str:
    """Scheme and host of an address; user, password, port, path and query are hidden."""
    parts = _split(address.strip())
    if parts is None or not parts.scheme or not parts.hostname:
        return "…"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}/…"


_ADDRESS_IN_TEXT = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s\"'<>]+", re.IGNORECASE)
_LOGIN_IN_TEXT = re.compile(r"[^\s/@:\"'<>]+:[^\s/@\"'<>]*@(?=[\w.\[-])")


def mask_addresses(text: str) -> str:
    """The text with every address in it masked, and every "user:password@" removed. For logs."""
    masked = _ADDRESS_IN_TEXT.sub(lambda match: mask_address(match[0]), text)
    return _LOGIN_IN_TEXT.sub("…@", masked)


def looks_like_address(text: str) -> bool:
    """Whether the text holds an address or a login, and so must not be shown as it is."""
    return mask_addresses(text) != text


def resolve_host(host: str, port: int) -> Sequence[str]:
    """Every IP address that the system's resolver knows for `host`. Raises `OSError`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def check_stream_address(
    address: str, allowed_hosts: Collection[str] = (), *, resolve: Resolver = resolve_host
) -> SecretAddress:
    """Refuse an address that this product must not open, else return it as a secret.

    Only rtsp, rtsps, http and https pass, and only to hosts all of whose IP addresses are public;
    loopback, private, link-local (cloud metadata), multicast and reserved addresses are refused
    unless the administrator allows that host by name or IP address. Call it immediately before
    opening: a name can point elsewhere a minute later. Raises `RefusedAddress`.
    """
    parts = _readable(address)
    host = (parts.hostname or "").rstrip(".").lower()
    if host in {allowed.strip().rstrip(".").lower() for allowed in allowed_hosts}:
        return SecretAddress(address.strip())
    try:
        addresses = resolve(host, _port(parts))
    except OSError as error:
        raise RefusedAddress(
            f"The host {host} is not known: check the spelling, and that this machine can "
            "resolve it."
        ) from error
    if not addresses or not all(_is_public(ip) for ip in addresses):
        raise RefusedAddress(
            f"The host {host} is an internal address of this network. If its camera is to be "
            "opened, an administrator must allow this host."
        )
    return SecretAddress(address.strip())


def _readable(address: str) -> SplitResult:
    text = address.strip()
    if len(text) > _MAX_ADDRESS or any(ord(c) < 33 or c == "\\" for c in text):
        raise RefusedAddress("The stream address contains blanks or backslashes, or is too long.")
    parts = _split(text)
    if parts is None:
        raise RefusedAddress("The stream address cannot be read: check host and port.")
    if parts.scheme.lower() not in STREAM_SCHEMES:
        raise RefusedAddress("A stream address starts with rtsp, rtsps, http or https.")
    if not parts.hostname:
        raise RefusedAddress("The stream address names no host.")
    if not _HOST_AND_PORT.fullmatch(parts.netloc.rpartition("@")[2]):
        raise RefusedAddress("The stream address cannot be read: check host and port.")
    return parts


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        _ = (parts.port, parts.hostname)  # both are parsed on access, and may be malformed
    except ValueError:
        return None
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port or _DEFAULT_PORTS[parts.scheme.lower()]


def _is_public(text: str) -> bool:
    try:
        ip = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        embedded = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if embedded and not _is_public(str(embedded)):
            return False
        if any(ip in network for network in _NAT64):  # leads to any IPv4 address
            return False
    return ip.is_global and not ip.is_multicast
