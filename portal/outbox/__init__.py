"""The outbox: effects on the outside are rows of the business transaction, performed after its commit, at least once.

`enqueue` writes the row and wakes the relays. A relay (each worker has one) leases due rows and hands them to Dramatiq, whose actor
calls `perform`. A handler is a plain function registered under a topic. Retries, delays and dead letters live in the table, so a
restarted worker goes on where the killed one stopped. Handlers must be idempotent by `Delivery.key`, which their receiver sees too.

**Leases.** A row is taken for `lease_span()`, and once more when it is begun; when its worker dies it is due again after that. A try
counts when it begins: an effect that kills its worker each time is given up as any other.

**Attempts.** Each try leaves an `OutboxAttempt`: when, how long, the error or the receipt (what the handler returned). A handler that
writes to the database may `Delivery.settle` in its own transaction: what it wrote and that the effect is done are then one commit.

**Targets.** Each effect goes to a target: `portal` for none outside, or a system such as `factory`. One that hangs must not occupy the
worker, and one that is down must not use up the attempts of all that is owed to it:
- At most half of a worker's threads are in flight to one target, and one thread is never given to targets outside.
- What looks like an outage (`TargetDown`, an OSError such as a refused connection, a handler cut off by the time limit) counts against
  the target. After `ENOUGH_FAILURES` in a row it is closed, for `SHORTEST_CLOSURE`, doubling up to `LONGEST_CLOSURE`. While it is
  closed nothing of it is leased. Then one single effect tries; its success opens the target, its failure closes it for longer.
- What fails while its target is closed is excused: it uses up no attempt, for `EXCUSED_FOR` after it was enqueued. After that it counts,
  so that an effect which only ever times out, and is alone in doing so, ends as an incident and not as an endless outage.
- Any other error, a PortalError above all, is the effect's own: the target has answered.
All of this is in `outbox_targets` and in the leasing statement, so any number of workers agree; what waits, waits in the table.
"""

from portal.outbox.leasing import lease, lease_span, set_lease_span, time_limit
from portal.outbox.models import CHANNEL, LEASE, PORTAL, OutboxAttempt, OutboxRow, OutboxTarget
from portal.outbox.owing import Delivery, Receipt, enqueue, handler, retry
from portal.outbox.performing import MAX_ATTEMPTS, describe, perform, perform_pending
from portal.outbox.purging import purge
from portal.outbox.targets import EXCUSED_FOR, TargetDown, try_now

__all__ = [
    "CHANNEL",
    "EXCUSED_FOR",
    "LEASE",
    "MAX_ATTEMPTS",
    "PORTAL",
    "Delivery",
    "OutboxAttempt",
    "OutboxRow",
    "OutboxTarget",
    "Receipt",
    "TargetDown",
    "describe",
    "enqueue",
    "handler",
    "lease",
    "lease_span",
    "perform",
    "perform_pending",
    "purge",
    "retry",
    "set_lease_span",
    "time_limit",
    "try_now",
]
