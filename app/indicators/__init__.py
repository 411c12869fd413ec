"""Four published groups of indicators in posts, each counted in a simple way. Pure functions.

A level says how many different signs of its group were found, at most three. It orders a list and
says why; it is no probability, and about nobody's guilt. docs/posts.md holds the rules and limits.
"""
