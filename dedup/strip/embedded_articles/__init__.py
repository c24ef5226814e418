"""Articles that a page carries besides its own: found by their headers, openers and words."""
