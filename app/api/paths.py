"""The parts of addresses: case numbers and ids."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from app.errors import NotFound

LARGEST_ID = 2**31 - 1
LARGEST_SIGHTING_ID = 2**63 - 1


def _below(largest: int) -> AfterValidator:
    def check(value: int) -> int:
        if not 1 <= value <= largest:
            raise NotFound(f"There is nothing with the number {value}.")
        return value

    return AfterValidator(check)


Id = Annotated[int, _below(LARGEST_ID)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
SightingId = Annotated[int, _below(LARGEST_SIGHTING_ID)]


class CasePath(BaseModel):
    """A case by its number."""

    number: str = Field(max_length=200, json_schema_extra={"example": "BLR-2026-0042"})


class AlertPath(BaseModel):
    """An alert."""

    alert_id: SightingId


class CasePhotoPath(CasePath):
    """A reference photo of a case."""

    photo_id: Id


class CaseLocationPath(CasePath):
    """A last-known location of a case."""

    location_id: Id


class CaseTracePath(CasePath):
    """An imported trace of a case."""

    trace_id: Id


class CaseFaceSearchPath(CasePath):
    """A search of kept faces of a case."""

    search_id: Id


class CaseRoutePath(CasePath):
    """The route as a file; `html` is a map that needs no network, `tak` a data package."""

    format: Literal["geojson", "gpx", "kml", "csv", "html", "cot", "tak"]


class SweepPath(BaseModel):
    """A sweep by its id."""

    sweep_id: Id


class VisitPath(BaseModel):
    """A visit by its id."""

    visit_id: Id


class SightingPath(BaseModel):
    """A sighting by its id."""

    sighting_id: SightingId


class RequestPath(BaseModel):
    """A request for footage by its id."""

    request_id: Id


class InvitationPath(BaseModel):
    """An invitation by its id."""

    link_id: Id


class UserPath(BaseModel):
    """An account by its id."""

    user_id: Id


class UserSessionPath(UserPath):
    """A session of an account."""

    session_id: Id


class EvaluationPath(BaseModel):
    """An evaluation of a model by its number."""

    evaluation_id: Id


class CameraPath(BaseModel):
    """A camera by its id."""

    camera_id: Id


class ClockCheckPath(BaseModel):
    """A comparison of a clock by its id."""

    check_id: Id


class FootagePath(BaseModel):
    """A recording by its id."""

    footage_id: Id
