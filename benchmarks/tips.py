"""What it costs to refuse tips: 10,000 submissions, as a robot sends them, and what they leave.

Each is a whole POST with a photo of 200 kB to the product's own web process. One address is stopped
by its rate; many addresses by the stamp that they forged, by the one stamp that they share, or by
the work that they did not do while very many tips come in. The processor time is that of the web
processes alone, because the sender takes its own on the same machine. At the end the disk is looked
at.
"""

from __future__ import annotations

import http.client
import io
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import psutil
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
            rated = _send(address, SUBMISSIONS, one_address=True)
            forged = _send(address, FORGED, one_address=False)
            shared = _send(address, FORGED, one_address=False, stamps=stamps[:1])
            idle = _send(address, FORGED, one_address=False, stamps=stamps[1:])
        with application.app_context():
            kept = db.session.scalar(select(func.count(Tip.id))) or 0
            photos = db.session.scalar(select(func.count(ContributedPhoto.id))) or 0
            db.session.remove()
        media = Path(application.config["LASTSEEN"].media_dir)
        files = sum(path.is_file() for path in media.rglob("*"))
    figures = {
        **rated.figures("one address"),
        **forged.figures("forged forms"),
        **shared.figures("one stamp shared by many"),
        **idle.figures("work not done"),
        "tips kept beside the first": Figure(kept - 1, "tips", "0"),
        "photos kept": Figure(photos, "photos", "0"),
        "files left on disk": Figure(files, "files", "0"),
    }
    publish("tips", figures)


@dataclass(frozen=True)
class Flood:
    """What one kind of flood came to: how often each status was answered, and what it cost."""

    answers: Counter[int]
    seconds: float
    server_s: float

    def figures(self, name: str) -> dict[str, Figure]:
        """Counts, rate and processor time."""
        count = self.answers.total()
        return {
            f"{name}: submissions": Figure(count, "submissions"),
            f"{name}: of these refused": Figure(count - self.answers[201], "submissions"),
            f"{name}: refused per second": Figure(count / self.seconds, "1/s"),
            f"{name}: processor time of one refusal": Figure(1000 * self.server_s / count, "ms"),
        }


def _one_tip_came() -> None:
    """One more than none, so that work is asked for from now on."""
    given = TipInput(remarks="The first one.", timezone="Asia/Kolkata")
    robot = Actor(None, "not logged in", "public", "192.0.2.1")
    tips.hand_in(robot, FormStamp("first"), given, [])


def _send(
    address: str, count: int, *, one_address: bool, stamps: Sequence[str] = ("forged",)
) -> Flood:
    """Send `count` submissions one after the other."""
    body = _body()
    answers: Counter[int] = Counter()
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    begun, begun_server_s = time.perf_counter(), _server_s()
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
    return Flood(answers, time.perf_counter() - begun, _server_s() - begun_server_s)


def _server_s() -> float:
    """Processor time that the web processes have taken so far."""
    times = [one.cpu_times() for one in psutil.Process().children(recursive=True)]
    return sum(one.user + one.system for one in times)


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
