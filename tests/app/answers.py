"""Reading the API's answers in tests."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.test import TestResponse


def body(response: TestResponse, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return json.loads(response.data)


def problem(response: TestResponse, status: int) -> Any:
    assert response.mimetype == "application/problem+json", response.text
    told = body(response, status)
    assert told["status"] == status
    assert told["detail"]
    return told
