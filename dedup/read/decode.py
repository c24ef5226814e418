"""Bytes to text: by byte order mark, as UTF-8, as declared, as detected, or not at all.

Offsets everywhere later refer to the text made here: `clean_text` says how it differs from the
bytes. A page of which a few bytes are damaged is still a page; what cannot be decoded in it is
U+FFFD, as in a browser.
"""

from __future__ import annotations

import codecs
import re

from dedup.read.encoding import detect_encoding
from dedup.read.reject import UnreadableError

_REPLACED = "\ufffd"

_BOMS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_MAGIC = (
    (b"\x89PNG\r\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF87a", "a GIF picture"),
    (b"GIF89a", "a GIF picture"),
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or Office document"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x1f\x8b", "gzip data: unpack it"),
    (b"\x28\xb5\x2f\xfd", "Zstandard data: unpack it"),
    (b"\xfd7zXZ", "xz data: unpack it"),
    (b"BZh91AY&SY", "bzip2 data: unpack it"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\0", "an SQLite database"),
)

# What pages call one encoding and browsers read as a larger one: WHATWG Encoding Standard, 4.2.
_READ_AS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
}
# Declared names outside these families are mistakes (UTF-16 in ASCII) or no encodings of text.
_DECLARABLE = ("cp", "iso8859", "koi8", "mac", "gb", "big5", "euc", "shift_jis", "tis", "iso2022")

_DECLARATION = re.compile(
    rb"<meta[^>]{1,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})"
    rb"|<\?xml[^>]{1,100}?encoding\s*=\s*[\"']([\w.:-]{2,40})",
    re.IGNORECASE,
)
DECLARATION_BYTES = 4096  # of the head searched; the HTML standard asks for 1024, pages differ

# Of characters that are not ASCII: damaged UTF-8 keeps nearly all of them, while text of another
# encoding makes valid UTF-8 by chance for a few at most (GBK, the worst, for about one in five).
MIN_UTF8_SHARE = 0.8
# Of all characters, control characters and U+FFFD: text has next to none, random bytes 11 %.
MAX_GIBBERISH_SHARE = 0.05
MAX_GIBBERISH = 3  # characters that are forgiven however short the text
# Of the bytes of one parity that are zero: in UTF-16 without a mark, spaces and digits alone make
# this many even where the letters are Cyrillic; the other parity has next to none.
MIN_UTF16_ZEROS = 0.1
MIN_ZEROS = 4  # fewer say nothing

_GIBBERISH = re.compile("[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NOT_PLAIN = re.compile("[\0\ud800-\udfff]")
# Possessive and atomic, so that a comment is read in one way only: otherwise a page that opens with
# forty comments, and no element after them, takes time exponential in their number.
_HTML_HEAD = re.compile(
    r"\s*+(?:(?><\?xml[^>]{0,200}>|<!--.{0,500}?-->)\s*+)*+<(?:!doctype\s+html|html[\s>])",
    re.IGNORECASE | re.DOTALL,
)

_BLOCK = r"(?:p|h[1-6]|div|article|section|main|header|ul|ol|blockquote|figure|table)"
_FRAGMENT_HEAD = re.compile(rf"\s*+<{_BLOCK}(?:\s[^<>]{{0,500}})?>", re.IGNORECASE)
_FRAGMENT_TAIL = re.compile(rf"</{_BLOCK}\s*>\s*\Z", re.IGNORECASE)
TAIL_LENGTH = 200  # characters at a text's end in which its last tag is looked for


def decode_bytes(content: bytes) -> str:
    """The text of a whole file, cleaned by `clean_text`.

    In turn: byte order mark (UTF-8, 16, 32); UTF-16 told by its zeros; UTF-8, a few damaged bytes
    forgiven; the charset an HTML head declares; `detect_encoding`. Raises `UnreadableError` for
    what is empty, binary, or of no known encoding.
    """
    refuse_binary(content)
    text = clean_text(_decode_marked(content) or _decode_unmarked(content))
    if not text.strip():
        raise UnreadableError("empty: nothing but white space")
    _refuse_gibberish(text)
    return text


def clean_text(text: str) -> str:
    r"""Newlines as `\n`, no byte order mark, no NUL; lone surrogates become U+FFFD, pairs join.

    >>> clean_text("\ufeffone\r\ntwo\rthree\0 \ud83d")
    'one\ntwo\nthree \ufffd'
    """
    text = text.removeprefix("\ufeff").replace("\0", "")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii() and _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def is_plain(text: str) -> bool:
    """Whether every output can hold it: no NUL, no half of a surrogate pair."""
    return not _NOT_PLAIN.search(text)


def detect_html(text: str) -> bool:
    """Whether a text opens as an HTML document, whatever its file is called, or is a fragment of
    one: it opens with a block's tag and ends with one, as the content of feeds does.

    >>> detect_html("<!-- saved --><!DOCTYPE html><title>"), detect_html("<htmlish> is no tag")
    (True, False)
    >>> detect_html("<h1>Peace</h1> <p>At last.</p>"), detect_html("<p> is the tag of a paragraph.")
    (True, False)
    """
    if _HTML_HEAD.match(text):
        return True
    return bool(_FRAGMENT_HEAD.match(text) and _FRAGMENT_TAIL.search(text[-TAIL_LENGTH:]))


def refuse_binary(content: bytes) -> None:
    """Raises `UnreadableError` for nothing, or for a format told by its first bytes."""
    if not content:
        raise UnreadableError("empty: no byte in it")
    for magic, name in _MAGIC:
        if content.startswith(magic):
            raise UnreadableError(f"binary: {name}")


def _refuse_gibberish(text: str) -> None:
    count = len(_GIBBERISH.findall(text))
    if count > max(MAX_GIBBERISH, MAX_GIBBERISH_SHARE * len(text)):
        share = count / len(text)
        raise UnreadableError(f"not text: {share:.0%} of it is control or undecodable characters")


def _decode_marked(content: bytes) -> str | None:
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return content[len(bom) :].decode(encoding, "replace") or "\n"
    return None


def _decode_unmarked(content: bytes) -> str:
    zero = content.find(b"\0")
    if zero >= 0:
        return _decode_bare_utf16(content, zero)
    if b"\x1b$B" in content or b"\x1b$@" in content:  # valid UTF-8 too, so it comes first
        return content.decode("iso2022_jp_ext", "replace")
    return _decode_utf8(content) or _decode_declared(content) or _decode_detected(content)


def _decode_bare_utf16(content: bytes, zero: int) -> str:
    half = len(content) / 2
    even, odd = content[::2].count(0), content[1::2].count(0)
    if max(even, odd) >= max(MIN_ZEROS, MIN_UTF16_ZEROS * half) and min(even, odd) <= half / 100:
        return content.decode("utf-16-le" if odd > even else "utf-16-be", "replace")
    raise UnreadableError(f"binary: a zero at byte {zero + 1} (UTF-16 needs its byte order mark)")


def _decode_utf8(content: bytes) -> str | None:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        is_cut = error.reason == "unexpected end of data"
    text = content.decode("utf-8", "replace")
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    broken = text.count(_REPLACED) - content.count(_REPLACED.encode())
    is_utf8 = foreign - broken >= MIN_UTF8_SHARE * foreign or (is_cut and foreign > 1)
    return text if is_utf8 else None


def _decode_declared(content: bytes) -> str | None:
    declaration = _DECLARATION.search(content, 0, DECLARATION_BYTES)
    if declaration is None:
        return None
    try:
        name = codecs.lookup((declaration[1] or declaration[2]).decode("ascii")).name
    except (LookupError, UnicodeDecodeError):
        return None
    name = _READ_AS.get(name, name)
    return _decode_believably(content, name) if name.startswith(_DECLARABLE) else None


def _decode_believably(content: bytes, encoding: str) -> str | None:
    text = content.decode(encoding, "replace")
    return text if text.count(_REPLACED) <= MAX_GIBBERISH_SHARE * len(text) else None


def _decode_detected(content: bytes) -> str:
    encoding = detect_encoding(content)
    if encoding is None:
        raise UnreadableError("its encoding is not known: save it as UTF-8")
    return content.decode(encoding, "replace")
