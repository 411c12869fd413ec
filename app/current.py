"""What the running request, job or command stands for: its settings, and who acts."""

from __future__ import annotations

from flask import current_app, has_request_context, request
from flask_login import current_user

from app.config import Settings
from app.services.base.actors import COMMAND_LINE, Actor


def settings() -> Settings:
    """The settings of the current application."""
    found: Settings = current_app.config["LASTSEEN"]
    return found


def actor() -> Actor:
    """Whoever sent the current request; outside of a request, the command line.

    The account comes from the session cookie or from a bearer token, whichever the request carries.
    """
    if not has_request_context():
        return COMMAND_LINE
    address = request.remote_addr
    if not current_user.is_authenticated:
        return Actor(None, "not logged in", "public", address)
    return Actor(current_user.id, current_user.email, current_user.role.value, address)
