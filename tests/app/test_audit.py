"""The audit log: written with the change, append-only, one chain."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from app.extensions import db
from app.models.accounts import Role
from app.models.audit import AuditEntry
from app.services.base import audit
from app.services.base.actors import COMMAND_LINE, Actor
from app.services.governance import audit_csv

ANN = Actor(None, "ann@lastseen.example", "investigator", "192.0.2.7")


def write(count: int, action: str = "case.view") -> None:
    for number in range(count):
        audit.record(ANN, action, subject=f"thing {number}", details={"number": number})
        audit.commit()


def count_entries() -> int:
    return db.session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def tamper(statement: str) -> None:
    """Change the log as somebody would who owns the table and takes its trigger away."""
    db.session.execute(text("ALTER TABLE audit_log DISABLE TRIGGER USER"))
    db.session.execute(text(statement))
    db.session.execute(text("ALTER TABLE audit_log ENABLE TRIGGER USER"))
    db.session.expire_all()


# ------------------------------------------------------------------------------ writing


def test_an_entry_says_who_did_what_in_which_case_and_why(app: Flask) -> None:
    audit.record(ANN, "export.gpx", purpose="search", subject="route", details={"count": 3})
    audit.commit()
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.id, entry.actor_name, entry.actor_role) == (1, ANN.name, "investigator")
    assert (entry.action, entry.purpose, entry.subject) == ("export.gpx", "search", "route")
    assert (entry.details, entry.address) == ({"count": 3}, "192.0.2.7")
    assert entry.previous_hash == audit.GENESIS_HASH


def test_nothing_is_written_when_the_change_is_rolled_back(app: Flask) -> None:
    audit.record(ANN, "case.open")
    db.session.rollback()
    db.session.commit()
    assert count_entries() == 0


def test_nothing_is_written_when_the_session_is_closed_without_a_commit(app: Flask) -> None:
    audit.record(ANN, "case.open")
    db.session.close()
    db.session.commit()
    assert count_entries() == 0


def test_a_savepoint_that_is_rolled_back_takes_only_its_own_entries(app: Flask) -> None:
    audit.record(ANN, "outer")
    savepoint = db.session.begin_nested()
    audit.record(ANN, "inner")
    savepoint.rollback()
    with db.session.begin_nested():
        audit.record(ANN, "kept")
    assert count_entries() == 0, "entries are written at the commit, not at a savepoint"
    db.session.commit()
    written = list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))
    assert written == ["outer", "kept"]


def test_an_entry_is_gone_with_the_savepoint_around_it(app: Flask) -> None:
    audit.record(ANN, "outer")
    savepoint = db.session.begin_nested()
    with db.session.begin_nested():
        audit.record(ANN, "innermost")
    savepoint.rollback()
    db.session.commit()
    assert list(db.session.scalars(select(AuditEntry.action))) == ["outer"]


def test_what_cannot_be_written_is_refused_where_it_is_recorded(app: Flask) -> None:
    with pytest.raises(TypeError, match="object"):
        audit.record(ANN, "case.open", details={"thing": object()})


def test_too_long_texts_are_cut_and_still_verify(app: Flask) -> None:
    audit.record(Actor(None, "n" * 400, "r" * 99, "a" * 99), "x" * 200, subject="s\x00" * 300)
    audit.commit()
    assert audit.verify().ok
    assert len(db.session.scalars(select(AuditEntry)).one().actor_name) == 254


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=20)
    | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(details=st.dictionaries(st.text(max_size=5), plain, max_size=3))
def test_whatever_is_recorded_verifies(app: Flask, details: dict[str, Any]) -> None:
    audit.record(ANN, "anything", details=details)
    audit.commit()
    assert audit.verify().ok


def test_writers_at_the_same_moment_make_one_chain_without_gaps(committing_app: Flask) -> None:
    def write_some() -> None:
        with committing_app.app_context():
            for _ in range(10):
                audit.record(COMMAND_LINE, "case.view")
                audit.commit()

    threads = [threading.Thread(target=write_some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = audit.verify()
    assert (verdict.ok, verdict.entries) == (True, 40)


# ------------------------------------------------------------------------- append-only


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET action = 'other'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
    ],
)
def test_the_database_refuses_to_change_the_log(app: Flask, statement: str) -> None:
    write(2)
    with pytest.raises(DBAPIError, match="append-only"), db.session.begin_nested():
        db.session.execute(text(statement))
    assert count_entries() == 2


# -------------------------------------------------------------------------- verifying


def test_an_untouched_log_is_whole(app: Flask) -> None:
    write(5)
    verdict = audit.verify()
    assert (verdict.ok, verdict.entries, verdict.first_bad_id) == (True, 5, None)


def test_an_empty_log_is_whole(app: Flask) -> None:
    assert audit.verify().ok
    assert audit.verify(kept=audit.anchor()).ok


@pytest.mark.parametrize(
    "change",
    [
        "actor_name = 'somebody else'",
        "action = 'case.open'",
        "purpose = 'another'",
        "case_number = 'B-1'",
        "subject = NULL",
        "details = '{\"number\": 3}'",
        "at = at + interval '1 microsecond'",
        "address = '192.0.2.8'",
        "actor_id = 1",
    ],
)
def test_a_changed_entry_is_named(app: Flask, change: str) -> None:
    write(4)
    tamper(f"UPDATE audit_log SET {change} WHERE id = 3")
    verdict = audit.verify()
    assert (verdict.ok, verdict.first_bad_id) == (False, 3)


def test_an_entry_changed_together_with_its_own_hash_breaks_the_one_after_it(app: Flask) -> None:
    write(4)
    row = db.session.execute(select(AuditEntry.__table__).where(AuditEntry.id == 2)).mappings()
    forged = {**row.one(), "action": "harmless"}
    forged_hash = hashlib.sha256(audit.canonical_bytes(forged)).hexdigest()
    tamper(f"UPDATE audit_log SET action = 'harmless', entry_hash = '{forged_hash}' WHERE id = 2")
    verdict = audit.verify()
    assert (verdict.ok, verdict.first_bad_id) == (False, 3)
    assert "does not follow" in verdict.sentence


def test_an_entry_removed_from_the_middle_is_named(app: Flask) -> None:
    write(4)
    tamper("DELETE FROM audit_log WHERE id = 2")
    verdict = audit.verify()
    assert (verdict.ok, verdict.first_bad_id) == (False, 3)
    assert "Entry 2 is missing" in verdict.sentence


def test_a_removed_first_entry_is_noticed(app: Flask) -> None:
    write(2)
    tamper("DELETE FROM audit_log WHERE id = 1")
    assert not audit.verify().ok


def test_swapped_entries_are_noticed(app: Flask) -> None:
    write(4)
    tamper(
        "UPDATE audit_log SET id = CASE id WHEN 2 THEN 1003 ELSE 1002 END WHERE id IN (2, 3);"
        "UPDATE audit_log SET id = id - 1000 WHERE id > 1000"
    )
    verdict = audit.verify()
    assert (verdict.ok, verdict.first_bad_id) == (False, 2)


def test_a_removed_end_shows_only_against_an_anchor(app: Flask) -> None:
    write(4)
    kept = audit.anchor()
    tamper("DELETE FROM audit_log WHERE id = 4")
    assert audit.verify().ok
    verdict = audit.verify(kept=kept)
    assert not verdict.ok
    assert "the end of the log was removed" in verdict.sentence


def test_a_log_that_was_written_anew_shows_against_an_anchor(app: Flask) -> None:
    write(3)
    kept = audit.anchor()
    tamper("DELETE FROM audit_log")
    write(5, "harmless")
    assert audit.verify().ok
    assert not audit.verify(kept=kept).ok


def test_an_anchor_holds_while_the_log_grows(app: Flask) -> None:
    write(2)
    kept = audit.anchor()
    write(3)
    assert audit.verify(kept=kept).ok


# ---------------------------------------------------------------------------- reading


def test_entries_are_listed_newest_first_and_filtered(app: Flask) -> None:
    write(3, "case.view")
    audit.record(Actor(None, "bob@lastseen.example", "analyst"), "export.csv")
    audit.commit()
    assert [entry.id for entry in audit.list_entries(1, 2).items] == [4, 3]
    assert audit.list_entries(1, 10, action="case.view").total == 3
    assert audit.list_entries(1, 10, actor="BOB").total == 1
    assert audit.list_entries(1, 10, actor="%").total == 0, "a per cent sign is no wildcard"
    assert audit.list_entries(1, 10, case_number="none").total == 0
    assert audit.actions() == ["case.view", "export.csv"]


def test_the_csv_holds_every_entry_and_no_formula(app: Flask) -> None:
    audit.record(Actor(None, "=1+1", "analyst"), "case.view", subject="@cmd")
    audit.commit()
    write(2)
    lines = list(audit_csv.lines(COMMAND_LINE, audit.AuditFilter()))
    assert len(lines) == 4
    assert "'=1+1" in lines[1]
    assert "'@cmd" in lines[1]


# ------------------------------------------------------------------------ command line


def test_the_command_verifies_and_exits_with_one_when_it_fails(app: Flask) -> None:
    write(3)
    runner = app.test_cli_runner()
    good = runner.invoke(args=["audit", "verify", "--json"])
    assert (good.exit_code, json.loads(good.stdout)["ok"]) == (0, True)
    tamper("UPDATE audit_log SET action = 'other' WHERE id = 2")
    bad = runner.invoke(args=["audit", "verify"])
    assert bad.exit_code == 1
    assert "Entry 2 was changed" in bad.stdout


def test_the_command_prints_an_anchor_that_it_takes_back(app: Flask) -> None:
    write(2)
    runner = app.test_cli_runner()
    line = runner.invoke(args=["audit", "anchor"]).stdout.strip()
    assert runner.invoke(args=["audit", "verify", "--anchor", line]).exit_code == 0
    assert runner.invoke(args=["audit", "verify", "--anchor", "nonsense"]).exit_code == 2
    tamper("DELETE FROM audit_log WHERE id = 2")
    assert runner.invoke(args=["audit", "verify", "--anchor", line]).exit_code == 1


# -------------------------------------------------------------------------------- page


def test_the_page_shows_entries_checks_the_chain_and_exports(
    logged_in: Callable[..., Any],
) -> None:
    write(2, "case.view")
    client = logged_in(Role.ADMINISTRATOR)
    page = client.get("/admin/audit?action=case.view")
    assert page.status_code == 200
    assert "thing 1" in page.text
    checked = client.post("/admin/audit/verify")
    assert "The audit log is whole" in checked.text
    exported = client.get("/admin/audit.csv?action=case.view")
    assert exported.mimetype == "text/csv"
    assert exported.text.count("case.view") == 2
    assert audit.list_entries(1, 1).items[0].action == "audit.export"
