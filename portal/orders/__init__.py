"""Orders: the cart, what was ordered, what was paid, and where it is."""
