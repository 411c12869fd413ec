"""Imported posts: the list, one post, faces in their pictures, what hangs together."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import actor, settings
from app.errors import NotFound
from app.extensions import limiter
from app.indicators.signs import Group
from app.inputs.posts import LinkQuery, PostMatchQuery, PostOrder, PostQuery, PostVerdictInput
from app.models import MatchState
from app.security import PICTURE_LIMIT
from app.sent_pictures import send_picture
from app.services.contributing import contributed_photos, triage
from app.services.postings import post_csv, post_links, post_matches, posts
from app.views.accounts import safe_next
from app.views.forms import Form, read_query

blueprint = Blueprint("posts", __name__, url_prefix="/posts")

PER_PAGE = 20


@blueprint.get("")
def index() -> str:
    """Posts by their signs, with filters."""
    query = read_query(PostQuery)
    page = posts.list_posts(actor(), query, PER_PAGE)
    categories, places = posts.categories_and_places()
    return render_template(
        "posts/index.html",
        page=page,
        query=query,
        form=Form({name: value for name, value in request.args.items() if value.strip()}),
        kept={
            name: value
            for name, value in query.model_dump(mode="json", exclude_defaults=True).items()
            if name != "page"
        },
        categories=categories,
        places=places,
        groups=list(Group),
        orders=list(PostOrder),
        reasons={post.id: posts.reasons_of(post) for post in page.items},
        waiting=post_matches.waiting_count(actor()),
        timezone=settings().default_timezone,
    )


@blueprint.get("/<int:post_id>")
def show(post_id: int) -> str:
    """One post, with what was noticed in it and what caused that."""
    post = posts.look_at(actor(), post_id)
    return render_template(
        "posts/show.html",
        post=post,
        pieces=posts.pieces_of(post),
        groups=posts.reasons_of(post),
        matches=post_matches.matches_of(actor(), post),
        timezone=post.imported.timezone,
    )


@blueprint.get("/<int:post_id>/pictures/<string(length=64):sha256>.jpg")
@limiter.limit(PICTURE_LIMIT)
def picture(post_id: int, sha256: str) -> Response:
    """A picture of a post, or a face in it."""
    post = posts.find_post(actor(), post_id)
    if not contributed_photos.is_picture_of(sha256, post_id=post.id):
        raise NotFound("This post has no such picture.")
    return send_picture(sha256)


@blueprint.get("/posts.csv")
def export() -> Response:
    """The filtered list as CSV; the export is in the audit log."""
    text = post_csv.as_csv(posts.iterate_posts(actor(), read_query(PostQuery), post_csv.MOST))
    return Response(
        text,
        mimetype="text/csv",
        headers={"Content-Disposition": 'attachment; filename="lastseen-posts.csv"'},
    )


@blueprint.get("/faces")
def matches() -> str:
    """Faces in posts' pictures that are like a subject, the most similar first."""
    query = read_query(PostMatchQuery)
    given = {name: value for name, value in request.args.items() if value.strip()}
    return render_template(
        "posts/matches.html",
        page=post_matches.list_matches(actor(), query, PER_PAGE),
        query=query,
        form=Form(given),
        kept={name: given[name] for name in ("state", "case") if name in given},
        cases=triage.open_cases(actor()),
        states=list(MatchState),
    )


@blueprint.post("/faces/<int:match_id>")
def decide(match_id: int) -> ResponseReturnValue:
    """Confirm or reject a face, or take that back."""
    form = Form(request.form)
    with form:
        match = post_matches.decide(actor(), match_id, form.read(PostVerdictInput).state)
        flash(f"Recorded for case {match.case.number}: {match.state.value}.", "success")
    if form.sentence:
        flash(" ".join([form.sentence, *form.errors.values()]), "error")
    return redirect(safe_next(request.form.get("next", url_for("posts.matches"))))


@blueprint.get("/links")
def links() -> str:
    """What hangs together by shared contacts, drawn and as a list."""
    query = read_query(LinkQuery)
    picture = post_links.draw(actor(), query)
    kept = query.model_dump(mode="json", exclude_defaults=True, exclude={"component", "open"})
    return render_template(
        "posts/links.html",
        picture=picture,
        query=query,
        kept=kept,
        form=Form({"case": query.case or ""}),
        cases=triage.open_cases(actor()),
        most_more=post_links.MOST_MORE,
        most_drawn=post_links.MOST_DRAWN,
    )
