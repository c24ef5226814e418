"""Headers that aggregators put over another outlet's article, by form, in two halves.

`TUNE` is what the rules were chosen on, `REPORT` what is reported: other sites, other order of
parts, other languages. `{name}` is the outlet, `{title}` a headline, `{sentence}` a headline that
is itself a sentence.
"""

from __future__ import annotations

TUNE: dict[str, list[str]] = {
    "name, ago, name": ["Related Articles", "{name}", "{n} minutes ago", "- {name}", "{title}"],
    "name · ago": ["Full coverage", "{name} · {n} hours ago", "{title}"],
    "headline, name | date": ["{title}", "{name} | July {n}, 2023", "Share", "Photo: {author}"],
    "from name, by-line": ["From {name}", "{title}", "By {author}", "July {n}, 2023"],
    "sentence, name, ago": ["More top stories", "{sentence}", "{name}", "{n}h ago"],
    "German": ["Mehr zum Thema", "{name}", "vor {n} Stunden", "{title}"],
    "name, ago, no headline": ["{name}", "{n} hours ago"],
    "share bar, captions": [
        "{name}",
        "{title}",
        "{author} • {n} min read",
        "{n} hours ago",
        "Share",
        "Save",
        "Comment",
        "A view of the scene on Monday",
    ],
}

REPORT: dict[str, list[str]] = {
    "name twice, date": ["{name}", "{name}", "2023-07-{n}", "{title}"],
    "ago, name": ["Up next", "{n} hours ago", "{name}", "{title}"],
    "by-line, name, date": [
        "{title}",
        "{author}, {name}",
        "Mon, July {n}, 2023 at 4:05 PM",
        "{n} min read",
    ],
    "more from name": ["More from {name}", "{title}", "{name} - {n}h"],
    "sentence, by-line · ago": ["{sentence}", "By {author} · {n} hours ago"],
    "French": ["À lire aussi", "{name}", "Il y a {n} heures", "{title}"],
    "Spanish": ["{name} • hace {n} horas", "{title}", "Por {author}"],
    "name — date, no headline": ["{name} — July {n}, 2023"],
    "published by": [
        "{title}",
        "Published by {name}",
        "{n} days ago",
        "Facebook",
        "Twitter",
        "Email",
        "{author}/Getty Images",
    ],
    "name, sentence, ago": ["{name}", "{sentence}", "{n} minutes ago"],
    "updated": ["Recommended", "{title}", "{name}", "Updated: July {n}, 2023 7:29 a.m. ET"],
    "via name": ["{title}", "via {name} / {n} hours ago", "{author}", "Listen"],
}

NAMES = {
    "tune": ("CNN", "Reuters", "The Guardian", "Sky News", "The Straits Times"),
    "report": (
        "NBC News",
        "Associated Press",
        "Daily Mail Online",
        "Le Monde",
        "Axios",
        "Newsweek",
    ),
}
AUTHORS = {
    "tune": ("Ann Lee", "John Marsh"),
    "report": ("Maria Santos", "Peter O'Neill", "Li Wei"),
}
