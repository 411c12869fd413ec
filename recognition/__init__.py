"""The recognition room: frames in, faces out.

Detectors, alignment, quality, tracking, embedders, matching and model packs. Nothing here knows
Flask, a database or a queue, so all of it runs in a REPL, a benchmark or a test.
"""
