"""Every message stands in every language, with the same variables and within the platforms' limits."""

import ast
from functools import cache
from pathlib import Path

import pytest
from babel import Locale
from fluent.syntax import FluentParser
from fluent.syntax import ast as fluent
from fluent.syntax.visitor import Visitor

from bot.commands.table import COMMANDS
from bot.service.answers.lookups import help_text
from bot.words import replies
from bot.words.localisation import FOLDER, LANGUAGES, _bundle, in_each_language, language_of, read_all, say, speaking
from engine.errors import RequestError

ROOT = Path(__file__).parents[3]
# Keys made of one of these and a name: of an error, a note, a command and so on.
FAMILIES = (
    "button", "choice", "command", "error", "eta", "flaw", "from", "menu", "note", "option", "problem", "state",
    "status", "web", "web-quality", "web-side", "web-title",
)  # fmt: skip
SAYING = ("say", "in_each_language", "word")
# Nobody reads of these: a cancelled job is none that failed, and a transition that must not be is a fault of the bot.
UNSAID = {"cancelled", "wrong_transition"}
TRANSLATED = LANGUAGES[1:]


def test_no_first_sentence_waits_for_its_language_once_all_are_read():
    _bundle.cache_clear()
    read_all()
    reads = _bundle.cache_info().misses
    assert len(in_each_language("error-engine-error")) == len(LANGUAGES) == reads
    assert _bundle.cache_info().misses == reads


class Reader(Visitor):
    """Collect the variables of a message, and the categories by which it counts."""

    def __init__(self, message: fluent.Message) -> None:
        self.variables: set[str] = set()
        self.counts: list[set[str]] = []
        self.visit(message)

    def visit_VariableReference(self, node: fluent.VariableReference) -> None:  # noqa: N802 - the library's names
        self.variables.add(node.id.name)

    def visit_SelectExpression(self, node: fluent.SelectExpression) -> None:  # noqa: N802
        self.counts.append({each.key.name for each in node.variants if isinstance(each.key, fluent.Identifier)})
        self.generic_visit(node)


@cache
def files(language: str) -> dict[str, fluent.Resource]:
    paths = (FOLDER / language).glob("*.ftl")
    return {path.name: FluentParser().parse(path.read_text(encoding="utf-8")) for path in paths}


def messages(language: str, file: str | None = None) -> dict[str, fluent.Message]:
    resources = [resource for name, resource in files(language).items() if file in (None, name)]
    return {it.id.name: it for each in resources for it in each.body if isinstance(it, fluent.Message)}


@cache
def nodes(folder: str) -> list[ast.AST]:
    paths = sorted((ROOT / folder).rglob("*.py"))
    return [node for path in paths for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]


@cache
def constants() -> frozenset[str]:
    everything = [*nodes("bot"), *nodes("engine")]
    return frozenset(it.value for it in everything if isinstance(it, ast.Constant) and isinstance(it.value, str))


def calls(folder: str) -> list[tuple[str, str, ast.Call]]:
    """List the calls whose first argument is a word that stands there: the function's name, the word, the call."""
    found = [
        it for it in nodes(folder) if isinstance(it, ast.Call) and it.args and isinstance(it.args[0], ast.Constant)
    ]
    return [(ast.unparse(it.func).rpartition(".")[2], str(it.args[0].value), it) for it in found]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_is_fluent_s_and_no_message_stands_there_twice(language):
    bodies = [it for resource in files(language).values() for it in resource.body]
    assert [it.content for it in bodies if isinstance(it, fluent.Junk)] == []
    names = [it.id.name for it in bodies if isinstance(it, fluent.Message)]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_language_lacks_a_message_or_has_one_of_its_own(language):
    assert files(language).keys() == files("en").keys()
    for file in files("en"):
        assert messages(language, file).keys() ^ messages("en", file).keys() == set(), file


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_message_has_the_same_variables_in_every_language(language):
    known = {name: Reader(message).variables for name, message in messages("en").items()}
    assert {name: Reader(message).variables for name, message in messages(language).items()} == known


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_counted_has_every_plural_of_its_language(language):
    plurals = {*Locale(language).plural_form.tags, "other"}
    counted = {name: Reader(message).counts for name, message in messages(language).items()}
    assert {name: each for name, each in counted.items() if any(it != plurals for it in each)} == {}


def test_whatever_the_code_says_there_is_with_no_other_variables_than_it_gives():
    known = messages("en")
    said = [(key, call) for name, key, call in calls("bot") if name in SAYING]
    assert sorted({key for key, _ in said} - known.keys()) == []
    for key, call in said:
        given = {keyword.arg for keyword in call.keywords}
        assert None in given or Reader(known[key]).variables <= given, key  # `None` is the name of `**facts`


def test_every_error_has_a_sentence():
    raised = [*calls("bot"), *calls("engine")]
    codes = {word for name, word, _ in raised if name.endswith("Error") and word.isidentifier()}
    classes = [it for it in nodes("engine") if isinstance(it, ast.Assign) and ast.unparse(it.targets[0]) == "code"]
    codes |= {it.value.value for it in classes if isinstance(it.value, ast.Constant)} - UNSAID
    assert sorted({replies.key("error", code) for code in codes} - messages("en").keys()) == []


def test_every_message_is_said_somewhere():
    words = constants() | {option.name for command in COMMANDS for option in command.options}
    words |= {replies.key(family, word) for family in FAMILIES for word in words}
    assert [key for key in messages("en") if key not in words] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_commands_and_options_keep_to_the_length_that_discord_allows(language):
    with speaking(language):
        for command in COMMANDS:
            assert 1 <= len(replies.command_help(command)) <= 100
            assert max((len(replies.option_help(command, it)) for it in command.options), default=1) <= 100
            choices = [replies.choice(word) for it in command.options for word in command.choices(it)]
            assert not any(len(each) > 100 or each.startswith("choice-") for each in choices)
        assert (
            max(len(say(key)) for key in messages("en") if key.startswith("option-") and key != "option-bounds") <= 75
        )
        assert max(len(say(key)) for key in messages("en") if key.startswith("menu-")) <= 32


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_keep_to_the_length_of_their_field(language):
    with speaking(language):
        names = [command.name for command in COMMANDS if "discord" in command.surfaces]
        assert max(len(help_text("discord", name)) for name in ["", *names]) <= 1_900  # escaping makes it longer
        assert len(say("prompt-placeholder")) <= 64
        assert max(len(say(key)) for key in messages("en") if key.startswith("button-")) <= 30 - len(" 16")
        assert len(say("telegram-description")) <= 512
        assert len(say("telegram-short-description")) <= 120


@pytest.mark.parametrize("key", ["ask-prompt", "ask-picture", "ask-parts"])
def test_a_question_is_one_line_and_differs_from_language_to_language(key):
    said = in_each_language(key).values()
    assert len(set(said)) == len(LANGUAGES)
    assert not any("\n" in each for each in said)


@pytest.mark.parametrize(
    ("locale", "language"),
    [("de-AT", "de"), ("zh_CN", "zh"), ("zh-TW", "zh"), ("RU", "ru"), ("en-GB", "en"), ("fr", "en"), ("", "en"),
     (None, "en"), ("deutsch", "en")],
)  # fmt: skip
def test_a_locale_is_taken_for_its_language_and_what_is_not_there_for_english(locale, language):
    assert language_of(locale) == language


@pytest.mark.parametrize(
    ("count", "sentences"),
    [
        (1, ["1 waiting in all.", "Insgesamt wartet 1 Auftrag.", "Всего в очереди 1 задание."]),
        (3, ["3 waiting in all.", "Insgesamt warten 3 Aufträge.", "Всего в очереди 3 задания."]),
        (11, ["11 waiting in all.", "Insgesamt warten 11 Aufträge.", "Всего в очереди 11 заданий."]),
        (21, ["21 waiting in all.", "Insgesamt warten 21 Aufträge.", "Всего в очереди 21 задание."]),
    ],
)
def test_things_are_counted_as_each_language_counts(count, sentences):
    said = in_each_language("queue-waiting", count=count, state="")
    assert list(said.values()) == [*sentences, f"一共有 {count} 个任务在等待。"]


@pytest.mark.parametrize(
    ("locale", "sentence"),
    [
        ("en", "The prompt is too long: 12,345 characters, at most 2,000 are allowed."),
        ("de", "prompt ist zu lang: 12.345 Zeichen, erlaubt sind höchstens 2.000."),
        ("ru", "Слишком длинное значение prompt, символов: 12\xa0345; допускается не больше 2\xa0000."),
        ("zh", "prompt 太长：12,345 个字符，最多允许 2,000 个。"),
    ],
)
def test_numbers_are_written_as_in_each_language(locale, sentence):
    with speaking(locale):
        assert replies.error(RequestError("too_long", field="prompt", length=12_345, limit=2_000)) == sentence


@pytest.mark.parametrize("value", [1e25, -1e300, float("inf"), float("nan"), 10**40, True])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_of_any_size_can_be_said(value, language):
    """A strength of 1e25, which the page's form and the shell take as a number, was a traceback in the sentence."""
    with speaking(language):
        assert str(value) in replies.error(
            RequestError("out_of_range", field="strength", value=value, low=0.02, high=1)
        )
        assert str(value) in replies.error(RequestError("bad_value", field="prompt", value=value))
