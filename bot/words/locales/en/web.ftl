## The page's own words: sent to the browser in every language, so without variables

web-tab-chat = Chat
web-tab-form = Form
web-demo-note = The small embedded model **demo** draws here. For Kandinsky itself, set `model = "kandinsky-2-2"` under `[engine]` in `config.toml` and start the bot again.
web-message = Message
web-message-placeholder = A prompt, or /help
web-preview = Preview

## The form

web-generate = Generate
web-answer = Answer
web-model = Model
web-command = What to make
web-prompt = Prompt
web-negative = Negative prompt
web-canvas = Brush what to repaint
web-picture = Picture
web-drop = Click or drop
web-words = or words
web-weight = Weight
web-extend = Draw more on
web-share = Share
web-ratio = or up to this ratio
web-frames = Frames
web-strength = Strength
web-size = Size
web-size-placeholder = as the picture; or 768x512, or 16:9
web-width = Width
web-height = Height
web-quality = Quality
web-quality-info = A draft is quick, the best takes its time
web-steps = Steps
web-guidance = Guidance
web-seed = Seed (-1 for any)
web-count = Count

## The commands as titles

web-title-imagine = Text to picture
web-title-img2img = Picture to picture
web-title-inpaint = Inpaint
web-title-outpaint = Outpaint
web-title-mix = Mix
web-title-morph = Morph
web-title-variations = Variations
web-title-depth = Depth
web-title-upscale = Upscale

## The words that a field may be

web-quality-draft = Draft
web-quality-normal = Normal
web-quality-best = Best
web-side-left = left
web-side-right = right
web-side-top = top
web-side-bottom = bottom
