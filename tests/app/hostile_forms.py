"""What every form and every operation takes, gathered from the pages and the OpenAPI document."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from flask import Flask, Request, request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.app.conftest import Client

PathOf = Callable[[Rule, str], str]


@dataclass
class Target:
    """One thing that takes input: where it is, how it is sent, and what it usually holds."""

    endpoint: str
    method: str
    path: str
    is_json: bool = False
    body: dict[str, Any] = field(default_factory=dict)
    query: set[str] = field(default_factory=set)

    @property
    def key(self) -> tuple[str, str]:
        """Names it once, whatever page leads to it."""
        return self.endpoint, self.method

    def send(self, client: Client, **changed: object) -> TestResponse:
        """Send what it usually holds, with some fields changed, as it takes it."""
        in_query = {name: changed.pop(name) for name in self.query & set(changed)}
        body = {**self.body, **changed}
        if self.method == "GET":
            return client.get(self.path, query_string={**body, **in_query})
        sent: dict[str, Any] = {"query_string": in_query} if in_query else {}
        if self.is_json:
            sent.update(data=json.dumps(body), content_type="application/json")
        else:
            sent["data"] = body
        return client.open(self.path, method=self.method, **sent)

    def send_raw(self, client: Client, data: bytes, content_type: str | None) -> TestResponse:
        """Send a whole body as it is."""
        return client.open(self.path, method=self.method, data=data, content_type=content_type)


class Forms(HTMLParser):
    """The forms of a page: method, action, and fields with the values that they begin with."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, dict[str, Any]]] = []
        self._select = self._textarea = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append((given.get("method", "get").upper(), given.get("action", ""), {}))
        if not self.found:
            return
        fields, name = self.found[-1][2], given.get("name", "")
        if tag == "option" and self._select:
            if "selected" in given or not fields.get(self._select):
                fields[self._select] = given.get("value", "")
        elif not name:
            return
        elif tag in {"input", "button"} and given.get("type") != "file":
            fields.setdefault(name, given.get("value", ""))
        elif tag == "select":
            self._select = name
        elif tag == "textarea":
            self._textarea = name
            fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea and self.found:
            self.found[-1][2][self._textarea] = data


def noting_requests(app: Flask, noted: defaultdict[str, set[str]]) -> type[Request]:
    """A class of requests that notes, by endpoint, the fields that are asked for by name."""

    class Noting(ImmutableMultiDict[str, str]):
        def get(self, key: Any, *rest: Any, **named: Any) -> Any:
            self._note(key)
            return super().get(key, *rest, **named)

        def getlist(self, key: Any, *rest: Any, **named: Any) -> Any:
            self._note(key)
            return super().getlist(key, *rest, **named)

        def _note(self, key: Any) -> None:
            if request and request.endpoint and isinstance(key, str):
                noted[request.endpoint].add(key)

    return type("NotingRequest", (app.request_class,), {"parameter_storage_class": Noting})


def forms_of(app: Flask, client: Client, paths: Iterable[str]) -> Iterator[Target]:
    """Every form of the pages at `paths`."""
    for path in paths:
        answer = client.get(path)
        if answer.mimetype != "text/html":
            answer.close()
            continue
        for method, action, fields in Forms(answer.text).found:
            to = urlsplit(urljoin(f"http://localhost{path}", action))
            endpoint = _endpoint_at(app, method, to.path)
            if endpoint and to.netloc == "localhost":
                fields.pop("csrf_token", None)
                there = f"{to.path}?{to.query}" if to.query and method != "GET" else to.path
                yield Target(endpoint, method, there, body=fields)


def _endpoint_at(app: Flask, method: str, path: str) -> str:
    try:
        endpoint: str = app.url_map.bind("localhost").match(path, method=method)[0]
    except HTTPException:
        return ""
    return endpoint


def operations_of(app: Flask, path_of: PathOf) -> Iterator[Target]:
    """Every operation of the API, with the example of its body and None for its other fields."""
    document: Any = app.api_doc  # type: ignore[attr-defined]
    schemas = document["components"]["schemas"]
    for rule in app.url_map.iter_rules():
        item = document["paths"].get(re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule), {})
        for method in sorted(rule.methods or ()):
            operation = item.get(method.lower())
            if operation is None:
                continue
            asked = {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
            target = Target(rule.endpoint, method, path_of(rule, method), query=asked)
            for media, described in operation.get("requestBody", {}).get("content", {}).items():
                target.is_json = media == "application/json"
                target.body = _example_of(described, schemas)
            yield target


def _example_of(described: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    schema = dict(described.get("schema", {}))
    while "$ref" in schema:
        schema = dict(schemas[schema["$ref"].rsplit("/", 1)[1]])
    example = described.get("example") or schema.get("example") or {}
    if not example and described.get("examples"):
        example = next(iter(described["examples"].values()))["value"]
    return {**dict.fromkeys(schema.get("properties", {})), **example}


def _nested(levels: int) -> object:
    value: object = "x"
    for _ in range(levels):
        value = [value]
    return value


TEXTS: Final[tuple[str, ...]] = (
    *(
        "",
        "  ",
        "a\0b",
        "\x01\x1b[31m",
        "\u202egpj.exe",
        "\u2028\ufffe\uffff",
        "e" + "\u0301" * 999,
    ),
    *("x" * 450_000, "9" * 5000, "-1", "0", str(2**31), str(2**63), "9" * 400, "1_0", "\u0663"),
    *("NaN", "-Infinity", "1e309", "1e308,1e308", "90.0001, 181", "1,2,,x", "null", "[]"),
    *("0001-01-01T00:00", "9999-12-31T23:59", "0001-01-01T00:00:00+14:00", "2026-02-31T10:00"),
    *("9999-12-31T23:59:59-12:00", "2026-W47-3", "../../etc/passwd", "Europe/../../etc/passwd"),
    *("a\r\nSet-Cookie: x=1", "a@b\r\nBcc: c@d", "'; --", "%s%n{0}{x}", "<script>{{7*7}}"),
    *("//evil.example/", "http://[::1", "javascript:alert(1)", "(" * 300, "%ff%00"),
)
"""What a person, or a program that pretends to be a form, may send for any field."""

VALUES: Final[tuple[object, ...]] = (
    *(None, True, 1, -1, 1.5, 2**63, 10**400, float("nan"), float("inf"), [], {}, ["a", None, {}]),
    *(_nested(900), "\ud800", ["\udfff"], [1] * 20_000, [-1, 2**63], ["x" * 1000] * 100),
)
"""What a program may send for any field beside texts."""

BODIES: Final[tuple[tuple[bytes, str | None], ...]] = (
    (b"", None),
    (b"", "application/json"),
    (b"[]", "application/json"),
    (b"null", "application/json"),
    (b"[" * 100_000, "application/json"),
    (b'{"a":' * 3000 + b"1" + b"}" * 3000, "application/json"),
    (b"{\xff}", "application/json"),
    ("{}".encode("utf-16"), "application/json"),
    (b"{}", "application/json; charset=nonsense"),
    (b"xx", "multipart/form-data"),
    (b"--x\r\n", "multipart/form-data; boundary=x"),
    (
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 1500 + b"--x--\r\n",
        "multipart/form-data; boundary=x",
    ),
    (b"&".join(b"a%d=1" % number for number in range(3000)), "application/x-www-form-urlencoded"),
    (b"text=%ED%A0%80%FF&number=%ED%A0%80", "application/x-www-form-urlencoded"),
    (b"x", "text/plain"),
)
"""Whole bodies that are none."""
