"""Commands: `flask cases …`, `flask sweeps …`. Each makes the same service call as its page."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules

import click
from flask import Flask


def register(application: Flask) -> None:
    """Add the `commands` of every module here to `flask`."""
    for found in iter_modules(__path__):
        module = import_module(f"{__name__}.{found.name}")
        commands: Sequence[click.Command] = getattr(module, "commands", ())
        for command in commands:
            application.cli.add_command(command)
