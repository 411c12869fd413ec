"""A sighting is a lead only after a second, blind review; reviews may hold a checklist.

What was judged before is judged by the new rule: a sighting that one person confirmed becomes
provisional, and waits for its second review.

Revision: 0011, after 0010
"""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NEEDED = 2


def upgrade() -> None:
    false = {"server_default": sa.text("false"), "nullable": False}
    op.add_column("cases", sa.Column("reviews_needed", sa.Integer(), nullable=True))
    op.create_check_constraint("reviews_needed", "cases", "reviews_needed BETWEEN 1 AND 3")
    op.add_column("last_known_locations", sa.Column("provisional", sa.Boolean(), **false))
    op.add_column("reviews", sa.Column("blind", sa.Boolean(), **false))
    op.add_column("reviews", sa.Column("comparison", postgresql.JSONB(), nullable=True))
    op.add_column("sightings", sa.Column("is_lead", sa.Boolean(), **false))
    op.add_column(
        "sightings",
        sa.Column(
            "reviews_needed", sa.Integer(), server_default=sa.text(str(NEEDED)), nullable=False
        ),
    )
    stages = sa.Enum(
        "first",
        "second",
        "third",
        name="reviewstage",
        native_enum=False,
        create_constraint=True,
        length=40,
    )
    op.add_column("sightings", sa.Column("awaits", stages, nullable=True))
    op.create_index(
        "ix_sightings_awaits_id",
        "sightings",
        ["awaits", "id"],
        postgresql_where=sa.text("awaits IS NOT NULL"),
    )
    _judge_again()


def downgrade() -> None:
    op.drop_index("ix_sightings_awaits_id", "sightings")
    op.drop_column("sightings", "awaits")
    op.drop_column("sightings", "reviews_needed")
    op.drop_column("sightings", "is_lead")
    op.drop_column("reviews", "comparison")
    op.drop_column("reviews", "blind")
    op.drop_column("last_known_locations", "provisional")
    op.drop_constraint("reviews_needed", "cases")
    op.drop_column("cases", "reviews_needed")


def _judge_again() -> None:
    bind = op.get_bind()
    bind.execute(sa.text("UPDATE sightings SET awaits = 'first' WHERE state = 'candidate'"))
    people: dict[int, dict[str, str]] = defaultdict(dict)
    rows = bind.execute(
        sa.text(
            "SELECT sighting_id, reviewer_id, reviewer_name, verdict FROM reviews "
            "WHERE undone_at IS NULL ORDER BY id"
        )
    )
    for sighting_id, reviewer_id, name, verdict in rows:
        who = f"#{reviewer_id}" if reviewer_id is not None else name
        words = people[sighting_id]
        # Nobody was blind then: a confirmation of what others had judged counts no more.
        is_further = any(other != who for other in words) and words.get(who) != "confirmed"
        if verdict != "confirmed" or not is_further:
            words[who] = verdict
    for sighting_id, words in people.items():
        state, is_lead, awaits = _standing(list(words.values()))
        bind.execute(
            sa.text("UPDATE sightings SET state = :s, is_lead = :l, awaits = :a WHERE id = :id"),
            {"s": state, "l": is_lead, "a": awaits, "id": sighting_id},
        )
    # Only rows that were put in by hand are confirmed without anybody's verdict.
    bind.execute(
        sa.text(
            "UPDATE last_known_locations SET active = active AND s.state = 'confirmed', "
            "provisional = NOT s.is_lead FROM sightings s "
            "WHERE s.id = last_known_locations.sighting_id"
        )
    )


def _standing(words: list[str]) -> tuple[str, bool, str | None]:
    """The rule as it was when this migration was written."""
    confirm, reject = words.count("confirmed"), words.count("rejected")
    if confirm != reject:
        state = "confirmed" if confirm > reject else "rejected"
    else:
        state = words[-1] if confirm and len(words) > 2 else "unsure"
    is_lead = state == "confirmed" and confirm >= NEEDED
    settled = is_lead or state == "rejected" or (confirm == reject == 0 and len(words) > 2)
    stage = ("first", "second", "third")[min(len(words), 2)]
    return state, is_lead, None if settled else stage
