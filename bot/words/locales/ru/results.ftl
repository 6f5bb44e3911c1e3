## The page's words about several prompts, looks and earlier results: without variables, as those of web.ftl

web-title-batch = Несколько запросов
web-prompts = Запросы, по одному на строке
web-list = или текстовый файл
web-where = или скажите, что перерисовать, например: шляпа
web-style = Стиль
web-style-default = Как в моих настройках
web-style-none = Без стиля
web-caption = Надпись на картинке
web-welcome =
    ### Что нарисовать?
    /history показывает ваши прежние картинки, /show возвращает одну из них.
