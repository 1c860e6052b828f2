"""Notifications: what people are told, in the portal."""
