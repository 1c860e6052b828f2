"""Reads of the process runtime, as frozen rows. They know nothing of permissions: a page asks its own capability first."""
