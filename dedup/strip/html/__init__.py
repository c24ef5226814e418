"""HTML to the article's text."""
