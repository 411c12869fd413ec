"""Column types that several tables share."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from geoalchemy2 import Geography
from sqlalchemy import Computed, DateTime, Enum, Text
from sqlalchemy.orm import Mapped, mapped_column

UtcTime = Annotated[datetime, mapped_column(DateTime(timezone=True))]
"""An instant, stored as `timestamptz`; always an aware datetime in Python."""


def utc_now() -> datetime:
    """Now, aware and in UTC."""
    return datetime.now(UTC)


def choice(kind: type[StrEnum]) -> Enum:
    """A text column that admits only the values of `kind`, held by a check constraint."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        name=kind.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
        length=40,
    )


def position_column() -> Mapped[object]:
    """`geography(Point, 4326)` that PostgreSQL derives from the two coordinate columns.

    The only place in the schema where longitude comes before latitude. Distances on it are metres.
    """
    return mapped_column(
        Geography("POINT", srid=4326, spatial_index=False),
        Computed(
            "(ST_SetSRID(ST_MakePoint(longitude_deg, latitude_deg), 4326))::geography",
            persisted=True,
        ),
        deferred=True,
        nullable=True,
    )


LongText = Annotated[str, mapped_column(Text, default="", server_default="")]
