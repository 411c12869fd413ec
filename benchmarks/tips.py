"""What it costs to refuse tips: 10,000 submissions, as a robot sends them, and what they leave.

Each is a whole POST with a photo of 200 kB, without a form's tokens, to the product's own web
process. One address is stopped by its rate, mostly before its body is read; many addresses for the
missing form, after it; at the end the disk is looked at.
"""

from __future__ import annotations

import http.client
import io
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from PIL import Image
from sqlalchemy import func, select

from app.extensions import db
from app.models import ContributedPhoto, Tip
from app.queues import redis_client
from benchmarks.database import benchmark_app
from benchmarks.report import Figure, publish
from benchmarks.server import web_server

SUBMISSIONS = 10_000
FORGED = 1_000
_EDGE = "bench-edge-7f3a"


def main() -> None:
    """Send, count the answers, and publish."""
    with benchmark_app(rate_limits_enabled=True, trusted_proxies=1) as application:
        with application.app_context():
            redis_client().flushdb()
        with web_server(application) as address:
            rated_s, rated = _send(address, SUBMISSIONS, one_address=True)
            forged_s, forged = _send(address, FORGED, one_address=False)
        with application.app_context():
            tips = db.session.scalar(select(func.count(Tip.id))) or 0
            photos = db.session.scalar(select(func.count(ContributedPhoto.id))) or 0
            db.session.remove()
        media = Path(application.config["LASTSEEN"].media_dir)
        files = sum(path.is_file() for path in media.rglob("*"))
    figures = {
        "submissions from one address": Figure(SUBMISSIONS, "submissions"),
        "of these refused": Figure(SUBMISSIONS - rated[201], "submissions"),
        "refused per second, one address": Figure(SUBMISSIONS / rated_s, "1/s"),
        "forged forms from many addresses": Figure(FORGED, "submissions"),
        "of these refused for the form": Figure(FORGED - forged[201], "submissions"),
        "refused per second, many addresses": Figure(FORGED / forged_s, "1/s"),
        "tips kept": Figure(tips, "tips", "0"),
        "photos kept": Figure(photos, "photos", "0"),
        "files left on disk": Figure(files, "files", "0"),
    }
    publish("tips", figures)


def _send(address: str, count: int, *, one_address: bool) -> tuple[float, Counter[int]]:
    """Seconds for `count` submissions one after the other, and how often each status came."""
    body = _body()
    answers: Counter[int] = Counter()
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    begun = time.perf_counter()
    for number in range(count):
        sender = "203.0.113.7" if one_address else f"198.51.{number // 250 % 250}.{number % 250}"
        headers = {
            "Content-Type": f"multipart/form-data; boundary={_EDGE}",
            "X-Forwarded-For": sender,
        }
        try:
            connection.request("POST", "/tip", body, headers)
            answer = connection.getresponse()
            answer.read()
            answers[answer.status] += 1
        except (http.client.HTTPException, OSError):
            # The server answered before it had read the whole body, and closed the connection.
            answers[0] += 1
            connection.close()
    return time.perf_counter() - begun, answers


def _body() -> bytes:
    noise = np.random.default_rng(7).integers(0, 255, (420, 420, 3), np.uint8)
    photo = io.BytesIO()
    Image.fromarray(noise).save(photo, "JPEG", quality=92)
    head = (
        f'--{_EDGE}\r\nContent-Disposition: form-data; name="remarks"\r\n\r\nspam\r\n'
        f'--{_EDGE}\r\nContent-Disposition: form-data; name="photos"; filename="a.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    return head.encode() + photo.getvalue() + f"\r\n--{_EDGE}--\r\n".encode()


if __name__ == "__main__":
    main()
