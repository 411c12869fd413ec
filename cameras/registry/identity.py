"""References that stay the same over repeated imports, and rows that repeat each other."""

import hashlib
from collections import Counter
from collections.abc import Sequence

from cameras.camera import Camera
from cameras.registry.entries import Entry
from cameras.registry.problems import Problem, note, refused, warning

_DISTINCT_SHARE = 0.5


def assign_identities(
    entries: Sequence[Entry], source: str
) -> tuple[list[tuple[Entry, Camera]], list[Problem]]:
    """Give each entry its reference within `source`; leave out rows that repeat an earlier one.

    The row's own id is taken; without one, a hash of position and name, so that importing twice
    gives the same references. Different cameras at one position all stay.
    """
    problems: list[Problem] = []
    has_ids = _ids_identify(entries, problems)
    cameras: list[tuple[Entry, Camera]] = []
    row_of_ref: dict[str, Entry] = {}
    row_at: dict[tuple[float, float], int] = {}
    for entry in entries:
        ref = entry.own_ref if has_ids and entry.own_ref else derived_ref(entry)
        earlier = row_of_ref.get(ref)
        if earlier is not None and _same_camera(earlier, entry):
            reason = f"The row repeats row {earlier.row_number}; that one was taken."
            problems.append(refused(entry.row_number, reason, entry.name or ref))
            continue
        if earlier is not None:
            taken, ref = ref, f"{ref[:100]}~{derived_ref(entry)[4:]}"
            if ref in row_of_ref:
                first = row_of_ref[ref].row_number
                reason = f"The row repeats row {first}; that one was taken."
                problems.append(refused(entry.row_number, reason, entry.name or ref))
                continue
            problems.append(
                warning(
                    entry.row_number,
                    f"The id “{taken}” belongs to another camera in row {earlier.row_number}; this "
                    f"one came in as “{ref}”.",
                    entry.name,
                )
            )
        _note_shared_position(entry, row_at, problems)
        row_of_ref[ref] = entry
        cameras.append((entry, _camera(entry, source, ref)))
    return cameras, problems


def derived_ref(entry: Entry) -> str:
    """A reference from position (to 0.1 m) and name alone."""
    lat, lon = _place(entry)
    text = f"{lat:.6f}|{lon:.6f}|{entry.name.casefold()}"
    return f"pos-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _ids_identify(entries: Sequence[Entry], problems: list[Problem]) -> bool:
    """Whether the id column tells cameras apart; a code of the district does not."""
    ids = Counter(entry.own_ref for entry in entries if entry.own_ref)
    if not ids or len(ids) >= _DISTINCT_SHARE * ids.total() or len(entries) < 4:
        return True
    problems.append(
        note(
            None,
            "The id column repeats too often to tell cameras apart; references were made from "
            "position and name instead.",
        )
    )
    return False


def _place(entry: Entry) -> tuple[float, float]:
    # Adding 0.0 turns −0.0 into 0.0, which prints differently.
    return (
        round(entry.position.latitude_deg, 6) + 0.0,
        round(entry.position.longitude_deg, 6) + 0.0,
    )


def _same_camera(first: Entry, second: Entry) -> bool:
    return _place(first) == _place(second) and first.name.casefold() == second.name.casefold()


def _note_shared_position(
    entry: Entry, row_at: dict[tuple[float, float], int], problems: list[Problem]
) -> None:
    place = _place(entry)
    if place in row_at:
        reason = f"It stands at the same position as row {row_at[place]}; both are kept."
        problems.append(note(entry.row_number, reason, entry.name))
    row_at.setdefault(place, entry.row_number)


def _camera(entry: Entry, source: str, ref: str) -> Camera:
    return Camera(
        source=source,
        ref=ref,
        name=entry.name or f"Camera {ref}",
        position=entry.position,
        headings_deg=entry.headings_deg,
        field_of_view_deg=entry.field_of_view_deg,
        range_m=entry.range_m,
        owner=entry.owner,
        owner_contact=entry.owner_contact,
        status=entry.status,
        kind=entry.kind,
        is_indoor=entry.is_indoor,
        retention_hours=entry.retention_hours,
        stream_address=entry.stream_address,
        clock_offset_s=entry.clock_offset_s,
        clock_uncertainty_s=entry.clock_uncertainty_s,
        remarks=entry.remarks,
    )
