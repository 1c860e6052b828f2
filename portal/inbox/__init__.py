"""The task inbox: what the staff's processes wait for, whose turn it is, and deciding without leaving the list."""
