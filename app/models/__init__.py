"""The tables, one file per noun. Importing this package registers all of them."""

from app.models.accounts import ApiToken, Role, User
from app.models.audit import AuditEntry
from app.models.cameras import CameraRow, RegistrySource
from app.models.cases import (
    Case,
    CaseState,
    LastKnownLocationRow,
    LocationSource,
    ReferencePhoto,
    Reliability,
    SubjectCategory,
)
from app.models.faces import Embedder, Face, ReferenceEmbedding
from app.models.footage import Footage, FootageKind
from app.models.live import LiveEvent
from app.models.sightings import Review, Sighting, SightingState, Verdict
from app.models.sweeps import Sweep, SweepState, Visit, VisitPart, VisitState

__all__ = [
    "ApiToken",
    "AuditEntry",
    "CameraRow",
    "Case",
    "CaseState",
    "Embedder",
    "Face",
    "Footage",
    "FootageKind",
    "LastKnownLocationRow",
    "LiveEvent",
    "LocationSource",
    "ReferenceEmbedding",
    "ReferencePhoto",
    "RegistrySource",
    "Reliability",
    "Review",
    "Role",
    "Sighting",
    "SightingState",
    "SubjectCategory",
    "Sweep",
    "SweepState",
    "User",
    "Verdict",
    "Visit",
    "VisitPart",
    "VisitState",
]
