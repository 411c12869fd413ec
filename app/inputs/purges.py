"""Asking for a case to be deleted."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from app.inputs.fields import Input, no_control_characters


class PurgeInput(Input):
    """Why, without names, and the case's number typed again."""

    reason: Annotated[
        str,
        StringConstraints(min_length=1, max_length=2000),
        AfterValidator(no_control_characters),
    ]
    typed_number: Annotated[str, StringConstraints(min_length=1, max_length=60)]
