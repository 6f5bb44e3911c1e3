## What is said of a job

progress-starting = Начинаю рисовать
progress-next = В очереди{ $eta }{ $state }
progress-waiting = В очереди под номером { $position }{ $eta }{ $state }
eta-seconds = , примерно { $seconds } с
eta-minutes = , примерно { $minutes } мин
state-warming-up = { " " }(движок прогревается)
state-restarting = { " " }(движок перезапускается)
state-model-missing = { " " }(движку не хватает файлов модели)
title-pictures = /{ $mode }, { $count ->
    [one] { $count } картинка
    [few] { $count } картинки
    [many] { $count } картинок
   *[other] { $count } картинки
}
quote = «{ $text }»
caption-without = без { $words }
caption-seed = сид { $seeds }
caption-steps = { $steps ->
    [one] { $steps } шаг
    [few] { $steps } шага
    [many] { $steps } шагов
   *[other] { $steps } шага
}
caption-guidance = guidance { $guidance }
album-unconfirmed = Telegram не подтвердил альбом: если он уже есть выше, это те же картинки.
caption-seconds = { NUMBER($seconds, minimumFractionDigits: 1, maximumFractionDigits: 1) } с
cancelled = Отменено.
did-you-mean = { $sentence } Может быть, --{ $close }?

## What /queue and /cancel answer

queue-job = { $job }: { $standing } { $title }
queue-none = У вас ничего нет в очереди.
queue-nobody = Никто не ждёт.{ $state }
queue-waiting = { $count ->
    [one] Всего в очереди { $count } задание.{ $state }
    [few] Всего в очереди { $count } задания.{ $state }
    [many] Всего в очереди { $count } заданий.{ $state }
   *[other] Всего в очереди { $count } задания.{ $state }
}
standing-starting = начинается
standing-next = следующее
standing-number = номер { $position }{ $eta }
stopped-one = Остановлено { $job }: { $title }
stopped-many = { $count ->
    [one] Остановлена { $count } картинка.
    [few] Остановлены { $count } картинки.
    [many] Остановлено { $count } картинок.
   *[other] Остановлено { $count } картинки.
}

## What the worker noted about the pictures, by the keys of the job's notes

note-understood = Понято как «{ $understood }»
note-cut = Слишком длинно для модели, не прочитано: «{ $cut }»
note-text-mix = Эта модель смешала сами слова, а не картинки по ним.
note-unread = Многих из этих слов модель не знает.

## Why a prompt was drawn as it was written

problem-translator-missing = Не переведено: файлов переводчика здесь нет. Владелец бота может их загрузить: kandinsky-bot models download translator
problem-translation-empty = Не переведено: переводчик не нашёл для этого слов.

## What is wrong with a model's file

flaw-missing = отсутствует
flaw-unreadable = обрезан или повреждён
flaw-changed = не тот, что прислал хаб
flaw-untested = не тот файл, с которым проводились проверки

## Help and questions

start =
    Здравствуйте! Напишите, что нарисовать: /imagine красный круг на синем фоне
    /help покажет всё, о чём можно попросить.
ask-prompt = Что нарисовать? Ответьте на это сообщение промптом.
ask-picture = Какую картинку взять? Ответьте ею на это сообщение, а слова напишите в подписи.
ask-parts = Что взять? Ответьте на это сообщение словами в кавычках или картинками, например: "кошка" "тигр"
prompt-placeholder = красный круг на синем фоне
no-words = Напишите команду, например: /imagine красный круг. /help покажет их все.
no-command = Ответьте на картинку командой, например: /img2img красный круг. /help покажет их все.
help-hint = /help с именем команды, например /help imagine, покажет её параметры.
pictures-help = Картинки: пришлите их с командой в подписи или ответьте на сообщение с картинкой.
option-bounds = { $help } (от { NUMBER($low, useGrouping: 1) } до { NUMBER($high, useGrouping: 1) })

## What buttons say: at most 30 characters, with a number

button-again = Ещё раз
button-edit = Изменить промпт
button-variations = Вариации
button-upscale = Увеличить
button-full = Полный размер
button-inpaint = Перерисовать часть
button-outpaint = Дорисовать вокруг
button-mix = Смешать с…
button-parameters = Параметры
button-files = Прислать файлом
button-report = Пожаловаться
button-delete = Удалить
button-cancel = Отменить
button-go = Начать
button-invert = Обратить
button-grow = Расширить
button-stop = Отменить

## Results, and what is said of earlier jobs

mask-question = Закрашенная часть будет перерисована. Начинать?
job-number = Номер { $job }
deleted = Удалено: { $job }.
no-parameters = В этом файле не сказано, как картинка была сделана.
draw-again = Нарисовать ещё раз: { $line }
history-line = { $job }: { $status } { $title }
history-none = Вы ещё ни о чём не просили.
history-hint = /show с номером покажет это снова, /again --of НОМЕР нарисует ещё раз.
status-held = ждёт вашего ответа
status-queued = в очереди
status-leased = рисуется
status-rendered = нарисовано
status-posting = отправляется
status-posted = готово
status-failed = не удалось
status-cancelled = отменено
styles-hint = Выберите стиль: --style ИМЯ.
styles-none = Стили здесь не настроены.
models-line = { $model }: { $size }, шагов: { $steps }; { $modes }

## What Telegram shows of the bot: in a chat without messages at most 512 characters, in its profile at most 120

telegram-description =
    Я рисую картинки с помощью Kandinsky: по вашим словам, поверх ваших картинок или смешивая то и другое.

    Напишите мне /imagine красный круг на синем фоне или /help, чтобы узнать обо всём остальном.
telegram-short-description = Рисует с помощью Kandinsky картинки по вашим словам и вашим картинкам.
promise-broken = Меня прервали раньше, чем я успел это сделать. Отправьте ещё раз.
