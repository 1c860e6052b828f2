"""The demonstration shop: a wheel factory with its range, customers and staff."""
