"""Addresses that leave a page: typed, printed, photographed from a poster."""

from __future__ import annotations

from flask import url_for

from app.current import settings
from app.services.base.links import link_to


def given_out(endpoint: str, **values: str) -> str:
    """The page's address under BASE_URL, or else as this request reached the installation."""
    if settings().base_url:
        return link_to(endpoint, **values)
    return url_for(endpoint, _external=True, **values)
