"""Whatever a platform hands over: what the adapters read of it is an invocation, an address, or a sentence."""

from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st

from bot.commands.parsing import parse_text
from bot.surfaces.telegram.address import Address
from bot.surfaces.telegram.asking import QUESTIONS, completed
from bot.surfaces.web import form
from bot.surfaces.web.app import _invocation
from bot.words.file_names import job_in
from tests.fuzz.test_commands import answered
from tests.fuzz.written import LINES, TEXTS

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda it: st.one_of(st.lists(it, max_size=3), st.dictionaries(st.text(max_size=5), it, max_size=3)), max_leaves=5,
)  # fmt: skip


@given(st.sampled_from(QUESTIONS), LINES, TEXTS, st.booleans())
def test_any_answer_to_a_question_completes_its_command(question, line, words, has_picture):
    asked = answered(lambda: parse_text(line, "telegram"))
    if asked is not None:
        answered(lambda: completed(question, asked, words, has_picture=has_picture))


@given(
    st.integers(),
    st.one_of(st.none(), st.integers()),
    st.dictionaries(st.text(max_size=5), st.integers()),
    st.dictionaries(st.text(max_size=5), JSON),
)
def test_an_address_is_read_back_among_other_values(chat_id, thread_id, messages, others):
    address = Address(chat_id, thread_id, messages=messages)
    assert Address.of_values({**others, **asdict(address)}) == address


FILES = st.one_of(JSON, st.fixed_dictionaries({"path": JSON}))
CANVASES = st.fixed_dictionaries({"background": FILES, "layers": st.one_of(JSON, st.lists(FILES, max_size=3))})
FIELDS = st.one_of(FILES, CANVASES)


@given(st.dictionaries(st.sampled_from(form.FIELDS), FIELDS), st.sampled_from([*form.COMMANDS]))
def test_any_values_of_the_form_are_an_order(values, command):
    values = {**values, "command": command}
    order = form.order([values.get(name) for name in form.FIELDS])
    assert order.line().startswith(f"/{command}")
    answered(order.invocation)


@given(st.one_of(LINES, TEXTS))
def test_any_line_of_the_page_is_a_command(text):
    if text.strip():
        answered(lambda: _invocation(text.strip(), ()))


@given(st.one_of(TEXTS, st.builds("kandinsky-{}-{}.{}".format, TEXTS, TEXTS, TEXTS)))
def test_any_file_name_tells_a_job_or_none(name):
    assert job_in(name) is None or name.startswith(f"kandinsky-{job_in(name)}-")
