"""What a court asks about: the audit log, holds, retention, purges, transparency."""
