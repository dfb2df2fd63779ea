# One image for all services: the API, which is its default command, and the scheduled builds.
FROM python:3.13-slim AS base

# Root installs, the service user only reads: what runs cannot change what it runs.
RUN groupadd --gid 10001 gamehouse \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin gamehouse \
    && install --directory --owner=gamehouse --group=gamehouse /data

WORKDIR /gamehouse

# Before the sources, so that a change to them does not install everything again.
COPY requirements-runtime.lock ./
RUN pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
        --require-hashes --only-binary :all: --requirement requirements-runtime.lock

COPY . .

# All that is ever written goes to the volume: warehouse, store, reports, secret, dbt's own files.
# The root file system can therefore be mounted read-only.
ENV WAREHOUSE_PATH=/data/gamehouse.duckdb \
    REPORTS_PATH=/data/reports \
    HOST=0.0.0.0 \
    PORT=5000 \
    DBT_TARGET_PATH=/data/target \
    DBT_LOG_PATH=/data/logs \
    DBT_USE_COLORS=false \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 5000

USER 10001:10001

HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/health\", timeout=4)"]

CMD ["python", "-m", "api", "serve"]

# What Spark needs on top: Java, and pyspark, of which the source alone is published; so it is built
# with what the other lock file pins.
FROM base AS spark
USER 0:0
# Debian keeps but the newest version of a package, so that a pinned one is soon not to be had.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends default-jre-headless procps \
    && rm --recursive /var/lib/apt/lists/* \
    && install --directory --owner=gamehouse --group=gamehouse /spark /spark/temporary
COPY requirements.lock requirements-spark.lock ./
RUN sed --quiet '/^setuptools==/,/[^\\]$/p' requirements.lock > build.lock \
    && pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
        --require-hashes --requirement build.lock \
    && pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
        --require-hashes --no-build-isolation --requirement requirements-spark.lock
ENV SPARK_CONF_DIR=/gamehouse/warehouse/spark/conf
VOLUME /spark
USER 10001:10001

# The last one is what `docker build` makes where no other is asked for.
FROM base AS gamehouse
