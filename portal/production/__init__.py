"""The factory: its protocol, the built-in production book, and what the processes may ask of it."""
