"""What the order's diagram and this code call the same: its key, messages, and the tasks a contact does on own pages."""

KEY = "order"
SENDER = "orders"
"""Who sends the messages below."""

CANCEL_REQUESTED = "cancel_requested"
CANCEL_ORDER = "cancel_order"

REVISE = "revise_order"
CONFIRM_RECEIPT = "confirm_receipt"
DECIDE_CANCELLATION = "decide_cancellation"
