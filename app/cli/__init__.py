"""Commands: `flask cases …`, `flask sweeps …`. Each makes the same service call as its page."""

from __future__ import annotations

from flask import Flask

from app.cli import (
    audit,
    cameras,
    cases,
    evaluate,
    faces,
    footage,
    members,
    messages,
    packs,
    plan,
    processes,
    reports,
    roads,
    route,
    sightings,
    sweeps,
    traces,
    users,
)

_MODULES = (
    audit,
    cameras,
    cases,
    evaluate,
    faces,
    footage,
    members,
    messages,
    packs,
    plan,
    processes,
    reports,
    roads,
    route,
    sightings,
    sweeps,
    traces,
    users,
)


def register(application: Flask) -> None:
    """Add all commands to `flask`."""
    for module in _MODULES:
        for command in module.commands:
            application.cli.add_command(command)
