"""Registries made for tests, and what was said about their rows."""

import json

from cameras.registry import Problem, RegistryReading, read_registry


def read(text: str | bytes, filename: str = "cameras.csv", **options: object) -> RegistryReading:
    data = text.encode() if isinstance(text, str) else text
    return read_registry(data, filename, source="test", **options)  # type: ignore[arg-type]


def features(*entries: dict[str, object], **members: object) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(entries)} | members)


def point(lon: object, lat: object, properties: object = None, **members: object) -> dict:
    geometry = {"type": "Point", "coordinates": [lon, lat]}
    return {"type": "Feature", "geometry": geometry, "properties": properties} | members


def of_row(reading: RegistryReading, number: int | None) -> list[Problem]:
    return [problem for problem in reading.problems if problem.row_number == number]


CITY = "\n".join(f"c{i},12.97{i:02d},77.59{i:02d}" for i in range(20))
