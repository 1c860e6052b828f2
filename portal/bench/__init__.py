"""Measurements: `portal bench orders`, `portal bench engine` and `portal bench inbox`."""
