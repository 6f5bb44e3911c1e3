"""The command line, `kandinsky-bot COMMAND`. Exit codes: 0 done, 1 failed, 2 wrong usage."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.commands.table import DRAWING_COMMANDS, IMAGINE, Command, Invocation, Option
from bot.leaving import leaving_in_time
from bot.words import replies

# Each command imports `bot.verbs` when it is called: `--help` need not wait for what they do, and neither need the
# worker's process, which begins with this module.

app = typer.Typer(
    name="kandinsky-bot",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
models = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List, fetch, check and remove model files.")
app.add_typer(models, name="models")
Output = Annotated[
    Path | None, typer.Option("-o", "--output", help="A .png file, a .gif for a morph; a folder with --file.")
]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="The settings; config.toml where it exists.")]


def _flag(command: Command, option: Option) -> inspect.Parameter:
    help_text = replies.option_help(command, option)
    kind: Any = Path if option.is_picture else option.kind
    if option.required and option.is_picture:
        declared: Any = Annotated[Path, typer.Argument(help=help_text, exists=True, dir_okay=False)]
        return inspect.Parameter(option.name, inspect.Parameter.KEYWORD_ONLY, annotation=declared)
    if option.name == command.main:
        words: Any = list[str] if option.name == "parts" else str
        declared = Annotated[words | None, typer.Argument(help=help_text)]
    else:
        names = [f"--{name}" for name in (option.name, *option.aliases)]
        declared = Annotated[kind | None, typer.Option(*names, help=help_text)]
    return inspect.Parameter(option.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=declared)


def _offered(command: Command) -> list[Option]:
    """List the options of a command as the shell takes them: pictures first, since it has no attachments.

    Those of a mix or a morph are among its parts.
    """
    taken = [option for option in command.on("cli") if not option.is_picture or option.field]
    return sorted(taken, key=lambda option: (not (option.is_picture and option.required), option.name != command.main))


def options_of(command: Command) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a function with `**options` the flags of `command`, so that the shell offers what the chats do."""

    def add(function: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(function, eval_str=True)
        own = [parameter for parameter in signature.parameters.values() if parameter.kind is not parameter.VAR_KEYWORD]
        named = {parameter.name for parameter in own}
        flags = [_flag(command, option) for option in _offered(command) if option.name not in named]
        function.__signature__ = signature.replace(parameters=[*own, *flags])  # type: ignore[attr-defined]
        return function

    return add


@app.command()
def run(config: ConfigFile = None) -> None:
    """Serve Discord, Telegram and the web page, as far as they are configured."""
    from bot import verbs

    verbs.run(config)


@app.command()
def demo(port: Annotated[int, typer.Option(help="Where the page answers.")] = 7860) -> None:
    """Serve the web page with the embedded model: no token, no GPU, no download."""
    from bot import verbs

    verbs.demo(port)


@app.command()
@options_of(IMAGINE)
def generate(
    prompt: Annotated[str | None, typer.Argument(help="What to draw.")] = None,
    output: Output = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="Prompts, one a line: 0001.png and on.", exists=True, dir_okay=False)
    ] = None,
    config: ConfigFile = None,
    **options: object,
) -> None:
    """Draw a picture, or one for each line of a file."""
    from bot import verbs

    verbs.generate(prompt, file, output, options, config)


def _offer(command: Command) -> None:
    """Make a command of the shell out of one of the table."""

    @app.command(command.name, help=replies.command_help(command) + ".")
    @options_of(command)
    def draw(output: Output = None, config: ConfigFile = None, **options: object) -> None:
        from bot import verbs

        verbs.draw(Invocation(command, options), output, config)


for _command in DRAWING_COMMANDS:
    if _command is not IMAGINE:  # which is called `generate` here, and takes a file of prompts too
        _offer(_command)


@app.command()
def bench(
    model: Annotated[str | None, typer.Option(help="Which model; the configured one by default.")] = None,
    size: Annotated[str | None, typer.Option(help="Pixels, such as 768 or 768x512, or a ratio.")] = None,
    steps: Annotated[int | None, typer.Option(help="Denoising steps; the model's own by default.")] = None,
    random_weights: Annotated[
        bool, typer.Option("--random-weights", help="The full-size networks with random weights: no download.")
    ] = False,
    memory: Annotated[
        bool,
        typer.Option("--memory", help="What each way to keep the model takes on a GPU limited to 8 to 48 GiB."),
    ] = False,
    compiled: Annotated[
        bool, typer.Option("--compile", help="With and without compiling and channels_last, side by side.")
    ] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Only see whether it runs.")] = False,
    json: Annotated[
        Path | None, typer.Option("--json", help="Write the figures to a file too.", dir_okay=False)
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Measure what a model does on this machine, beside a plain script of diffusers."""
    from bot import verbs

    verbs.bench(
        config, model=model, size=size, steps=steps, random_weights=random_weights, briefly=quick, file=json,
        memory=memory, compiled=compiled,
    )  # fmt: skip


@app.command()
def tune(
    minutes: Annotated[float, typer.Option(help="How long it may take.", min=0.1)] = 10, config: ConfigFile = None
) -> None:
    """Measure what suits this device, and let the bot take it when it starts: batches, memory, compiling."""
    from bot import verbs

    verbs.tune(config, minutes)


@app.command()
def doctor(config: ConfigFile = None) -> None:
    """Say what is missing, and how to mend it."""
    from bot import verbs

    verbs.doctor(config)


@app.command()
def health(config: ConfigFile = None) -> None:
    """Tell whether a running bot answers, and where: exit code 0 or 1, for a container's health check."""
    from bot import verbs

    verbs.health(config)


ModelName = Annotated[str, typer.Argument(help="A name that `models list` shows.")]


@models.command("list")
def list_models() -> None:
    """Show each model: whether it is here, what it takes on the disk, what it can do."""
    from bot import verbs

    verbs.list_models()


@models.command("download")
def download_model(name: ModelName) -> None:
    """Fetch what is missing of a model, after a look at the free disk."""
    from bot import verbs

    verbs.download_model(name)


@models.command("verify")
def verify_model(name: ModelName) -> None:
    """Read every file of a model and name those that are missing or damaged."""
    from bot import verbs

    verbs.verify_model(name)


@models.command("remove")
def remove_model(name: ModelName, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Delete a model's files from this machine."""
    from bot import verbs

    verbs.remove_model(name, agrees=lambda question: yes or typer.confirm(question))


def main() -> None:
    """Run the command line."""
    with leaving_in_time():
        app()


if __name__ == "__main__":
    main()
