"""`flask cases`: cases, their photos, last-known locations and rankings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from app.cli.common import (
    actor_of,
    as_option,
    choice_of,
    json_option,
    local_minute,
    parse_time,
    reports_errors,
    say,
    table,
)
from app.inputs import (
    CaseChange,
    CaseImportInput,
    CaseInput,
    CaseQuery,
    ConfirmInput,
    LocationInput,
    PhotoChange,
    PhotoInput,
    RankingQuery,
)
from app.inputs.imports import parse_mapping
from app.models.cases import LocationSource, Reliability, SubjectCategory
from app.outputs import AddedPhotoOut, CaseOut, LocationOut, PhotoOut, RankingOut, page_of
from app.outputs.case_imports import CaseImportOut
from app.outputs.searches import what_was_searched
from app.services.base.actors import COMMAND_LINE
from app.services.casework import cases, photos
from app.services.exchange import case_imports
from app.services.governance import photo_retention
from app.services.places import locations
from app.services.prioritisation import planning
from app.services.searches import face_searches
from geo.points import parse_point

group = AppGroup("cases", help="Cases, reference photos, last-known locations, rankings.")
commands: tuple[click.Command, ...] = (group,)

_ROWS_SHOWN = 200


@group.command("open")
@click.argument("number")
@click.option("--purpose", required=True, help="What the search is for.")
@click.option("--legal-basis", required=True, help="The order or law that permits it.")
@click.option(
    "--basis-expires", required=True, help="When that ends, for example 2026-12-31T23:59."
)
@click.option("--name", required=True, help="The subject's name.")
@click.option("--category", type=choice_of(SubjectCategory), required=True)
@click.option("--age", type=int, default=None, help="Years.")
@click.option("--clothing", default="")
@click.option("--remarks", default="")
@click.option("--timezone", default="Asia/Kolkata", help="IANA name; times are shown in it.")
@click.option("--made-up", is_flag=True, help="Invented for demonstration; labelled everywhere.")
@as_option
@json_option
@reports_errors
def open_case(number: str, email: str | None, as_json: bool, **given: Any) -> None:
    """Open a case with the given NUMBER."""
    timezone = given["timezone"]
    wanted = CaseInput(
        number=number,
        purpose=given["purpose"],
        legal_basis=given["legal_basis"],
        legal_basis_expires_at=parse_time(given["basis_expires"], timezone, "basis_expires"),
        subject_name=given["name"],
        subject_age_years=given["age"],
        subject_category=given["category"],
        subject_clothing=given["clothing"],
        subject_remarks=given["remarks"],
        timezone=timezone,
        made_up=given["made_up"],
    )
    case = cases.open_case(actor_of(email), wanted)
    say(CaseOut.of(case), [f"Case {case.number} is open."], as_json=as_json)


@group.command("list")
@click.option("--state", type=click.Choice(["open", "closed"]), default=None)
@click.option("--text", default="", help="Part of the number or the subject's name.")
@click.option("--page", type=int, default=1)
@json_option
@reports_errors
def list_cases(state: str | None, text: str, page: int, as_json: bool) -> None:
    """List cases, newest first."""
    query = CaseQuery.model_validate({"state": state, "text": text, "page": page})
    output = page_of(cases.list_cases(COMMAND_LINE, query), CaseOut.of)
    rows = [
        (one.number, one.state.value, one.subject_name, local_minute(one.created_at, one.timezone))
        for one in output.items
    ]
    say(output, table(("number", "state", "subject", "opened"), rows), as_json=as_json)


@group.command("show")
@click.argument("number")
@json_option
@reports_errors
def show_case(number: str, as_json: bool) -> None:
    """Show a case and what it holds."""
    case = cases.find_case(number)
    output = CaseOut.of(case, cases.case_counts(case))
    fields = output.model_dump(mode="json", exclude={"counts", "id"})
    counts = output.counts.model_dump() if output.counts else {}
    lines = [f"{name.replace('_', ' ')}: {value}" for name, value in {**fields, **counts}.items()]
    say(output, lines, as_json=as_json)


@group.command("set")
@click.argument("number")
@click.option("--threshold-raise", type=float, default=None, help="Over each model's; 0 to 0.5.")
@click.option("--hold", "hold_reason", default=None, help="Set a legal hold: who ordered it, why.")
@click.option("--release-hold", is_flag=True, help="Lift the legal hold.")
@as_option
@json_option
@reports_errors
def set_matching(
    number: str,
    threshold_raise: float | None,
    hold_reason: str | None,
    release_hold: bool,
    email: str | None,
    as_json: bool,
) -> None:
    """Raise the threshold for a case, or set or lift its legal hold."""
    if hold_reason is not None and release_hold:
        raise click.UsageError("--hold and --release-hold contradict each other.")
    given: dict[str, object] = {"threshold_raise": threshold_raise}
    if hold_reason is not None or release_hold:
        given |= {"legal_hold": not release_hold, "legal_hold_reason": hold_reason or ""}
    change = CaseChange.model_validate(given)
    case = cases.change_case(actor_of(email), cases.find_case(number), change)
    hold = "on legal hold" if case.legal_hold else "not on legal hold"
    line = f"Case {case.number}: threshold raised by {case.threshold_raise:g}, {hold}."
    say(CaseOut.of(case), [line], as_json=as_json)


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", default="", help="Whose list; the file's name if not given.")
@click.option("--purpose", required=True, help="What these searches are for.")
@click.option("--legal-basis", required=True, help="The order or law that permits them.")
@click.option("--basis-expires", required=True, help="When that ends.")
@click.option("--timezone", default="Asia/Kolkata", help="IANA name.")
@click.option("--mapping", default="", help="Which column is what: number=Case No,age=Age.")
@click.option("--day-first", is_flag=True, help="05/06/2004 is the fifth of June.")
@click.option("--apply-changes", is_flag=True, help="Take over what the list says anew.")
@click.option("--restricted/--not-restricted", default=None, help="Seen by their lists only.")
@click.option("--made-up", is_flag=True, help="Invented for demonstration.")
@click.option("--dry-run", is_flag=True, help="Report only; change nothing.")
@as_option
@json_option
@reports_errors
def import_cases(file: Path, email: str | None, as_json: bool, **given: Any) -> None:
    """Import a list of cases, CSV or JSON. They wait until each is confirmed."""
    timezone = given["timezone"]
    wanted = CaseImportInput(
        source=given["source"] or file.stem,
        purpose=given["purpose"],
        legal_basis=given["legal_basis"],
        legal_basis_expires_at=parse_time(given["basis_expires"], timezone, "basis_expires"),
        timezone=timezone,
        restricted=given["restricted"],
        made_up=given["made_up"],
        month_first=not given["day_first"],
        apply_changes=given["apply_changes"],
    )
    report = case_imports.import_cases(
        actor_of(email),
        file.read_bytes(),
        file.name,
        wanted,
        mapping=parse_mapping(given["mapping"]),
        dry_run=given["dry_run"],
    )
    output = CaseImportOut.of(report)
    rows = [
        (one.row_number, one.outcome, one.number, one.name, one.reason or one.place)
        for one in output.items
        if one.outcome != "unchanged"
    ]
    verb = "would be " if output.dry_run else ""
    told = (
        f"{verb}added {output.added}, changed {output.changed}, unchanged {output.unchanged}, "
        f"refused {output.refused}"
    )
    shown = table(("row", "outcome", "number", "name", "remark"), rows[:_ROWS_SHOWN])
    say(output, [*shown, *output.notes, told], as_json=as_json)


@group.command("confirm")
@click.argument("number")
@click.option("--purpose", default="", help="If it is another one than the list's.")
@click.option("--legal-basis", default="", help="If it is another one than the list's.")
@click.option("--basis-expires", default="", help="If it ends at another time.")
@as_option
@json_option
@reports_errors
def confirm_case(number: str, email: str | None, as_json: bool, **given: str) -> None:
    """Confirm purpose and legal basis of an imported case, so that it is searched for."""
    case = cases.find_case(number)
    expires = given["basis_expires"]
    wanted = ConfirmInput(
        purpose=given["purpose"] or case.purpose,
        legal_basis=given["legal_basis"] or case.legal_basis,
        legal_basis_expires_at=parse_time(expires, case.timezone, "basis_expires")
        if expires
        else case.legal_basis_expires_at,
    )
    confirmed = cases.confirm_case(actor_of(email), case, wanted)
    say(CaseOut.of(confirmed), [f"Case {number} is confirmed and open."], as_json=as_json)


@group.command("close")
@click.argument("number")
@as_option
@json_option
@reports_errors
def close_case(number: str, email: str | None, as_json: bool) -> None:
    """Close a case; its searches stop at once."""
    case = cases.close_case(actor_of(email), cases.find_case(number))
    say(CaseOut.of(case), [f"Case {case.number} is closed."], as_json=as_json)


@group.command("reopen")
@click.argument("number")
@as_option
@json_option
@reports_errors
def reopen_case(number: str, email: str | None, as_json: bool) -> None:
    """Open a closed case again."""
    case = cases.reopen_case(actor_of(email), cases.find_case(number))
    gone = [photo_retention.GONE] if case.photos_purged_at is not None else []
    say(CaseOut.of(case), [f"Case {case.number} is open again.", *gone], as_json=as_json)


@group.command("add-photo")
@click.argument("number")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--taken", default="", help="2019, 2019-06 or 2019-06-14.")
@click.option("--artificial", is_flag=True, help="A computed picture; it proposes nothing.")
@as_option
@json_option
@reports_errors
def add_photo(
    number: str, file: Path, taken: str, artificial: bool, email: str | None, as_json: bool
) -> None:
    """Add a reference photo; it is refused with the reason unless it shows one usable face."""
    case = cases.find_case(number)
    given = PhotoInput(taken=taken, artificial=artificial)
    photo = photos.add_photo(actor_of(email), case, file.read_bytes(), file.name, given)
    search = face_searches.search_of_photo(photo)
    lines = [f"Photo {photo.id} is in the gallery."]
    if search is not None:
        lines += [what_was_searched(search), f"{search.proposed} new candidates."]
    if photos.only_artificial(photos.list_photos(case)):
        lines.append(photos.ONLY_ARTIFICIAL)
    say(AddedPhotoOut.of_added(photo, search), lines, as_json=as_json)


@group.command("change-photo")
@click.argument("number")
@click.argument("photo_id", type=int)
@click.option("--taken", default=None, help="2019, 2019-06 or 2019-06-14; '' takes it away.")
@click.option("--artificial/--real", default=None, help="--real needs --reason.")
@click.option("--reason", default="", help="Why an artificial picture is a real photo after all.")
@as_option
@json_option
@reports_errors
def change_photo(
    number: str,
    photo_id: int,
    taken: str | None,
    artificial: bool | None,
    reason: str,
    email: str | None,
    as_json: bool,
) -> None:
    """Say when a photo was taken, and whether it is artificial."""
    given = PhotoChange(taken=taken, artificial=artificial, reason=reason)
    photo = photos.change_photo(actor_of(email), cases.find_case(number), photo_id, given)
    kind = "artificial" if photo.artificial else "real"
    said = f"Photo {photo.id}: {kind}, taken {photo.taken or 'at an unknown time'}."
    say(PhotoOut.of(photo), [said], as_json=as_json)


@group.command("add-location")
@click.argument("number")
@click.option("--at", "position", required=True, help="For example '12.9757, 77.6063'.")
@click.option("--label", required=True, help="What people call the place.")
@click.option("--seen-at", default="", help="In the case's time zone, unless an offset is given.")
@click.option("--uncertainty", "uncertainty_m", type=float, default=50.0, help="Metres.")
@click.option("--source", type=choice_of(LocationSource), required=True)
@click.option("--reliability", type=choice_of(Reliability), default=Reliability.LIKELY.value)
@click.option("--remarks", default="")
@as_option
@json_option
@reports_errors
def add_location(
    number: str, position: str, seen_at: str, email: str | None, as_json: bool, **given: Any
) -> None:
    """Add a last-known location; the ranking follows."""
    case = cases.find_case(number)
    point = parse_point(position)
    wanted = LocationInput(
        latitude_deg=point.latitude_deg,
        longitude_deg=point.longitude_deg,
        seen_at=parse_time(seen_at, case.timezone, "seen_at") if seen_at else None,
        **given,
    )
    location = locations.add_location(actor_of(email), case, wanted)
    output = LocationOut.of(location, case.timezone)
    say(output, [f"Location {output.id}: {output.label}."], as_json=as_json)


@group.command("rank")
@click.argument("number")
@click.option("--radius", "radius_m", type=float, default=1000.0, help="Metres.")
@click.option("--limit", type=int, default=20)
@click.option("--from", "start", default="", help="Start of the time window.")
@click.option("--to", "end", default="", help="End of the time window.")
@as_option
@json_option
@reports_errors
def rank(
    number: str,
    radius_m: float,
    limit: int,
    start: str,
    end: str,
    email: str | None,
    as_json: bool,
) -> None:
    """Rank cameras around the last-known locations, with the reason for each rank."""
    case = cases.find_case(number)
    query = RankingQuery(
        radius_m=radius_m,
        limit=limit,
        window_start=parse_time(start, case.timezone, "from") if start else None,
        window_end=parse_time(end, case.timezone, "to") if end else None,
    )
    ranked = planning.rank_for_case(case, query, actor=actor_of(email))
    output = RankingOut.of(ranked, case.timezone)
    rows = [(one.rank, one.camera_id, one.name, one.distance_m, one.reason) for one in output.items]
    lines = table(("rank", "camera", "name", "metres", "why"), rows)
    say(output, [*lines, f"{output.total} cameras within {radius_m:.0f} m."], as_json=as_json)
