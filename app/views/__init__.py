"""HTML pages. A view parses, makes one service call and renders; it holds no SQL and no rule."""

from __future__ import annotations

from flask import Flask

from app.views import (
    accounts,
    admin,
    alerts,
    cameras,
    case_files,  # noqa: F401 (adds its pages to the cases' and administrators' blueprints)
    case_imports,  # noqa: F401 (adds its pages to the cases' blueprint)
    case_parts,
    case_plan,  # noqa: F401 (adds its page to the cases' blueprint)
    deliveries,
    evaluations,
    face_searches,  # noqa: F401 (adds its pages to the cases' blueprint)
    footage_requests,
    found,
    found_matches,
    home,
    joining,  # noqa: F401 (adds its pages to the accounts' blueprint)
    media,
    members,  # noqa: F401 (adds its pages to the cases' and administrators' blueprints)
    people,  # noqa: F401 (adds its pages to the administrators' blueprint)
    persons,
    post_imports,  # noqa: F401 (adds its pages to the posts' blueprint)
    posters,  # noqa: F401 (adds its page to the cases' blueprint)
    posts,
    presentation,
    reporting,  # noqa: F401 (adds its pages to the administrators' blueprint)
    reports,  # noqa: F401 (adds its pages to the cases' blueprint)
    review,
    roads,
    second_factor,  # noqa: F401 (adds its pages to the accounts' blueprint)
    sightings,
    sweeps,
    tiles,
    timeline,  # noqa: F401 (adds its pages to the cases' blueprint)
    tip_form,
    tips,
)


def register(application: Flask) -> None:
    """Add the pages, and what their templates call, to the application."""
    presentation.install(application)
    for room in (home, accounts, admin, case_parts, sweeps, sightings, review, cameras, media):
        application.register_blueprint(room.blueprint)
    for further in (alerts, evaluations, roads, tiles):
        application.register_blueprint(further.blueprint)
    for handed_in in (tip_form, tips, found, found_matches, posts, persons):
        application.register_blueprint(handed_in.blueprint)
    for owners in (footage_requests, deliveries):
        application.register_blueprint(owners.blueprint)
