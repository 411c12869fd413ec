"""Imported posts: importing, reading by their signs, faces in them, what hangs together."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from app.api.document import POSTS, READ, WRITE, answers
from app.api.paths import Id, SightingId
from app.api.replies import reply
from app.api.uploads import SentForm, UploadedFile
from app.current import actor
from app.inputs.fields import Page, PageSize
from app.inputs.posts import (
    LinkQuery,
    PostImportInput,
    PostMatchQuery,
    PostQuery,
    PostVerdictInput,
)
from app.outputs import PageOut, page_of
from app.outputs.posts import (
    LinksOut,
    PostImportOut,
    PostImportReportOut,
    PostImportStateOut,
    PostMatchOut,
    PostOut,
)
from app.services.postings import post_import_reports, post_imports, post_links, post_matches, posts

api_posts = APIBlueprint(
    "api_posts", __name__, url_prefix="/api/posts", abp_tags=[POSTS], abp_security=READ
)

PER_PAGE = 50


class PostPath(BaseModel):
    """A post by its number."""

    post_id: Id


class PostImportPath(BaseModel):
    """An import by its number."""

    import_id: Id


class PostMatchPath(BaseModel):
    """A face that is like a subject, by its number."""

    match_id: SightingId


class ImportsQuery(BaseModel):
    """Which page of the imports."""

    model_config = ConfigDict(extra="forbid")

    page: Page = 1
    per_page: PageSize = 50


class PostImportForm(SentForm):
    """A table of posts, a zip of its pictures, and where both come from."""

    table: UploadedFile
    pictures: UploadedFile | None = None
    origin: str = Field(max_length=200)
    purpose: str = Field(max_length=4000)
    label: str = Field(default="", max_length=100)
    platform: str = Field(default="", max_length=100)
    timezone: str
    region: str = "IN"
    dry_run: bool = False


@api_posts.get("", summary="List posts", responses=answers({200: PageOut[PostOut]}, 404))
def list_posts(query: PostQuery) -> Response:
    """Those first in which most of the four groups have signs, or in another order."""
    return reply(page_of(posts.list_posts(actor(), query, PER_PAGE), PostOut.of))


@api_posts.get("/<int:post_id>", summary="Read a post", responses=answers({200: PostOut}, 404))
def show_post(path: PostPath) -> Response:
    """Its text, contacts and signs."""
    return reply(PostOut.of(posts.look_at(actor(), path.post_id)))


@api_posts.get(
    "/imports", summary="List imports of posts", responses=answers({200: PageOut[PostImportOut]})
)
def list_imports(query: ImportsQuery) -> Response:
    """The newest first; those that were taken back too."""
    page = post_imports.list_imports(actor(), query.page, query.per_page)
    return reply(page_of(page, PostImportOut.of))


@api_posts.post(
    "/imports",
    summary="Import posts",
    security=WRITE,
    responses=answers({200: PostImportReportOut}, 400, 409, 413),
)
def import_posts(form: PostImportForm) -> Response:
    """CSV, JSON or JSON lines, and a zip of pictures. Rows with a problem are left out.

    A small table is read at once; else its state is `waiting`, and a worker does it: ask until it
    is `done`, or, with `dry_run`, `checked`. What was checked waits a day to be confirmed.
    """
    given = PostImportInput.model_validate(
        form.model_dump(exclude={"table", "pictures", "dry_run"})
    )
    row = post_imports.hand_in(
        actor(),
        form.table.stream,
        form.table.filename or "",
        given,
        pictures=form.pictures.stream if form.pictures else None,
        confirmed=not form.dry_run,
    )
    return reply(PostImportReportOut.of(post_import_reports.report_of(row)))


@api_posts.get(
    "/imports/<int:import_id>",
    summary="Read an import of posts",
    responses=answers({200: PostImportStateOut}, 404),
)
def show_import(path: PostImportPath) -> Response:
    """How far it is, or what came of it, with the rows that were not taken."""
    return reply(PostImportStateOut.of(post_imports.find_import(actor(), path.import_id)))


@api_posts.post(
    "/imports/<int:import_id>/confirm",
    summary="Import what was checked",
    security=WRITE,
    responses=answers({200: PostImportStateOut}, 404, 409),
)
def confirm(path: PostImportPath) -> Response:
    """Begin the import of a file that was checked with `dry_run`."""
    return reply(PostImportStateOut.of(post_imports.confirm(actor(), path.import_id)))


@api_posts.post(
    "/imports/<int:import_id>/cancel",
    summary="Cancel an import of posts",
    security=WRITE,
    responses=answers({200: PostImportStateOut}, 404, 409),
)
def cancel(path: PostImportPath) -> Response:
    """End one that is not done; nothing of it stays. A worker stops within seconds."""
    return reply(PostImportStateOut.of(post_imports.cancel(actor(), path.import_id)))


@api_posts.post(
    "/imports/<int:import_id>/take-back",
    summary="Take an import of posts back",
    security=WRITE,
    responses=answers({200: PostImportOut}, 404, 409),
)
def take_back(path: PostImportPath) -> Response:
    """Its posts count nowhere then, and stay on record.

    Few are taken back at once; else its state is `waiting`, and a worker does it: ask the import
    until it is `done` again. `cancel` leaves it as it was.
    """
    return reply(PostImportOut.of(post_imports.take_back(actor(), path.import_id)))


@api_posts.post(
    "/imports/<int:import_id>/restore",
    summary="Restore an import of posts",
    security=WRITE,
    responses=answers({200: PostImportOut}, 404, 409),
)
def restore(path: PostImportPath) -> Response:
    """Undo a taking back; at once or by a worker, as that."""
    return reply(PostImportOut.of(post_imports.restore(actor(), path.import_id)))


@api_posts.get(
    "/faces",
    summary="List faces in posts' pictures",
    responses=answers({200: PageOut[PostMatchOut]}, 404),
)
def list_matches(query: PostMatchQuery) -> Response:
    """Those like a subject of an open case, the most similar first."""
    return reply(page_of(post_matches.list_matches(actor(), query, PER_PAGE), PostMatchOut.of))


@api_posts.post(
    "/faces/<int:match_id>",
    summary="Decide about a face in a post's picture",
    security=WRITE,
    responses=answers({200: PostMatchOut}, 404, 409),
)
def decide_match(path: PostMatchPath, body: PostVerdictInput) -> Response:
    """Confirm or reject it, or take that back with `candidate`."""
    return reply(PostMatchOut.of(post_matches.decide(actor(), path.match_id, body.state)))


@api_posts.get("/links", summary="What hangs together", responses=answers({200: LinksOut}, 404))
def show_links(query: LinkQuery) -> Response:
    """Accounts, contacts and cases as a graph: one connected part, the largest first."""
    return reply(LinksOut.of(post_links.draw(actor(), query)))
