"""What was written can be written down, whatever it was."""

from bot.commands.characters import clean, clean_json, cleaned
from bot.commands.table import IMAGINE, Invocation, Upload
from bot.words.apology import apology
from engine.errors import RequestError

HALF = "\ud83d"
WHOLE = "a fox 🦊, лиса, 狐狸"


def test_a_half_character_becomes_a_question_mark_and_all_others_stay():
    assert clean(f"{HALF}{WHOLE}{HALF}") == f"?{WHOLE}?"


def test_a_command_is_cleaned_whatever_its_options_are():
    image = Upload("a.png", b"")
    invocation = Invocation(IMAGINE, {"prompt": f"{HALF} fox", "steps": 7, "image": image})
    assert cleaned(invocation).options == {"prompt": "? fox", "steps": 7, "image": image}


def test_what_json_said_stays_what_it_was():
    update = {"update_id": 7, "message": {"text": WHOLE, "entities": [{"offset": 0}], "is_bot": False, "chat": None}}
    assert clean_json(update) is update


def test_half_characters_are_found_however_deep_they_are():
    assert clean_json({"message": [{"text": f"/imagine {HALF}"}]}) == {"message": [{"text": "/imagine ?"}]}


def test_a_sentence_that_quotes_one_can_be_said():
    assert "“?”" in apology(RequestError("unknown_command", value=HALF, known=["imagine"]), "telegram")
