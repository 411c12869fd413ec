"""Inputs for accounts. Passwords are checked by `services.people.passwords`, not here."""

from __future__ import annotations

from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field, StringConstraints

from app.inputs.fields import Input, OptionalText, Page, PageSize, ShortText
from app.models.accounts import Role


def _email(value: str) -> str:
    """Lower case, without asking the network; reserved names such as `.example` are taken."""
    try:
        checked = validate_email(value, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError(f"is not an e-mail address: {error}") from error
    return checked.normalized.lower()


EmailAddress = Annotated[str, StringConstraints(max_length=254), AfterValidator(_email)]


Organisation = Annotated[str, StringConstraints(max_length=200)]
"""Whom a partner works for; partners of one organisation see each other's entries."""


class UserInput(Input):
    """A new account. Its password is made by the product, or given beside this."""

    email: EmailAddress
    name: ShortText
    role: Role
    organisation: Organisation = ""


class InvitationInput(Input):
    """Who is invited, to which role and for which organisation; the name may be left to them."""

    email: EmailAddress
    name: Annotated[str, StringConstraints(max_length=200)] = ""
    role: Role
    organisation: Organisation = ""


class ApprovalInput(Input):
    """The role with which a registration is approved, and the organisation, if not as asked for.

    For a partner that decides whose entries they see, so a person confirms it.
    """

    role: Role
    organisation: Organisation | None = None


class RegistrationInput(Input):
    """Somebody who asks for an account, and for which organisation."""

    email: EmailAddress
    name: ShortText
    organisation: ShortText
    remarks: Annotated[OptionalText, StringConstraints(max_length=1000)] = ""


class AddressInput(Input):
    """The address of somebody who forgot the password."""

    email: EmailAddress


class UserChange(Input):
    """What an administrator may change; a field that is not given stays."""

    name: ShortText | None = None
    role: Role | None = None
    active: bool | None = None
    organisation: Organisation | None = None
    may_read_posts: bool | None = None
    may_see_persons: bool | None = None


class UserQuery(Input):
    """Accounts by part of the name or address, by role, and by whether they are active."""

    text: str = Field(default="", max_length=200)
    role: Role | None = None
    active: bool | None = None
    page: Page = 1
    per_page: PageSize = 50


class TokenInput(Input):
    """A new bearer token: what it is for, and after how many days it ends."""

    label: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    days: Annotated[int, Field(ge=1, le=366)] = 90
