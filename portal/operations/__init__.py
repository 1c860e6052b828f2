"""Operations: what runs, what failed, and trying it again."""
