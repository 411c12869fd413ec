"""Processes that read what strangers handed in: they are told nothing that they could give away."""

from __future__ import annotations

import os
from typing import Final

_NEEDED: Final = frozenset(
    {"PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONPATH", "LD_LIBRARY_PATH"}
)
"""What Python and the decoders ask for. No setting of this product is among it."""


def harmless_environment() -> dict[str, str]:
    """This process's environment without its secrets: no key, no password, no address."""
    return {name: value for name, value in os.environ.items() if name in _NEEDED}
