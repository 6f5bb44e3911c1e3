"""The translator: what it leaves alone, what it translates, and what it says where it cannot."""

from pathlib import Path

import pytest
import torch
from huggingface_hub import constants

from bot.words import replies
from bot.words.localisation import knows, say
from engine.catalog import Repository
from engine.errors import ModelMissing
from engine.kandinsky.helpers import translation
from engine.kandinsky.helpers.translation import Model, Translator
from engine.kandinsky.placing.device import Device
from engine.models.language import Understood
from tests.engine.kandinsky.helpers import tiny_translator

CPU = Device("cpu", torch.float32)
ENGLISH, RUSSIAN = frozenset({"en"}), "рыжая лиса"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return tiny_translator.save(tmp_path_factory.mktemp("translator"))


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note each text that reaches the model."""
    texts: list[str] = []
    to_english = Model.to_english
    monkeypatch.setattr(
        Model, "to_english", lambda self, text, language: texts.append(text) or to_english(self, text, language)
    )
    return texts


def test_a_prompt_in_a_language_that_is_not_read_becomes_what_the_model_says(repository: Repository) -> None:
    understood = Translator(CPU, repository=repository).understand(RUSSIAN, ENGLISH)
    assert (understood.source_language, understood.translated, understood.problem) == ("ru", True, None)
    assert understood.text == Model(repository, CPU).to_english(RUSSIAN, "ru")
    assert understood.text not in ("", RUSSIAN)


@pytest.mark.parametrize("mode", ["auto", "always"])
@pytest.mark.parametrize("prompt", ["a red fox", "🦊🌲", "12345"])
def test_english_and_what_has_no_language_goes_through_without_the_model(mode: str, prompt: str) -> None:
    absent = Repository("/no/such/folder")
    understood = Translator(CPU, mode, repository=absent).understand(prompt, ENGLISH)
    assert understood == Understood(prompt, "en" if prompt.isascii() and prompt[0] == "a" else "unknown")


def test_a_language_that_the_family_reads_is_left_alone_unless_always(
    repository: Repository, loaded: list[str]
) -> None:
    reads = frozenset({"en", "de", "ru", "zh"})
    assert Translator(CPU, repository=repository).understand(RUSSIAN, reads) == Understood(RUSSIAN, "ru")
    assert loaded == []
    assert Translator(CPU, "always", repository=repository).understand(RUSSIAN, reads).translated
    assert loaded == [RUSSIAN]


def test_off_translates_nothing(repository: Repository, loaded: list[str]) -> None:
    translator = Translator(CPU, "off", repository=repository)
    assert translator.understand(RUSSIAN, ENGLISH) == Understood(RUSSIAN, "unknown")
    assert loaded == []


def test_the_same_prompt_is_translated_once_and_the_oldest_is_forgotten(
    repository: Repository, loaded: list[str]
) -> None:
    translator = Translator(CPU, repository=repository, remembered=2)
    first = translator.understand(RUSSIAN, ENGLISH)
    assert translator.understand(RUSSIAN, ENGLISH) == first
    assert loaded == [RUSSIAN]
    for prompt in ("ein roter Fuchs", "un renard roux", RUSSIAN):
        translator.understand(prompt, ENGLISH)
    assert loaded == [RUSSIAN, "ein roter Fuchs", "un renard roux", RUSSIAN]


def test_without_its_files_the_prompt_goes_through_and_the_reply_says_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    understood = Translator(CPU).understand(RUSSIAN, ENGLISH)
    assert understood == Understood(RUSSIAN, "ru", problem="translator_missing")
    assert "kandinsky-bot models download translator" in say(replies.key("problem", understood.problem))


def test_files_that_arrive_later_are_found_without_a_restart(tmp_path: Path) -> None:
    translator = Translator(CPU, repository=Repository(str(tmp_path / "m2m100")))
    assert translator.understand(RUSSIAN, ENGLISH).problem == "translator_missing"
    tiny_translator.save(tmp_path)
    assert translator.understand(RUSSIAN, ENGLISH).translated


def test_damaged_files_are_missing_files(tmp_path: Path) -> None:
    repository = tiny_translator.save(tmp_path)
    weights = Path(repository.path) / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ModelMissing, match="SafetensorError"):
        Model(repository, CPU)
    assert Translator(CPU, repository=repository).understand(RUSSIAN, ENGLISH).problem == "translator_missing"


def test_pickles_are_not_loaded(tmp_path: Path) -> None:
    repository = tiny_translator.save(tmp_path)
    weights = Path(repository.path) / "model.safetensors"
    weights.rename(weights.with_name("pytorch_model.bin"))
    with pytest.raises(ModelMissing):
        Model(repository, CPU)


def test_a_long_prompt_is_cut_and_the_answer_bounded(repository: Repository) -> None:
    model = Model(repository, CPU)
    lengths = []
    generate = model._model.generate
    model._model.generate = lambda **given: (
        lengths.append((given["input_ids"].shape[1], given["max_new_tokens"])) or generate(**given)
    )
    model.to_english("рыжая лиса " * 100, "ru")
    model.to_english("лиса", "ru")
    assert lengths[0] == (64, 64)
    assert lengths[1][1] == 2 * lengths[1][0] + translation.SPARE_TOKENS


def test_an_answer_without_words_leaves_the_prompt_as_it_was(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Model, "to_english", lambda *_: "")
    understood = Translator(CPU, repository=repository).understand(RUSSIAN, ENGLISH)
    assert understood == Understood(RUSSIAN, "ru", problem="translation_empty")
    assert knows(replies.key("problem", understood.problem))
