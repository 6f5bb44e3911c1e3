## What went wrong, by the codes of the engine's errors; their facts are the variables

error-prompt-empty = The prompt is empty. Say what to draw, for example: /imagine a red circle
error-too-long = The { $field } is too long: { NUMBER($length, useGrouping: 1) } characters, at most { NUMBER($limit, useGrouping: 1) } are allowed.
error-caption-too-long = The caption does not fit legibly onto { $width }x{ $height } pixels: about { $limit } characters would.
error-caption-unwritable = No font here has these characters of the caption: { $characters }
error-out-of-range = { $field } must be between { NUMBER($low, useGrouping: 1) } and { NUMBER($high, useGrouping: 1) }; { $value } is not.
error-not-a-choice = { $field } cannot be { $value }. Choose from: { $known }.
error-bad-value = { $field } cannot be { $value }.
error-bad-size = { $model } cannot draw { $width }x{ $height }. Each side goes from { $low } to { $high } pixels in steps of { $multiple }, at most { NUMBER($max_pixels, useGrouping: 1) } pixels in all; the nearest is { $near_width }x{ $near_height }.
error-bad-size-words = { $value } is not a size. Give width x height such as { $native }x{ $native }, or a ratio between 1:{ $limit } and { $limit }:1 such as 16:9.
error-unknown-model = There is no model { $value } here. Choose from: { $models }.
error-no-prompts = There is no prompt in { $file }: write one on each line.
error-no-output = Say where to write: -o fox.png, or -o FOLDER together with --file.
error-not-png = { $file } cannot be written: the file must end in { $allowed }.
error-unreadable = { $file } cannot be read: { $reason }.
error-not-utf8 = { $file } is not text in UTF-8.
error-prompt-and-file = Give one prompt, or --file with many, not both.
error-unwritable = { $file } cannot be written: { $reason }.
error-store-in-use = Another kandinsky-bot already works on { $folder }. Stop it, or set [store] path to another folder.
error-device-missing = There is no { $device } device here. Set [engine] device to auto or cpu.
error-unknown-part = The model has no part { $value }. Its parts are: { $known }.
error-unknown-option = There is no option --{ $value }. Choose from: { $known }.
error-unknown-command = There is no command /{ $value }. Choose from: { $known }.
error-option-without-value = --{ $option } needs a value after it.
error-bad-switch = --{ $option } may be yes or no; { $value } is neither.
error-mode-not-supported = { $model } cannot do { $mode }. These can: { $able }.
error-missing = { $field } is missing.
error-wrong-parts = Name { $low } to { $high } things to mix, words or pictures, such as: /mix "a cat":0.6 "a tiger":0.4
error-wrong-ends = A morph leads from one thing to another, so it needs two; { $count } were given. For example: /morph "a cat" "a tiger"
error-weights-sum-to-zero = All weights are 0, so there is nothing to draw. Give at least one part a weight.
error-bad-ratio = { $value } is not a ratio between 1:{ $limit } and { $limit }:1, such as 16:9.
error-bad-sides = { $value } is not a side. Choose from: { $known }; several with commas.
error-picture-missing = /{ $command } needs a picture: send one with the command, or answer a message that has one.
error-too-many-pictures = { $most ->
    [one] /{ $command } takes at most { $most } picture.
   *[other] /{ $command } takes at most { $most } pictures.
}
error-no-pictures = /{ $command } draws from words alone. /img2img draws over a picture, /variations draws its like.
error-no-picture-there = That message has no picture.
error-download-failed = The picture { $file } could not be fetched. Send it again.
error-too-large-to-upscale = The picture would become { $width }x{ $height }; at most { $limit } pixels a side are made.
error-mix-needs-prior = { $model } mixes words only, for it cannot read pictures. These mix pictures too: { $able }.
error-mask-missing = Say what to repaint: send a mask that is white there, or a picture that is transparent there.
error-outpaint-size = The picture grows to { $width }x{ $height } here: leave the size out, or give that one.
error-depth-missing = No model that estimates depth is set up here. Send a depth map instead of a picture, or set [engine.repositories] depth to such a model.
error-spandrel-missing = The upscaler's file needs the spandrel library: pip install 'kandinsky-bot[upscaler]'
error-upscaler-unusable = The upscaler's file { $file } is not usable: { $reason }.
error-queue-full = The queue is full: { $waiting } of at most { $limit } are waiting. Try again when some are done.
error-owner-queue-full = { $waiting ->
    [one] You have { $waiting } picture waiting
   *[other] You have { $waiting } pictures waiting
}, at most { $limit } are allowed. Try again when one is done, or stop some with /cancel.
error-no-job = You have nothing waiting or running.
error-not-your-job = There is no job { $value } of yours that is waiting or running.
error-out-of-memory = That picture is too large for this machine's memory. Try a smaller size or a lower count.
error-too-large-for-device = That picture is too large for this machine's memory. { $near_width }x{ $near_height } would fit: ask again with --size { $near_width }x{ $near_height }
error-device-too-small = { $model } needs { $needed_gib } GiB of GPU memory at the very least, and { $free_gib } GiB are free. What would fit: { $models }.
error-no-full-size = { $model } has no full size to fill with random weights. Leave out --random-weights.
error-no-stock = { $model } cannot be measured: diffusers has no pipeline to compare it with.
error-quantisation-missing = Weights can be kept as { $value } only on an NVIDIA GPU, with bitsandbytes installed: pip install bitsandbytes
error-worker-lost = The picture engine stopped again and again while drawing this, so it was given up. Try it again, perhaps smaller.
error-model-missing = The model's files in { $repository } are missing or not usable ({ $reason }). kandinsky-bot doctor says how to get them.
error-disk-full = The download needs { NUMBER($needed_gib, minimumFractionDigits: 1, maximumFractionDigits: 1) } GiB more, and { $folder } has { NUMBER($free_gib, minimumFractionDigits: 1, maximumFractionDigits: 1) } GiB free. Make room, or set HF_HOME to a folder on a larger disk.
error-disk-filled = The disk of { $folder } filled up during the download. Make room and run it again: whole files stay.
error-hub-unreachable = The hub at { $endpoint } cannot be reached ({ $reason }). Check the network and run it again: whole files stay.
error-not-on-hub = The hub does not show { $repository } at revision { $revision }. If it wants a login: hf auth login
error-no-safetensors = { $repository } at revision { $revision } keeps its weights as pickles, which can hold any program. The bot loads safetensors only.
error-load-failed = The model could not be loaded ({ $kind }). The operator finds the details in the log.
error-store-failed = The machine cannot write to its disk now. Its operator finds the details in the log.
error-store-unusable = The folder { $folder } cannot be used: { $reason }. Mend it, or set [store] path to another one.
error-picture-damaged = The picture was drawn, but its file is gone from the machine's disk. Try it again.
error-picture-too-large = The picture is too large to be posted here: { NUMBER($limit_bytes, useGrouping: 1) } bytes are allowed.
error-picture-format = That file is not a picture that can be read here. Send one of these: { $formats }.
error-picture-unreadable = That picture is damaged or incomplete. Send it again, as one of these: { $formats }.
error-picture-too-big-file = That file is too large: { NUMBER($megabytes, minimumFractionDigits: 1, maximumFractionDigits: 1) } MB, at most { $limit } MB are allowed.
error-picture-too-many-pixels = That picture has too many pixels: at most { $limit } megapixels are allowed.
error-picture-too-small = That picture is too small: { $width }x{ $height } pixels, each side needs at least { $low }.
error-picture-ratio = That picture is too long and narrow: { $width }x{ $height } pixels. A ratio between 1:{ $limit } and { $limit }:1 is allowed.
error-mask-size = The mask is { $mask_width }x{ $mask_height } pixels, but its picture is { $width }x{ $height }: both must have the same size.
error-mask-empty = The mask marks nothing to repaint. Paint white what is to change, and leave the rest black; or erase it, so that it is transparent; or scribble over it in a colour that stands out.
error-mask-full = The mask marks everything, so nothing of the picture would be kept. Leave a part of it out, or use /imagine or /img2img instead.
error-segmenter-missing = No model that finds things in pictures is set up here. Send a mask, or scribble over the picture. Who runs the bot can set [engine] segmenter.
error-segment-nothing = There is nothing in the picture that looks like { $value }. Try other words, or send a mask.
error-input-refused = The picture check of this bot took a picture that you sent for one that not everybody wants to see, so nothing was drawn from it. Send another one.
error-output-refused = The picture was drawn, but the check took it for one that not everybody wants to see, so it is not shown. Try other words or another seed.
error-unknown-labels = The picture check has no label { $value }. The labels of { $repository } are: { $known }. Set [safety] labels.
error-scribble-size = The painted picture has another shape ({ $width }x{ $height } pixels) than the original ({ $original_width }x{ $original_height }). Paint over the whole picture, without cropping or turning it.
error-outpaint-nowhere = Say where the picture is to grow: left, right, top or bottom, or to a ratio such as 16:9.
error-outpaint-ratio = The picture would become too long and narrow. A ratio between 1:{ $limit } and { $limit }:1 is allowed.
error-outpaint-nothing = There is nothing to add: the picture of { $width }x{ $height } pixels already has that ratio, or is as near to it as the model can draw.
error-undeliverable = The picture could not be posted: { $reason }.
error-render-failed = Something went wrong while drawing this. The operator finds the details in the log.
error-engine-error = Something went wrong here. The operator finds the details in the log.
error-button-unknown = That button is of an older kind. Ask again with a command.
error-job-unknown = There is no job { $value } here. /history lists yours.
error-job-without-pictures = { $value } has no pictures to show.
error-job-not-ended = { $value } is not over yet. Stop it first with /cancel.
error-not-yours-to-delete = { $value } can be deleted by its owner and by moderators.
error-not-your-mask = This mask is for the person who asked.
error-mask-decided = This mask was decided on already.
error-show-what = Say what to show: /show and a number from /history, or send a picture with it.
error-unknown-style = There is no style { $value } here. Choose from: { $known }.
error-wrong-prompts = Write { $low } to { $limit } prompts, one on each line, or send them as a text file; { $count } were given.
error-server-queue-full = { $waiting } pictures of this server are waiting, at most { $limit } may. Try again later.
error-queue-too-long = The queue is { $minutes } minutes long, at most { $limit } are allowed. Try again later.
error-newcomers-full = Newcomers have { NUMBER($waiting, useGrouping: 1) } requests waiting, which is all that they may have together. Try again when some are done.
error-address-queue-full = { $waiting ->
    [one] { $waiting } request is waiting from your network address
   *[other] { $waiting } requests are waiting from your network address
}, at most { $limit } may. Try again when one is done.
error-too-many-attempts = Too many attempts. Try again in { $seconds } s.
error-too-many-uploads = Too many files at once. Try again in { $seconds } s.
