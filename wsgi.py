"""The WSGI entry point: `gunicorn wsgi:app`, `flask --app wsgi …`."""

import sys

from app.factory import create_app
from app.config import ConfigurationError

try:
    app = create_app()
except ConfigurationError as error:
    print(error, file=sys.stderr)
    raise SystemExit(78) from None
