"""How the page looks: a chat, a form, and what ties them to the handlers. No decisions are made here."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import gradio as gr
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from bot.commands.table import IMAGINE, INPAINT
from bot.surfaces.web import form
from bot.surfaces.web.buttons import PRESSED, html
from bot.surfaces.web.chats import Message
from bot.surfaces.web.uploads import Blocks
from bot.surfaces.web.words import dictionary, word
from bot.words.localisation import say
from engine.catalog import Catalog, ModelSpec
from engine.jobs import DAY_S
from engine.pictures import inputs

TITLE = "kandinsky-bot"
# One in each language that the embedded model reads.
EXAMPLES = (
    "a big red circle on a yellow background",
    "zeichne mir einen blauen Stern auf weißem Hintergrund",
    "нарисуй зелёное сердце на розовом фоне",
    "黄色背景上有一个紫色的三角形",
)
CHAT, FORM = "chat", "form"
# How often an idle page asks again, and how long the files of shown pictures are kept.
ASK_EVERY_S = 0.2
IDLE_S = 1.0
# Of how many open pages Gradio remembers what they sent last, which nothing here needs.
SESSIONS_KEPT = 200

CSS = """
.gradio-container { max-width: 920px !important; margin: 0 auto !important; }
#head h1 { font-size: 1.3rem; margin: 0; }
#head p { font-size: .85rem; opacity: .75; margin: 0; }
#chat { border: 1px solid var(--border-color-primary) !important; }
#chat { height: calc(100dvh - 258px - var(--attached, 0px)); min-height: 300px; }
.gradio-container:has(#line img) { --attached: 44px; }
#chat .md { white-space: pre-wrap; font-size: .95rem; }
img.covered { filter: blur(24px); max-width: 100%; display: block; margin: 4px 0; }
img.covered:is(:hover, :active) { filter: none; }
#chat .user img { max-height: 160px; width: auto; }
#chat .presses { display: flex; flex-wrap: wrap; align-items: center; gap: 6px; margin-top: 8px; white-space: normal; }
#chat button.press { border: 1px solid var(--border-color-primary); border-radius: 8px; padding: 4px 10px; }
#chat button.press { background: var(--background-fill-primary); font-size: .85rem; cursor: pointer; }
#chat button.press:hover { border-color: var(--primary-400); }
#chat button.example { border: 1px solid var(--border-color-primary); border-radius: 8px; padding: 10px 14px; }
#chat .wrapper > .top-panel, #chat .message-buttons .icon-button-wrapper > button { display: none; } /* clear, share */
#chat .message-buttons:not(:has(.download-link)) { display: none; }
#chat .placeholder { padding: 0 16px; }
#line { position: sticky; bottom: 8px; background: var(--background-fill-primary); }
#line, #status { border: 1px solid var(--border-color-primary) !important; border-radius: 8px; }
#command label { border-radius: 999px; padding: 6px 14px; }
#command label span { margin-left: 0; }
#command label input { position: absolute; opacity: 0; }
#command label:has(input:checked) { background: var(--primary-500); color: white; }
#command label:has(input:focus-visible) { outline: 2px solid var(--primary-300); outline-offset: 2px; }
#answer { position: sticky; top: 12px; align-self: flex-start; }
#about { opacity: .75; }
.picture, #canvas, #gallery { border: 1px solid var(--border-color-primary) !important; }
#preview img { width: 100%; image-rendering: auto; border-radius: 8px; }
@media (max-width: 640px) {
  .gradio-container main { padding: 8px 12px !important; }
  #chat { height: calc(100dvh - 300px - var(--attached, 0px)); }
  #chat .presses { gap: 4px; margin-top: 5px; }
  #chat button.press { padding: 3px 7px; font-size: .8rem; }
}
"""
# A button in a message is HTML, of which Gradio knows nothing: a hidden one that it knows is pressed instead.
LISTEN = f"""() => document.addEventListener("click", event => {{
  const pressed = event.target.closest("#chat button.{PRESSED}");
  if (pressed) {{
    window.pressedKey = pressed.value;
    document.querySelector("#press").click();
  }}
}})"""
PRESSED_KEY = "() => window.pressedKey"
# Clears the line in the browser at once: the answer comes later, and would wipe what was typed meanwhile.
CLEAR = "() => ({text: '', files: []})"


class Handlers(Protocol):
    """Be what the page calls."""

    async def say(self, line: dict[str, Any], request: gr.Request) -> None:
        """Obey a typed line and the files that came with it."""

    async def draw(self, request: gr.Request, *values: object) -> None:
        """Ask for what the form says."""

    async def press(self, key: str, request: gr.Request) -> object:
        """Obey a button below a result; return `unchanged`, `with_line` or `with_brush`."""

    async def watch(self, seen: int | None, request: gr.Request) -> object:
        """Return `view` of what is new."""


def mount(
    handlers: Handlers, catalog: Catalog, styles: Sequence[str], auth: Callable[[str, str], bool] | None
) -> tuple[FastAPI, Mapping[int, str]]:
    """Build the page and the application that serves it at `/`; nothing in it comes from elsewhere.

    Returns with it the names of the handlers that a browser may call, by their numbers. `auth` tells whether a name and
    a password are right.
    """
    app, blocks = FastAPI(openapi_url=None), build(handlers, catalog, styles)
    app.add_middleware(CORSMiddleware)  # for nobody: without one Gradio would let every page of this machine in
    gr.mount_gradio_app(
        app, blocks, path="/", auth=auth, theme=_theme(), css=CSS, footer_links=[],
        run_history=False, ssr_mode=False, mcp_server=False, enable_monitoring=False, show_error=False,
        max_file_size=inputs.MAX_BYTES, i18n=dictionary(),
    )  # fmt: skip
    return app, {number: str(fn.api_name) for number, fn in blocks.fns.items() if fn.fn and fn.api_name}


def build(handlers: Handlers, catalog: Catalog, styles: Sequence[str] = ()) -> Blocks:
    """Lay out the page and connect it."""
    blocks = Blocks(title=TITLE, analytics_enabled=False, delete_cache=(3600, int(DAY_S)))
    blocks.state_session_capacity = SESSIONS_KEPT
    with blocks:
        gr.Markdown(f"# {TITLE}\n" + (word("web-demo-note") if catalog.names() == ["demo"] else ""), elem_id="head")
        with gr.Tabs() as tabs:
            with gr.Tab(word("web-tab-chat"), id=CHAT):
                chat, line = _chat(handlers)
            with gr.Tab(word("web-tab-form"), id=FORM):
                fields, answer = _form(handlers, catalog, styles)
        _listen(handlers, [line, tabs, *(fields.inputs[name] for name in ("command", "canvas", "prompt"))])
        blocks.load(None, None, None, js=LISTEN, **_plain("listen", "private"))
        seen = gr.Number(0, visible=False, precision=0)
        gr.Timer(ASK_EVERY_S).tick(handlers.watch, seen, [chat, *answer, seen], trigger_mode="once", **_plain("watch"))
    # Nothing here uses Gradio's queue, whose loops would wake a thousand times a second to look for work.
    blocks.queue(status_update_rate=IDLE_S)
    blocks._queue.sleep_when_free = blocks._queue.progress_update_sleep_when_free = IDLE_S
    return blocks


def view(messages: Sequence[Message], seen: int, revision: int) -> tuple[object, ...]:
    """Show the chat, and beside the form its latest answer if that is newer than `seen`."""
    latest = next((message for message in reversed(messages) if message.on_form), None)
    chat = [{"role": message.role, "content": _content(message)} for message in messages]
    if latest is None or latest.revision <= seen:
        return chat, gr.skip(), gr.skip(), gr.skip(), revision
    preview = gr.HTML(_preview(latest), visible=bool(_preview(latest)))
    pictures = [] if latest.covered else [str(path) for path in latest.pictures]
    gallery = gr.Gallery(pictures, visible=not _preview(latest))
    return chat, latest.text, gallery, preview, revision


def unchanged() -> list[object]:
    """Leave the line and the form as they are."""
    return [gr.skip()] * 5


def with_line(words: str) -> list[object]:
    """Write a command into the line, to be finished there."""
    return [{"text": words, "files": []}, gr.Tabs(selected=CHAT), *[gr.skip()] * 3]


def with_brush(picture: Path, prompt: str) -> list[object]:
    """Turn to the form with `picture` below the brush."""
    canvas: dict[str, object] = {"background": str(picture), "layers": [], "composite": None}
    return [gr.skip(), gr.Tabs(selected=FORM), INPAINT.name, canvas, prompt]


def _content(message: Message) -> list[dict[str, Any]]:
    """Write a message; without markdown Gradio still renders HTML, so the words are escaped."""
    uncovered = () if message.covered else message.pictures
    shown = [_file(path, mimetypes.guess_type(path.name)[0]) for path in uncovered if path.exists()]
    kept = [_file(path, None) for path in message.files if path.exists()]
    text = _preview(message) + escape(message.text, False) + html(message.buttons)
    return [*({"type": "file", "file": file} for file in (*shown, *kept)), {"type": "text", "text": text}]


def _file(path: Path, kind: str | None) -> dict[str, Any]:
    """Describe a file; a picture without its kind is a link to save it."""
    return {"path": str(path), "orig_name": path.name, "mime_type": kind or "application/octet-stream"}


def _preview(message: Message) -> str:
    """Write the preview as a picture that needs no file, or covered pictures, or nothing where there are none."""
    if message.preview is None:
        covered = message.pictures if message.covered else ()
        return "".join(f'<img class="covered" src="gradio_api/file={quote(str(path))}">' for path in covered)
    data = base64.b64encode(message.preview).decode()
    return f'<img alt="{escape(say("web-preview"))}" src="data:image/jpeg;base64,{data}">'


def _chat(handlers: Handlers) -> tuple[gr.Chatbot, gr.MultimodalTextbox]:
    """Lay out the chat and the line below it."""
    chat = gr.Chatbot(
        label=word("web-tab-chat"), show_label=False, container=False, render_markdown=False, sanitize_html=True,
        allow_tags=False, latex_delimiters=[], buttons=[], feedback_options=None, height=None, elem_id="chat",
        group_consecutive_messages=False,  # each picture in its own bubble has its own button to download it
        examples=[{"text": text} for text in EXAMPLES], placeholder=word("web-welcome"),
    )  # fmt: skip
    line = gr.MultimodalTextbox(
        label=word("web-message"), placeholder=word("web-message-placeholder"), show_label=False,
        container=False, submit_btn=True, autofocus=True, elem_id="line", lines=1, max_lines=4, sources=["upload"],
        file_types=["image", ".txt"], file_count="multiple",
    )  # fmt: skip
    # What is no picture is answered with a sentence: Gradio's own check would answer in other words.
    line.submit(handlers.say, line, None, trigger_mode="multiple", preprocess=False, **_plain("say"))
    line.submit(None, None, line, js=CLEAR, **_plain("clear", "private"))
    chat.example_select(_example, None, line, **_plain("example", "private"))
    return chat, line


def _listen(handlers: Handlers, changing: list[Any]) -> None:
    """Connect the buttons of the chat, which may change `changing`, in the order of `unchanged`."""
    key = gr.Textbox(visible=False)
    press = gr.Button(visible="hidden", elem_id="press")
    press.click(handlers.press, key, changing, js=PRESSED_KEY, trigger_mode="once", **_plain("press"))


def _example(chosen: gr.SelectData) -> dict[str, object]:
    """Write an example into the line, where it can still be changed."""
    return {"text": str(chosen.value["text"]), "files": []}


def _form(handlers: Handlers, catalog: Catalog, styles: Sequence[str]) -> tuple[form.Form, list[Any]]:
    """Lay out the form beside its latest answer; return both, what shows the answer in the order of `view`."""
    chosen = form.choice(catalog.names(), catalog[catalog.default])
    with gr.Row():
        with gr.Column(min_width=300):
            fields = form.build(chosen, catalog[catalog.default], styles)
            button = gr.Button(word("web-generate"), variant="primary")
        with gr.Column(min_width=300, elem_id="answer"):
            preview = gr.HTML(visible=False, elem_id="preview")
            gallery = gr.Gallery(
                show_label=False, format="png", columns=2, object_fit="contain", interactive=False,
                buttons=["download", "fullscreen"], elem_id="gallery",
            )  # fmt: skip
            status = gr.Textbox(
                label=word("web-answer"),
                show_label=False,
                container=False,
                interactive=False,
                lines=3,
                elem_id="status",
            )
    # Every bound is checked in one place, the request: Gradio's own checks would answer in other words.
    button.click(
        handlers.draw, list(fields.inputs.values()), None, trigger_mode="multiple", preprocess=False, **_plain("draw")
    )
    _connect(fields, catalog)
    return fields, [status, gallery, preview]


def _connect(fields: form.Form, catalog: Catalog) -> None:
    """Let the chosen model bring its commands and bounds, and the chosen command its inputs."""
    model, command = fields.inputs["model"], fields.inputs["command"]
    changed = [command, *(fields.inputs[name] for name in ("width", "height", "steps", "guidance"))]
    model.change(
        lambda name, chosen: _defaults(catalog[name], chosen),
        [model, command],
        changed,
        **_plain("defaults", "private"),
    )
    fields.inputs["quality"].change(
        lambda quality, name: catalog[name].steps_of(quality),
        [fields.inputs["quality"], model],
        fields.inputs["steps"],
        **_plain("steps", "private"),
    )
    command.change(fields.show, command, fields.changing, preprocess=False, **_plain("show", "private"))


def _defaults(model: ModelSpec, chosen: str) -> tuple[object, ...]:
    """Return what the form's inputs become when `model` is chosen; the command stays where the model can do it."""
    commands = form.offered(model)
    stays = chosen in [name for _, name in commands]
    command = gr.Radio(commands, value=chosen if stays else IMAGINE.name)
    return command, *form.bounds(model).values(), model.steps, model.guidance_scale


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
