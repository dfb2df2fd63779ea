"""Prometheus metrics of the API."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import falcon
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from warehouse.store.clock import Clock
from warehouse.store.protocol import Backlog, StoreUnavailableError

UNMATCHED = "unmatched"
LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
COMMIT_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The metrics of one application, in their own registry."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "gamehouse_http_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._latency = Histogram(
            "gamehouse_http_request_duration_seconds",
            "Time from reading a request to its answer.",
            ["method", "route"],
            buckets=LATENCY_BUCKETS,
            registry=self.registry,
        )
        # Looking labels up takes longer than counting. There are only hundreds of combinations.
        self._series_of = cache(self._find_series)
        self._commits = Histogram(
            "gamehouse_store_commit_batch_size",
            "Commands per commit.",
            buckets=COMMIT_BUCKETS,
            registry=self.registry,
        )

    def _find_series(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        return (
            self._requests.labels(method, route, str(status)),
            self._latency.labels(method, route),
        )

    def watch_backlog(self, backlog: Callable[[], Backlog], clock: Clock) -> None:
        """Measure the loader's backlog at each scrape."""
        self.registry.register(_BacklogCollector(backlog, clock))

    def observe_request(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """Count a request by its route template, so that hostile paths create no new series."""
        known_method = method if method in falcon.HTTP_METHODS else UNMATCHED
        requests, latency = self._series_of(known_method, route or UNMATCHED, status)
        requests.inc()
        latency.observe(seconds)

    def observe_commit(self, commands: int) -> None:
        """Count a commit of the store and its commands."""
        self._commits.observe(commands)

    def text(self) -> bytes:
        """Return all metrics in the Prometheus text format."""
        return generate_latest(self.registry)


class _BacklogCollector(Collector):
    def __init__(self, backlog: Callable[[], Backlog], clock: Clock) -> None:
        self._backlog = backlog
        self._clock = clock

    def collect(self) -> Iterable[Metric]:
        try:
            backlog = self._backlog()
        except StoreUnavailableError:
            # The series is missing then; the other metrics remain useful.
            return
        oldest = backlog.oldest_received_at
        age = (self._clock() - oldest).total_seconds() if oldest else 0.0
        yield GaugeMetricFamily(
            "gamehouse_loader_backlog_events",
            "Events not yet in the warehouse.",
            value=backlog.event_count,
        )
        yield GaugeMetricFamily(
            "gamehouse_loader_backlog_age_seconds",
            "Age of the oldest event not yet in the warehouse; 0 if there is none.",
            value=max(age, 0.0),
        )

    def describe(self) -> Iterable[Metric]:
        # Without this, registration would read the backlog.
        return []
