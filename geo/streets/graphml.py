"""Streets from OSMnx GraphML, to be drawn."""

from geo.graphml import graphml_edges
from geo.streets.classes import StreetClass, clean_name, street_class_of
from geo.streets.drawing import OSM_ATTRIBUTION, OSM_LICENCE, DrawingBuilder, MapDrawing


def read_graphml_drawing(data: bytes) -> MapDrawing:
    """Read what OSMnx saved, unprojected (degrees). Raises `InvalidNetwork`."""
    builder = DrawingBuilder("OSMnx GraphML", OSM_ATTRIBUTION, OSM_LICENCE)
    for edge in graphml_edges(data):
        values = edge.values
        street_class = street_class_of(values.get("highway", "unclassified"))
        if street_class is None:
            builder.leave_out(f"no street that is drawn: {values['highway'][:40]}")
            continue
        builder.add_street(
            clean_name(values.get("name")) or clean_name(values.get("ref")),
            street_class if street_class.is_walkable else StreetClass.MINOR,
            list(edge.vertices),
            "1" if values.get("oneway", "").strip().lower() in ("true", "yes", "1") else "",
        )
    return builder.drawing()
