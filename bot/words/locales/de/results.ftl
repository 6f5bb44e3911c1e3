## The page's words about several prompts, looks and earlier results: without variables, as those of web.ftl

web-title-batch = Mehrere Prompts
web-prompts = Prompts, einer auf jeder Zeile
web-list = oder eine Textdatei
web-where = oder sag, was neu gemalt werden soll, etwa: der Hut
web-style = Stil
web-style-default = Wie für mich eingestellt
web-style-none = Kein Stil
web-caption = Worte, die auf dem Bild stehen sollen
web-welcome =
    ### Was soll ich malen?
    /history listet deine früheren Bilder auf, /show holt eins zurück.
