"""Paratext rules: YAML files read, checked and compiled, and where their patterns match.

In: `configs/paratext` and one's own outlet files. Out: a `RuleSet`, and hits on lines. Start with
`rule_set`.
"""
