"""Geography as pure functions: points, distances, fields of view, reach, exchange formats.

Imports nothing of this product. Distances are metres, angles degrees, times aware UTC.
"""
