## What is said of a job

progress-starting = Starting to draw
progress-next = In the queue{ $eta }{ $state }
progress-waiting = Number { $position } in the queue{ $eta }{ $state }
eta-seconds = , about { $seconds } s
eta-minutes = , about { $minutes } min
state-warming-up = { " " }(the engine is warming up)
state-restarting = { " " }(the engine is restarting)
state-model-missing = { " " }(the engine is missing its model files)
title-pictures = /{ $mode }, { $count ->
    [one] { $count } picture
   *[other] { $count } pictures
}
quote = “{ $text }”
caption-without = without { $words }
caption-seed = seed { $seeds }
caption-steps = { $steps ->
    [one] { $steps } step
   *[other] { $steps } steps
}
caption-guidance = guidance { $guidance }
album-unconfirmed = Telegram did not confirm the album: if it stands above, these are the same pictures.
caption-seconds = { NUMBER($seconds, minimumFractionDigits: 1, maximumFractionDigits: 1) } s
cancelled = Cancelled.
did-you-mean = { $sentence } Did you mean --{ $close }?

## What /queue and /cancel answer

queue-job = { $job }: { $standing } { $title }
queue-none = You have nothing in the queue.
queue-nobody = Nobody is waiting.{ $state }
queue-waiting = { $count ->
    [one] { $count } waiting in all.{ $state }
   *[other] { $count } waiting in all.{ $state }
}
standing-starting = starting
standing-next = next
standing-number = number { $position }{ $eta }
stopped-one = Stopped { $job }: { $title }
stopped-many = { $count ->
    [one] Stopped { $count } picture.
   *[other] Stopped { $count } pictures.
}

## What the worker noted about the pictures, by the keys of the job's notes

note-understood = Understood as “{ $understood }”
note-cut = Too long for the model, not read: “{ $cut }”
note-text-mix = This model mixed the words themselves, not pictures of them.
note-unread = The model does not know many of these words.

## Why a prompt was drawn as it was written

problem-translator-missing = Not translated: the translator's files are not here. The operator can fetch them: kandinsky-bot models download translator
problem-translation-empty = Not translated: the translator found no words for it.

## What is wrong with a model's file

flaw-missing = missing
flaw-unreadable = cut off or damaged
flaw-changed = not what the hub sent
flaw-untested = another file than was tested

## Help and questions

start =
    Hello! Tell me what to draw: /imagine a red circle on a blue background
    /help lists everything you can ask for.
ask-prompt = What shall I draw? Answer this message with your prompt.
ask-picture = Which picture? Answer this message with it, your words below it.
ask-parts = Which things? Answer this message with words in quotation marks, or pictures, such as: "a cat" "a tiger"
prompt-placeholder = a red circle on a blue background
no-words = Write a command, for example: /imagine a red circle. /help lists them all.
no-command = Answer the picture with a command, for example: /img2img a red circle. /help lists them all.
help-hint = /help and a command's name, such as /help imagine, shows its options.
pictures-help = Pictures: send them with the command as caption, or answer a message that has one.
option-bounds = { $help } ({ NUMBER($low, useGrouping: 1) } to { NUMBER($high, useGrouping: 1) })

## What buttons say: at most 30 characters, with a number

button-again = Re-roll
button-edit = Edit prompt
button-variations = Variations
button-upscale = Upscale
button-full = Full size
button-inpaint = Inpaint
button-outpaint = Outpaint
button-mix = Mix with…
button-parameters = Parameters
button-files = Send as file
button-report = Report
button-delete = Delete
button-cancel = Cancel
button-go = Go
button-invert = Invert
button-grow = Grow
button-stop = Cancel

## Results, and what is said of earlier jobs

mask-question = The tinted part will be repainted. Shall I begin?
job-number = Number { $job }
deleted = Deleted { $job }.
no-parameters = That file does not say how the picture was made.
draw-again = Draw it again: { $line }
history-line = { $job }: { $status } { $title }
history-none = You have asked for nothing yet.
history-hint = /show and a number shows it again; /again --of NUMBER draws it once more.
status-held = waits for your word
status-queued = waiting
status-leased = being drawn
status-rendered = drawn
status-posting = being posted
status-posted = done
status-failed = failed
status-cancelled = cancelled
styles-hint = Use one with --style NAME.
styles-none = No styles are set up here.
models-line = { $model }: { $size }, { $steps } steps; { $modes }

## What Telegram shows of the bot: in a chat without messages at most 512 characters, in its profile at most 120

telegram-description =
    I draw pictures with Kandinsky: from your words, over your pictures, or mixed from both.

    Write me /imagine a red circle on a blue background, or /help for everything else.
telegram-short-description = Draws pictures with Kandinsky from your words and your pictures.
promise-broken = I was interrupted before I could do that. Send it again.
