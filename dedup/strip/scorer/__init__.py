"""Core mode: a scorer of lines chooses the article from a page that is mostly chrome.

In: the lines of a page. Out: a probability for each, and the run of lines that is kept. Start with
`core_mode`.
"""
