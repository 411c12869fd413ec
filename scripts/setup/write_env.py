"""Write the environment file of the private services: made once, brought up to date later.

Secrets are drawn at random once and never printed. Addresses follow the socket folder. Every
other line of an existing file stays as its reader left it. Standard library only.
"""

from __future__ import annotations

import argparse
import secrets
import shlex
from pathlib import Path
from urllib.parse import quote

HEADER = (
    "# Made by scripts/setup.sh. Secrets: keep this file to yourself.\n"
    "# Secrets and your own lines are kept; addresses are brought up to date at each start.\n"
)


def read_env(path: Path) -> dict[str, str]:
    """Return the settings of a file of KEY=value lines; an absent file has none."""
    if not path.exists():
        return {}
    settings = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        key, found, value = line.partition("=")
        if found and not line.lstrip().startswith("#"):
            settings[key.strip()] = "".join(shlex.split(value))
    return settings


def database_url(role: str, password: str, database: str, sockets: Path) -> str:
    """Return the SQLAlchemy address of a database that listens on a Unix socket."""
    return (
        f"postgresql+psycopg://{role}:{password}@/{database}?host={quote(str(sockets))}&port=5432"
    )


def demo_settings(old: dict[str, str], root: Path, sockets: Path) -> dict[str, str]:
    """Return the product's settings for the private PostgreSQL and Redis under `sockets`."""
    database_password = old.get("DATABASE_PASSWORD") or secrets.token_hex(24)
    redis_password = old.get("REDIS_PASSWORD") or secrets.token_hex(24)
    redis = quote(str(sockets / "redis.sock"))
    moved = old.get("LASTSEEN_ROOT") not in (None, str(root))
    kept = {} if moved else old
    return {
        "LASTSEEN_ROOT": str(root),
        "SECRET_KEY": old.get("SECRET_KEY") or secrets.token_hex(32),
        "DATABASE_PASSWORD": database_password,
        "DATABASE_URL": database_url("lastseen", database_password, "lastseen", sockets),
        "REDIS_PASSWORD": redis_password,
        "REDIS_URL": f"unix://:{redis_password}@{redis}?db=0",
        "SESSION_COOKIE_SECURE": old.get("SESSION_COOKIE_SECURE")
        or "false",  # plain HTTP on 127.0.0.1
        "MEDIA_DIR": kept.get("MEDIA_DIR") or str(root / "var" / "media"),
        "FOOTAGE_ROOTS": kept.get("FOOTAGE_ROOTS") or str(root / "var" / "footage"),
    }


def test_settings(old: dict[str, str], root: Path, sockets: Path) -> dict[str, str]:
    """Return where the tests find their throw-away cluster and the database they copy."""
    password = old.get("DATABASE_PASSWORD") or secrets.token_hex(24)
    return {
        "LASTSEEN_ROOT": str(root),
        "DATABASE_PASSWORD": password,
        "TEST_DATABASE_URL": database_url("lastseen", password, "lastseen", sockets),
    }


def write_env(path: Path, settings: dict[str, str]) -> None:
    """Replace the file at once, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = HEADER + "".join(f"{key}={shlex.quote(value)}\n" for key, value in settings.items())
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600, exist_ok=False)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def main() -> None:
    """Read the arguments and write one profile's file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("profile", choices=["demo", "test"])
    parser.add_argument("path", type=Path)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--sockets", type=Path, required=True)
    arguments = parser.parse_args()
    old = read_env(arguments.path)
    make = demo_settings if arguments.profile == "demo" else test_settings
    write_env(arguments.path, old | make(old, arguments.root, arguments.sockets))


if __name__ == "__main__":
    main()
