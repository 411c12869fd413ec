"""The tables, one file per noun. Importing this package registers all of them."""

from app.models.access import CaseMember
from app.models.accounts import ApiToken, Role, User
from app.models.age_thresholds import AgeThreshold
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
from app.models.cameras import CameraRow, ClockCheckRow, RegistrySource
from app.models.cases import (
    Case,
    CaseState,
    LastKnownLocationRow,
    LocationSource,
    ReferencePhoto,
    Reliability,
    SubjectCategory,
)
from app.models.contributions import (
    ContributedFace,
    ContributedMatch,
    ContributedPhoto,
    ContributionReceipt,
    MatchState,
    PhotoState,
)
from app.models.distinctions import CaseDistinction
from app.models.evaluations import Evaluation
from app.models.faces import Embedder, Face, ReferenceEmbedding
from app.models.factors import RecoveryCode, SecondFactor
from app.models.footage import Footage, FootageKind
from app.models.found import FoundPerson, FoundState, Sex
from app.models.galleries import GalleryChange
from app.models.imports import ImportedCase
from app.models.joining import AccountLink, PasswordRequest, Registration
from app.models.live import LiveEvent
from app.models.look_backs import LookBackState, PersonLookBack
from app.models.messages import MessageState, OutgoingAttachment, OutgoingMessage, Transport
from app.models.packs import PackUse
from app.models.persons import (
    AuthorisationState,
    PersonAuthorisation,
    PersonComparison,
    PersonEmbedding,
    PersonOfInterest,
    PersonPhoto,
    PersonReceipt,
    PersonSighting,
    PersonVerdict,
)
from app.models.plans import SearchPlan
from app.models.post_jobs import ImportStep, ImportTask, PostImportJob
from app.models.posts import (
    Post,
    PostAccount,
    PostContact,
    PostContactUse,
    PostImport,
    PostImportState,
)
from app.models.purges import CasePurge, PurgeState
from app.models.reports import MarkState, Report, ReportKind, ReportMark
from app.models.requests import (
    Delivery,
    DeliveryState,
    FootageRequest,
    FootageRequestCamera,
    RequestState,
)
from app.models.retention import PhotoReceipt, RetentionReceipt
from app.models.roads import GazetteerPlace, Road, RoadSource
from app.models.searches import FaceSearch, FaceSearchResult, SearchMethod, SearchOccasion
from app.models.sessions import UserSession
from app.models.sightings import (
    Review,
    ReviewStage,
    Sighting,
    SightingClip,
    SightingSimilarity,
    SightingState,
    Verdict,
)
from app.models.sweeps import (
    LivePhase,
    StreamOutage,
    Sweep,
    SweepPriority,
    SweepState,
    Visit,
    VisitPart,
    VisitState,
)
from app.models.tips import PlaceSource, TimeSource, Tip, TipMessage, TipState
from app.models.traces import Trace
from app.models.workers import SchedulerBeat, WorkerMinute, WorkerRow

__all__ = [
    "AccountLink",
    "AgeThreshold",
    "Alert",
    "AlertKind",
    "AlertMode",
    "AlertNotice",
    "AlertPreference",
    "AlertUrgency",
    "ApiToken",
    "AuditEntry",
    "AuthorisationState",
    "CameraRow",
    "Case",
    "CaseDistinction",
    "CaseMember",
    "CasePurge",
    "CaseState",
    "ClockCheckRow",
    "ContributedFace",
    "ContributedMatch",
    "ContributedPhoto",
    "ContributionReceipt",
    "Delivery",
    "DeliveryState",
    "Embedder",
    "Evaluation",
    "Face",
    "FaceSearch",
    "FaceSearchResult",
    "Footage",
    "FootageKind",
    "FootageRequest",
    "FootageRequestCamera",
    "FoundPerson",
    "FoundState",
    "GalleryChange",
    "GazetteerPlace",
    "ImportStep",
    "ImportTask",
    "ImportedCase",
    "LastKnownLocationRow",
    "LiveEvent",
    "LivePhase",
    "LocationSource",
    "LookBackState",
    "MarkState",
    "MatchState",
    "MessageState",
    "NoticeState",
    "OutgoingAttachment",
    "OutgoingMessage",
    "PackUse",
    "PasswordRequest",
    "PersonAuthorisation",
    "PersonComparison",
    "PersonEmbedding",
    "PersonLookBack",
    "PersonOfInterest",
    "PersonPhoto",
    "PersonReceipt",
    "PersonSighting",
    "PersonVerdict",
    "PhotoReceipt",
    "PhotoState",
    "PlaceSource",
    "Post",
    "PostAccount",
    "PostContact",
    "PostContactUse",
    "PostImport",
    "PostImportJob",
    "PostImportState",
    "PurgeState",
    "RecoveryCode",
    "ReferenceEmbedding",
    "ReferencePhoto",
    "Registration",
    "RegistrySource",
    "Reliability",
    "Report",
    "ReportKind",
    "ReportMark",
    "RequestState",
    "RetentionReceipt",
    "Review",
    "ReviewStage",
    "Road",
    "RoadSource",
    "Role",
    "SchedulerBeat",
    "SearchMethod",
    "SearchOccasion",
    "SearchPlan",
    "SecondFactor",
    "Sex",
    "Sighting",
    "SightingClip",
    "SightingSimilarity",
    "SightingState",
    "StreamOutage",
    "SubjectCategory",
    "Sweep",
    "SweepPriority",
    "SweepState",
    "TimeSource",
    "Tip",
    "TipMessage",
    "TipState",
    "Trace",
    "Transport",
    "User",
    "UserSession",
    "Verdict",
    "Visit",
    "VisitPart",
    "VisitState",
    "WorkerMinute",
    "WorkerRow",
]
