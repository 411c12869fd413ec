"""Reading camera registries as cities publish them.

`read_registry` takes bytes and gives cameras, and a problem for each row that is not one.
"""

from cameras.registry.columns import REGISTRY_FIELDS, ColumnMapping
from cameras.registry.problems import Problem, Remedy, Severity
from cameras.registry.reading import RegistryReading, read_registry
from cameras.registry.tables import MAX_BYTES, MAX_ROWS

__all__ = [
    "MAX_BYTES",
    "MAX_ROWS",
    "REGISTRY_FIELDS",
    "ColumnMapping",
    "Problem",
    "RegistryReading",
    "Remedy",
    "Severity",
    "read_registry",
]
