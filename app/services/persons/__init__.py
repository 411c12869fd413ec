"""Persons of interest: authorised by two people, compared in one case's sweeps, and then let go."""
