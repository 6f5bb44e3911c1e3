"""What the bot needs at any moment is read when it starts: later there may be no descriptor left to open it by."""

import subprocess
import sys

from tests.engine.pictures.sent_pictures import png

WITHOUT_DESCRIPTORS = """
import resource, sys
from bot.surfaces.telegram import sending
from engine.errors import RequestError
from engine.pictures import inputs

resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
print(inputs.weigh(bytes.fromhex(sys.argv[1])), sending.units(sending.shorten("x" * 9, 5)))
try:
    inputs.weigh(b"no picture")
except RequestError as error:
    print(error.code)
"""


def test_pictures_and_lengths_are_looked_at_without_a_descriptor():
    command = [sys.executable, "-c", WITHOUT_DESCRIPTORS, png(16, 16).hex()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.split(), done.stderr) == (["256", "5", "picture_format"], "")
