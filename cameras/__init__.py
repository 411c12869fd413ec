"""Cameras: what one is, reading registries, ranking, opening footage.

May import `geo`; knows nothing of web, database or queue.
"""
