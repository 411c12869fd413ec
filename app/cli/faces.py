"""`flask faces`: searching the faces that are kept, and letting them go."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.cli.common import (
    actor_of,
    as_option,
    json_option,
    local_minute,
    parse_time,
    reports_errors,
    say,
    table,
)
from app.inputs import FaceSearchInput
from app.outputs import (
    LEAD_NOTICE,
    ExpiryOut,
    FaceSearchWithResultsOut,
    FoundFaceOut,
    Output,
    PageOut,
    ReceiptOut,
    page_of,
)
from app.services.casework import cases
from app.services.embeddings import embedders
from app.services.governance import photo_retention, retention
from app.services.searches import face_searches


class ReindexedOut(Output):
    """A model whose index was built anew."""

    model: str
    seconds: float


group = AppGroup("faces", help=f"Faces kept from sweeps: search them, expire them. {LEAD_NOTICE}")
commands: tuple[click.Command, ...] = (group,)


@group.command("search")
@click.argument("number")
@click.option("--radius", "radius_m", type=float, default=None, help="Metres; else all cameras.")
@click.option("--since", default="", help="In the case's time zone, unless an offset is given.")
@click.option("--until", default="", help="The same.")
@click.option("--limit", type=int, default=50, help="At most so many faces.")
@click.option("--photo", "photo_ids", type=int, multiple=True, help="This photo; repeatable.")
@click.option("--show-below", is_flag=True, help="List the nearest below the threshold, too.")
@click.option("--purpose", default="", help="Else the purpose of the case.")
@as_option
@json_option
@reports_errors
def search(
    number: str,
    radius_m: float | None,
    since: str,
    until: str,
    limit: int,
    photo_ids: tuple[int, ...],
    show_below: bool,
    purpose: str,
    email: str | None,
    as_json: bool,
) -> None:
    """Search kept faces for case NUMBER; those at the threshold become candidates."""
    case = cases.find_case(number)
    given = FaceSearchInput(
        radius_m=radius_m,
        since=parse_time(since, case.timezone, "since") if since else None,
        until=parse_time(until, case.timezone, "until") if until else None,
        limit=limit,
        photo_ids=photo_ids,
        show_below=show_below,
        purpose=purpose,
    )
    done = face_searches.search_faces(actor_of(email), case, given)
    found = face_searches.find_search(case, done.id)
    output = FaceSearchWithResultsOut.of_all(found, face_searches.results_of(found))
    names = ("rank", "similarity", "seen at", "camera", "metres", "sighting")
    lines = [*table(names, [_row(one) for one in output.results]), output.sentence]
    lines.append(f"{output.above_threshold} at the threshold, {output.proposed} new candidates.")
    say(output, [*lines, LEAD_NOTICE], as_json=as_json)


def _row(one: FoundFaceOut) -> tuple[object, ...]:
    what = "below the threshold" if one.below_threshold else one.sighting_id
    similarity = f"{one.similarity:.3f}"
    return (one.rank, similarity, one.seen_at_local, one.camera.name, one.distance_m, what)


@group.command("expire")
@as_option
@json_option
@reports_errors
def expire(email: str | None, as_json: bool) -> None:
    """Delete faces and reference photos whose time is over, with crops and index entries."""
    actor = actor_of(email)
    done = retention.expire_faces(actor)
    photo_receipts = photo_retention.purge(actor)
    retention.clean_index()
    output = ExpiryOut(
        faces=done.faces,
        sightings=done.sightings,
        crops=done.crops,
        crop_bytes=done.crop_bytes,
        receipts=done.receipts,
        held_back=done.held_back,
        index_cleaned=True,
        reference_photos=sum(one.photos for one in photo_receipts),
    )
    lines = [
        f"Deleted: {output.faces} faces, {output.sightings} sightings, {output.crops} crops.",
        f"{output.crop_bytes} bytes are free again; {output.receipts} receipts say so.",
        f"Reference photos of closed cases: {output.reference_photos} deleted.",
        f"{output.held_back} faces past their time stay for a legal hold.",
    ]
    say(output, lines, as_json=as_json)


@group.command("reindex")
@json_option
@reports_errors
def reindex(as_json: bool) -> None:
    """Build each model's index of kept faces anew; searches go on meanwhile."""
    built = [(one.name, embedders.rebuild_index(one)) for one in embedders.list_embedders()]
    items = [ReindexedOut(model=name, seconds=round(seconds, 2)) for name, seconds in built]
    lines = [f"{one.model}: {one.seconds:.1f} s" for one in items] or ["There is no model yet."]
    output: PageOut[ReindexedOut] = PageOut(
        items=items, total=len(items), page=1, per_page=max(1, len(items))
    )
    say(output, lines, as_json=as_json)


@group.command("receipts")
@click.option("--page", type=int, default=1)
@json_option
@reports_errors
def receipts(page: int, as_json: bool) -> None:
    """List the receipts of deleted faces, and whether the audit log says the same."""
    output = page_of(retention.list_receipts(max(1, page), 50), ReceiptOut.of)
    rows = [
        (
            one.id,
            local_minute(one.expired_at, "UTC"),
            one.model,
            one.faces,
            one.crops,
            one.crop_bytes,
            "yes" if one.is_in_audit_log else "NO",
        )
        for one in output.items
    ]
    names = ("id", "expired at", "model", "faces", "crops", "bytes", "in the audit log")
    say(output, table(names, rows), as_json=as_json)
