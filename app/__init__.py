"""The shell around the three domain rooms: Flask, SQLAlchemy, Redis. `app.factory.create_app` builds it."""
