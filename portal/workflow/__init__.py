"""The process runtime: a diagram is the program; definitions, instances, user tasks, messages, timers, incidents, decision tables."""
