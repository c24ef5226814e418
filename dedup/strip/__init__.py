"""Strip: from a page to the article it carries, its paratext taken off and accounted for."""

from dedup.strip.explain import ExplainedLine, explain_page
from dedup.strip.markup import page_text
from dedup.strip.page import strip_page
from dedup.strip.rules import RuleFailure, RuleSet, load_rules, test_rules

__all__ = [
    "ExplainedLine",
    "RuleFailure",
    "RuleSet",
    "explain_page",
    "load_rules",
    "page_text",
    "strip_page",
    "test_rules",
]
