"""Who may reach what: one table from endpoints to roles. What is not in it, nobody reaches."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from enum import Enum
from typing import Final, TypeAlias

from flask import Flask, current_app, redirect, request, url_for
from flask_login import current_user
from werkzeug.exceptions import Forbidden, NotFound, Unauthorized
from werkzeug.wrappers import Response

from app import case_access, proof
from app.errors import Forbidden as NotAllowed
from app.extensions import csrf
from app.identity import is_bearer
from app.models.accounts import Role
from app.problems import wants_json
from app.services.base.post_access import POST_ROLES
from app.services.people import second_factors

logger = logging.getLogger(__name__)


class Audience(Enum):
    """Audiences that are no set of roles."""

    PUBLIC = "everybody, logged in or not"
    ANY_ROLE = "everybody who is logged in"


PUBLIC: Final = Audience.PUBLIC
ANY_ROLE: Final = Audience.ANY_ROLE
Allowed: TypeAlias = Audience | frozenset[Role]

INVESTIGATOR, DISPATCHER, ANALYST = Role.INVESTIGATOR, Role.DISPATCHER, Role.ANALYST
EXAMINER, ADMINISTRATOR = Role.EXAMINER, Role.ADMINISTRATOR

CASE_READERS: Final = frozenset({INVESTIGATOR, DISPATCHER, ANALYST, ADMINISTRATOR})
CASE_WRITERS: Final = frozenset({INVESTIGATOR})
MEMBER_KEEPERS: Final = frozenset({INVESTIGATOR, ADMINISTRATOR})
"""Who keeps the list of a case that they see."""
SIGHTING_READERS: Final = frozenset({INVESTIGATOR, ANALYST, EXAMINER, ADMINISTRATOR})
CASE_SIGHTING_READERS: Final = (SIGHTING_READERS | {DISPATCHER}) - {EXAMINER}
"""The case map shows a dispatcher where the sightings are; the faces' own pages are not theirs.
An examiner judges blind, and a list would tell what the recogniser and others said."""
FACE_SEARCH_READERS: Final = frozenset({INVESTIGATOR, ANALYST, ADMINISTRATOR})
REVIEWERS: Final = frozenset({INVESTIGATOR, EXAMINER})
EXPORTERS: Final = frozenset({INVESTIGATOR, ANALYST})
TIMELINE_READERS: Final = SIGHTING_READERS - {EXAMINER}
TRACERS: Final = frozenset({INVESTIGATOR, ANALYST})
"""Who imports positions of phones, vehicles and tickets."""
SWEEP_READERS: Final = CASE_READERS
SWEEPERS: Final = frozenset({INVESTIGATOR, DISPATCHER})
SWEEP_PLANNERS: Final = SWEEPERS | {ANALYST}
"""An analyst plans a sweep of a blind corridor from the timeline; others start it."""
REGISTRY_READERS: Final = CASE_READERS
REGISTRARS: Final = frozenset({DISPATCHER, ADMINISTRATOR})
FOOTAGE_KEEPERS: Final = frozenset({DISPATCHER, ADMINISTRATOR})
MAP_READERS: Final = CASE_READERS | {EXAMINER}
"""Sightings are examined on a small map of their surroundings."""
ALERT_READERS: Final = CASE_READERS
"""An examiner judges blind: whether somebody else has seen an alert would already be a hint."""
ADMINISTRATORS: Final = frozenset({ADMINISTRATOR})
PARTNERS: Final = frozenset({Role.PARTNER})
TIP_READERS: Final = frozenset({INVESTIGATOR})
"""Tips and found persons show people who are no subject of any case: investigators alone."""
POST_READERS: Final = POST_ROLES
"""And only those of them whom an administrator gave the right: see `POST_ROOMS`."""
PICTURE_VIEWERS: Final = CASE_SIGHTING_READERS | {EXAMINER}

TABLE: Final[Mapping[str, Allowed]] = {
    "static": PUBLIC,
    # start, account
    "home.index": ANY_ROLE,
    "home.healthz": PUBLIC,
    "accounts.login": PUBLIC,
    "accounts.log_in": PUBLIC,
    "accounts.second_step": PUBLIC,
    "accounts.log_in_second": PUBLIC,
    "accounts.invitation": PUBLIC,
    "accounts.accept_invitation": PUBLIC,
    "accounts.forgotten": PUBLIC,
    "accounts.ask_for_password": PUBLIC,
    "accounts.new_password": PUBLIC,
    "accounts.set_password": PUBLIC,
    "accounts.registration": PUBLIC,
    "accounts.register": PUBLIC,
    "accounts.logout": ANY_ROLE,
    "accounts.me": ANY_ROLE,
    "accounts.change_password": ANY_ROLE,
    "accounts.sign_out_everywhere": ANY_ROLE,
    "accounts.end_one_session": ANY_ROLE,
    "accounts.second_factor": ANY_ROLE,
    "accounts.begin_second_factor": ANY_ROLE,
    "accounts.confirm_second_factor": ANY_ROLE,
    "accounts.new_recovery_codes": ANY_ROLE,
    "accounts.remove_second_factor": ANY_ROLE,
    "accounts.proof": ANY_ROLE,
    "accounts.prove": ANY_ROLE,
    "accounts.issue_token": ANY_ROLE,
    "accounts.revoke_token": ANY_ROLE,
    "media.picture": PICTURE_VIEWERS,
    # cases
    "cases.index": CASE_READERS,
    "cases.new": CASE_WRITERS,
    "cases.import_list": CASE_WRITERS,
    "cases.confirm": CASE_WRITERS,
    "cases.duplicates": FACE_SEARCH_READERS,
    "cases.tell_apart": CASE_WRITERS,
    "cases.undo_apart": CASE_WRITERS,
    "cases.poster": CASE_WRITERS,
    "cases.files": CASE_WRITERS,
    "cases.request_purge": CASE_WRITERS,
    "cases.withdraw_purge": CASE_WRITERS,
    "cases.carry_out_purge": CASE_WRITERS,
    "cases.show": CASE_READERS,
    "cases.wall": CASE_READERS,
    "cases.edit": CASE_WRITERS,
    "cases.prior": CASE_WRITERS,
    "cases.close": CASE_WRITERS,
    "cases.reopen": CASE_WRITERS,
    "cases.access": CASE_READERS,
    "cases.restrict": MEMBER_KEEPERS,
    "cases.unrestrict": MEMBER_KEEPERS,
    "cases.add_member": MEMBER_KEEPERS,
    "cases.remove_member": MEMBER_KEEPERS,
    "cases.photos": CASE_READERS,
    "cases.add_photo": CASE_WRITERS,
    "cases.change_photo": CASE_WRITERS,
    "cases.remove_photo": CASE_WRITERS,
    "cases.locations": CASE_READERS,
    "cases.add_location": CASE_WRITERS,
    "cases.change_location": CASE_WRITERS,
    "cases.remove_location": CASE_WRITERS,
    "cases.restore_location": CASE_WRITERS,
    "cases.sweeps": SWEEP_READERS,
    "cases.plan_sweep": SWEEPERS,
    "cases.sightings": CASE_SIGHTING_READERS,
    "cases.face_searches": FACE_SEARCH_READERS,
    "cases.face_search": FACE_SEARCH_READERS,
    "cases.search_faces": CASE_WRITERS,
    "cases.set_threshold": CASE_WRITERS,
    "cases.set_hold": CASE_WRITERS,
    "cases.timeline": TIMELINE_READERS,
    "cases.traces": CASE_READERS,
    "cases.import_trace": TRACERS,
    "cases.take_trace_back": TRACERS,
    "cases.restore_trace": TRACERS,
    "cases.reports": CASE_READERS,
    "cases.add_report": CASE_WRITERS,
    "cases.report": CASE_READERS,
    "cases.decide_mark": CASE_WRITERS,
    "cases.geocode_report": CASE_WRITERS,
    "cases.remove_report": CASE_WRITERS,
    "cases.restore_report": CASE_WRITERS,
    # alerts
    "alerts.index": ALERT_READERS,
    "alerts.show": ALERT_READERS,
    "alerts.acknowledge": ALERT_READERS,
    "alerts.case": ALERT_READERS,
    "alerts.acknowledge_case": ALERT_READERS,
    "alerts.save_case": ALERT_READERS,
    "alerts.set_urgent": CASE_WRITERS,
    "alerts.account": ALERT_READERS,
    "alerts.save_account": ALERT_READERS,
    "alerts.retry": ALERT_READERS,
    "cases.tips": TIP_READERS,
    "cases.publish_tip_code": CASE_WRITERS,
    "cases.withdraw_tip_code": CASE_WRITERS,
    # what the public hands in, and its triage
    "tip.form": PUBLIC,
    "tip.form_of_poster": PUBLIC,
    "tip.hand_in": PUBLIC,
    "tip.ready": PUBLIC,
    "tip.sign_in": PUBLIC,
    "tip.open_tip": PUBLIC,
    "tip.mine": PUBLIC,
    "tip.say_more": PUBLIC,
    "tip.leave": PUBLIC,
    "tip.places": PUBLIC,
    "tip.streets": PUBLIC,
    "tips.index": TIP_READERS,
    "tips.show": TIP_READERS,
    "tips.accept": TIP_READERS,
    "tips.reject": TIP_READERS,
    "tips.spam": TIP_READERS,
    "tips.undo": TIP_READERS,
    "tips.ask": TIP_READERS,
    "tips.picture": TIP_READERS,
    # found persons: partners' own entries, and investigators' matches
    "found.index": PARTNERS,
    "found.new": PARTNERS,
    "found.register": PARTNERS,
    "found.show": PARTNERS,
    "found.change": PARTNERS,
    "found.add_photos": PARTNERS,
    "found.close": PARTNERS,
    "found.reopen": PARTNERS,
    "found.picture": PARTNERS,
    "found_matches.index": TIP_READERS,
    "found_matches.show": TIP_READERS,
    "found_matches.ask": TIP_READERS,
    "found_matches.decide": TIP_READERS,
    "found_matches.picture": TIP_READERS,
    # imported posts, for those with the right
    "posts.index": POST_READERS,
    "posts.show": POST_READERS,
    "posts.picture": POST_READERS,
    "posts.export": POST_READERS,
    "posts.imports": POST_READERS,
    "posts.import_file": POST_READERS,
    "posts.show_import": POST_READERS,
    "posts.confirm": POST_READERS,
    "posts.cancel": POST_READERS,
    "posts.take_back": POST_READERS,
    "posts.restore": POST_READERS,
    "posts.matches": POST_READERS,
    "posts.decide": POST_READERS,
    "posts.links": POST_READERS,
    # sweeps
    "sweeps.index": SWEEP_READERS,
    "sweeps.all_sweeps": SWEEP_READERS,
    "sweeps.recorders": SWEEP_READERS,
    "sweeps.sweep_camera": SWEEPERS,
    "sweeps.show": SWEEP_READERS,
    "sweeps.start": SWEEPERS,
    "sweeps.stop": SWEEPERS,
    "sweeps.resume": SWEEPERS,
    "sweeps.assign": SWEEPERS,
    "sweeps.prioritise": SWEEPERS,
    "sweeps.retry_failed": SWEEPERS,
    "sweeps.retry": SWEEPERS,
    # requests to owners, and the public page behind their links
    "footage_requests.index": SWEEP_READERS,
    "footage_requests.new": SWEEPERS,
    "footage_requests.create": SWEEPERS,
    "footage_requests.show": SWEEP_READERS,
    "footage_requests.letter": SWEEP_READERS,
    "footage_requests.renew": SWEEPERS,
    "footage_requests.withdraw": SWEEPERS,
    "footage_requests.decline": SWEEPERS,
    "footage_requests.sweep": SWEEPERS,
    "deliveries.show": PUBLIC,
    "deliveries.announce": PUBLIC,
    "deliveries.add_piece": PUBLIC,
    "deliveries.finish": PUBLIC,
    "deliveries.decline": PUBLIC,
    # sightings
    "sightings.show": SIGHTING_READERS,
    "sightings.clip": SIGHTING_READERS,
    "sightings.cut_clip": SIGHTING_READERS,
    "sightings.review": REVIEWERS,
    "sightings.undo": REVIEWERS,
    "review.queue": REVIEWERS,
    "review.judge": REVIEWERS,
    # cameras
    "cameras.index": REGISTRY_READERS,
    "cameras.show": REGISTRY_READERS,
    "cameras.import_page": REGISTRARS,
    "cameras.remove": REGISTRARS,
    "cameras.restore": REGISTRARS,
    "cameras.add_footage": FOOTAGE_KEEPERS,
    "cameras.upload_footage": FOOTAGE_KEEPERS,
    "cameras.add_folder": FOOTAGE_KEEPERS,
    "cameras.remove_footage": FOOTAGE_KEEPERS,
    "cameras.add_clock_check": FOOTAGE_KEEPERS,
    "cameras.take_back_clock_check": FOOTAGE_KEEPERS,
    # streets and map tiles
    "roads.index": REGISTRY_READERS,
    "roads.import_file": REGISTRARS,
    "roads.remove": REGISTRARS,
    "tiles.roads": MAP_READERS,
    "tiles.cameras": REGISTRY_READERS,
    "tiles.coverage": REGISTRY_READERS,
    # administration
    "admin.users": ADMINISTRATORS,
    "admin.new_user": ADMINISTRATORS,
    "admin.create_user": ADMINISTRATORS,
    "admin.edit_user": ADMINISTRATORS,
    "admin.change_user": ADMINISTRATORS,
    "admin.reset_password": ADMINISTRATORS,
    "admin.invitations": ADMINISTRATORS,
    "admin.invite": ADMINISTRATORS,
    "admin.withdraw_invitation": ADMINISTRATORS,
    "admin.registrations": ADMINISTRATORS,
    "admin.approve_registration": ADMINISTRATORS,
    "admin.refuse_registration": ADMINISTRATORS,
    "admin.send_password_link": ADMINISTRATORS,
    "admin.end_user_sessions": ADMINISTRATORS,
    "admin.end_user_session": ADMINISTRATORS,
    "admin.reset_second_factor": ADMINISTRATORS,
    "admin.restricted": ADMINISTRATORS,
    "admin.restricted_case": ADMINISTRATORS,
    "admin.add_case_member": ADMINISTRATORS,
    "admin.remove_case_member": ADMINISTRATORS,
    "admin.emergency_access": ADMINISTRATORS,
    "admin.packs": ADMINISTRATORS,
    "evaluations.index": ADMINISTRATORS,
    "evaluations.show": ADMINISTRATORS,
    "evaluations.plot": ADMINISTRATORS,
    "evaluations.set_threshold": ADMINISTRATORS,
    "evaluations.use_age_thresholds": ADMINISTRATORS,
    "evaluations.withdraw_age_thresholds": ADMINISTRATORS,
    "admin.retention": ADMINISTRATORS,
    "admin.purges": ADMINISTRATORS,
    "admin.carry_out_purge": ADMINISTRATORS,
    "admin.transparency": ADMINISTRATORS,
    "admin.transparency_csv": ADMINISTRATORS,
    "admin.audit": ADMINISTRATORS,
    "admin.audit_csv": ADMINISTRATORS,
    "admin.verify_audit": ADMINISTRATORS,
    "admin.health": ADMINISTRATORS,
    "admin.messages": ADMINISTRATORS,
    "admin.retry_message": ADMINISTRATORS,
    # the same over the API (cases)
    "api_cases.list_cases": CASE_READERS,
    "api_cases.open_case": CASE_WRITERS,
    "api_case_imports.import_cases": CASE_WRITERS,
    "api_case_imports.confirm_case": CASE_WRITERS,
    "api_posters.export_poster": CASE_WRITERS,
    "api_case_files.list_duplicates": FACE_SEARCH_READERS,
    "api_case_files.list_apart": FACE_SEARCH_READERS,
    "api_case_files.tell_apart": CASE_WRITERS,
    "api_case_files.undo_apart": CASE_WRITERS,
    "api_case_files.export_case": CASE_WRITERS,
    "api_case_files.request_purge": CASE_WRITERS,
    "api_case_files.carry_out_purge": CASE_WRITERS,
    "api_cases.show_case": CASE_READERS,
    "api_cases.change_case": CASE_WRITERS,
    "api_cases.close_case": CASE_WRITERS,
    "api_cases.reopen_case": CASE_WRITERS,
    "api_members.show_access": CASE_READERS,
    "api_members.restrict": MEMBER_KEEPERS,
    "api_members.unrestrict": MEMBER_KEEPERS,
    "api_members.add_member": MEMBER_KEEPERS,
    "api_members.remove_member": MEMBER_KEEPERS,
    "api_photos.list_photos": CASE_READERS,
    "api_photos.add_photo": CASE_WRITERS,
    "api_photos.change_photo": CASE_WRITERS,
    "api_photos.remove_photo": CASE_WRITERS,
    "api_locations.list_locations": CASE_READERS,
    "api_locations.add_location": CASE_WRITERS,
    "api_locations.change_location": CASE_WRITERS,
    "api_locations.remove_location": CASE_WRITERS,
    "api_locations.rank_cameras": CASE_READERS,
    "api_locations.geocode": CASE_WRITERS,
    "api_live.follow_case": CASE_READERS,
    "api_live.follow_board": SWEEP_READERS,
    "api_planning.show_belief": CASE_READERS,
    "api_planning.show_prior": CASE_READERS,
    "api_timeline.show_timeline": TIMELINE_READERS,
    "api_timeline.show_corridor": TIMELINE_READERS,
    "api_reports.list_reports": CASE_READERS,
    "api_reports.add_report": CASE_WRITERS,
    "api_reports.show_report": CASE_READERS,
    "api_reports.decide_mark": CASE_WRITERS,
    "api_reports.geocode_report": CASE_WRITERS,
    "api_reports.remove_report": CASE_WRITERS,
    "api_reports.restore_report": CASE_WRITERS,
    "api_timeline.list_traces": CASE_READERS,
    "api_timeline.import_trace": TRACERS,
    "api_timeline.take_trace_back": TRACERS,
    "api_timeline.restore_trace": TRACERS,
    "api_ogc.landing": CASE_READERS,
    "api_ogc.conformance": CASE_READERS,
    "api_ogc.list_collections": CASE_READERS,
    "api_ogc.show_collection": CASE_READERS,
    "api_ogc.list_items": CASE_READERS,
    "api_ogc.show_item": CASE_READERS,
    "api_route.export_route": EXPORTERS,
    "api_route.export_brief": EXPORTERS,
    "api_route.export_evidence": EXPORTERS,
    # the same over the API (sweeps)
    "api_sweeps.list_case_sweeps": SWEEP_READERS,
    "api_sweeps.plan_sweep": SWEEP_PLANNERS,
    "api_sweeps.list_sweeps": SWEEP_READERS,
    "api_sweeps.show_sweep": SWEEP_READERS,
    "api_sweeps.list_visits": SWEEP_READERS,
    "api_sweeps.start_sweep": SWEEPERS,
    "api_sweeps.stop_sweep": SWEEPERS,
    "api_sweeps.resume_sweep": SWEEPERS,
    "api_sweeps.assign_sweep": SWEEPERS,
    "api_sweeps.set_priority": SWEEPERS,
    "api_sweeps.retry_failed": SWEEPERS,
    "api_sweeps.retry_visit": SWEEPERS,
    # the same over the API (sightings)
    "api_sightings.list_sightings": CASE_SIGHTING_READERS,
    "api_sightings.show_sighting": SIGHTING_READERS,
    "api_sightings.show_clip": SIGHTING_READERS,
    "api_sightings.cut_clip": SIGHTING_READERS,
    "api_sightings.list_waiting": REVIEWERS,
    "api_sightings.show_blind": REVIEWERS,
    "api_sightings.review_sighting": REVIEWERS,
    "api_sightings.undo_review": REVIEWERS,
    "api_face_searches.list_face_searches": FACE_SEARCH_READERS,
    "api_face_searches.search_faces": CASE_WRITERS,
    "api_face_searches.show_face_search": FACE_SEARCH_READERS,
    "api_posts.list_posts": POST_READERS,
    "api_posts.show_post": POST_READERS,
    "api_posts.list_imports": POST_READERS,
    "api_posts.import_posts": POST_READERS,
    "api_posts.show_import": POST_READERS,
    "api_posts.confirm": POST_READERS,
    "api_posts.cancel": POST_READERS,
    "api_posts.take_back": POST_READERS,
    "api_posts.restore": POST_READERS,
    "api_posts.list_matches": POST_READERS,
    "api_posts.decide_match": POST_READERS,
    "api_posts.show_links": POST_READERS,
    "api_tips.list_tips": TIP_READERS,
    "api_tips.show_tip": TIP_READERS,
    "api_tips.picture": TIP_READERS,
    "api_tips.accept": TIP_READERS,
    "api_tips.reject": TIP_READERS,
    "api_tips.spam": TIP_READERS,
    "api_tips.undo": TIP_READERS,
    "api_tips.ask": TIP_READERS,
    "api_tips.publish_code": CASE_WRITERS,
    "api_tips.withdraw_code": CASE_WRITERS,
    "api_found.list_entries": PARTNERS,
    "api_found.register": PARTNERS,
    "api_found.show_entry": PARTNERS,
    "api_found.change": PARTNERS,
    "api_found.add_photos": PARTNERS,
    "api_found.close": PARTNERS,
    "api_found.reopen": PARTNERS,
    "api_found.picture": PARTNERS,
    "api_found_persons.list_persons": TIP_READERS,
    "api_found_persons.show_person": TIP_READERS,
    "api_found_persons.ask_whereabouts": TIP_READERS,
    "api_found_persons.decide": TIP_READERS,
    "api_found_persons.person_picture": TIP_READERS,
    "api_alerts.list_alerts": ALERT_READERS,
    "api_alerts.acknowledge_alert": ALERT_READERS,
    # the same over the API (cameras and footage)
    "api_cameras.list_cameras": REGISTRY_READERS,
    "api_cameras.show_camera": REGISTRY_READERS,
    "api_cameras.import_cameras": REGISTRARS,
    "api_cameras.remove_camera": REGISTRARS,
    "api_cameras.list_clock_checks": REGISTRY_READERS,
    "api_cameras.add_clock_check": FOOTAGE_KEEPERS,
    "api_cameras.take_back_clock_check": FOOTAGE_KEEPERS,
    "api_footage.list_footage": REGISTRY_READERS,
    "api_footage.add_footage": FOOTAGE_KEEPERS,
    "api_footage.upload_footage": FOOTAGE_KEEPERS,
    "api_footage.add_folder": FOOTAGE_KEEPERS,
    "api_footage.remove_footage": FOOTAGE_KEEPERS,
    "api_footage_requests.list_requests": SWEEP_READERS,
    "api_footage_requests.list_case_requests": SWEEP_READERS,
    "api_footage_requests.create_request": SWEEPERS,
    "api_footage_requests.show_request": SWEEP_READERS,
    "api_footage_requests.renew_link": SWEEPERS,
    "api_footage_requests.withdraw_request": SWEEPERS,
    "api_footage_requests.decline_request": SWEEPERS,
    "api_footage_requests.sweep_request": SWEEPERS,
    "api_roads.list_sources": REGISTRY_READERS,
    "api_roads.import_roads": REGISTRARS,
    "api_roads.remove_source": REGISTRARS,
    # the same over the API (administration and documents)
    "api_administration.show_health": ADMINISTRATORS,
    "api_administration.list_audit": ADMINISTRATORS,
    "api_administration.list_users": ADMINISTRATORS,
    "api_people.list_invitations": ADMINISTRATORS,
    "api_people.invite": ADMINISTRATORS,
    "api_people.withdraw_invitation": ADMINISTRATORS,
    "api_people.list_sessions": ADMINISTRATORS,
    "api_people.end_sessions": ADMINISTRATORS,
    "api_people.end_session": ADMINISTRATORS,
    "api_people.reset_second_factor": ADMINISTRATORS,
    "api_administration.list_evaluations": ADMINISTRATORS,
    "api_administration.show_evaluation": ADMINISTRATORS,
    "api_administration.set_threshold": ADMINISTRATORS,
    "api_administration.list_age_thresholds": ADMINISTRATORS,
    "api_administration.use_age_thresholds": ADMINISTRATORS,
    "api_administration.withdraw_age_thresholds": ADMINISTRATORS,
    "api_docs.document": ANY_ROLE,
    "api_docs.page": ANY_ROLE,
    "api_docs.asset": ANY_ROLE,
}


POST_ROOMS: Final = frozenset({"posts", "api_posts"})
"""Blueprints that, beside the role, need `User.may_read_posts`; without it they do not exist."""

WITHOUT_SECOND_FACTOR: Final = frozenset(
    {
        "accounts.logout",
        "accounts.second_factor",
        "accounts.begin_second_factor",
        "accounts.confirm_second_factor",
        "accounts.proof",
        "accounts.prove",
    }
)
"""What those reach who must set up a second factor and have not yet."""


def allows(endpoint: str, role: Role | None) -> bool:
    """Whether someone with `role` (None: not logged in) may reach `endpoint`."""
    allowed = TABLE.get(endpoint)
    if allowed is None:
        return False
    if isinstance(allowed, Audience):
        return allowed is PUBLIC or role is not None
    return role in allowed


def can(endpoint: str) -> bool:
    """Whether whoever sent the current request may reach `endpoint`; for menus and buttons."""
    return allows(endpoint, _role()) and _has_right(endpoint)


def install(application: Flask) -> None:
    """Check every request against the table, for its CSRF token, and for the case it is about."""
    application.config["WTF_CSRF_CHECK_DEFAULT"] = False
    application.config["WTF_CSRF_TIME_LIMIT"] = None
    application.before_request(_check)
    application.jinja_env.globals["can"] = can


def _check() -> Response | None:
    endpoint = request.endpoint
    if endpoint is None:
        return None
    if endpoint not in TABLE:
        logger.error("endpoint %s is not in the table of permissions", endpoint)
        raise NotFound
    if TABLE[endpoint] is not PUBLIC:
        role = _role()
        if role is None:
            return _ask_to_log_in()
        if not allows(endpoint, role):
            raise Forbidden
        if not _has_right(endpoint):
            raise NotFound
        if endpoint not in WITHOUT_SECOND_FACTOR and not is_bearer():
            answer = _ask_for_second_factor()
            if answer is not None:
                return answer
    if current_app.config["WTF_CSRF_ENABLED"] and not is_bearer():
        csrf.protect()
    case_access.check_request()
    return proof.ask(endpoint)


def _role() -> Role | None:
    return current_user.role if current_user.is_authenticated else None


def _has_right(endpoint: str) -> bool:
    """Whether the account has the right of its own that the endpoint's room needs, if any."""
    if endpoint.partition(".")[0] not in POST_ROOMS:
        return True
    return current_user.is_authenticated and bool(current_user.may_read_posts)


def _ask_for_second_factor() -> Response | None:
    """To its page, for those whose role needs one and who have none yet."""
    if not second_factors.must_enrol(current_user):
        return None
    if wants_json() or request.method not in {"GET", "HEAD"}:
        raise NotAllowed("Your role needs a second factor: set it up on your account's page first.")
    return redirect(url_for("accounts.second_factor"))


def _ask_to_log_in() -> Response:
    if wants_json() or request.method not in {"GET", "HEAD"}:
        raise Unauthorized
    wanted = request.full_path if request.query_string else request.path
    return redirect(url_for("accounts.login", next=wanted))
