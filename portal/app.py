"""The web application: which routers there are, and what goes around them."""

from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.enums import ScopeType
from litestar.middleware import DefineMiddleware
from litestar.types import ControllerRouterHandler, Receive, Scope, Send
from litestar.types.asgi_types import LifeSpanReceive, LifeSpanScope, LifeSpanSend

from portal import exposing, health
from portal.accounts.authentication import Authentication
from portal.accounts.guards import logged_in
from portal.accounts.routes import routers as accounts_routers
from portal.catalog.routes import routers as catalog_routers
from portal.customers.routes import routers as customers_routers
from portal.imports.routes import routers as imports_routers
from portal.inbox.routes import routers as inbox_routers
from portal.notifications.routes import routers as notifications_routers
from portal.operations.routes import routers as operations_routers
from portal.orders.routes import routers as orders_routers
from portal.production.routes import routers as production_routers
from portal.settings import Settings
from portal.web import assets, envelope, errors, flash, formats, live, templates
from portal.web.csrf import CsrfProtection, csrf_config
from portal.web.guards import numbers_in_range
from portal.web.secrets import secret_key

LARGEST_BODY = 20 * 1024 * 1024
"""Bytes of a request; uploads (lists to import, photos) are the largest."""
MOST_PARTS = 3000
"""Parts of a multipart form: a cart of 500 lines has about 1000 fields."""

ROUTES: list[ControllerRouterHandler] = [
    assets.static_file,
    assets.favicon,
    health.healthz,
    health.readyz,
    exposing.metrics_page,
    live.live,
    *accounts_routers,
    *customers_routers,
    *catalog_routers,
    *operations_routers,
    *imports_routers,
    *inbox_routers,
    *notifications_routers,
    *orders_routers,
    *production_routers,
]


class Portal(Litestar):
    """The application; every HTTP request passes through `portal.web.envelope`, errors and unknown addresses included."""

    async def __call__(
        self, scope: Scope | LifeSpanScope, receive: Receive | LifeSpanReceive, send: Send | LifeSpanSend
    ) -> None:
        if scope["type"] != ScopeType.HTTP:
            await super().__call__(scope, receive, send)
            return
        secure = self.state.settings.secure
        await envelope.handle(super().__call__, scope, receive, send, secure=secure)  # type: ignore[arg-type]  # HTTP only


def create_app(settings: Settings) -> Litestar:
    """Make the application for these settings; the database is configured by the caller."""
    secret = secret_key(settings)
    flash.configure(secret)
    formats.set_timezone(settings.timezone)
    templates.configure(
        shop_name_zh=settings.shop_name_zh,
        shop_name_en=settings.shop_name_en,
        secure=settings.secure,
        debug=settings.debug,
    )
    app = Portal(
        ROUTES,
        guards=[logged_in, numbers_in_range],
        middleware=[
            DefineMiddleware(CsrfProtection, config=csrf_config(secret, secure=settings.secure)),
            DefineMiddleware(Authentication),
        ],
        exception_handlers=errors.HANDLERS,
        lifespan=[live.broadcasting],
        compression_config=CompressionConfig(
            backend="gzip", gzip_compress_level=5, minimum_size=600, exclude=["^/static/", "^/live"]
        ),
        request_max_body_size=LARGEST_BODY,
        multipart_form_part_limit=MOST_PARTS,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
    app.state.settings = settings
    return app
