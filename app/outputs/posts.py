"""Posts, their imports, faces in their pictures and what hangs together, as the API says them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from app.indicators.signs import Group
from app.intake.post_contacts import ContactKind
from app.models import ContributedMatch, ImportStep, ImportTask, Post, PostImport, PostImportState
from app.models.contributions import MatchState
from app.outputs.base import LEAD_NOTICE, Output, UtcInstant
from app.outputs.thresholds import AgeThresholdOut, by_age
from app.services.postings.post_import_progress import progress_of
from app.services.postings.post_import_reports import PostImportReport, report_of
from app.services.postings.post_links import LinkPicture, NodeKind
from app.services.postings.posts import GroupReasons, reasons_of

POST_NOTICE = "Leads, no accusation: signs order a list, they prove nothing about anybody."


class RowProblemOut(Output):
    """Why a row was not taken, or not whole; `row_number` null for the file as a whole."""

    row_number: int | None
    reason: str
    value: str


class PostImportOut(Output):
    """One imported file."""

    id: int
    label: str
    origin: str
    purpose: str
    file_name: str
    file_sha256: str
    format: str
    rows: int
    added: int
    already_there: int
    refused: int
    pictures: int
    state: PostImportState
    outcome: str
    imported_at: UtcInstant
    finished_at: UtcInstant | None
    taken_back_at: UtcInstant | None

    @classmethod
    def of(cls, row: PostImport) -> Self:
        """The output of a row."""
        return cls.model_validate(row)


class PostImportReportOut(Output):
    """What an import did, or, while `dry_run`, would do; all zero while it waits for a worker.

    `import_id` is null where nothing was written.
    """

    import_id: int | None
    label: str
    file_name: str
    format: str
    state: PostImportState
    rows: int
    added: int
    already_there: int
    refused: int
    pictures: int
    columns: dict[str, str]
    problems: list[RowProblemOut]
    dry_run: bool

    @classmethod
    def of(cls, report: PostImportReport) -> Self:
        """The output of a report."""
        return cls.model_validate(report)


class ImportProgressOut(Output):
    """How far a task with an import is, and at which of its steps.

    `remaining_s` is for this step, null where nothing can be said yet.
    """

    task: ImportTask
    step: ImportStep
    steps: tuple[ImportStep, ...]
    done: int
    total: int
    remaining_s: float | None
    cancelling: bool
    sentence: str


class PostImportStateOut(Output):
    """An import with its report; `progress` is null unless it waits or runs."""

    report: PostImportReportOut
    outcome: str
    progress: ImportProgressOut | None

    @classmethod
    def of(cls, row: PostImport) -> Self:
        """The output of a row."""
        progress = progress_of(row)
        return cls(
            report=PostImportReportOut.of(report_of(row)),
            outcome=row.outcome,
            progress=ImportProgressOut.model_validate(progress) if progress else None,
        )


class PostContactOut(Output):
    """A contact in a post; phones are E.164. The counts are over all posts in force."""

    id: int
    kind: ContactKind
    value: str
    posts: int
    accounts: int
    places: int


class ReasonOut(Output):
    """One sign, and the words, contact or numbers that caused it."""

    sign: str
    words: str
    sentence: str
    contact_id: int | None


class GroupReasonsOut(Output):
    """One of the four groups of indicators: how many different signs, 0 to 3, and which."""

    group: Group
    level: int
    reasons: list[ReasonOut]

    @classmethod
    def of(cls, found: GroupReasons) -> Self:
        """The output of one group."""
        reasons = [
            ReasonOut(
                sign=one.sign.value,
                words=one.words,
                sentence=one.sentence,
                contact_id=one.contact_id,
            )
            for one in found.reasons
        ]
        return cls(group=found.group, level=found.level, reasons=reasons)


class PostOut(Output):
    """A post in plain text, with what was noticed in it. No sign is a probability."""

    id: int
    import_id: int
    row_number: int
    platform: str
    account_id: int | None
    account: str
    title: str
    content: str
    posted_at: UtcInstant | None
    place: str
    category: str
    price: float | None
    currency: str
    contacts: list[PostContactOut]
    groups: list[GroupReasonsOut]
    expires_at: UtcInstant
    notice: str = POST_NOTICE

    @classmethod
    def of(cls, post: Post) -> Self:
        """The output of a post."""
        return cls(
            id=post.id,
            import_id=post.import_id,
            row_number=post.row_number,
            platform=post.account.platform if post.account else "",
            account_id=post.account_id,
            account=post.account.handle if post.account else "",
            title=post.title,
            content=post.content,
            posted_at=post.posted_at,
            place=post.place,
            category=post.category,
            price=post.price,
            currency=post.currency,
            contacts=[PostContactOut.model_validate(use.contact) for use in post.uses],
            groups=[GroupReasonsOut.of(one) for one in reasons_of(post)],
            expires_at=post.expires_at,
        )


class PostMatchOut(Output):
    """A face in a post's picture that is like a subject. A lead, not an identification."""

    id: int
    post_id: int | None
    case_number: str
    similarity: float
    threshold_similarity: float
    threshold_by_age: AgeThresholdOut | None
    model: str
    state: MatchState
    created_at: UtcInstant
    notice: str = LEAD_NOTICE

    @classmethod
    def of(cls, match: ContributedMatch) -> Self:
        """The output of a match."""
        return cls(
            id=match.id,
            post_id=match.face.photo.post_id,
            case_number=match.case.number,
            similarity=match.similarity,
            threshold_similarity=match.threshold_similarity,
            threshold_by_age=by_age(match.age_threshold),
            model=match.embedder.name,
            state=match.state,
            created_at=match.created_at,
        )


class LinkNodeOut(Output):
    """An account, a contact, a case, or a post without an account.

    `links` counts all of its, `hidden` those to things that are not given.
    """

    key: str
    kind: NodeKind
    row_id: int
    label: str
    detail: str
    links: int
    hidden: int


class LinkEdgeOut(Output):
    """Two nodes, by their keys, and why they hang together."""

    first: str
    second: str
    reason: str
    posts: int


class LinksOut(Output):
    """One connected part; `left_out` counts its nodes beyond those given, `sizes` all parts'."""

    nodes: list[LinkNodeOut]
    edges: list[LinkEdgeOut]
    left_out: int
    component: int
    sizes: Sequence[int]
    notice: str = POST_NOTICE

    @classmethod
    def of(cls, picture: LinkPicture) -> Self:
        """The output of a drawn part."""
        edges = [
            LinkEdgeOut(
                first=edge.first.key, second=edge.second.key, reason=edge.reason, posts=edge.posts
            )
            for edge in picture.edges
        ]
        return cls(
            nodes=[LinkNodeOut.model_validate(node) for node in picture.nodes],
            edges=edges,
            left_out=picture.left_out,
            component=picture.component,
            sizes=picture.sizes,
        )
