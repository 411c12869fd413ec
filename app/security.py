"""Headers, cookies, proxies, sizes and rates: what every answer and every request is held to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request
from flask_talisman import Talisman
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.middleware.proxy_fix import ProxyFix

from app import identity, public_door
from app.config import Settings
from app.extensions import limiter
from app.intake.limits import MAX_FILE_BYTES as MAX_REPORT_BYTES
from app.services.contributing.contributed_photos import MOST_PHOTOS
from app.services.exchange.case_imports import MOST_BYTES as MAX_CASE_LIST_BYTES
from app.services.persons.person_photos import MOST_PHOTOS as MOST_PERSON_PHOTOS
from app.services.places.traces import MAX_TRACE_BYTES
from app.services.requests.deliveries import PIECE_BYTES

REQUEST_LIMIT: Final = "600 per minute"
"""Per account (or address), over all pages and the API together."""
UPLOAD_LIMIT: Final = "60 per minute"
PICTURE_LIMIT: Final = "3000 per minute"
TILE_LIMIT: Final = "6000 per minute"
LOGIN_LIMIT: Final = "10 per minute"

MEGABYTE: Final = 1024 * 1024
LARGEST_FORM_BYTES: Final = 2 * MEGABYTE
"""For every request that uploads no file."""
LARGEST_WORDS_BYTES: Final = 64 * 1024
"""For the forms that strangers fill in with words alone."""
MULTIPART_EXTRA_BYTES: Final = MEGABYTE
"""What the other fields of an upload may add to the file."""

STATIC_SECONDS: Final = 3600
HSTS_SECONDS: Final = 365 * 24 * 3600

_TILES: Final = frozenset({"tiles.roads", "tiles.cameras", "tiles.coverage", "tip.streets"})
_PICTURES: Final = frozenset(
    {
        *("media.picture", "tips.picture", "found.picture", "found_matches.picture"),
        *("posts.picture", "persons.picture"),
        *("api_tips.picture", "api_found.picture", "api_found_persons.person_picture"),
    }
)
UNCOUNTED: Final = _TILES | _PICTURES | {"static", "home.healthz", "api_docs.asset"}
"""Not counted as requests: files, and pictures and tiles, which have limits of their own."""
_FOR_EVERYBODY: Final = frozenset({"static", "api_docs.asset"})


def install(application: Flask) -> None:
    """Set all of it up. Needs `config["LASTSEEN"]`; comes before the checks of permissions."""
    settings: Settings = application.config["LASTSEEN"]
    application.config.update(_cookies(settings), **_rates(settings))
    application.config["SEND_FILE_MAX_AGE_DEFAULT"] = STATIC_SECONDS
    if settings.trusted_proxies:
        # The proxy passes Host itself. What it passes on unseen, a visitor may have written.
        hops = settings.trusted_proxies
        application.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            application.wsgi_app, x_for=hops, x_proto=hops
        )
    application.before_request(_bound_body)
    identity.install(application)
    limiter.init_app(application)
    application.before_request(public_door.check_head)
    _headers(application, settings)
    application.after_request(_keep_out_of_caches)


def content_security_policy(settings: Settings) -> dict[str, str]:
    """What pages may load: this site, its own pictures, and the tile server if one is set."""
    tiles = _origin(settings.tile_url)
    return {
        "default-src": "'self'",
        "img-src": " ".join(part for part in ("'self'", "data:", "blob:", tiles) if part),
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }


def permissions_policy(**allowed: str) -> dict[str, str]:
    """What pages may ask the device for: nothing, but for what one page names."""
    powers = ("camera", "geolocation", "microphone", "payment", "usb")
    return {power: allowed.get(power, "()") for power in powers}


def body_limits(settings: Settings) -> Mapping[str, int]:
    """The largest body of each endpoint that takes a file; all others take `LARGEST_FORM_BYTES`."""
    photo = settings.max_photo_bytes + MULTIPART_EXTRA_BYTES
    registry = settings.max_registry_bytes + MULTIPART_EXTRA_BYTES
    roads = settings.max_roads_bytes + MULTIPART_EXTRA_BYTES
    footage = settings.max_footage_bytes + MULTIPART_EXTRA_BYTES
    report = MAX_REPORT_BYTES + MULTIPART_EXTRA_BYTES
    case_list = MAX_CASE_LIST_BYTES + MULTIPART_EXTRA_BYTES
    trace = MAX_TRACE_BYTES + MULTIPART_EXTRA_BYTES
    tip = settings.tip_max_upload_mb * MEGABYTE + MULTIPART_EXTRA_BYTES
    posts = settings.post_max_upload_mb * MEGABYTE + MULTIPART_EXTRA_BYTES
    entry = MOST_PHOTOS * settings.max_photo_bytes + MULTIPART_EXTRA_BYTES
    person = MOST_PERSON_PHOTOS * settings.max_photo_bytes + MULTIPART_EXTRA_BYTES
    return {
        "tip.hand_in": tip,
        "tip.open_tip": LARGEST_WORDS_BYTES,
        "tip.say_more": LARGEST_WORDS_BYTES,
        "tip.leave": LARGEST_WORDS_BYTES,
        "found.register": entry,
        "found.add_photos": entry,
        "api_found.register": entry,
        "api_found.add_photos": entry,
        "cases.add_photo": photo,
        "api_photos.add_photo": photo,
        "persons.request_person": person,
        "persons.add_photo": person,
        "persons.extend": person,
        "api_persons.request_person": photo,
        "api_persons.add_photo": photo,
        "cameras.import_page": registry,
        "api_cameras.import_cameras": registry,
        "posts.import_file": posts,
        "api_posts.import_posts": posts,
        "cases.add_report": report,
        "api_reports.add_report": report,
        "cases.import_list": case_list,
        "api_case_imports.import_cases": case_list,
        "cases.import_trace": trace,
        "api_timeline.import_trace": trace,
        "roads.import_file": roads,
        "api_roads.import_roads": roads,
        "cameras.upload_footage": footage,
        "deliveries.add_piece": PIECE_BYTES,
        "api_footage.upload_footage": footage,
    }


def _cookies(settings: Settings) -> dict[str, object]:
    return {
        "SESSION_COOKIE_NAME": "session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.session_cookie_secure,
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=settings.session_hours),
        "SESSION_REFRESH_EACH_REQUEST": False,
    }


def _rates(settings: Settings) -> dict[str, object]:
    return {
        "RATELIMIT_ENABLED": settings.rate_limits_enabled,
        "RATELIMIT_STORAGE_URI": _limits_storage(settings.redis_url.get_secret_value()),
        "RATELIMIT_STORAGE_OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        "RATELIMIT_KEY_PREFIX": "lastseen",
        "RATELIMIT_HEADERS_ENABLED": True,
        # Redis down must neither stop the product nor lift the limits: each process counts alone.
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
        "RATELIMIT_SWALLOW_ERRORS": True,
        "RATELIMIT_APPLICATION": REQUEST_LIMIT,
        "RATELIMIT_APPLICATION_EXEMPT_WHEN": lambda: request.endpoint in UNCOUNTED,
        "RATELIMIT_DEFAULT": UPLOAD_LIMIT,
        "RATELIMIT_DEFAULTS_EXEMPT_WHEN": lambda: not _is_upload(),
    }


def _limits_storage(redis_url: str) -> str:
    """The address as the limits library writes it, which calls Redis's sockets `redis+unix://`."""
    return f"redis+{redis_url}" if redis_url.startswith("unix://") else redis_url


def _is_upload() -> bool:
    return request.method == "POST" and request.mimetype == "multipart/form-data"


def _bound_body() -> None:
    limits = body_limits(current_app.config["LASTSEEN"])
    largest_bytes = limits.get(request.endpoint or "", LARGEST_FORM_BYTES)
    request.max_content_length = largest_bytes
    if (request.content_length or 0) > largest_bytes:
        # Said now: whoever reads the form would first store it, up to the limit.
        raise RequestEntityTooLarge


def _headers(application: Flask, settings: Settings) -> None:
    application.extensions["lastseen_talisman"] = Talisman(
        application,
        force_https=settings.session_cookie_secure,
        strict_transport_security=settings.session_cookie_secure,
        strict_transport_security_max_age=HSTS_SECONDS,
        session_cookie_secure=settings.session_cookie_secure,
        session_cookie_samesite="Lax",
        content_security_policy=content_security_policy(settings),
        frame_options="DENY",
        referrer_policy="same-origin",
        x_xss_protection=False,
        permissions_policy=permissions_policy(),
    )


def _keep_out_of_caches(response: Response) -> Response:
    """Pages and answers are never kept by a browser or a proxy; files set their own rule.

    Only this product's own files may be kept for everybody: what a case holds never is, even where
    the framework's default for files says so.
    """
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    elif response.cache_control.public and request.endpoint not in _FOR_EVERYBODY:
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers.pop("Expires", None)
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    return response


def _origin(address: str) -> str:
    """Scheme and host of a tile address; `{s}` stands for any subdomain."""
    parts = urlsplit(address.replace("{s}.", "*."))
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""
