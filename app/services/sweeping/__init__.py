"""Sweeps and visits: planning, working, watching live, what comes of it."""
