"""HTML pages. A view parses, makes one service call and renders; it holds no SQL and no rule."""

from __future__ import annotations

from flask import Flask

from app.views import (
    accounts,
    admin,
    cameras,
    case_parts,
    home,
    media,
    presentation,
    review,
    sightings,
    sweeps,
)


def register(application: Flask) -> None:
    """Add the pages, and what their templates call, to the application."""
    presentation.install(application)
    for room in (home, accounts, admin, case_parts, sweeps, sightings, review, cameras, media):
        application.register_blueprint(room.blueprint)
