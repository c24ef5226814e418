"""Finds which scraped news articles are copies or rewrites of one another, and says why."""
