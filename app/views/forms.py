"""Forms: from what was typed to validated inputs, and back to the form with what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import request
from pydantic import ValidationError

from app.errors import Conflict, Refused, TooLarge, Unavailable
from app.extensions import db
from app.inputs.fields import FIRST_YEAR, LAST_YEAR, Input
from app.plain_reasons import reasons_of
from app.problems import problem_of
from cameras.errors import CamerasError
from geo.errors import GeoError
from geo.points import Point, parse_point
from recognition.errors import RecognitionError

InputT = TypeVar("InputT", bound=Input)

SHOWN_IN_FORM = (Refused, Conflict, TooLarge, Unavailable, CamerasError, GeoError, RecognitionError)
"""What a form answers for itself; anything else is answered by `app.problems`."""


class Form:
    """What was typed, and what is wrong with it.

    Used as a context manager it keeps a refusal (and only that) for the page to show::

        with form:
            return redirect(url_for("cases.show", number=open_it(form).number))
        return render_template("cases/new.html", form=form), form.status
    """

    def __init__(
        self,
        values: Mapping[str, str] | None = None,
        shown: Iterable[str] = (),
    ) -> None:
        self.values = dict(values or {})
        self.errors: dict[str, str] = {}
        self.sentence = ""
        self.status = 200
        self._shown = frozenset(shown)

    def value(self, name: str) -> str:
        """What was typed into a field."""
        return self.values.get(name, "")

    @property
    def loose_errors(self) -> list[str]:
        """Reasons that belong to no field of the form; they are shown above it."""
        if not self._shown:
            return []
        return [
            f"{name.replace('_', ' ')}: {reason}"
            for name, reason in self.errors.items()
            if name not in self._shown
        ]

    def read(self, model: type[InputT], **converted: object) -> InputT:
        """Validate the typed values that `model` knows; `converted` ones replace their texts.

        Raises Refused with a reason for each wrong field.
        """
        given: dict[str, object] = {
            name: value for name, value in self.values.items() if name in model.model_fields
        }
        given.update(converted)
        try:
            return model.model_validate(given)
        except ValidationError as error:
            raise _refusal(error) from error

    def instant(self, name: str, timezone: str) -> datetime | None:
        """The typed local wall time as an instant; None if nothing was typed."""
        return read_wall_time(self.value(name), timezone, name)

    def point(self, name: str) -> Point:
        """The typed position, in any notation that `geo.points` reads."""
        try:
            return parse_point(self.value(name))
        except GeoError as error:
            raise Refused("The position cannot be read.", {name: str(error)}) from error

    def __enter__(self) -> Form:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if isinstance(error, ValidationError):
            # A service that validates what it puts together itself refuses as the form would.
            error = _refusal(error)
        if not isinstance(error, SHOWN_IN_FORM):
            return False
        # What the service had begun must not be written by the queries of the page.
        db.session.rollback()
        problem = problem_of(error)
        self.sentence, self.status = problem.detail, problem.status
        self.errors = dict(problem.errors)
        return True


def read_query(model: type[InputT], **fixed: object) -> InputT:
    """The query of the current address as an input; blank parts count as not given."""
    given: dict[str, object] = {
        name: value
        for name, value in request.args.items()
        if name in model.model_fields and value.strip()
    }
    return Form().read(model, **{**given, **fixed})


def read_wall_time(text: str, timezone: str, name: str = "time") -> datetime | None:
    """A wall-clock time of `timezone` ("2026-11-18T14:10") as an instant in UTC.

    The earlier one where a clock that is put back shows a time twice. Raises Refused for a text
    that is no time, for a time that the clocks of that zone skipped, and for a zone that is none.
    """
    if not text.strip():
        return None
    try:
        wall = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise Refused(
            "A time cannot be read.", {name: "write it as 2026-11-18 14:10 or 2026-11-18T14:10:05"}
        ) from error
    if not FIRST_YEAR <= wall.year <= LAST_YEAR:
        sentence = f"the year must lie between {FIRST_YEAR} and {LAST_YEAR}"
        raise Refused("A time cannot be meant.", {name: sentence})
    if wall.tzinfo is not None:
        return wall.astimezone(UTC)
    zone = _zone(timezone)
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != wall:
        raise Refused(
            "A time did not exist.",
            {name: f"the clocks of {timezone} were put forward over this time"},
        )
    return instant


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        reason = "is not a time zone of the IANA list, like Asia/Kolkata"
        raise Refused("This time zone is not known.", {"timezone": reason}) from error


def _refusal(error: ValidationError) -> Refused:
    """One sentence for the whole form, and a reason per field."""
    reasons = reasons_of(error)
    fields = {name: reason for name, reason in reasons.items() if name}
    if "" in reasons:
        text = reasons[""]
        return Refused(f"{text[:1].upper()}{text[1:].rstrip('.')}.", fields)
    what = "One field needs" if len(fields) == 1 else f"{len(fields)} fields need"
    return Refused(f"{what} another value; nothing was saved.", fields)
