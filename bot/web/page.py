"""How the page looks: a chat, a form, and what ties them to the handlers. No decisions are made here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Protocol

import gradio as gr
from fastapi import FastAPI

from bot import replies
from bot.commands import IMAGINE
from bot.web.chats import Message
from engine.catalog import Catalog, ModelSpec

TITLE = "kandinsky-bot"
# One in each language that the embedded model reads.
EXAMPLES = (
    "a big red circle on a yellow background",
    "zeichne mir einen blauen Stern auf weißem Hintergrund",
    "нарисуй зелёное сердце на розовом фоне",
    "黄色背景上有一个紫色的三角形",
)
DEMO_NOTE = (
    "The small embedded model **demo** draws here. For Kandinsky itself, set "
    '`model = "kandinsky-2-2"` under `[engine]` in `config.toml` and start the bot again.'
)
# The form's values in the order in which they arrive.
FIELDS = ("prompt", "negative", "width", "height", "steps", "guidance", "seed", "count", "model")
# How often an idle page asks again, and how long the files of shown pictures are kept.
ASK_EVERY_S = 0.2
DAY_S = 24 * 3600
IDLE_S = 1.0

CSS = """
.gradio-container { max-width: 920px !important; margin: 0 auto !important; }
#head h1 { font-size: 1.3rem; margin: 0; }
#head p { font-size: .85rem; opacity: .75; margin: 0; }
#chat { height: calc(100dvh - 228px); min-height: 320px; border: 1px solid var(--border-color-primary) !important; }
#chat .md { white-space: pre-wrap; font-size: .95rem; }
#chat button.example { border: 1px solid var(--border-color-primary); border-radius: 8px; padding: 10px 14px; }
#chat button[aria-label="Clear"], #chat button[aria-label="Share"] { display: none; }
#line, #status { border: 1px solid var(--border-color-primary) !important; border-radius: 8px; }
@media (max-width: 640px) {
  .gradio-container main { padding: 8px 12px !important; }
  #chat { height: calc(100dvh - 250px); }
}
"""
# Clears the line in the browser at once: the answer comes later, and would wipe what was typed meanwhile.
CLEAR = "() => ''"


class Handlers(Protocol):
    """Be what the page calls."""

    async def say(self, text: str, request: gr.Request) -> None:
        """Obey a typed line."""

    async def draw(self, request: gr.Request, *values: object) -> None:
        """Ask for what the form says."""

    async def watch(self, seen: int | None, request: gr.Request) -> object:
        """Return `view` of what is new."""


def mount(handlers: Handlers, catalog: Catalog, auth: tuple[str, str] | None) -> FastAPI:
    """Build the page and the application that serves it at `/`; nothing in it comes from elsewhere."""
    app = FastAPI(openapi_url=None)
    gr.mount_gradio_app(
        app, build(handlers, catalog), path="/", auth=auth, theme=_theme(), css=CSS, footer_links=[], run_history=False,
        ssr_mode=False, mcp_server=False, enable_monitoring=False, show_error=False, max_file_size="1mb",
    )  # fmt: skip
    return app


def build(handlers: Handlers, catalog: Catalog) -> gr.Blocks:
    """Lay out the page and connect it."""
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(3600, DAY_S)) as blocks:
        gr.Markdown(f"# {TITLE}\n" + (DEMO_NOTE if catalog.names() == ["demo"] else ""), elem_id="head")
        with gr.Tab("Chat"):
            chat = _chat(handlers)
        with gr.Tab("Form"):
            status, gallery = _form(handlers, catalog)
        seen = gr.Number(0, visible=False, precision=0)
        gr.Timer(ASK_EVERY_S).tick(
            handlers.watch, seen, [chat, status, gallery, seen], trigger_mode="once", **_plain("watch")
        )
    # Nothing here uses Gradio's queue, whose loops would wake a thousand times a second to look for work.
    blocks.queue(status_update_rate=IDLE_S)
    blocks._queue.sleep_when_free = blocks._queue.progress_update_sleep_when_free = IDLE_S
    return blocks


def view(messages: Sequence[Message], seen: int, revision: int) -> tuple[object, ...]:
    """Show the chat, and beside the form its latest answer if that is newer than `seen`."""
    latest = next((message for message in reversed(messages) if message.on_form), None)
    chat = [{"role": message.role, "content": _content(message)} for message in messages]
    if latest is None or latest.revision <= seen:
        return chat, gr.skip(), gr.skip(), revision
    return chat, latest.text, [str(path) for path in latest.pictures], revision


def options(values: Sequence[object]) -> dict[str, object]:
    """Name the form's values as the command table does; what was left empty is left out."""
    given = {name: value for name, value in zip(FIELDS, values, strict=True) if value not in (None, "")}
    width, height = given.pop("width", None), given.pop("height", None)
    return given | ({"size": f"{width}x{height}"} if width and height else {})


def command_line(options: Mapping[str, object]) -> str:
    """Write the form's values as the command that would do the same."""
    flags = [f"--{name} {value}" for name, value in options.items() if name != IMAGINE.main]
    return " ".join([f"/{IMAGINE.name}", str(options.get("prompt", "")), *flags])


def _content(message: Message) -> list[dict[str, Any]]:
    """Write a message; without markdown Gradio still renders HTML, so the words are escaped."""
    kept = [path for path in message.pictures if path.exists()]
    files = [{"path": str(path), "orig_name": path.name, "mime_type": f"image/{path.suffix[1:]}"} for path in kept]
    return [*({"type": "file", "file": file} for file in files), {"type": "text", "text": escape(message.text, False)}]


def _chat(handlers: Handlers) -> gr.Chatbot:
    """Lay out the chat and the line below it."""
    chat = gr.Chatbot(
        label="Chat", show_label=False, container=False, render_markdown=False, sanitize_html=True, allow_tags=False,
        latex_delimiters=[], buttons=[], feedback_options=None, height=None, elem_id="chat",
        group_consecutive_messages=False,  # each picture in its own bubble has its own button to download it
        examples=[{"text": text} for text in EXAMPLES], placeholder="### What shall I draw?",
    )  # fmt: skip
    line = gr.Textbox(
        label="Message", placeholder="A prompt, or a command such as /help", show_label=False, container=False,
        submit_btn=True, autofocus=True, elem_id="line", lines=1, max_lines=4,
    )  # fmt: skip
    line.submit(handlers.say, line, None, trigger_mode="multiple", **_plain("say"))
    line.submit(None, None, line, js=CLEAR, **_plain("clear", "private"))
    chat.example_select(_example, None, line, **_plain("example", "private"))
    return chat


def _example(chosen: gr.SelectData) -> str:
    """Write an example into the line, where it can still be changed."""
    return str(chosen.value["text"])


def _form(handlers: Handlers, catalog: Catalog) -> tuple[gr.Textbox, gr.Gallery]:
    """Lay out the form beside its latest answer."""
    with gr.Row():
        with gr.Column(min_width=300):
            inputs = _inputs(catalog)
            button = gr.Button("Generate", variant="primary")
        with gr.Column(min_width=300):
            gallery = gr.Gallery(
                show_label=False, format="png", columns=2, object_fit="contain", interactive=False,
                buttons=["download", "fullscreen"], elem_id="gallery",
            )  # fmt: skip
            status = gr.Textbox(
                label="Answer", show_label=False, container=False, interactive=False, lines=3, elem_id="status"
            )
    # Every bound is checked in one place, the request: Gradio's own checks would answer in other words.
    button.click(handlers.draw, inputs, None, trigger_mode="multiple", preprocess=False, **_plain("draw"))
    return status, gallery


def _inputs(catalog: Catalog) -> list[Any]:
    """Lay out the form's inputs in the order of `FIELDS`, with the bounds of the command table."""
    model, names = catalog[catalog.default], catalog.names()
    prompt = gr.Textbox(label="Prompt", placeholder=replies.PROMPT_PLACEHOLDER, lines=2)
    negative = gr.Textbox(label="Negative prompt", placeholder=replies.OPTION_HELP["negative"])
    with gr.Row():
        width, height = (_side(name, model) for name in ("Width", "Height"))
    with gr.Row():
        steps, guidance = _slider("steps", model.steps, 1), _slider("guidance", model.guidance_scale, 0.5)
    with gr.Row():
        seed = gr.Number(-1, label="Seed (-1 for any)", precision=0, min_width=90)
        count = _slider("count", 1, 1)
    choice = gr.Dropdown(names, value=model.name, label="Model", interactive=len(names) > 1)
    choice.change(
        lambda name: _defaults(catalog[name]), choice, [width, height, steps, guidance], **_plain("defaults", "private")
    )
    return [prompt, negative, width, height, steps, guidance, seed, count, choice]


def _side(label: str, model: ModelSpec) -> gr.Slider:
    return gr.Slider(
        model.min_size,
        model.max_size,
        model.native_size,
        step=model.size_multiple,
        label=label,
        min_width=120,
        buttons=[],
    )


def _slider(name: str, value: float, step: float) -> gr.Slider:
    """Lay out a slider over the bounds of an option."""
    option = next(option for option in IMAGINE.options if option.name == name)
    low, high = IMAGINE.limits(option) or (0, 0)
    return gr.Slider(low, high, value, step=step, label=name.capitalize(), min_width=120, buttons=[])


def _defaults(model: ModelSpec) -> tuple[gr.Slider, gr.Slider, float, float]:
    """Return what the form's sliders become when `model` is chosen."""
    return _side("Width", model), _side("Height", model), model.steps, model.guidance_scale


def _theme() -> gr.themes.Base:
    """Choose plain colours and this machine's own fonts: Gradio's would come from the web."""
    theme = gr.themes.Base(
        primary_hue="indigo",
        neutral_hue="slate",
        font=("system-ui", "sans-serif"),
        font_mono=("ui-monospace", "monospace"),
    )
    return theme.set(block_border_width="0", block_label_text_weight="500", block_title_text_weight="500")


def _plain(name: str, visibility: str = "public") -> dict[str, Any]:
    """Call a handler without Gradio's queue, which would let one page wait for another; the bot has its own."""
    return {"api_name": name, "api_visibility": visibility, "queue": False, "show_progress": "hidden"}
