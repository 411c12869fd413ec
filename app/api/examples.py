"""Examples of JSON bodies for the OpenAPI document; a test validates each against its model."""

from __future__ import annotations

from typing import Any, Final

from flask_openapi3.openapi import OpenAPI

EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "CaseInput": {
        "number": "BLR-2026-0042",
        "purpose": "Find a child who did not come home from school",
        "legal_basis": "Missing-person report 118/2026",
        "legal_basis_expires_at": "2099-12-31T23:59:00+05:30",
        "subject_name": "Made-up Name",
        "subject_age_years": 8,
        "subject_category": "child 7-9",
        "subject_clothing": "yellow raincoat, blue school bag",
        "timezone": "Asia/Kolkata",
        "made_up": True,
    },
    "CaseChange": {"subject_clothing": "yellow raincoat, no bag"},
    "ConfirmInput": {
        "purpose": "Find a child who did not come home from school",
        "legal_basis": "Missing-person report 118/2026",
        "legal_basis_expires_at": "2099-12-31T23:59:00+05:30",
    },
    "DistinctionInput": {"first": "MP-2026-014", "second": "MP-2026-022", "reason": "sisters"},
    "PurgeInput": {"reason": "Asked for by the family", "typed_number": "BLR-2026-0042"},
    "LocationInput": {
        "latitude_deg": 12.9757,
        "longitude_deg": 77.6063,
        "seen_at": "2026-11-18T14:10:00+05:30",
        "uncertainty_m": 60,
        "label": "Metro station, north exit",
        "source": "witness",
        "reliability": "likely",
    },
    "PersonAuthorisationInput": {
        "legal_basis": "Section 4 of the made-up act",
        "order_reference": "Order 7/2026 of the made-up court",
        "expires_at": "2026-12-18T18:00:00+05:30",
    },
    "PersonDecisionInput": {"grant": True, "remarks": "The order was read.", "photo_ids": [31, 32]},
    "PersonEndInput": {"reason": "They were spoken to, and have nothing to do with it."},
    "PersonVerdictInput": {"verdict": "unsure", "remarks": "The face is turned away."},
    "PhotoChange": {"taken": "2019-06"},
    "LocationChange": {"uncertainty_m": 120, "reliability": "doubtful"},
    "RequestInput": {
        "camera_ids": [12],
        "window_start": "2026-11-18T14:00:00+05:30",
        "window_end": "2026-11-18T16:00:00+05:30",
        "owner": "Made-up Stores",
        "owner_email": "security@stores.example",
        "contact": "Control room, 080 0000 0000",
        "legal_basis": "Missing-person report 118/2026",
        "link_days": 7,
    },
    "RequestLinkInput": {"link_days": 14},
    "DeclineInput": {"reason": "The recorder was replaced on 17 November."},
    "InvitationInput": {"email": "new.analyst@police.example", "role": "analyst"},
    "SweepInput": {
        "window_start": "2026-11-18T14:00:00+05:30",
        "window_end": "2026-11-18T16:00:00+05:30",
        "radius_m": 800,
        "limit": 20,
        "only_with_footage": True,
        "priority": "high",
    },
    "MarkInput": {"decision": "accept", "time_mark_id": 12, "reliability": "likely"},
    "AssignBody": {"user_id": 3},
    "MemberInput": {"user_id": 3},
    "PriorityBody": {"priority": "urgent"},
    "ReviewInput": {"verdict": "confirmed", "remarks": "Same scar over the left eyebrow."},
    "FaceSearchInput": {
        "radius_m": 3000,
        "since": "2026-11-17T00:00:00+05:30",
        "limit": 50,
        "show_below": False,
    },
    "AcceptInput": {"case_number": "BLR-2026-0042", "reliability": "likely"},
    "MessageInput": {"text": "Which platform was it?"},
    "FoundInput": {
        "found_at": "2026-11-18T14:10:00+05:30",
        "place": "Made-up market, north gate",
        "latitude_deg": 12.9757,
        "longitude_deg": 77.6063,
        "age_from_years": 6,
        "age_to_years": 9,
        "sex": "female",
        "clothing": "yellow raincoat",
        "whereabouts": "Made-up Home, room 4",
        "contact": "Warden on duty, 080 0000 0000",
        "timezone": "Asia/Kolkata",
    },
    "CloseInput": {"state": "reunited"},
    "ReasonInput": {"reason": "The family recognised the clothes in the entry."},
    "MatchVerdictInput": {"state": "confirmed"},
    "PostVerdictInput": {"state": "confirmed"},
    "ModelInput": {"model_sha256": "9f" * 32},
    "ThresholdInput": {"evaluation_id": 3, "false_match_rate": 0.0001},
    "ClockCheckInput": {
        "shown_at": "2026-11-18T14:10:05+05:30",
        "true_at": "2026-11-18T14:08:31+05:30",
        "precision_s": 1.0,
        "remarks": "Read from the monitor beside a phone.",
    },
    "FootageFileInput": {
        "path": "gate-4/ch01_20261118_140000.mp4",
        "started_at": "2026-11-18T14:00:00+05:30",
    },
    "FootageFolderInput": {
        "path": "gate-4",
        "pattern": "ch01_%Y%m%d_%H%M%S",
        "timezone": "Asia/Kolkata",
    },
}


def attach_examples(application: OpenAPI) -> None:
    """Give each JSON body of the document the example of its model."""
    for item in application.paths.values():
        for operation in (item.post, item.put, item.patch):
            if operation is None or operation.requestBody is None:
                continue
            media = operation.requestBody.content.get("application/json")
            if media is not None:
                name = media.media_type_schema.ref.rsplit("/", 1)[-1]
                media.example = EXAMPLES[name]
