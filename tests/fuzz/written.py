"""What people may write: words that mean something to a reader, and anything between and around them."""

from hypothesis import strategies as st

from bot.commands.table import COMMANDS
from bot.rules.setting_table import TABLE

FLAGS = sorted({f"--{name}" for command in COMMANDS for it in command.options for name in (it.name, *it.aliases)})
MEANT = (
    *FLAGS, *(f"/{command.name}" for command in COMMANDS), *(setting.name for setting in TABLE),
    "—seed",
    "--file=no", "--seed=7", "--", "-1", "0", "7", "1e9", "9" * 30, "nan", "inf", "٣", "²", "½", "16:9", "768x512",
    "0x0", "1:0", "left,top", "all",
    "none", "photo", "draft", "demo", "kandinsky-2-2", "image1", "picture4", "cat.png",
    '"a cat":0.4', "“", "”", "„", "«", "»", '"', "|", ":", ":0.5", ":.5", ".", ",", "@bot", "=", "\n", "\t", "\r",
    "\x00", "\x1c", "\x85", "\u2028", "\u200b", "\u202e", "a fox", "猫", "кот", "🦊", "👨‍👩‍👧", "e\u0301", "ﷺ",
    "1234567890.2", "everyone", "moderators", "<@&1>", "<#2>", "<@!3>", "here", "yes", "aus", "de-AT", "q=0.5",
    ";", "_", "snake_case", "\u0301\u0323",
)  # fmt: skip
WORDS = st.one_of(st.sampled_from(MEANT), st.text(max_size=12))
# Words side by side, with a blank or with nothing in between.
TEXTS = st.lists(st.tuples(WORDS, st.sampled_from(("", " ", " "))), max_size=14).map(
    lambda pairs: "".join(word + gap for word, gap in pairs)
)
LINES = st.builds("{} {}".format, st.sampled_from([f"/{command.name}" for command in COMMANDS]), TEXTS)
