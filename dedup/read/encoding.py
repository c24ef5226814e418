"""Which legacy encoding is it? The one under which its words are words.

charset-normalizer alone named 20 of 33 three-sentence news samples rightly, 19 of 33 single
sentences: what French and Czech do with one byte looks equally tidy letter by letter. Word lists
tell them apart. So the words with a byte above 127 are looked up, under each single-byte encoding,
in its languages' lists (wordfreq, small); only when those do not know them is charset-normalizer
asked, which is strong where bytes have structure: Chinese, Japanese, Korean. So 32 of 33 are
right, of either length; the last, Romanian in ISO 8859-16, comes out in its older spelling.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from itertools import chain, islice

_WESTERN = ("en", "fr", "de", "es", "pt", "it", "nl", "sv", "da", "nb", "fi", "is", "ca")
_CENTRAL = ("pl", "cs", "sk", "hu", "sl", "sh", "ro")
_CYRILLIC = ("ru", "uk", "bg", "mk")

# Where two do equally well the earlier is taken: Windows before ISO before Mac and DOS.
LANGUAGES: dict[str, tuple[str, ...]] = {
    "cp1252": _WESTERN,
    "cp1250": _CENTRAL,
    "cp1251": _CYRILLIC,
    "cp1253": ("el",),
    "cp1254": ("tr",),
    "cp1255": ("he",),
    "cp1256": ("ar", "fa", "ur"),
    "cp1257": ("lt", "lv"),
    "iso8859-15": _WESTERN,
    "iso8859-2": _CENTRAL,
    "koi8-u": ("ru", "uk"),
    "iso8859-5": _CYRILLIC,
    "cp866": _CYRILLIC,
    "mac_roman": _WESTERN,
    "cp850": _WESTERN,
}
MULTIBYTE = ("gb18030", "big5", "cp932", "euc_jp", "cp949", "cp874")
SAMPLE_WORDS = 500  # of a page's words that are not ASCII: more change nothing
SAMPLE_BYTES = 100_000  # for charset-normalizer, which takes 1 s for 1 MB
MIN_KNOWN_SHARE = 0.4  # of the characters above ASCII, in known words
MAX_WESTERN_SHARE = 0.5  # of characters above ASCII in such words: "Škoda" .2, a Greek word 1
_BYTE_WORD = re.compile(rb"[A-Za-z]{0,20}[\x80-\xff][A-Za-z\x80-\xff]{0,40}")
_WORD = re.compile(r"[^\W\d_]{2,}")
_MARKS = frozenset("‘’‚“”„«»‹›–—…•·°©®™€£§´¨\u00a0\u00ad")  # count for no language
# What Western news has above ASCII; nothing else of cp1252.
_WESTERN_CHARACTERS = _MARKS.union(
    "àâäáãåæçéèêëíìîïñóòôöõøœúùûüýÿßðþšžÀÂÄÁÃÅÆÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØŒÚÙÛÜÝŸÐÞŠŽ¢¡¿½¼¾²³ªº"
)


def detect_encoding(content: bytes) -> str | None:
    """The Python name of the encoding of bytes that are not UTF-8; None when nothing fits.

    >>> detect_encoding("Die Bürgermeisterin kündigte es an".encode("cp1252"))
    'cp1252'
    >>> detect_encoding("Предложение принято в понедельник".encode("koi8-r"))
    'koi8-u'
    """
    words = islice(_BYTE_WORD.finditer(content), SAMPLE_WORDS)
    sample = b" ".join(word[0] for word in words)
    return _detect_by_words(sample) or _detect_western(sample) or _detect_by_structure(content)


def _detect_by_words(sample: bytes) -> str | None:
    shares = {encoding: _known_share(sample, encoding) for encoding in LANGUAGES}
    best = max(shares, key=shares.__getitem__)  # the first of equals
    return best if shares[best] >= MIN_KNOWN_SHARE else None


def _known_share(sample: bytes, encoding: str) -> float:
    """The share of characters above ASCII that lie in words of the encoding's best language."""
    text = sample.decode(encoding, "replace")
    total = _count_foreign(text)
    words = Counter(word for word in _WORD.findall(text) if not word.isascii())
    known = (
        sum(n * _count_foreign(w) for w, n in words.items() if w.casefold() in known_words)
        for known_words in map(_load_words, LANGUAGES[encoding])
    )
    return max(known) / total if total else 0.0


def _count_foreign(text: str) -> int:
    return sum(not c.isascii() and c not in _MARKS for c in text)


@cache
def _load_words(language: str) -> frozenset[str]:
    """A language's words that can stand above ASCII ("strasse" for "Straße"): 10 ms, 1-5 MB."""
    import wordfreq  # only for pages that are not UTF-8

    words = chain.from_iterable(wordfreq.get_frequency_list(language, "small"))
    return frozenset(word for word in words if not word.isascii() or "ss" in word)


def _detect_western(sample: bytes) -> str | None:
    """English with curly quotes, or a name no list knows: unless something is odd, cp1252."""
    text = sample.decode("cp1252", "replace")
    is_foreign = _count_foreign(text) > MAX_WESTERN_SHARE * len(text)
    is_odd = any(not c.isascii() and c not in _WESTERN_CHARACTERS for c in text)
    return None if is_foreign or is_odd else "cp1252"


def _detect_by_structure(content: bytes) -> str | None:
    import charset_normalizer  # slow: where nothing else tells

    if len(content) > SAMPLE_BYTES:  # cut at white space, not within a character
        content = content[:SAMPLE_BYTES].rsplit(None, 1)[0]
    best = charset_normalizer.from_bytes(content, cp_isolation=[*MULTIBYTE, *LANGUAGES]).best()
    return best.encoding if best else None
