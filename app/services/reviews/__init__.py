"""Sightings and what people say of them."""
