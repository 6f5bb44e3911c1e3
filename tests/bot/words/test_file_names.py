"""What files are called, and what their names tell."""

import pytest

from bot.words.file_names import file_name, job_in
from engine.events import Picture


@pytest.mark.parametrize("kind", ["png", "gif", "webp", "jpeg"])
def test_a_file_is_named_by_its_job_its_number_and_its_kind_and_the_job_is_read_back(kind):
    name = file_name("01ABC", 2, Picture(b"", f"image/{kind}", 1, 1, 0))
    assert name == f"kandinsky-01ABC-2.{kind}"
    assert job_in(name) == "01ABC"


@pytest.mark.parametrize("name", ["kandinsky-2.png", "fox.png", "kandinsky-01ABC-x.png", "kandinsky-01ABC-1"])
def test_another_file_names_no_job(name):
    assert job_in(name) is None
