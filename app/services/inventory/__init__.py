"""Cameras, their clocks and footage, and the streets that they look at."""
