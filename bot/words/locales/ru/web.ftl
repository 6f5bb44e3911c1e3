## The page's own words: sent to the browser in every language, so without variables

web-tab-chat = Чат
web-tab-form = Форма
web-demo-note = Здесь рисует маленькая встроенная модель **demo**. Чтобы рисовал сам Kandinsky, укажите `model = "kandinsky-2-2"` в разделе `[engine]` файла `config.toml` и перезапустите бота.
web-message = Сообщение
web-message-placeholder = Промпт или /help
web-preview = Предпросмотр

## The form

web-generate = Нарисовать
web-answer = Ответ
web-model = Модель
web-command = Что сделать
web-prompt = Промпт
web-negative = Негативный промпт
web-canvas = Что перерисовать
web-picture = Картинка
web-drop = Выбрать файл
web-words = или слова
web-weight = Вес
web-extend = Дорисовать
web-share = Доля
web-ratio = или до этого соотношения сторон
web-frames = Кадры
web-strength = Сила
web-size = Размер
web-size-placeholder = как у картинки; или 768x512, или 16:9
web-width = Ширина
web-height = Высота
web-quality = Качество
web-quality-info = Черновик — быстро, лучшее — не торопясь
web-steps = Шаги
web-guidance = Guidance
web-seed = Сид (-1 — любой)
web-count = Количество

## The commands as titles

web-title-imagine = Текст в картинку
web-title-img2img = Картинка в картинку
web-title-inpaint = Перерисовать часть
web-title-outpaint = Дорисовать вокруг
web-title-mix = Смешать
web-title-morph = Переход
web-title-variations = Вариации
web-title-depth = Глубина
web-title-upscale = Увеличить

## The words that a field may be

web-quality-draft = Черновик
web-quality-normal = Обычное
web-quality-best = Лучшее
web-side-left = слева
web-side-right = справа
web-side-top = сверху
web-side-bottom = снизу
