"""What the API, the live events, the command line and the exports hand out, as validated models."""

from app.outputs.base import JSON, LEAD_NOTICE, Output, PageOut, page_of, whole_list
from app.outputs.cameras import (
    CameraOut,
    CameraRefOut,
    ClockCheckOut,
    FootageOut,
    RankedCameraOut,
    RankingOut,
)
from app.outputs.cases import CaseCountsOut, CaseOut, LocationOut, PhotoOut
from app.outputs.events import (
    location_payload,
    photo_payload,
    sighting_payload,
    sweep_payload,
    visit_payload,
)
from app.outputs.reports import (
    AuditEntryOut,
    FolderReportOut,
    GeocodedPlaceOut,
    HealthOut,
    ImportReportOut,
    ProblemOut,
    RegistryProblemOut,
    StartReportOut,
    UserOut,
)
from app.outputs.retention import ExpiryOut, ReceiptOut
from app.outputs.roads import RoadSourceOut, RoadsReportOut
from app.outputs.searches import (
    AddedPhotoOut,
    FaceSearchOut,
    FaceSearchWithResultsOut,
    FoundFaceOut,
)
from app.outputs.sightings import (
    BlindSightingOut,
    ClipOut,
    ReviewOut,
    SightingOut,
    SightingWithReviewsOut,
)
from app.outputs.sweeps import SweepOut, SweepProgressOut, UserRefOut, VisitOut, VisitProgressOut

__all__ = [
    "JSON",
    "LEAD_NOTICE",
    "AddedPhotoOut",
    "AuditEntryOut",
    "BlindSightingOut",
    "CameraOut",
    "CameraRefOut",
    "CaseCountsOut",
    "CaseOut",
    "ClipOut",
    "ClockCheckOut",
    "ExpiryOut",
    "FaceSearchOut",
    "FaceSearchWithResultsOut",
    "FolderReportOut",
    "FootageOut",
    "FoundFaceOut",
    "GeocodedPlaceOut",
    "HealthOut",
    "ImportReportOut",
    "LocationOut",
    "Output",
    "PageOut",
    "PhotoOut",
    "ProblemOut",
    "RankedCameraOut",
    "RankingOut",
    "ReceiptOut",
    "RegistryProblemOut",
    "ReviewOut",
    "RoadSourceOut",
    "RoadsReportOut",
    "SightingOut",
    "SightingWithReviewsOut",
    "StartReportOut",
    "SweepOut",
    "SweepProgressOut",
    "UserOut",
    "UserRefOut",
    "VisitOut",
    "VisitProgressOut",
    "location_payload",
    "page_of",
    "photo_payload",
    "sighting_payload",
    "sweep_payload",
    "visit_payload",
    "whole_list",
]
