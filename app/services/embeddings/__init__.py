"""Faces as numbers: models, galleries, and the faces that are kept."""
