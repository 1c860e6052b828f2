"""Measurements: `portal bench orders` and `portal bench engine`."""
