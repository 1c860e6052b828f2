"""What an open page of the warehouse listens to."""

from portal.accounts.actor import Actor


def following(actor: Actor, topic: str) -> str:
    """Return the address of the events of a topic and of the reader's own notifications."""
    return f"/live?topic={topic}&topic=user:{actor.user_id}"
