"""What people hand in: tips, found persons, reports."""
