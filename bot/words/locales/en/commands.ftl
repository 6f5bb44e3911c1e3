## What each command does: at most 100 characters, as Discord allows

command-imagine = Draw a picture from words
command-img2img = Draw over a picture
command-inpaint = Repaint a part of a picture: white in the mask, or transparent
command-outpaint = Draw what lies around a picture
command-mix = Mix up to four pictures and texts into one picture
command-morph = Draw the way from one picture or text to another
command-variations = Draw pictures like a picture
command-depth = Draw a picture with the depth of another one
command-upscale = Draw a picture at twice its size
command-batch = Draw several prompts, one picture each: one prompt on each line, or a text file
command-again = Draw an earlier picture once more, with another seed or whatever you change
command-history = List what you asked for lately
command-show = Show an earlier picture by its number, or how a picture was made
command-full = Show one picture at its full size
command-files = Send the pictures as files
command-parameters = Show how a picture was made
command-delete = Delete a picture by its number, here and where it was posted
command-report = Report a picture to the moderators
command-settings = Show or change what holds for you, this place or this server
command-styles = List the styles
command-models = List the models and what they can do
command-stats = Show how much was drawn, how long it took and what it cost
command-privacy = Show, export or delete what is kept about you
command-audit = List what moderators changed and what was reported
command-queue = Show where your pictures stand
command-cancel = Stop your latest picture, one by its number, or all
command-help = Show what can be asked for
command-start = Show how to begin

## What each option takes: at most 75 characters, since its bounds may follow

option-prompt = What to draw
option-negative = What to keep out of the picture
option-size = Width x height in pixels, or a ratio such as 16:9
option-steps = Denoising steps: more is slower and finer
option-guidance = How closely to follow the prompt
option-seed = The same seed and settings draw the same picture; -1 for any
option-count = How many pictures
option-model = Which model draws
option-image = The picture
option-mask = What to repaint, in white on black, of the picture's size
option-strength = How much is drawn anew, near 0 for little
option-extend = left, right, top, bottom, or all
option-share = How much to add on each side, as a share of the picture's
option-ratio = Width to height of the whole, such as 16:9
option-parts = Words in quotation marks, with weights: "a cat":0.6 image1:0.4
option-image1 = A picture to take
option-image2 = Another picture
option-image3 = A third picture
option-image4 = A fourth picture
option-frames = How many pictures lead from one end to the other
option-map = The picture is a depth map: white is near
option-quality = draft is quick, best takes its time
option-exact = Draw alone, for the very same pixels each time
option-of = A picture of an earlier job by its number, such as 0123456789.2
option-where = What to repaint, in words, such as: the hat
option-style = A look: /styles lists them; none for no style
option-caption = Words to write on the picture
option-enhance = Correct pale or glaring colours
option-prompts = The prompts, one on each line
option-list = A text file with one prompt on each line
option-reason = What is wrong with it
option-name = Which setting
option-value = What it is to be; nothing to take it back
option-scope = For whom: me, here (this place) or server
option-action = show, export or delete
option-file = Send the picture as a file, not recompressed
option-job = A job's number, or all
option-command = A command's name, for its options

## The words that an option may be, as Discord offers them: what is typed is the English word, so it is named too

choice-draft = draft
choice-normal = normal
choice-best = best
choice-me = me
choice-here = here
choice-server = server
choice-show = show
choice-export = export
choice-delete = delete

## The entries of a message's menu: at most 32 characters

menu-img2img = Use as init image
menu-variations = Variations
menu-upscale = Upscale

