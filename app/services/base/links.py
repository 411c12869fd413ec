"""Links for messages: absolute addresses of this installation's pages, made outside of requests."""

from __future__ import annotations

from flask import current_app

from app.current import settings


def path_to(endpoint: str, **values: str | int) -> str:
    """The page's path, made without a request: "/sightings/12"."""
    path: str = current_app.url_map.bind("").build(endpoint, values)
    return path


def absolute(path: str) -> str:
    """A path of this installation under BASE_URL; the path itself while BASE_URL is not set."""
    return f"{settings().base_url}{path}"


def link_to(endpoint: str, **values: str | int) -> str:
    """The page's address under BASE_URL; only its path while BASE_URL is not set."""
    return absolute(path_to(endpoint, **values))
