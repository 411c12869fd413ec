"""Outputs for reports of work done, administration and the state of the installation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pydantic import Field

from app.models.accounts import User
from app.outputs.base import JSON, Output, UtcInstant


class RegistryProblemOut(Output):
    """A row that was refused, or taken with a remark; `row_number` as a spreadsheet shows it.

    Without a number, it is the file as a whole.
    """

    row_number: int | None
    severity: str
    reason: str
    value: str


class ImportReportOut(Output):
    """What an import of cameras did, or, with `dry_run`, would do. `mapping` is field → column."""

    source: str
    file_name: str
    format: str
    rows: int
    added: int
    changed: int
    unchanged: int
    inactive: int
    refused: int
    warnings: int
    mapping: dict[str, str]
    columns: list[str]
    problems: list[RegistryProblemOut]
    dry_run: bool
    seconds: float


class RefusedFileOut(Output):
    """A file of a folder that was not taken, and why."""

    name: str
    reason: str


class FolderReportLike(Protocol):
    """What `services.inventory.footage.add_folder` answers."""

    @property
    def added(self) -> int: ...
    @property
    def unchanged(self) -> int: ...
    @property
    def refused(self) -> Sequence[tuple[str, str]]: ...


class FolderReportOut(Output):
    """What became of a folder of recordings."""

    added: int
    unchanged: int
    refused: list[RefusedFileOut]

    @classmethod
    def of(cls, report: FolderReportLike) -> FolderReportOut:
        """From the service's report."""
        refused = [RefusedFileOut(name=name, reason=reason) for name, reason in report.refused]
        return cls(added=report.added, unchanged=report.unchanged, refused=refused)


class StartReportOut(Output):
    """What starting a sweep did; `note` says why nothing was queued, if nothing was."""

    queued: int
    note: str


class GeocodedPlaceOut(Output):
    """A place that the geocoder proposes for an address."""

    label: str
    latitude_deg: float
    longitude_deg: float


class PartOut(Output):
    """One part of the installation; `sentence` says what it is, or what is wrong with it."""

    name: str
    ok: bool
    sentence: str


class WorkerOut(Output):
    """A worker process; `job` is what it holds, null while it waits."""

    name: str
    host: str
    state: str
    job: str | None
    heartbeat_at: UtcInstant | None
    visits_done: int


class HealthOut(Output):
    """Which parts of the installation answer. `problems` says in words what to do."""

    ok: bool
    problems: list[str]
    database: PartOut
    redis: PartOut
    media: PartOut
    recogniser: PartOut
    mail: PartOut
    workers: list[WorkerOut]
    queue_lengths: dict[str, int]
    disk_free_bytes: int
    looked_after: list[PartOut]


class UserOut(Output):
    """An account, without anything secret."""

    id: int
    email: str
    name: str
    role: str
    active: bool
    last_login_at: UtcInstant | None
    created_at: UtcInstant

    @classmethod
    def of(cls, user: User) -> UserOut:
        """From a row."""
        return cls.model_validate(user)


class AuditLineLike(Protocol):
    """What `services.governance.audit_reading` hands over."""

    @property
    def withheld(self) -> bool: ...


class AuditEntryOut(Output):
    """Who did what, when, in which case and for which purpose.

    Where `withheld`, purpose, subject and details are left out: the case is restricted.
    """

    id: int
    at: UtcInstant
    actor_name: str
    actor_role: str
    action: str
    case_number: str | None
    purpose: str | None
    subject: str | None
    details: dict[str, JSON]
    address: str | None
    entry_hash: str
    withheld: bool

    @classmethod
    def of(cls, entry: AuditLineLike) -> AuditEntryOut:
        """From an entry as its reader may read it."""
        return cls.model_validate(entry)


class ProblemOut(Output):
    """What went wrong, as RFC 9457 has it; `errors` maps a field to the reason.

    A refused photo also carries `reason` (a short code) and `marked_jpeg_base64` (the picture with
    what was found drawn on it); an unforeseen error its `incident` id in the server's log.
    """

    type: str = Field(examples=["urn:lastseen:problem:input-refused"])
    title: str = Field(examples=["Input refused"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["The time window ends before it starts; swap the two times."])
    errors: dict[str, str] = Field(default_factory=dict)
    reason: str | None = None
    marked_jpeg_base64: str | None = None
    incident: str | None = None
