"""Reads of operations, one module a topic. Whoever asks must be an administrator: the routes see to it."""
