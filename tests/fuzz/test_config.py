"""Whatever stands in the settings file: a configuration, or the keys that are wrong, a line each."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import Config, ConfigError, load

SECTIONS = sorted(Config.model_fields)
KEYS = sorted({key for field in Config.model_fields.values() for key in getattr(field.annotation, "model_fields", {})})
SCALARS = st.one_of(
    st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.text(max_size=12),
    st.sampled_from(("demo", "cpu", "auto", "a:b", "http://x", "http://[", "~", "/x", "owner/name@1",
    "127.0.0.1", "\0")),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda it: st.one_of(st.lists(it, max_size=3), st.dictionaries(st.text(max_size=6), it, max_size=3)),
    max_leaves=4,
)


def written(value: object) -> str:
    """Write a value as TOML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {written(it)}" for key, it in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("config") / "config.toml"


@given(
    section=st.sampled_from(SECTIONS),
    values=st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=6)), VALUES, max_size=4),
)
def test_any_values_are_a_configuration_or_lines_that_name_what_is_wrong(file, section, values):
    lines = [f"{json.dumps(key)} = {written(value)}" for key, value in values.items()]
    file.write_text("\n".join([f"[{section}]", *lines]), "utf-8")
    loaded(file)


@given(
    data=st.one_of(
        st.binary(max_size=80),
        st.text(max_size=80).map(str.encode),
        st.text("[]=\"'{},.#\n ab1", max_size=40).map(str.encode),
    )
)
def test_any_file_is_a_configuration_or_a_sentence(file, data):
    file.write_bytes(data)
    loaded(file)


def loaded(file) -> None:
    with suppress(ConfigError):
        assert load(file)
