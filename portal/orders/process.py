"""What the order's diagram and this code call the same: its key, messages, and the tasks a contact does on own pages."""

KEY = "order"
SENDER = "orders"
"""Who sends the messages below."""

CANCEL_REQUESTED = "cancel_requested"
CANCEL_ORDER = "cancel_order"

REVISE = "revise_order"
CONFIRM_RECEIPT = "confirm_receipt"
DECIDE_CANCELLATION = "decide_cancellation"

CANCELLED = "cancelled"
"""The public status of an order that was given up."""
STOPPED = "orders.stopped"
"""Owed to the factory when an operator has ended an order's process: to give up what has not been shipped."""
