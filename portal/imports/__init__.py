"""Reads the lists that a factory already keeps and turns them into records the portal can take over."""
