"""Who someone is: users, roles, log-in, sessions, and the record of what they did."""
