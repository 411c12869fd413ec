"""The tables, one file per noun. Importing this package registers all of them."""

from app.models.access import CaseMember
from app.models.accounts import ApiToken, Role, User
from app.models.alerts import (
    Alert,
    AlertKind,
    AlertMode,
    AlertNotice,
    AlertPreference,
    AlertUrgency,
    NoticeState,
)
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
from app.models.evaluations import Evaluation
from app.models.faces import Embedder, Face, ReferenceEmbedding
from app.models.footage import Footage, FootageKind
from app.models.galleries import GalleryChange
from app.models.live import LiveEvent
from app.models.messages import MessageState, OutgoingAttachment, OutgoingMessage, Transport
from app.models.plans import SearchPlan
from app.models.retention import RetentionReceipt
from app.models.roads import GazetteerPlace, Road, RoadSource
from app.models.searches import FaceSearch, FaceSearchResult, SearchMethod, SearchOccasion
from app.models.sightings import (
    Review,
    ReviewStage,
    Sighting,
    SightingSimilarity,
    SightingState,
    Verdict,
)
from app.models.sweeps import (
    LivePhase,
    StreamOutage,
    Sweep,
    SweepState,
    Visit,
    VisitPart,
    VisitState,
)
from app.models.traces import Trace

__all__ = [
    "Alert",
    "AlertKind",
    "AlertMode",
    "AlertNotice",
    "AlertPreference",
    "AlertUrgency",
    "ApiToken",
    "AuditEntry",
    "CameraRow",
    "Case",
    "CaseMember",
    "CaseState",
    "Embedder",
    "Evaluation",
    "Face",
    "FaceSearch",
    "FaceSearchResult",
    "Footage",
    "FootageKind",
    "GalleryChange",
    "GazetteerPlace",
    "LastKnownLocationRow",
    "LiveEvent",
    "LivePhase",
    "LocationSource",
    "MessageState",
    "NoticeState",
    "OutgoingAttachment",
    "OutgoingMessage",
    "ReferenceEmbedding",
    "ReferencePhoto",
    "RegistrySource",
    "Reliability",
    "RetentionReceipt",
    "Review",
    "ReviewStage",
    "Road",
    "RoadSource",
    "Role",
    "SearchMethod",
    "SearchOccasion",
    "SearchPlan",
    "Sighting",
    "SightingSimilarity",
    "SightingState",
    "StreamOutage",
    "SubjectCategory",
    "Sweep",
    "SweepState",
    "Trace",
    "Transport",
    "User",
    "Verdict",
    "Visit",
    "VisitPart",
    "VisitState",
]
