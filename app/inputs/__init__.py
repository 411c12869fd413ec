"""What people and programs hand in, as validated values: one for forms, API and CLI alike."""

from app.inputs.accounts import InvitationInput
from app.inputs.cases import (
    CaseChange,
    CaseImportInput,
    CaseInput,
    ConfirmInput,
    LocationChange,
    LocationInput,
)
from app.inputs.clocks import ClockCheckInput
from app.inputs.comparisons import ComparisonInput
from app.inputs.duplicates import DistinctionInput
from app.inputs.footage import FootageFileInput, FootageFolderInput
from app.inputs.members import MemberInput
from app.inputs.persons import (
    PersonAuthorisationInput,
    PersonDecisionInput,
    PersonEndInput,
    PersonVerdictInput,
)
from app.inputs.photos import PhotoChange, PhotoInput
from app.inputs.posts import PostVerdictInput
from app.inputs.purges import PurgeInput
from app.inputs.queries import (
    CameraQuery,
    CaseQuery,
    QueueQuery,
    RankingOrder,
    RankingQuery,
    SightingQuery,
)
from app.inputs.reports import MarkInput, ReportInput
from app.inputs.requests import DeclineInput, RequestInput, RequestLinkInput
from app.inputs.searches import (
    FaceSearchInput,
    FaceSearchQuery,
    ModelInput,
    OneInInput,
    ThresholdInput,
)
from app.inputs.sweeps import ReviewInput, SweepInput
from app.inputs.tips import (
    AcceptInput,
    CloseInput,
    FoundInput,
    MatchVerdictInput,
    MessageInput,
    ReasonInput,
)

__all__ = [
    "AcceptInput",
    "CameraQuery",
    "CaseChange",
    "CaseImportInput",
    "CaseInput",
    "CaseQuery",
    "ClockCheckInput",
    "CloseInput",
    "ComparisonInput",
    "ConfirmInput",
    "DeclineInput",
    "DistinctionInput",
    "FaceSearchInput",
    "FaceSearchQuery",
    "FootageFileInput",
    "FootageFolderInput",
    "FoundInput",
    "InvitationInput",
    "LocationChange",
    "LocationInput",
    "MarkInput",
    "MatchVerdictInput",
    "MemberInput",
    "MessageInput",
    "ModelInput",
    "OneInInput",
    "PersonAuthorisationInput",
    "PersonDecisionInput",
    "PersonEndInput",
    "PersonVerdictInput",
    "PhotoChange",
    "PhotoInput",
    "PostVerdictInput",
    "PurgeInput",
    "QueueQuery",
    "RankingOrder",
    "RankingQuery",
    "ReasonInput",
    "ReportInput",
    "RequestInput",
    "RequestLinkInput",
    "ReviewInput",
    "SightingQuery",
    "SweepInput",
    "ThresholdInput",
]
