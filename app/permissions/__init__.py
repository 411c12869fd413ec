"""Who may reach what: one table from endpoints to roles. What is not in it, nobody reaches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.permissions.api import OVER_API
from app.permissions.audiences import ANY_ROLE, PERSON_READERS, PUBLIC, Allowed, Audience
from app.permissions.pages import PAGES

__all__ = ["ANY_ROLE", "PERSON_READERS", "PUBLIC", "TABLE", "Allowed", "Audience"]

TABLE: Final[Mapping[str, Allowed]] = {**PAGES, **OVER_API}
