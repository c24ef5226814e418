"""Detect: the declared language where it is one, else the language of the words."""

import pytest

from dedup.text import language as detect
from dedup.text.language import choose_language

BODIES = {
    "en": "The president said on Monday that talks would resume within days, officials confirmed.",
    "de": "Der Kanzler sprach am Montag in Berlin mit der Presse über die neuen Gesetze.",
    "fr": "Le président a déclaré lundi que les négociations reprendraient dans quelques jours.",
    "es": "El presidente dijo el lunes que las conversaciones se reanudarán en los próximos días.",
    "ru": "Президент заявил в понедельник, что переговоры возобновятся в ближайшие дни.",
    "ja": "大統領は月曜日、数日以内に協議が再開されると述べた。政府関係者が確認した。",
    "zh": "总统星期一表示，会谈将在几天内恢复，官员们对此予以证实。各方对此表示欢迎。",
    "ar": "قال الرئيس يوم الاثنين إن المحادثات ستستأنف في غضون أيام بحسب مسؤولين في الحكومة",
    "ko": "대통령은 월요일에 며칠 안에 회담이 재개될 것이라고 말했다고 정부 관계자가 확인했다.",
}


@pytest.mark.parametrize(
    ("declared", "code"),
    [("en-US", "en"), ("pt_BR", "pt"), ("DE", "de"), (" fr ", "fr"), ("zh-Hans-CN", "zh")],
)
def test_declared(declared: str, code: str) -> None:
    assert choose_language(declared, BODIES["ru"]) == code


@pytest.mark.parametrize("code", BODIES)
@pytest.mark.parametrize("declared", [None, "", "  ", "und", "English", "x-default", "eng", "-"])
def test_what_is_no_code_is_detected(declared: str | None, code: str) -> None:
    assert choose_language(declared, BODIES[code]) == code


@pytest.mark.parametrize("text", ["", "Reuters", "1234 5678 " * 20, "— … !" * 10, "😀" * 50])
def test_too_few_letters_are_no_language(text: str) -> None:
    assert choose_language(None, text) is None
    assert choose_language("mul", text) is None


@pytest.mark.parametrize("code", BODIES)
def test_the_kernel_says_what_py3langid_says(code: str) -> None:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # slow: this test only

    theirs = LanguageIdentifier.from_model_file(MODEL_FILE)
    for start in range(0, 12, 3):
        text = BODIES[code][start:] + " 1234 – ok " * 3
        theirs.set_languages(detect._NEWSPAPER_LANGUAGES.split())
        assert choose_language(None, text) == theirs.classify(text)[0]
