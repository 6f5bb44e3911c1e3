"""Every sentence that a person reads. Plain text: each adapter escapes it for its platform."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from bot.commands import DRAWING_COMMANDS, Command, Option
from engine.dispatcher import EngineState
from engine.errors import EngineError
from engine.jobs import Job, JobStatus, JobUpdate
from engine.requests import AnyRequest

# What went wrong, by the code of `engine.errors`; the facts of the error fill the braces.
ERRORS = MappingProxyType(
    {
        "prompt_empty": "The prompt is empty. Say what to draw, for example: /imagine a red circle",
        "too_long": "The {field} is too long: {length:,} characters, at most {limit:,} are allowed.",
        "out_of_range": "{field} must be between {low:,} and {high:,}; {value} is not.",
        "not_a_choice": "{field} cannot be {value}. Choose from: {known}.",
        "bad_value": "{field} cannot be {value}.",
        "bad_size": "{model} cannot draw {width}x{height}. Each side goes from {low} to {high} pixels in steps of "
        "{multiple}, at most {max_pixels:,} pixels in all; the nearest is {near_width}x{near_height}.",
        "bad_size_words": "{value} is not a size. Give width x height such as {native}x{native}, "
        "or a ratio between 1:8 and 8:1 such as 16:9.",
        "unknown_model": "There is no model {value} here. Choose from: {models}.",
        "no_prompts": "There is no prompt in {file}: write one on each line.",
        "no_output": "Say where to write: -o fox.png, or -o FOLDER together with --file.",
        "not_png": "{file} cannot be written: the file must end in {allowed}.",
        "unreadable": "{file} cannot be read: {reason}.",
        "not_utf8": "{file} is not text in UTF-8.",
        "prompt_and_file": "Give one prompt, or --file with many, not both.",
        "unwritable": "{file} cannot be written: {reason}.",
        "store_in_use": "Another kandinsky-bot already works on {folder}. Stop it, "
        "or set [store] path to another folder.",
        "device_missing": "There is no {device} device here. Set [engine] device to auto or cpu.",
        "unknown_part": "The model has no part {value}. Its parts are: {known}.",
        "unknown_option": "There is no option --{value}. Choose from: {known}.",
        "unknown_command": "There is no command /{value}. Choose from: {known}.",
        "option_without_value": "--{option} needs a value after it.",
        "bad_switch": "--{option} may be yes or no; {value} is neither.",
        "mode_not_supported": "{model} cannot do {mode}. These can: {able}.",
        "missing": "{field} is missing.",
        "wrong_parts": 'Name {low} to {high} things to mix, words or pictures, such as: /mix "a cat":0.6 "a tiger":0.4',
        "wrong_ends": "A morph leads from one thing to another, so it needs two; {count} were given. "
        'For example: /morph "a cat" "a tiger"',
        "weights_sum_to_zero": "All weights are 0, so there is nothing to draw. Give at least one part a weight.",
        "bad_ratio": "{value} is not a ratio between 1:8 and 8:1, such as 16:9.",
        "bad_sides": "{value} is not a side. Choose from: {known}; several with commas.",
        "picture_missing": "/{command} needs a picture: send one with the command, or answer a message that has one.",
        "too_many_pictures": "/{command} takes at most {most} pictures.",
        "no_pictures": "/{command} draws from words alone. /img2img draws over a picture, /variations draws its like.",
        "no_picture_there": "That message has no picture.",
        "download_failed": "The picture {file} could not be fetched. Send it again.",
        "too_large_to_upscale": "The picture would become {width}x{height}; at most {limit} pixels a side are made.",
        "mix_needs_prior": "{model} mixes words only, for it cannot read pictures. These mix pictures too: {able}.",
        "mask_missing": "Say what to repaint: send a mask that is white there, or a picture that is transparent there.",
        "outpaint_size": "The picture grows to {width}x{height} here: leave the size out, or give that one.",
        "depth_missing": "No model that estimates depth is set up here. Send a depth map instead of a picture, "
        "or set [engine.repositories] depth to such a model.",
        "spandrel_missing": "The upscaler's file needs the spandrel library: pip install 'kandinsky-bot[upscaler]'",
        "upscaler_unusable": "The upscaler's file {file} is not usable: {reason}.",
        "queue_full": "The queue is full: {waiting} of at most {limit} are waiting. Try again when some are done.",
        "server_queue_full": "{waiting} pictures of this server are waiting, at most {limit} may. Try again later.",
        "queue_too_long": "The queue is {minutes} minutes long, at most {limit} are allowed. Try again later.",
        "owner_queue_full": "You have {waiting} pictures waiting, at most {limit} are allowed. "
        "Try again when one is done, or stop some with /cancel.",
        "no_job": "You have nothing waiting or running.",
        "not_your_job": "There is no job {value} of yours that is waiting or running.",
        "out_of_memory": "That picture is too large for this machine's memory. Try a smaller size or a lower count.",
        "too_large_for_device": "That picture is too large for this machine's memory. "
        "{near_width}x{near_height} would fit: ask again with --size {near_width}x{near_height}",
        "device_too_small": "{model} needs {needed_gib} GiB of GPU memory at the very least, and {free_gib} GiB are "
        "free. What would fit: {models}.",
        "no_full_size": "{model} has no full size to fill with random weights. Leave out --random-weights.",
        "quantisation_missing": "Weights can be kept as {value} only on an NVIDIA GPU, with bitsandbytes installed: "
        "pip install bitsandbytes",
        "worker_lost": "The picture engine stopped again and again while drawing this, so it was given up. "
        "Try it again, perhaps smaller.",
        "model_missing": "The model's files in {repository} are missing or not usable ({reason}). "
        "kandinsky-bot doctor says how to get them.",
        "disk_full": "The download needs {needed_gib:.1f} GiB more, and {folder} has {free_gib:.1f} GiB free. "
        "Make room, or set HF_HOME to a folder on a larger disk.",
        "disk_filled": "The disk of {folder} filled up during the download. "
        "Make room and run it again: whole files stay.",
        "hub_unreachable": "The hub at {endpoint} cannot be reached ({reason}). "
        "Check the network and run it again: whole files stay.",
        "not_on_hub": "The hub does not show {repository} at revision {revision}. If it wants a login: hf auth login",
        "no_safetensors": "{repository} at revision {revision} keeps its weights as pickles, "
        "which can hold any program. The bot loads safetensors only.",
        "load_failed": "The model could not be loaded ({kind}). The operator finds the details in the log.",
        "store_failed": "The machine cannot write to its disk now. Its operator finds the details in the log.",
        "store_unusable": "The folder {folder} cannot be used: {reason}. Mend it, or set [store] path to another one.",
        "picture_damaged": "The picture was drawn, but its file is gone from the machine's disk. Try it again.",
        "picture_too_large": "The picture is too large to be posted here: {limit_bytes:,} bytes are allowed.",
        "picture_format": "That file is not a picture that can be read here. Send one of these: {formats}.",
        "picture_unreadable": "That picture is damaged or incomplete. Send it again, as one of these: {formats}.",
        "picture_too_big_file": "That file is too large: {megabytes:.1f} MB, at most {limit} MB are allowed.",
        "picture_too_many_pixels": "That picture has too many pixels: at most {limit} megapixels are allowed.",
        "picture_too_small": "That picture is too small: {width}x{height} pixels, each side needs at least {low}.",
        "picture_ratio": "That picture is too long and narrow: {width}x{height} pixels. "
        "A ratio between 1:{limit} and {limit}:1 is allowed.",
        "mask_size": "The mask is {mask_width}x{mask_height} pixels, but its picture is {width}x{height}: "
        "both must have the same size.",
        "mask_empty": "The mask marks nothing to repaint. Paint white what is to change, and leave the rest black; "
        "or erase it, so that it is transparent; or scribble over it in a colour that stands out.",
        "mask_full": "The mask marks everything, so nothing of the picture would be kept. "
        "Leave a part of it out, or use /imagine or /img2img instead.",
        "scribble_size": "The painted picture has another shape ({width}x{height} pixels) than the original "
        "({original_width}x{original_height}). Paint over the whole picture, without cropping or turning it.",
        "outpaint_nowhere": "Say where the picture is to grow: left, right, top or bottom, or to a ratio such as 16:9.",
        "outpaint_ratio": "The picture would become too long and narrow. "
        "A ratio between 1:{limit} and {limit}:1 is allowed.",
        "outpaint_nothing": "There is nothing to add: the picture of {width}x{height} pixels already has that ratio, "
        "or is as near to it as the model can draw.",
        "undeliverable": "The picture could not be posted: {reason}.",
        "render_failed": "Something went wrong while drawing this. The operator finds the details in the log.",
        "engine_error": "Something went wrong here. The operator finds the details in the log.",
    }
)

# Why a prompt was drawn as it was written, by the code of `engine.language.Understood`.
PROMPT_PROBLEMS = MappingProxyType(
    {
        "translator_missing": "Not translated: the translator's files are not here. "
        "The operator can fetch them: kandinsky-bot models download translator",
        "translation_empty": "Not translated: the translator found no words for it.",
    }
)
# What is wrong with a model's file, by the kind of `engine.hub.Flaw`.
FLAWS = MappingProxyType(
    {
        "missing": "missing",
        "unreadable": "cut off or damaged",
        "changed": "not what the hub sent",
    }
)

COMMAND_HELP = MappingProxyType(
    {
        "imagine": "Draw a picture from words",
        "img2img": "Draw over a picture",
        "inpaint": "Repaint a part of a picture: white in the mask, or transparent",
        "outpaint": "Draw what lies around a picture",
        "mix": "Mix up to four pictures and texts into one picture",
        "morph": "Draw the way from one picture or text to another",
        "variations": "Draw pictures like a picture",
        "depth": "Draw a picture with the depth of another one",
        "upscale": "Draw a picture at twice its size",
        "queue": "Show where your pictures stand",
        "cancel": "Stop your latest picture, one by its number, or all",
        "help": "Show what can be asked for",
        "start": "Show how to begin",
    }
)
OPTION_HELP = MappingProxyType(
    {
        "prompt": "What to draw",
        "negative": "What to keep out of the picture",
        "size": "Width x height in pixels, or a ratio such as 16:9",
        "steps": "Denoising steps: more is slower and finer",
        "guidance": "How closely to follow the prompt",
        "seed": "The same seed and settings draw the same picture; -1 for any",
        "count": "How many pictures",
        "model": "Which model draws",
        "image": "The picture",
        "mask": "What to repaint, in white on black, of the picture's size",
        "strength": "How much is drawn anew, near 0 for little",
        "extend": "left, right, top, bottom, or all",
        "share": "How much to add on each side, as a share of the picture's",
        "ratio": "Width to height of the whole, such as 16:9",
        "parts": 'Words in quotation marks, with weights: "a cat":0.6 image1:0.4',
        "image1": "A picture to take",
        "image2": "Another picture",
        "image3": "A third picture",
        "image4": "A fourth picture",
        "frames": "How many pictures lead from one end to the other",
        "map": "The picture is a depth map: white is near",
        "quality": "draft is quick, best takes its time",
        "exact": "Draw alone, for the very same pixels each time",
        "file": "Send the picture as a file, not recompressed",
        "job": "A job's number, or all",
        "command": "A command's name, for its options",
    }
)

# What the worker noted about the pictures, by its key in `Job.notes`.
NOTES = MappingProxyType(
    {
        "understood": "Understood as “{understood}”",
        "cut": "Too long for the model, not read: “{cut}”",
        "text_mix": "This model mixed the words themselves, not pictures of them.",
        "unread": "The model does not know many of these words.",
    }
)

START = (
    "Hello! Tell me what to draw: /imagine a red circle on a blue background\n/help lists everything you can ask for."
)
# What a bare command is answered with, as a question.
ASK_PROMPT = "What shall I draw? Answer this message with your prompt."
ASK_PICTURE = "Which picture? Answer this message with it, your words below it."
ASK_PARTS = 'Which things? Answer this message with words in quotation marks, or pictures, such as: "a cat" "a tiger"'
PROMPT_PLACEHOLDER = "a red circle on a blue background"
NO_WORDS = "Write a command, for example: /imagine a red circle. /help lists them all."
NO_COMMAND = "Answer the picture with a command, for example: /img2img a red circle. /help lists them all."
# The entries of a message's menu, by the command behind them.
MENU = MappingProxyType({"img2img": "Use as init image", "variations": "Variations", "upscale": "Upscale"})
HELP_HINT = "/help and a command's name, such as /help imagine, shows its options."
PICTURES_HELP = "Pictures: send them with the command as caption, or answer a message that has one."
# An error names a request's field; a person knows it as the option in front of it.
_OPTION_NAMES = MappingProxyType(
    {option.field: option.name for command in DRAWING_COMMANDS for option in command.options if option.field}
)
_STEPS_IN_BAR = 10
_VALUE_SHOWN = 80
_NOTE_SHOWN = 200
_STATES = MappingProxyType(
    {
        EngineState.WARMING_UP: "warming up",
        EngineState.RESTARTING: "restarting",
        EngineState.MODEL_MISSING: "missing its model files",
    }
)


def error(problem: EngineError) -> str:
    """Say what went wrong and what is allowed, in one sentence or two."""
    facts = {name: _fact(name, value) for name, value in problem.facts.items()}
    sentence = ERRORS.get(problem.code, ERRORS["engine_error"]).format_map(facts)
    close = problem.facts.get("close")
    return f"{sentence} Did you mean --{close}?" if close else sentence


def progress(update: JobUpdate, state: EngineState) -> str:
    """Say where a waiting or running job stands."""
    if update.job.status is JobStatus.LEASED and update.total:
        return f"{title(update.job.request)}\n{bar(update.step, update.total)}"
    if update.job.status is JobStatus.LEASED:
        return f"{title(update.job.request)}\nStarting to draw"
    place = f"Number {update.position} in the queue" if update.position else "In the queue"
    return f"{title(update.job.request)}\n{place}{eta(update.eta_s)}{_state(state)}"


def bar(step: int, total: int) -> str:
    """Draw a progress bar with its percentage."""
    done = step * _STEPS_IN_BAR // total
    return f"{'▰' * done}{'▱' * (_STEPS_IN_BAR - done)} {step * 100 // total} %"


def eta(seconds: tuple[float, float] | None) -> str:
    """Say about how long it takes, from and to, or nothing while nobody knows."""
    unit, size = ("min", 60) if seconds and seconds[1] >= 90 else ("s", 1)
    ends = dict.fromkeys(str(max(1, round(end / size))) for end in seconds or ())
    return f", about {'-'.join(ends)} {unit}" if ends else ""


def caption(job: Job) -> str:
    """Describe finished pictures: the prompt, and everything needed to make them again."""
    without = f"\nwithout {quote(job.request.negative_prompt)}" if job.request.negative_prompt else ""
    return "\n".join([f"{title(job.request)}{without}", *notes(job), parameters(job)])


def notes(job: Job) -> list[str]:
    """Say, a line each, what the worker noted about the pictures."""
    noted = {name: _fact(name, value) for name, value in job.notes.items() if value}
    lines = [sentence.format_map(noted) for name, sentence in NOTES.items() if name in noted]
    return [*lines, PROMPT_PROBLEMS[str(noted["problem"])]] if noted.get("problem") in PROMPT_PROBLEMS else lines


def parameters(job: Job) -> str:
    """List on one line what else went into the pictures, and the seconds on the device."""
    request = job.request
    parts = [
        f"seed {', '.join(str(seed) for seed in request.seeds())}",
        f"{request.width}x{request.height}",
        f"{request.steps} steps",
        f"guidance {request.guidance_scale:g}",
        request.model,
    ]
    return " · ".join([*parts, *([f"{job.seconds:.1f} s"] if job.seconds is not None else [])])


def ended(job: Job) -> str:
    """Say how a job ended that made no pictures."""
    prompt = title(job.request)
    if job.status is JobStatus.CANCELLED:
        return f"{prompt}\nCancelled."
    return f"{prompt}\n{error(EngineError(job.error, **job.facts))}"


def queue(mine: Sequence[JobUpdate], waiting: int, state: EngineState) -> str:
    """List a person's own jobs and the length of the queue."""
    lines = [f"{update.job.id}: {_standing(update)} {title(update.job.request, 60)}" for update in mine]
    total = f"{waiting} waiting in all." if waiting else "Nobody is waiting."
    return "\n".join([*(lines or ["You have nothing in the queue."]), total + _state(state)])


def cancelled(jobs: Sequence[Job]) -> str:
    """Confirm what was stopped."""
    if len(jobs) == 1:
        return f"Stopped {jobs[0].id}: {title(jobs[0].request, 60)}"
    return f"Stopped {len(jobs)} pictures."


def option_help(command: Command, option: Option) -> str:
    """Describe an option with its bounds, short enough for Discord's 100 characters."""
    bounds = command.limits(option)
    return OPTION_HELP[option.name] + (f" ({bounds[0]:,} to {bounds[1]:,})" if bounds else "")


def title(request: AnyRequest, limit: int = 300) -> str:
    """Name what was asked for: the words, or, where there are none, the command and the number of its pictures."""
    if words := " + ".join(request.texts()):
        return quote(words, limit)
    return f"/{request.mode}, {len(request.pictures())} picture{'s' * (len(request.pictures()) != 1)}"


def quote(text: str, limit: int = 300) -> str:
    """Quote a person's words on one line, cut to `limit` characters."""
    return f"“{_cut(text, limit)}”"


def _cut(text: str, limit: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _standing(update: JobUpdate) -> str:
    if update.job.status is JobStatus.LEASED:
        return bar(update.step, update.total) if update.total else "starting"
    return f"number {update.position}{eta(update.eta_s)}" if update.position else "next"


def _state(state: EngineState) -> str:
    return "" if state is EngineState.READY else f" (the engine is {_STATES[state]})"


def _fact(name: str, value: object) -> object:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    if name in NOTES:
        return _cut(str(value), _NOTE_SHOWN)
    if name == "field":
        return _OPTION_NAMES.get(str(value), value)
    if name != "value" or not isinstance(value, str):
        return value
    return value if value.isalnum() and len(value) <= _VALUE_SHOWN else quote(value, _VALUE_SHOWN)
