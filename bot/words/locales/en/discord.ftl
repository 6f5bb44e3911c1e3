## What only Discord says; the entries of a message's menu: at most 32 characters

menu-inpaint = Inpaint
menu-mix = Mix with…
menu-show = Show parameters
error-files-too-large-here = Those files are too large to be sent here: { NUMBER($megabytes, maximumFractionDigits: 1) } MB, at most { $limit } MB are allowed. Full size shows each picture, encoded smaller where it must be.
error-unanswered = The answer may not have reached you: Discord did not take it. Ask again.
