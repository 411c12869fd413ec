import copy
import dataclasses

import pytest

from cameras.addresses import (
    SecretAddress,
    check_stream_address,
    looks_like_address,
    mask_address,
    mask_addresses,
)
from cameras.camera import Camera
from cameras.errors import RefusedAddress
from geo.points import Point

SECRET = "rtsp://operator:hunter2@cctv.example:8554/live/token-9f/stream?key=abc"


def resolves_to(*addresses: str):
    return lambda host, port: addresses


def test_a_secret_address_shows_scheme_and_host_only() -> None:
    address = SecretAddress(SECRET)
    for shown in (str(address), repr(address), f"{address}", address.masked):
        assert "rtsp://cctv.example/…" in shown
        for part in ("operator", "hunter2", "8554", "token", "abc"):
            assert part not in shown
    assert address.reveal() == SECRET


def test_a_camera_shows_nothing_of_its_address_however_it_is_printed() -> None:
    camera = Camera("s", "1", "gate", Point(1, 2), stream_address=SecretAddress(SECRET))
    assert "hunter2" not in repr(camera)
    assert "hunter2" not in str(dataclasses.asdict(camera))
    assert "hunter2" not in str(dataclasses.astuple(copy.deepcopy(camera)))


def test_equal_addresses_are_equal_and_hash_alike() -> None:
    assert SecretAddress(SECRET) == SecretAddress(SECRET)
    assert len({SecretAddress(SECRET), SecretAddress(SECRET), SecretAddress("rtsp://a/b")}) == 2
    assert SecretAddress(SECRET) != SECRET


@pytest.mark.parametrize("broken", ["", "no address", "rtsp://[::1", "http://h:99999/x", "://x"])
def test_a_broken_address_is_masked_whole(broken: str) -> None:
    assert mask_address(broken) == "…"


def test_addresses_inside_a_log_line_are_masked() -> None:
    line = f"could not open {SECRET}, nor admin:pw@10.0.0.7:554/x; gave up at 14:10"
    masked = mask_addresses(line)
    assert "rtsp://cctv.example/…" in masked
    assert "hunter2" not in masked
    assert "pw" not in masked
    assert masked.endswith("gave up at 14:10")
    assert looks_like_address(line)
    assert not looks_like_address("M G Road: gate 2, a@example.org")


@pytest.mark.parametrize("scheme", ["rtsp", "rtsps", "http", "https", "RTSP"])
def test_a_public_stream_address_passes(scheme: str) -> None:
    url = f"{scheme}://cctv.example/live"
    assert check_stream_address(url, resolve=resolves_to("93.184.216.34")).reveal() == url


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "/etc/passwd",
        "concat:rtsp://a/1|rtsp://a/2",
        "data:video/mp4;base64,AAAA",
        "ftp://cctv.example/x",
        "rtmp://cctv.example/x",
        "http:///x",
        "http://h:99999/x",
        "http://cctv.example/a b",
        "http://cctv.example\\\\@127.0.0.1/x",
        "http://cctv.example/a\nb",
        "rtsp://[::1",
        "",
        "http://cctv.example/" + "x" * 3_000,
    ],
)
def test_other_schemes_and_malformed_addresses_are_refused(url: str) -> None:
    with pytest.raises(RefusedAddress):
        check_stream_address(url, resolve=resolves_to("93.184.216.34"))


@pytest.mark.parametrize(
    "ip",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.1.64",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "not an address",
    ],
)
def test_internal_hosts_are_refused_unless_an_administrator_allows_them(ip: str) -> None:
    url = "rtsp://operator:hunter2@camera-7.example/live"
    with pytest.raises(RefusedAddress, match="internal address") as caught:
        check_stream_address(url, resolve=resolves_to("93.184.216.34", ip))
    assert "hunter2" not in str(caught.value)
    allowed = check_stream_address(url, ["Camera-7.example"], resolve=resolves_to(ip))
    assert allowed.reveal() == url


def test_loopback_in_any_spelling_is_refused_by_the_real_resolver() -> None:
    for host in ("127.0.0.1", "2130706433", "0x7f.1", "[::1]", "localhost", "localhost."):
        with pytest.raises(RefusedAddress):
            check_stream_address(f"http://{host}:80/")


def test_an_unknown_host_is_refused_with_its_name() -> None:
    def fails(host: str, port: int):
        raise OSError("no such host")

    with pytest.raises(RefusedAddress, match=r"cctv\.example is not known"):
        check_stream_address("rtsp://cctv.example/x", resolve=fails)
