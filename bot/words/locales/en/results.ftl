## The page's words about several prompts, looks and earlier results: without variables, as those of web.ftl

web-title-batch = Several prompts
web-prompts = Prompts, one on each line
web-list = or a text file
web-where = or say what to repaint, such as: the hat
web-style = Style
web-style-default = As set for me
web-style-none = No style
web-caption = Words to write on the picture
web-welcome =
    ### What shall I draw?
    /history lists your earlier pictures, /show brings one back.
