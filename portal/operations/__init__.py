"""Operations: what runs and where, what failed and why, and mending it."""
