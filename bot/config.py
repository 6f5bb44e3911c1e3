"""The configuration: defaults, then `config.toml`, then `KANDINSKY_BOT_<SECTION>__<KEY>` from the environment."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from bot.commands.table import COMMANDS
from bot.rules.limits import CommonLimits, Number
from bot.rules.policy import ALWAYS_ALLOWED
from engine.catalog import KNOWN
from engine.dispatch.caps import Caps
from engine.request import MAX_PROMPT
from engine.settings import Action, Quantise
from engine.tuned import Compile, Memory

ENV_PREFIX = "KANDINSKY_BOT_"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class ConfigError(Exception):
    """Say which key is wrong and what it may be, one line a problem, never a secret's value."""


def _without_blanks(secret: SecretStr | None) -> SecretStr | None:
    text = secret.get_secret_value().strip() if secret else ""
    return SecretStr(text) if text else None


# What stands alone on a page to be copied; a blank one, as in a file of empty variables, is none.
Token = Annotated[SecretStr | None, AfterValidator(_without_blanks)]


Weight = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Section(BaseModel):
    """Be the base of a section: frozen, and a key that nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Discord(Section):
    """`[discord]`: on as soon as there is a token; the addresses change only for a test server or a proxy."""

    token: Token = None
    api_base: HttpUrl | None = None
    gateway_url: str | None = None


class Telegram(Section):
    """`[telegram]`: on as soon as there is a token; `webhook_url` switches from polling to a webhook."""

    token: Token = None
    base_url: HttpUrl | None = None
    base_file_url: HttpUrl | None = None
    webhook_url: HttpUrl | None = None
    webhook_host: str = "127.0.0.1"
    webhook_port: int = Field(default=8443, ge=1, le=65535)
    webhook_secret: Token = None

    @model_validator(mode="after")
    def _webhook_needs_a_secret(self) -> Telegram:
        if self.webhook_url and not self.webhook_secret:
            raise ValueError("webhook_url needs webhook_secret, so that only Telegram can post to it")
        return self


class Web(Section):
    """`[web]`: the page; `auth` is `name:password` and needed before `host` may be anything but this machine.

    `proxies` are believed about the address of whoever asks; `max_waiting_per_address` is for all who share one.
    """

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = Field(default=7860, ge=1, le=65535)
    auth: SecretStr | None = None
    proxies: list[str] = Field(default=["127.0.0.1", "::1"])
    max_waiting_per_address: int = Field(default=50, ge=0)

    @model_validator(mode="after")
    def _open_page_needs_auth(self) -> Web:
        if self.host not in LOOPBACK and not self.auth:
            raise ValueError("host is reachable from outside, so auth must be set to name:password")
        if self.auth and not all(self.auth.get_secret_value().partition(":")):
            raise ValueError("auth must be name:password")
        return self


class Engine(Section):
    """`[engine]`: the default model, where it runs, and how long a silent worker may live.

    `models` are offered beside `model`. `repositories` takes a part of the model ("prior", "decoder") from another
    folder or hub repository, `translator` the model that translates prompts, `segmenter` is a CLIPSeg that finds what
    words name in a picture. `memory`, `quantise` and `compile` say how models are kept on a GPU. With `savings` "off"
    every step is made in full. `hourly_rate` is what an hour of the device costs in `currency`.
    """

    model: str = "demo"
    models: list[str] = Field(default_factory=list)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    repositories: dict[str, str] = Field(default_factory=dict)
    batch_size: int = Field(default=4, ge=1, le=16)
    memory: Memory = "auto"
    quantise: Quantise = "off"
    compile: Compile = "off"
    savings: Literal["auto", "off"] = "auto"
    translate: Literal["auto", "off", "always"] = "auto"
    translator: str | None = None
    segmenter: str | None = None
    cache_dir: Path | None = None
    hang_s: float = Field(default=120, gt=0)
    load_timeout_s: float = Field(default=900, gt=0)
    hourly_rate: float = Field(default=0, ge=0, allow_inf_nan=False)
    currency: str = "EUR"


class Safety(Section):
    """`[safety]`: what looks at pictures, which of its labels are unsafe, from which score on, and what is done then.

    "blur" covers a flagged picture, "block" shows it nowhere, "restrict" in places for adults only. `blocked_words` are
    what no prompt may hold.
    """

    classifier: str | None = None
    labels: list[str] = Field(default=["nsfw"], min_length=1)
    threshold: float = Field(default=0.8, gt=0, le=1)
    action: Action = "blur"
    blocked_words: list[str] = Field(default_factory=list)


class Limits(CommonLimits):
    """`[limits]`: what holds on every server, beside what its moderators set; 0 means no limit."""

    uploads_per_minute: Number = 30
    place_uploads_per_minute: Number = 120

    @field_validator("who")
    @classmethod
    def _who_names_what_there_is(cls, who: dict[str, object]) -> dict[str, object]:
        known = [
            *(command.name for command in COMMANDS if command.name not in ALWAYS_ALLOWED),
            *(it.name for it in KNOWN),
        ]
        if unknown := sorted(who.keys() - set(known)):
            raise ValueError(f"{unknown[0]} is neither a command nor a model that can be restricted")
        return who


class StyleWords(Section):
    """`[styles.NAME]`: a look by name; without any words it takes away a built-in style of that name."""

    prompt: str = Field(default="", max_length=MAX_PROMPT)
    negative_prompt: str = Field(default="", max_length=MAX_PROMPT)


class Queue(Caps):
    """`[queue]`: how much may wait; `weights` say how much requests from a server count ("discord:123" = 2.0).

    Others count 1.
    """

    weights: dict[str, Weight] = Field(default_factory=dict)


class Store(Section):
    """`[store]`: the folder that holds the database and the pictures; 0 `retention_days` keep jobs for ever."""

    path: Path = Path("data")
    retention_days: float = Field(default=0, ge=0, allow_inf_nan=False)


class Log(Section):
    """`[log]`: how much is logged, and whether as JSON lines."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    json_lines: bool = False


class Config(BaseSettings):
    """Hold the whole configuration, frozen."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    discord: Discord = Discord()
    telegram: Telegram = Telegram()
    web: Web = Web()
    engine: Engine = Engine()
    queue: Queue = Queue()
    limits: Limits = Limits()
    safety: Safety = Safety()
    styles: dict[str, StyleWords] = Field(default_factory=dict)
    store: Store = Store()
    log: Log = Log()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic-settings'
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load(path: Path | None, **overrides: object) -> Config:
    """Read the configuration; raise `ConfigError` with one line for each wrong key.

    `overrides` are sections that win over the environment; without a `path` there is only the environment.
    """
    if unknown := list(_unknown_variables()):
        raise ConfigError("\n".join(unknown))
    source = type("Config", (Config,), {"model_config": {**Config.model_config, "toml_file": path}})
    try:
        if path and not path.is_file():
            raise ConfigError(f"There is no file {path}.")
        return source(**overrides)  # type: ignore[no-any-return]
    except ValidationError as error:
        raise ConfigError("\n".join(_lines(error))) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not text in UTF-8.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None
    except SettingsError as error:  # it names the section and quotes no value
        what = str(error).partition(" from source")[0]
        raise ConfigError(f"The environment holds an {what}. Write {ENV_PREFIX}<SECTION>__<KEY>=VALUE.") from None


def _unknown_variables() -> Iterator[str]:
    """Name variables that look like settings of a section that does not exist: the settings reader passes them by."""
    for name in os.environ:
        section, separator, _ = name.removeprefix(ENV_PREFIX).partition("__")
        if name.startswith(ENV_PREFIX) and separator and section.lower() not in Config.model_fields:
            yield f"{name}: no such section. Known: {', '.join(Config.model_fields)}."


def _lines(error: ValidationError) -> Iterator[str]:
    for detail in error.errors(include_input=False, include_url=False):
        key = ".".join(map(str, detail["loc"]))
        if detail["type"] == "extra_forbidden":
            yield f"{key}: no such key.{_closest(detail['loc'])}"
        else:
            yield f"{key}: {detail['msg'].removeprefix('Value error, ')}."


def _closest(location: tuple[int | str, ...]) -> str:
    section = Config.model_fields.get(str(location[0]))
    kind = StyleWords if location[0] == "styles" else section.annotation if section else None
    known = getattr(kind, "model_fields", {}) if len(location) > 1 else Config.model_fields
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    return f" Did you mean {close[0]}?" if close else f" Known: {', '.join(known)}."
