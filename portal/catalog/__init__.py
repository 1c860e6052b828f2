"""Products, variants, prices, visibility, markings, package codes, labels, search."""
