"""The configuration: the example is complete and valid, the environment wins, and errors show no secret."""

import tomllib
from pathlib import Path

import pytest

from bot.config import Config, ConfigError, StyleWords, load

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    import os

    for name in [name for name in os.environ if name.startswith("KANDINSKY_BOT_")]:
        monkeypatch.delenv(name)


def write(tmp_path: Path, text: str) -> Path:
    (tmp_path / "config.toml").write_text(text)
    return tmp_path / "config.toml"


def test_the_example_is_valid_as_it_stands():
    assert load(EXAMPLE).model_dump() == load(None).model_dump()


def test_the_example_names_every_key():
    text = EXAMPLE.read_text().replace("# ", "")
    for section, field in Config.model_fields.items():
        header = "[styles.woodcut]" if section == "styles" else f"[{section}]"
        part = text.split(header)[1].split("\n[" if section != "engine" else "[queue]")[0]
        for key in (StyleWords if section == "styles" else field.annotation).model_fields:
            assert f"\n{key} = " in part or f"[{section}.{key}]" in part, f"[{section}] {key}"


def test_the_example_is_valid_with_every_key_switched_on(tmp_path):
    lines = [
        line.removeprefix("# ") if " = " in line or line.startswith("# [") else line
        for line in EXAMPLE.read_text().splitlines()
    ]
    tomllib.loads("\n".join(lines))
    config = load(write(tmp_path, "\n".join(lines)))
    assert config.telegram.webhook_port == 8443


def test_the_environment_wins_over_the_file(tmp_path, monkeypatch):
    path = write(tmp_path, '[web]\nport = 7000\nhost = "127.0.0.1"\n[discord]\ntoken = "from-file"')
    monkeypatch.setenv("KANDINSKY_BOT_WEB__PORT", "7001")
    monkeypatch.setenv("KANDINSKY_BOT_DISCORD__TOKEN", "from-env")
    config = load(path)
    assert (config.web.port, config.discord.token.get_secret_value()) == (7001, "from-env")


WRONG = {
    "[web]\nprt = 1": ("web.prt", "Did you mean port?"),
    "[webb]\nport = 1": ("webb", "Did you mean web?"),
    "[web]\nport = 70000": ("web.port", "less than or equal to 65535"),
    '[web]\nhost = "0.0.0.0"': ("web", "auth must be set"),
    '[web]\nauth = "name"': ("web", "name:password"),
    '[telegram]\nwebhook_url = "https://a.example/x"': ("telegram", "webhook_secret"),
    '[limits]\nwho = { imagin = "moderators" }': ("limits.who", "imagin is neither a command nor a model"),
    "[limits]\nper_day = -1": ("limits.per_day", "greater than or equal to 0"),
    '[safety]\naction = "blurr"': ("safety.action", "'blur', 'block' or 'restrict'"),
    '[styles.fog]\npromt = "fog"': ("styles.fog.promt", "Did you mean prompt?"),
    '[engine]\nmemory = "all"': ("engine.memory", "'auto', 'resident', 'offload' or 'sequential'"),
    '[engine]\nquantise = "int4"': ("engine.quantise", "'off', 'nf4' or 'int8'"),
    '[engine]\ncompile = "on"': ("engine.compile", "'off', 'default' or 'max-autotune'"),
    '[engine]\ndevice = "tpu"': ("engine.device", "'auto', 'cpu' or 'cuda'"),
    '[web]\nauth = "name:"': ("web", "name:password"),
    "[web\n": ("config.toml", "not valid TOML"),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_key_is_named_with_what_is_allowed(tmp_path, text):
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, text))
    assert all(part in str(caught.value) for part in WRONG[text])


def test_an_error_never_shows_a_secret(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, '[telegram]\ntoken = "s3cret"\nwebhook_url = "https://a.example/x"\n[discord]\ntoken = 5'))
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in repr(load(write(tmp_path, '[telegram]\ntoken = "s3cret"')))


@pytest.mark.parametrize("blank", ["", " ", "\n"])
@pytest.mark.parametrize("section", ["discord", "telegram"])
def test_a_blank_token_is_none(monkeypatch, section, blank):
    monkeypatch.setenv(f"KANDINSKY_BOT_{section.upper()}__TOKEN", blank)
    assert getattr(load(None), section).token is None


def test_a_token_is_taken_without_the_blanks_around_it(monkeypatch):
    monkeypatch.setenv("KANDINSKY_BOT_DISCORD__TOKEN", " s3cret\n")
    assert load(None).discord.token.get_secret_value() == "s3cret"


def test_a_missing_file_is_said():
    with pytest.raises(ConfigError, match="There is no file"):
        load(Path("nowhere.toml"))


def test_a_file_that_is_not_utf_8_is_said(tmp_path):
    (tmp_path / "config.toml").write_bytes('[web]\nhost = "é"'.encode("latin-1"))
    with pytest.raises(ConfigError, match=r"config\.toml is not text in UTF-8"):
        load(tmp_path / "config.toml")


def test_a_file_that_cannot_be_read_is_said():
    with pytest.raises(ConfigError, match="/proc/self/mem cannot be read: Input/output error"):
        load(Path("/proc/self/mem"))


@pytest.mark.parametrize(("variable", "section"), [("DISCORD", "discord"), ("ENGINE__REPOSITORIES", "engine")])
def test_a_section_given_as_one_word_is_said_without_the_word(monkeypatch, variable, section):
    monkeypatch.setenv(f"KANDINSKY_BOT_{variable}", "s3cret")
    with pytest.raises(ConfigError, match=f'field "{section}".*<SECTION>__<KEY>') as caught:
        load(None)
    assert "s3cret" not in str(caught.value)
