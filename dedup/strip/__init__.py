"""Strip: from a page to the article it carries, its paratext taken off and accounted for."""

from dedup.strip.boilerplate import MinedLine, format_rules, mine_boilerplate, remove_boilerplate
from dedup.strip.explain import ExplainedLine, explain_page
from dedup.strip.html.extract import page_text
from dedup.strip.page import strip_page
from dedup.strip.rules.matches import RuleFailure, test_rules
from dedup.strip.rules.outlets import rules_for
from dedup.strip.rules.rule_set import RuleSet, load_rules

__all__ = [
    "ExplainedLine",
    "MinedLine",
    "RuleFailure",
    "RuleSet",
    "explain_page",
    "format_rules",
    "load_rules",
    "mine_boilerplate",
    "page_text",
    "remove_boilerplate",
    "rules_for",
    "strip_page",
    "test_rules",
]
