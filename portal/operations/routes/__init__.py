"""The pages of operations, for administrators: one module a topic, each with its `HANDLERS`."""

from litestar import Router

from portal.accounts.actor import Role
from portal.accounts.guards import roles
from portal.operations.routes import (
    batches,
    incidents,
    instance,
    instances,
    migrations,
    operate,
    operate_many,
    overview,
    systems,
    updates,
    waiting,
)

routers = [
    Router(
        path="/",
        route_handlers=[
            *batches.HANDLERS,
            *incidents.HANDLERS,
            *instance.HANDLERS,
            *migrations.HANDLERS,
            *operate.HANDLERS,
            *operate_many.HANDLERS,
            *overview.HANDLERS,
            *instances.HANDLERS,
            *systems.HANDLERS,
            *updates.HANDLERS,
            *waiting.HANDLERS,
        ],
        guards=[roles(Role.ADMINISTRATOR)],
    )
]
