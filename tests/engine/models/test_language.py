"""Detection on what people write to a picture bot: a few words, names, emoji, mixed scripts."""

import pytest

from engine.models.language import detect
from tests.engine.models.short_prompts import PROMPTS


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("a red fox", "en"),
        ("a cat", "en"),
        ("sunset", "en"),
        ("Darth Vader", "en"),
        ("ein Fuchs", "de"),
        ("ein roter Fuchs", "de"),
        ("рыжая лиса", "ru"),
        ("一只红色的狐狸", "zh"),
        ("un renard roux", "fr"),
        ("猫の絵", "ja"),
        ("빨간 여우", "ko"),
        ("κόκκινη αλεπού", "el"),
        ("portrait of a woman, 4k, highly detailed, artstation", "en"),
        ("Barack Obama", "en"),
        ("a red fox 🦊", "en"),
        ("一只猫, 8k", "zh"),
        ("рыжая лиса, 4k", "ru"),
        ("ａ　ｒｅｄ　ｆｏｘ", "en"),
    ],
)
def test_a_prompt_of_a_few_words_is_told(text: str, language: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize("text", ["", "   ", "🦊🌲", "12345", "16:9!", "᚛ᚐ᚜"])
def test_a_prompt_without_letters_of_a_known_script_is_unknown(text: str) -> None:
    assert detect(text) == "unknown"


def test_nearly_every_short_prompt_is_told_from_english_or_as_english() -> None:
    wrong = [
        (language, text)
        for language, texts in PROMPTS.items()
        for text in texts
        if (detect(text) == "en") != (language == "en")
    ]
    total = sum(map(len, PROMPTS.values()))
    assert total > 150
    assert len(wrong) <= 0.05 * total, wrong


def test_nine_in_ten_of_the_short_prompts_get_their_own_language() -> None:
    told = [detect(text) == language for language, texts in PROMPTS.items() for text in texts]
    assert sum(told) >= 0.9 * len(told)
