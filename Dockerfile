# One image for web, worker, scheduler and migrate; compose.yaml gives each its command.

# The map's JavaScript libraries.
FROM node:20-bookworm-slim AS static
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY scripts ./scripts
RUN bash scripts/vendor_static.sh

# The Python packages, hash for hash those of the lock file.
FROM python:3.11-slim-bookworm AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements.txt .
RUN /opt/venv/bin/python -m pip install --require-hashes -r requirements.txt

FROM python:3.11-slim-bookworm
# OpenCV's wheel links against the first two; printed briefs need the fonts.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgl1 libglib2.0-0 fonts-noto-core \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --create-home --home-dir /home/lastseen lastseen \
    && install -d -o lastseen -g lastseen /data /data/media /data/uploads /data/insightface /data/footage
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/lastseen
COPY . .
COPY --from=static /build/static/vendor ./static/vendor
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    FLASK_APP=wsgi \
    MEDIA_DIR=/data/media \
    INSIGHTFACE_HOME=/data/insightface \
    FOOTAGE_ROOTS=/data/uploads,/data/footage
USER lastseen
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# One process with many threads: each open map holds one thread for its live events.
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "1", "--threads", "64", "--no-control-socket", "--worker-tmp-dir", "/dev/shm", "--access-logfile", "-", "--logger-class", "app.log_secrets.GunicornLogger", "wsgi:app"]
