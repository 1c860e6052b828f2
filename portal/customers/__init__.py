"""Customers: companies that buy, their contacts, levels and addresses."""
