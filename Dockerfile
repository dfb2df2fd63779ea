# One image for all services: the API (the default command) and the scheduled builds.
FROM python:3.13-slim AS base

# Root installs everything. The service user can only read it, so a service cannot change its code.
RUN groupadd --gid 10001 gamehouse \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin gamehouse \
    && install --directory --owner=gamehouse --group=gamehouse /data

WORKDIR /gamehouse

# Copy the lock file first, so that a change to the sources does not reinstall the packages.
COPY requirements-runtime.lock ./
RUN pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
        --require-hashes --only-binary :all: --requirement requirements-runtime.lock

COPY . .

# The services write only to the volume: warehouse, store, reports, secret and dbt's files. So the
# root file system can be mounted read-only.
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

# Spark also needs Java and pyspark. pyspark is published only as source, so its build uses the
# build requirements from the other lock file.
FROM base AS spark
USER 0:0
# Debian keeps only the newest version of a package, so a pinned version soon disappears.
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

# The last stage is the default of `docker build`.
FROM base AS gamehouse
