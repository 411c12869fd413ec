"""Addresses whose last part is a secret, kept out of logs: links to accounts and for deliveries.

Whoever reads a log of requests could otherwise use a link before the person whom it was sent to.
"""

from __future__ import annotations

import logging
import re
from typing import Any, Final

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

_SECRET_PART: Final = re.compile(
    r"((?:/|%2F)(?:deliver|invitation|password(?:/|%2F)new)(?:/|%2F))[^\s/?#\"'&%]+", re.IGNORECASE
)


def mask_paths(text: str) -> str:
    """The text with the secret part of every such address replaced by an ellipsis."""
    return _SECRET_PART.sub(r"\1…", text)


class WithoutSecretPaths(logging.Filter):
    """Masks the secret part of addresses in whatever is logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, masked."""
        record.msg, record.args = mask_paths(record.getMessage()), ()
        return True


class GunicornLogger(Logger):  # type: ignore[misc]
    """gunicorn's logs of requests and errors, for `--logger-class`."""

    def setup(self, cfg: Any) -> None:
        """Set both logs up, masked."""
        super().setup(cfg)
        for log in (self.access_log, self.error_log):
            log.addFilter(WithoutSecretPaths())
