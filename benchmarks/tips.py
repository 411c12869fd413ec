"""What it costs to refuse tips: 10,000 submissions, as a robot sends them, and what they leave.

Each is a whole POST with a photo of 200 kB to the product's own web process. One address is stopped
by its rate; many addresses by the stamp that they forged, by the one stamp that they share, or by
the work that they did not do while very many tips come in. At the end the disk is looked at.
"""

from __future__ import annotations

import http.client
import io
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from PIL import Image
from sqlalchemy import func, select

from app.extensions import db
from app.inputs.tips import TipInput
from app.models import ContributedPhoto, Tip
from app.queues import redis_client
from app.services.base.actors import Actor
from app.services.contributing import public_forms, tips
from app.services.contributing.public_forms import FormStamp
from benchmarks.database import benchmark_app
from benchmarks.report import Figure, publish
from benchmarks.server import web_server

SUBMISSIONS = 10_000
FORGED = 1_000
_EDGE = "bench-edge-7f3a"


def main() -> None:
    """Send, count the answers, and publish."""
    with benchmark_app(
        rate_limits_enabled=True, trusted_proxies=1, tip_work_above=0
    ) as application:
        with application.app_context():
            redis_client().flushdb()
            stamps = [public_forms.new_stamp(time.time() - 30) for _ in range(FORGED + 1)]
            _one_tip_came()
        with web_server(application) as address:
            rated_s, rated = _send(address, SUBMISSIONS, one_address=True)
            forged_s, forged = _send(address, FORGED, one_address=False)
            shared_s, shared = _send(address, FORGED, one_address=False, stamps=stamps[:1])
            idle_s, idle = _send(address, FORGED, one_address=False, stamps=stamps[1:])
        with application.app_context():
            kept = db.session.scalar(select(func.count(Tip.id))) or 0
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
        "one stamp shared by many addresses": Figure(FORGED, "submissions"),
        "of these refused for the stamp": Figure(FORGED - shared[201], "submissions"),
        "refused per second, one stamp": Figure(FORGED / shared_s, "1/s"),
        "stamps of their own, no work done": Figure(FORGED, "submissions"),
        "of these refused for the work": Figure(FORGED - idle[201], "submissions"),
        "refused per second, no work": Figure(FORGED / idle_s, "1/s"),
        "tips kept beside the first": Figure(kept - 1, "tips", "0"),
        "photos kept": Figure(photos, "photos", "0"),
        "files left on disk": Figure(files, "files", "0"),
    }
    publish("tips", figures)


def _one_tip_came() -> None:
    """One more than none, so that work is asked for from now on."""
    given = TipInput(remarks="The first one.", timezone="Asia/Kolkata")
    robot = Actor(None, "not logged in", "public", "192.0.2.1")
    tips.hand_in(robot, FormStamp("first"), given, [])


def _send(
    address: str, count: int, *, one_address: bool, stamps: Sequence[str] = ("forged",)
) -> tuple[float, Counter[int]]:
    """Seconds for `count` submissions one after the other, and how often each status came."""
    body = _body()
    answers: Counter[int] = Counter()
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    begun = time.perf_counter()
    for number in range(count):
        sender = "203.0.113.7" if one_address else f"198.51.{number // 250}.{number % 250}"
        headers = {
            "Content-Type": f"multipart/form-data; boundary={_EDGE}",
            "X-Forwarded-For": sender,
        }
        try:
            stamp = stamps[number % len(stamps)]
            connection.request("POST", f"/tip?stamp={stamp}", body, headers)
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
