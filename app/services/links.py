"""Links for messages: absolute addresses of this installation's pages, made outside of requests."""

from __future__ import annotations

from flask import current_app

from app.current import settings


def link_to(endpoint: str, **values: str | int) -> str:
    """The page's address under BASE_URL; only its path while BASE_URL is not set."""
    path: str = current_app.url_map.bind("").build(endpoint, values)
    return f"{settings().base_url}{path}"
