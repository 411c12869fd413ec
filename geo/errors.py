"""What can go wrong in `geo`.

GeoError
├── InvalidPosition   a latitude or longitude that cannot be on Earth, or text that is no position
├── InvalidHeading    text that is no direction
├── InvalidRoute      a route that cannot be written or read in the asked format
├── InvalidNetwork    a file that is no street network, or one that cannot be used
└── InvalidBelief     a prior, behaviour, start or weight that no search can be planned with

Each message is a sentence for the person who typed or uploaded the value.
"""


class GeoError(ValueError):
    """Base of every error that `geo` raises on purpose."""


class InvalidPosition(GeoError):
    """A position is missing, not finite, out of range, or not readable as text."""


class InvalidHeading(GeoError):
    """A direction is neither degrees from 0 to 360 nor a compass word."""


class InvalidRoute(GeoError):
    """A route, or a file said to hold one, does not have the shape its format asks for."""


class InvalidNetwork(GeoError):
    """A file is no street network, or holds one that cannot be used."""


class InvalidBelief(GeoError):
    """A prior, behaviour, start or weight is one that no search can be planned with."""
