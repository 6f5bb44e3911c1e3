## What each command does: at most 100 characters, as Discord allows

command-imagine = Нарисовать картинку по описанию
command-img2img = Перерисовать картинку
command-inpaint = Перерисовать часть картинки: белую на маске или прозрачную
command-outpaint = Дорисовать то, что вокруг картинки
command-mix = Смешать в одну до четырёх картинок и текстов
command-morph = Нарисовать переход от одной картинки или текста к другому
command-variations = Нарисовать картинки, похожие на данную
command-depth = Нарисовать картинку с глубиной другой картинки
command-upscale = Перерисовать картинку вдвое крупнее
command-batch = Нарисовать по картинке на каждый промпт: по одному в строке или текстовым файлом
command-again = Нарисовать прежнюю картинку заново: с другим сидом или вашими изменениями
command-history = Показать, что вы просили в последнее время
command-show = Показать прежнюю картинку по номеру или то, как картинка была сделана
command-full = Показать одну картинку в полном размере
command-files = Прислать картинки файлами
command-parameters = Показать, как картинка была сделана
command-delete = Удалить картинку по номеру, здесь и там, куда она была отправлена
command-report = Пожаловаться на картинку модераторам
command-settings = Показать или изменить то, что действует для вас, этого места или этого сервера
command-styles = Показать стили
command-models = Показать модели и что они умеют
command-stats = Показать, сколько нарисовано, сколько времени это заняло и чего стоило
command-privacy = Показать, выгрузить или удалить то, что о вас хранится
command-audit = Показать, что изменили модераторы и на что поступили жалобы
command-queue = Показать, где в очереди ваши картинки
command-cancel = Остановить вашу последнюю картинку, одну по номеру или все
command-help = Показать, что я умею
command-start = Показать, с чего начать

## What each option takes: at most 75 characters, since its bounds may follow

option-prompt = Что нарисовать
option-negative = Чего на картинке быть не должно
option-size = Ширина x высота в пикселях или соотношение сторон, например 16:9
option-steps = Шаги удаления шума: чем больше, тем дольше и точнее
option-guidance = Насколько строго следовать промпту
option-seed = При том же сиде и настройках картинка та же; -1 — любой сид
option-count = Сколько картинок
option-model = Какая модель рисует
option-image = Картинка
option-mask = Что перерисовать: белым по чёрному, размером с картинку
option-strength = Какая часть рисуется заново, около 0 — совсем немного
option-extend = left, right, top, bottom или all
option-share = Сколько добавить с каждой стороны, в долях картинки
option-ratio = Отношение ширины к высоте целиком, например 16:9
option-parts = Слова в кавычках, с весами: "кошка":0.6 image1:0.4
option-image1 = Картинка
option-image2 = Ещё одна картинка
option-image3 = Третья картинка
option-image4 = Четвёртая картинка
option-frames = Сколько картинок ведут от одного конца к другому
option-map = Картинка — это карта глубины: белое ближе
option-quality = draft — быстро, best — не торопясь
option-exact = Рисовать отдельно, чтобы пиксели каждый раз были одни и те же
option-of = Картинка прежнего задания по её номеру, например 0123456789.2
option-where = Что перерисовать, словами, например: шляпа
option-style = Стиль: /styles покажет их; none — без стиля
option-caption = Слова, которые написать на картинке
option-enhance = Исправить бледные или кричащие цвета
option-prompts = Промпты, по одному в строке
option-list = Текстовый файл с промптами, по одному в строке
option-reason = Что с ней не так
option-name = Какая настройка
option-value = Какое значение задать; пусто — убрать
option-scope = Для кого: me (для вас), here (для этого места) или server
option-action = show (показать), export (выгрузить) или delete (удалить)
option-file = Прислать картинку файлом, без повторного сжатия
option-job = Номер задания или all
option-command = Имя команды, чтобы увидеть её параметры

## The words that an option may be, as Discord offers them: what is typed is the English word, so it is named too

choice-draft = черновик (draft)
choice-normal = обычное (normal)
choice-best = лучшее (best)
choice-me = для меня (me)
choice-here = здесь (here)
choice-server = весь сервер (server)
choice-show = показать (show)
choice-export = выгрузить (export)
choice-delete = удалить (delete)

## The entries of a message's menu: at most 32 characters

menu-img2img = Перерисовать
menu-variations = Вариации
menu-upscale = Увеличить
