"""`python -m portal.bench.web web …`: the portal's web process, with one more address, at which the measured process is started.

Everything else is what every request of the portal passes through. Completing tasks is the portal's own address.
"""

import runpy
from uuid import uuid4

from litestar import Response, Router, post
from sqlalchemy import text

from portal import app
from portal.accounts.guards import current_actor, staff_only
from portal.bench import diagrams
from portal.database import unit_of_work
from portal.web.context import PortalRequest
from portal.web.forms import Form
from portal.workflow import service

PATH = "/desk/bench/processes"
TASK = text("select id from user_tasks where instance_id = :id")


@post(PATH, sync_to_thread=True)
def start(request: PortalRequest) -> Response[str]:
    """Start a process of a size and answer with the id of the task that it waits at."""
    size, number = Form.of(request).value("size"), uuid4().hex
    facts = {"order": {"number": number, "customer_type": "one"}}
    with unit_of_work() as session:
        instance_id = service.start_process(
            session, key=diagrams.process_key(size), business_key=number, facts=facts, actor=current_actor(request)
        )
        task_id = session.execute(TASK, {"id": instance_id}).scalar_one()
    return Response(str(task_id), media_type="text/plain")


if __name__ == "__main__":
    app.ROUTES.append(Router(path="/", route_handlers=[start], guards=[staff_only]))
    runpy.run_module("portal", run_name="__main__")
