"""Inputs for the list of people of a case."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.inputs.fields import Input


class MemberInput(Input):
    """The account to put on the list."""

    user_id: Annotated[int, Field(ge=1, le=2**31 - 1)]
