"""The shell around the three rooms: Flask, SQLAlchemy, Redis. `app.factory` puts it together."""
