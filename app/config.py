"""Configuration: read once from the environment into one typed, frozen object.

A value that is missing or unsafe stops the start with one sentence that names it.
There are no default secrets.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AliasChoices,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from recognition.detectors.loading import DetectorChoice

PROJECT_ROOT = Path(__file__).resolve().parent.parent

_MAIL_FROM: Final = re.compile(r"[^\s@<>,;:\"]+@[^\s@<>,;:\"]+", re.ASCII)
_CHANNEL_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}", re.ASCII)
_SHORTEST_SECRET: Final = 32
_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


_ROLES = {"investigator", "dispatcher", "analyst", "examiner", "partner", "administrator"}


class ConfigurationError(RuntimeError):
    """The environment lacks a value, or holds one that the product must not start with."""


class Settings(BaseSettings):
    """Everything that an installation may decide. Each field is one environment variable.

    Durations, sizes and distances carry their unit in their name. Lists are separated by commas.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", case_sensitive=False)

    secret_key: SecretStr = Field(min_length=32)
    database_url: SecretStr
    redis_url: SecretStr

    media_dir: Path = PROJECT_ROOT / "var" / "media"
    backup_stamp_file: str = ""
    """A file that the administrator's backup touches when it is done."""

    font_dir: Path = Path("/usr/share/fonts/truetype/noto")
    footage_roots: str = str(PROJECT_ROOT / "var" / "footage")
    allowed_stream_hosts: str = ""

    face_pack: str = Field(default="", validation_alias=AliasChoices("face_pack"))
    face_detector: DetectorChoice = DetectorChoice.MTCNN
    insightface_home: Path = Path.home() / ".insightface"
    recognition_threads: int = Field(default=1, ge=1, le=64)
    smallest_face_px: int = Field(default=40, ge=16, le=400)
    frames_per_second: float = Field(default=5.0, gt=0, le=60)
    max_frame_side_px: int = Field(default=1280, ge=320, le=7680)
    chunk_seconds: float = Field(default=30.0, ge=1, le=600)
    longest_chunk_seconds: float = Field(default=60.0, ge=1, le=3600)

    plan_particles: int = Field(default=20_000, ge=500, le=200_000)
    """Hypotheses of where the subject went; more is finer and slower."""

    face_retention_hours: int = Field(default=168, ge=1)
    closed_case_retention_days: int = Field(default=365, ge=1)
    index_build_memory_mb: int = Field(default=1024, ge=64)
    face_memory_mb: int = Field(default=1024, ge=0)
    """How much memory each web process may give to a copy of the kept faces; 0 for none."""

    face_search_reach_m: float = Field(default=100_000.0, gt=0)
    tip_retention_days: int = Field(default=180, ge=1)
    tip_waiting_limit: int = Field(default=5000, ge=1)
    tip_media_mb: int = Field(default=5000, ge=1)
    tip_max_upload_mb: int = Field(default=40, ge=1)
    tip_work_above: int = Field(default=30, ge=0)
    """Tips in ten minutes, from all senders, above which each has to be paid for with work."""

    tip_phone: str = ""
    tip_public_map: bool = True
    post_retention_days: int = Field(default=180, ge=1)
    poi_authorisation_days: int = Field(default=30, ge=1, le=366)
    """How long an authorisation to look for a person of interest may last at most."""
    poi_threshold_raise: float = Field(default=0.05, ge=0, le=0.5)
    """What is added to every model's threshold for persons of interest; never taken off."""
    post_max_upload_mb: int = Field(default=300, ge=1)
    event_retention_hours: int = Field(default=24, ge=1)
    visit_stale_seconds: float = Field(default=30.0, ge=2)
    worker_stall_seconds: float = Field(default=300.0, ge=10)
    visit_timeout_seconds: int = Field(default=6 * 3600, ge=60)
    stream_timeout_seconds: float = Field(default=10.0, gt=0)
    live_visits_at_once: int = Field(default=1, ge=0)
    live_save_seconds: float = Field(default=10.0, ge=1, le=600)

    cases_restricted_by_default: bool = False
    """Whether a new case is seen only by the people on its list, unless its opener says so."""

    reviews_needed: int = Field(default=2, ge=1, le=3)
    """How many people must confirm a sighting before it is a lead; a case may ask for more."""

    default_timezone: str = "Asia/Kolkata"
    max_photo_bytes: int = 20 * 1024 * 1024
    max_photo_pixels: int = 50_000_000
    max_registry_bytes: int = 64 * 1024 * 1024
    max_roads_bytes: int = 256 * 1024 * 1024
    max_footage_bytes: int = 4 * 1024 * 1024 * 1024
    disk_reserve_bytes: int = Field(default=2 * 1024 * 1024 * 1024, ge=0)

    tile_url: str = ""
    tile_attribution: str = ""
    geocoder: str = ""
    geocoder_user_agent: str = ""
    geocoder_url: str = ""
    """A geocoder of one's own, for services that can be hosted (nominatim, photon, pelias)."""

    base_url: str = ""
    """Where people reach this installation, for links in messages: "https://search.example"."""

    mail_host: str = ""
    mail_port: int = Field(default=587, ge=1, le=65535)
    mail_security: Literal["none", "starttls", "tls"] = "starttls"
    mail_user: str = ""
    mail_password: SecretStr = SecretStr("")
    mail_from: str = ""
    mail_timeout_seconds: float = Field(default=20.0, gt=0, le=300)
    message_give_up_hours: float = Field(default=48.0, gt=0)
    message_retention_days: int = Field(default=90, ge=1)

    alert_channels: SecretStr = SecretStr("")
    """Push and SMS services for Apprise: "duty-phone=tgram://… desk=ntfys://…"."""
    alert_webhooks: SecretStr = SecretStr("")
    alert_webhook_secret: SecretStr = SecretStr("")
    allowed_webhook_hosts: str = ""
    alert_escalation_minutes: float = Field(default=15.0, ge=0)
    alert_escalation_to: str = ""

    session_cookie_secure: bool = True
    session_hours: float = Field(default=12.0, gt=0)
    session_idle_minutes: float = Field(default=120.0, gt=0)
    second_factor_roles: str = ""
    """Roles that must log in with a second factor, separated by commas."""
    invitation_days: int = Field(default=7, ge=1, le=60)
    password_link_minutes: int = Field(default=30, ge=5, le=1440)
    registration_enabled: bool = False
    rate_limits_enabled: bool = True
    trusted_proxies: int = Field(default=0, ge=0, le=5)

    @field_validator("default_timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"'{value}' is not a time zone of the IANA list") from error
        return value

    @field_validator("second_factor_roles")
    @classmethod
    def _known_roles(cls, value: str) -> str:
        unknown = sorted({part.lower() for part in _listed(value)} - _ROLES)
        if unknown:
            raise ValueError(f"'{unknown[0]}' is no role; roles are {', '.join(sorted(_ROLES))}")
        return value

    @field_validator("base_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        address = value.strip().rstrip("/")
        parts = urlsplit(address)
        if address and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.query):
            raise ValueError("write it like https://search.example.org")
        return address

    @model_validator(mode="after")
    def _mail_is_whole(self) -> Self:
        if not self.mail_host:
            return self
        if not _MAIL_FROM.fullmatch(self.mail_from):
            raise ValueError("MAIL_FROM must hold the sender's address, as MAIL_HOST is set")
        open_line = self.mail_security == "none" and self.mail_host not in _THIS_MACHINE
        if open_line and self.mail_password.get_secret_value():
            raise ValueError("MAIL_PASSWORD would travel unencrypted: set MAIL_SECURITY")
        return self

    @model_validator(mode="after")
    def _alerts_can_be_sent(self) -> Self:
        for address in self.channel_addresses.values():
            if "://" not in address:
                raise ValueError("ALERT_CHANNELS: write it like duty-phone=tgram://…")
        for address in self.webhook_addresses.values():
            if urlsplit(address).scheme not in {"http", "https"}:
                raise ValueError("ALERT_WEBHOOKS: write it like desk=https://desk.example/hook")
        secret = self.alert_webhook_secret.get_secret_value()
        if self.webhook_addresses and len(secret) < _SHORTEST_SECRET:
            raise ValueError("ALERT_WEBHOOK_SECRET needs at least 32 characters, to sign webhooks")
        if any(not _MAIL_FROM.fullmatch(address) for address in self.escalation_addresses):
            raise ValueError("ALERT_ESCALATION_TO: a list of mail addresses, with commas between")
        return self

    @property
    def channel_addresses(self) -> dict[str, str]:
        """Apprise addresses by the name that people choose them by. Secret."""
        return _named(self.alert_channels, "ALERT_CHANNELS")

    @property
    def webhook_addresses(self) -> dict[str, str]:
        """Webhook addresses by name. Secret."""
        return _named(self.alert_webhooks, "ALERT_WEBHOOKS")

    @property
    def webhook_hosts(self) -> frozenset[str]:
        """Hosts in private networks that webhooks may call."""
        return frozenset(host.lower() for host in _listed(self.allowed_webhook_hosts))

    @property
    def escalation_addresses(self) -> tuple[str, ...]:
        """Who is written to about alerts that nobody acknowledges."""
        return tuple(_listed(self.alert_escalation_to))

    @property
    def mail_is_configured(self) -> bool:
        """Whether there is a server to hand mail to; without one, messages wait."""
        return bool(self.mail_host)

    @property
    def can_mail_links(self) -> bool:
        """Whether a mail can hold a link of this installation: never one that a request names."""
        return self.mail_is_configured and bool(self.base_url)

    @property
    def roles_with_second_factor(self) -> frozenset[str]:
        """The roles that must log in with a second factor."""
        return frozenset(role.lower() for role in _listed(self.second_factor_roles))

    @property
    def footage_root_paths(self) -> tuple[Path, ...]:
        """Folders whose files may be registered as footage; nothing outside is ever opened."""
        return tuple(Path(part).resolve() for part in _listed(self.footage_roots))

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Hosts in private networks that the administrator lets workers connect to."""
        return frozenset(host.lower() for host in _listed(self.allowed_stream_hosts))


def _named(secret: SecretStr, variable: str) -> dict[str, str]:
    """Read "NAME=ADDRESS NAME=ADDRESS". Raises ValueError without showing an address."""
    named: dict[str, str] = {}
    for part in secret.get_secret_value().split():
        name, equals, address = part.partition("=")
        if not equals or not address or not _CHANNEL_NAME.fullmatch(name) or name in named:
            raise ValueError(f"{variable}: write NAME=ADDRESS, with blanks between; names differ")
        named[name] = address
    return named


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def load_settings(**overrides: object) -> Settings:
    """Read the environment. Raises ConfigurationError with one sentence per wrong value."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        sentences = [
            f"{'_'.join(str(p) for p in item['loc']).upper()}: {item['msg']}"
            for item in error.errors(include_input=False, include_url=False)
        ]
        raise ConfigurationError(
            "Lastseen cannot start; set these in the environment (see docs/install.md): "
            + "; ".join(sentences)
        ) from error
