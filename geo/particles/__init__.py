"""Many hypotheses of where a missing person went, and which cameras each of them passed.

`simulate` draws a `ParticleCloud` from start places and a profile, over streets or open ground;
`find_passes` says which cameras' views each particle crossed and when.
"""

from geo.particles.cloud import MAX_PARTICLES, PARTICLES, ParticleCloud, simulate
from geo.particles.passes import PassMatrix, Views, find_passes
from geo.particles.starts import StartPlace
from geo.particles.time_bins import TimeBins, bins_covering

__all__ = [
    "MAX_PARTICLES",
    "PARTICLES",
    "ParticleCloud",
    "PassMatrix",
    "StartPlace",
    "TimeBins",
    "Views",
    "bins_covering",
    "find_passes",
    "simulate",
]
