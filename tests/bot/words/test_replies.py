"""What people read about finished pictures."""

import pytest

from bot.words import replies
from bot.words.localisation import say
from engine.jobs import Job, JobStatus
from engine.requests import Text2Image

REQUEST = Text2Image(model="demo", prompt="a fox", width=64, height=64, steps=2, guidance_scale=4.0, seed=7)


def job(**notes: object) -> Job:
    return Job("1", REQUEST, "me", "here", "web", "k", {}, JobStatus.POSTED, 1, 0.0, notes=notes)


@pytest.mark.parametrize(
    ("notes", "lines"),
    [
        ({}, []),
        ({"nobody": "knows this"}, []),
        ({"cut": ""}, []),
        ({"understood": "ein {Fuchs}"}, ["Understood as “ein {Fuchs}”"]),
        ({"cut": ["with", "hats"]}, ["Too long for the model, not read: “with, hats”"]),
        ({"problem": "translation_empty"}, [say('problem-translation-empty')]),
        ({"problem": "nobody knows this"}, []),
        ({"unread": True}, ["The model does not know many of these words."]),
        ({"text_mix": True}, ["This model mixed the words themselves, not pictures of them."]),
    ],
)  # fmt: skip
def test_what_the_worker_noted_stands_in_the_caption_in_front_of_the_parameters(notes, lines):
    caption = replies.caption(job(**notes)).splitlines()
    assert caption == ["“a fox”", *lines, "seed 7 · 64x64 · 2 steps · guidance 4 · demo"]


def test_a_long_note_is_cut():
    [line] = replies.notes(job(cut="word\n" * 100))
    assert len(line) < 250
    assert line.endswith("…”")
