"""scripts/setup/write_env.py: the private services' environment file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "setup" / "write_env.py"


def write(env: Path, root: str = "/srv/lastseen", sockets: str = "/srv/lastseen/var/run") -> str:
    arguments = [sys.executable, str(SCRIPT), "demo", str(env), "--root", root]
    result = subprocess.run(
        [*arguments, "--sockets", sockets], check=True, capture_output=True, text=True
    )
    return result.stdout + result.stderr


def settings(env: Path) -> dict[str, str]:
    """The settings as the shell reads them."""
    command = f"set -a; . '{env}'; env -0"
    output = subprocess.run(["bash", "-c", command], check=True, capture_output=True).stdout
    return dict(entry.split("=", 1) for entry in output.decode().split("\0") if "=" in entry)


def test_secrets_are_long_different_private_and_never_printed(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "env", tmp_path / "b" / "env"
    printed = write(first) + write(second)
    secret = settings(first)["SECRET_KEY"]
    assert len(secret) >= 64
    assert secret != settings(second)["SECRET_KEY"]
    assert printed == ""
    assert first.stat().st_mode & 0o777 == 0o600


def test_writing_again_keeps_secrets_and_the_readers_own_lines(tmp_path: Path) -> None:
    env = tmp_path / "env"
    write(env)
    before = settings(env)
    env.write_text(env.read_text() + "TILE_URL='https://tiles.example/{z}/{x}/{y}.png'\n")
    write(env)
    after = settings(env)
    assert after["SECRET_KEY"] == before["SECRET_KEY"]
    assert after["DATABASE_URL"] == before["DATABASE_URL"]
    assert after["TILE_URL"] == "https://tiles.example/{z}/{x}/{y}.png"


def test_a_moved_clone_gets_new_addresses_and_keeps_its_secrets(tmp_path: Path) -> None:
    env = tmp_path / "env"
    write(env)
    before = settings(env)
    write(env, root="/opt/new", sockets="/opt/new/var/run")
    after = settings(env)
    assert "host=/opt/new/var/run&" in after["DATABASE_URL"]
    assert after["MEDIA_DIR"] == "/opt/new/var/media"
    assert after["SECRET_KEY"] == before["SECRET_KEY"]
