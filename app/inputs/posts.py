"""Inputs for imports of posts, lists of them, and verdicts on faces in their pictures."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from app.indicators.signs import Group
from app.inputs.cases import CaseNumber, Timezone
from app.inputs.fields import Input, Page, RequiredText, ShortText, no_control_characters
from app.inputs.reports import Region
from app.models.contributions import MatchState

LARGEST_ID = 2**31 - 1
OptionalId = Annotated[int | None, Field(ge=1, le=LARGEST_ID)]
Short = Annotated[str, StringConstraints(max_length=200), AfterValidator(no_control_characters)]


class PostImportInput(Input):
    """Where posts come from and why; `platform` names it where the file does not."""

    origin: ShortText
    purpose: RequiredText
    label: Annotated[str, StringConstraints(max_length=100)] = ""
    platform: Annotated[str, StringConstraints(max_length=100)] = ""
    timezone: Timezone
    region: Region = "IN"


class PostOrder(StrEnum):
    """In which order posts are listed; `signs` is by how many groups have a sign."""

    SIGNS = "signs"
    NEWEST = "newest"
    TONE = Group.TONE.value
    FREQUENCY = Group.FREQUENCY.value
    PRICE = Group.PRICE.value
    SHARED = Group.SHARED.value


class PostQuery(Input):
    """A page of posts. Text is looked for in title and content; names are compared whole."""

    text: Short = ""
    group: Group | None = None
    place: Short = ""
    category: Short = ""
    currency: Annotated[str, StringConstraints(max_length=3)] = ""
    account_id: OptionalId = None
    contact_id: OptionalId = None
    import_id: OptionalId = None
    like_id: OptionalId = None
    only_matches: bool = False
    order: PostOrder = PostOrder.SIGNS
    page: Page = 1


class PostMatchQuery(Input):
    """A page of faces in posts' pictures that are like a subject."""

    state: MatchState | None = MatchState.CANDIDATE
    case: CaseNumber | None = None
    page: Page = 1


class PostVerdictInput(Input):
    """What a person says of a match; `candidate` takes the verdict back."""

    state: MatchState


class LinkQuery(Input):
    """Which part of the graph: around a case, an account or a contact, and which component.

    `open` names things of which more links are drawn, as `nodes` of the answer call them: C12,A7.
    """

    case: CaseNumber | None = None
    account_id: OptionalId = None
    contact_id: OptionalId = None
    component: Annotated[int, Field(ge=1, le=100_000)] = 1
    open: Annotated[
        str, StringConstraints(pattern=r"^([APCK]\d{1,10}(,[APCK]\d{1,10}){0,9})?$")
    ] = ""

    @property
    def open_keys(self) -> list[str]:
        """The things that are opened, in the order in which they were."""
        return [key for key in self.open.split(",") if key]
