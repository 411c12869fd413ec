"""What maps draw and GIS tools read."""
