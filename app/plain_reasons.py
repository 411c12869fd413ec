"""What a validation error means, in words for the person who filled in the form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

_REASONS: Final[Mapping[str, str]] = {
    "missing": "is required",
    "extra_forbidden": "is not known here; check its spelling",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "string_too_long": "is longer than {max_length} characters",
    "string_pattern_mismatch": (
        "may hold letters, digits, dot, dash and underscore, and starts with a letter or digit"
    ),
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "datetime_type": "is not a time; write it like 2026-11-18T14:10:00+05:30",
    "datetime_parsing": "is not a time; write it like 2026-11-18T14:10:00+05:30",
    "datetime_from_date_parsing": "is not a time; write it like 2026-11-18T14:10:00+05:30",
    "timezone_aware": "needs its time zone; write it like 2026-11-18T14:10:00+05:30",
    "enum": "must be one of {expected}",
    "literal_error": "must be one of {expected}",
    "json_invalid": "is not readable JSON",
    "json_type": "is not readable JSON",
    "model_type": "must be an object with named fields",
    "model_attributes_type": "must be an object with named fields",
    "dict_type": "must be an object with named fields",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "too_short": "needs at least {min_length} entries",
    "too_long": "takes at most {max_length} entries",
}


def reasons_of(error: ValidationError) -> dict[str, str]:
    """Each wrong field's name (dotted, empty for the whole input) and what is wrong with it."""
    reasons: dict[str, str] = {}
    for item in error.errors(include_url=False):
        name = ".".join(str(part) for part in item["loc"])
        if item["input"] == "":
            reasons.setdefault(
                name, "choose one" if item["type"] == "enum" else "must not be empty"
            )
        else:
            reasons.setdefault(name, _reason(item["type"], item.get("ctx", {}), item["msg"]))
    return reasons


def _reason(kind: str, context: Mapping[str, Any], message: str) -> str:
    if kind == "value_error":
        return str(context.get("error", message))
    template = _REASONS.get(kind)
    if template is None:
        return message[:1].lower() + message[1:]
    return template.format_map({key: _plain(value) for key, value in context.items()})


def _plain(value: object) -> object:
    """90.0 is written 90."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
