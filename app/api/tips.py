"""Triage of public tips, and the public code of a case."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel

from app.api.document import READ, TIPS, WRITE, answers, binary
from app.api.paths import CasePath, Id, Sha256
from app.api.replies import reply
from app.current import actor
from app.extensions import limiter
from app.inputs.fields import PageSize
from app.inputs.tips import AcceptInput, MessageInput, TipQuery
from app.models import Tip
from app.outputs import PageOut, page_of
from app.outputs.tips import TipCodeOut, TipMessageOut, TipOut, TipWithMatchesOut, TriageEntryOut
from app.security import PICTURE_LIMIT
from app.sent_pictures import send_picture
from app.services.base import access
from app.services.base.links import link_to
from app.services.contributing import contributed_photos, tip_queue, tips, triage

api_tips = APIBlueprint("api_tips", __name__, url_prefix="/api", abp_tags=[TIPS], abp_security=READ)


class TipPath(BaseModel):
    """A tip by its id."""

    tip_id: Id


class TipPicturePath(TipPath):
    """A photo of a tip, or a face in it, by its hash."""

    sha256: Sha256


class TipPageQuery(TipQuery):
    """A page of the triage queue."""

    per_page: PageSize = 50


@api_tips.get("/tips", summary="List tips", responses=answers({200: PageOut[TriageEntryOut]}, 404))
def list_tips(query: TipPageQuery) -> Response:
    """What waits for a person, the most similar first; or by `show`, `order`, `case`."""
    page = tip_queue.look_over(actor(), query, query.per_page)
    named = triage.cases_to_name(actor(), [entry.tip for entry in page.items])
    return reply(page_of(page, lambda entry: TriageEntryOut.of(entry, named)))


@api_tips.get(
    "/tips/<int:tip_id>", summary="Read a tip", responses=answers({200: TipWithMatchesOut}, 404)
)
def show_tip(path: TipPath) -> Response:
    """With its photos, messages and what its faces are like; leads, not identifications."""
    tip = triage.look_at(actor(), path.tip_id)
    matches, named = triage.matches_of(actor(), tip), triage.cases_to_name(actor(), [tip])
    return reply(TipWithMatchesOut.of(tip, matches, named))


@api_tips.get(
    "/tips/<int:tip_id>/pictures/<string(length=64):sha256>.jpg",
    summary="Picture of a tip",
    responses=answers({200: binary("A photo, or a face in one.", "image/jpeg")}, 404),
)
@limiter.limit(PICTURE_LIMIT)
def picture(path: TipPicturePath) -> Response:
    """A photo of the tip, or a face in it, by the hash that the tip names."""
    tip = triage.find_tip(actor(), path.tip_id)
    contributed_photos.require_picture(path.sha256, tip_id=tip.id)
    return send_picture(path.sha256)


@api_tips.post(
    "/tips/<int:tip_id>/accept",
    summary="Accept a tip",
    security=WRITE,
    responses=answers({200: TipOut}, 404, 409),
)
def accept(path: TipPath, body: AcceptInput) -> Response:
    """Take it into a case; where it has a place, that is a last-known location from now on."""
    return _reply_tip(triage.accept(actor(), path.tip_id, body))


@api_tips.post(
    "/tips/<int:tip_id>/reject",
    summary="Reject a tip",
    security=WRITE,
    responses=answers({200: TipOut}, 404, 409),
)
def reject(path: TipPath) -> Response:
    """Put it aside; it comes back by itself when a later case is like it."""
    return _reply_tip(triage.reject(actor(), path.tip_id))


@api_tips.post(
    "/tips/<int:tip_id>/spam",
    summary="Call a tip spam",
    security=WRITE,
    responses=answers({200: TipOut}, 404, 409),
)
def spam(path: TipPath) -> Response:
    """Put it aside; its faces are compared no more."""
    return _reply_tip(triage.reject(actor(), path.tip_id, spam=True))


@api_tips.post(
    "/tips/<int:tip_id>/undo",
    summary="Take a decision on a tip back",
    security=WRITE,
    responses=answers({200: TipOut}, 404, 409),
)
def undo(path: TipPath) -> Response:
    """A location that came of it no longer ranks cameras."""
    return _reply_tip(triage.undo(actor(), path.tip_id))


@api_tips.post(
    "/tips/<int:tip_id>/messages",
    summary="Ask the sender of a tip",
    security=WRITE,
    responses=answers({201: TipMessageOut}, 404),
)
def ask(path: TipPath, body: MessageInput) -> Response:
    """The sender reads it with number and secret word, without the author's name."""
    return reply(TipMessageOut.of(triage.ask(actor(), path.tip_id, body)), 201)


@api_tips.post(
    "/cases/<number>/tip-code",
    summary="Publish a code for posters",
    security=WRITE,
    responses=answers({200: TipCodeOut}, 404),
)
def publish_code(path: CasePath) -> Response:
    """Give the case a public code; an older one ends."""
    code = tips.publish_code(actor(), access.require_case(actor(), path.number))
    return reply(TipCodeOut(code=code, address=link_to("tip.form_of_poster", code=code)))


@api_tips.delete(
    "/cases/<number>/tip-code",
    summary="Withdraw the code for posters",
    security=WRITE,
    responses=answers({200: TipCodeOut}, 404),
)
def withdraw_code(path: CasePath) -> Response:
    """Tips that name it are still taken, about nobody in particular."""
    tips.withdraw_code(actor(), access.require_case(actor(), path.number))
    return reply(TipCodeOut(code=None, address=None))


def _reply_tip(tip: Tip) -> Response:
    return reply(TipOut.of(tip, triage.cases_to_name(actor(), [tip])))
