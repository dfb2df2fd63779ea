"""The application factory; it only connects collaborators."""

from __future__ import annotations

from functools import partial

import falcon
from structlog.typing import FilteringBoundLogger

from api.auth import Authenticator
from api.cors import cors
from api.draining import Drain
from api.errors import App, add_error_handlers
from api.metrics import Metrics
from api.middleware import Middleware
from api.openapi import openapi
from api.passwords import Passwords
from api.quotas import Quotas
from api.resources.account import AccountResource
from api.resources.balance import BalanceResource
from api.resources.coins import CoinsResource
from api.resources.docs import DocsResource, OpenApiResource
from api.resources.event import EventResource
from api.resources.events import EventsResource
from api.resources.health import HealthResource
from api.resources.login import LoginResource
from api.resources.logout import LogoutResource
from api.resources.metrics import MetricsResource
from api.resources.postbacks import AppsFlyerResource
from api.resources.reports import ReportsResource
from api.resources.stats import StatsResource
from api.resources.track import TrackResource
from api.revocations import Revocations
from api.sessions import Sessions
from api.settings import Settings
from api.throttle import Counters, Limiter, LoginGuard
from api.tokens import Tokens
from warehouse.store.clock import Clock, utc_now
from warehouse.store.protocol import Store


def create_app(  # noqa: PLR0913 (collaborators)
    store: Store,
    settings: Settings,
    *,
    logger: FilteringBoundLogger,
    metrics: Metrics,
    drain: Drain,
    clock: Clock = utc_now,
) -> App:
    """Create the WSGI application; the caller closes the store."""
    counters = Counters()
    limiter = Limiter(counters)
    tokens = Tokens(settings.jwt_secret, settings.jwt_previous_secrets, clock=clock)
    revocations = Revocations(store, clock)
    authenticator = Authenticator(tokens, revocations, limiter, settings.rate_limit_per_account)
    # The other half of the threads stays free for players who are logged in.
    passwords = Passwords(settings.password_min_length, max_logins=max(1, settings.threads // 2))
    guard = LoginGuard(counters, settings.login_attempts)
    sessions = Sessions(tokens, settings.token_ttl_seconds)
    login = LoginResource(store, passwords, guard, sessions, settings.registration_enabled)
    account = AccountResource(store, authenticator, revocations, passwords, guard, sessions, clock)
    quotas = Quotas(limiter, settings)
    taxonomy = settings.taxonomy
    coins = CoinsResource(store, authenticator, quotas)
    health = HealthResource(store)
    docs = DocsResource()
    reports = ReportsResource(settings.reports_path, authenticator)
    middleware = Middleware(settings, limiter, logger=logger, metrics=metrics, drain=drain)

    app: App = falcon.App(middleware=middleware)
    if settings.cors_origins:
        app.add_middleware(cors(settings.cors_origins))
    add_error_handlers(app, logger)
    app.add_route("/login", login)
    app.add_route("/logout", LogoutResource(authenticator, revocations))
    app.add_route("/token", account, suffix="token")
    app.add_route("/password", account, suffix="password")
    app.add_route("/account", account)
    app.add_route("/account/export", account, suffix="export")
    app.add_route("/earn", coins, suffix="earn")
    app.add_route("/spend", coins, suffix="spend")
    app.add_route("/event", EventResource(store, authenticator, quotas, clock, taxonomy))
    app.add_route("/events", EventsResource(store, authenticator, quotas, clock, taxonomy))
    app.add_route("/balance", BalanceResource(store, authenticator))
    app.add_route("/stats", StatsResource(store, authenticator))
    app.add_route("/track", TrackResource(store, authenticator, quotas, clock))
    if settings.appsflyer_push_secret:
        appsflyer = AppsFlyerResource(
            store, settings.appsflyer_push_secret, settings.appsflyer_push_addresses, clock
        )
        app.add_route("/postbacks/appsflyer", appsflyer)
    app.add_route("/health", health)
    app.add_route("/health/live", health, suffix="live")
    app.add_route("/metrics", MetricsResource(metrics))
    app.add_route("/reports", reports, suffix="folder")
    app.add_route("/reports/{path:path}", reports)
    app.add_route("/", docs, suffix="root")
    app.add_route("/openapi.json", OpenApiResource(partial(openapi, app, taxonomy)))
    app.add_route("/docs", docs)
    app.add_route("/docs/{name}", docs, suffix="file")
    return app
