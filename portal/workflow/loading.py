"""Loading an instance to look at it, or before something is done to it by hand."""

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.web.i18n import lazy_gettext as _
from portal.workflow.engine import Run
from portal.workflow.errors import ProcessNotFound, StateUnreadable
from portal.workflow.models import ProcessInstance
from portal.workflow.saving import Instance
from portal.workflow.step import INSTANCE, Step, load_definition


def look_at(session: Session, instance_id: int) -> Instance:
    """Read an instance without locking it; raises ProcessNotFound."""
    row = session.execute(INSTANCE.where(ProcessInstance.id == instance_id)).one_or_none()
    if row is None:
        raise ProcessNotFound
    return Instance(*tuple(row))


def load_run(session: Session, instance: Instance, actor: Actor) -> Run:
    """Load an instance to look at; raises StateUnreadable."""
    try:
        loaded = load_definition(session, instance.definition_id, instance.digest)
        return Run.load(loaded, Step(session, instance, actor=actor, person=False), instance.state)
    except SQLAlchemyError:
        raise
    except Exception as error:
        raise StateUnreadable(
            _(
                "What was saved of this process cannot be read (%(error)s). It can only be terminated.",
                error=type(error).__name__,
            )
        ) from error
