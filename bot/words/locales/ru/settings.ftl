## What /settings answers

setting-line = { $name }: { $value } ({ $source })
setting-set = { $name } теперь { $value } ({ $source }).
setting-taken-back = { $name } больше не задано ({ $source }). Раньше было { $value }.
setting-unset = { $name } и не было задано ({ $source }).
settings-unset = Не задано: { $names }
settings-hint = Чтобы изменить: /settings ИМЯ, значение и --scope me, here или server; без значения настройка сбрасывается.
settings-hint-moderators = Модераторам доступны также who-КОМАНДА и who-МОДЕЛЬ: everyone, moderators или роли.
from-me = ваше
from-here = это место
from-server = этот сервер
from-operator = владелец бота
yes = да
no = нет
option-code = Код для подтверждения удаления или продолжения выгрузки
error-unknown-setting = Настройки { $value } нет. Выберите из списка: { $known }.
error-setting-choice = { $name } не может быть { $value }. Выберите из списка: { $known }.
error-setting-switch = { $name } может быть да или нет; { $value } — ни то ни другое.
error-setting-who = Из { $value } не понять, кому можно. Напишите everyone, moderators или роли: упоминанием или по ID.
error-setting-channels = { $value } — не каналы. Упомяните их, укажите их ID или напишите here для этого канала.
error-setting-people = { $value } — не люди. Упомяните их или укажите их ID.
error-setting-words = Напишите слова или выражения через запятую: не больше { $limit }, каждое не длиннее { $length } символов.
error-setting-scope = { $name } нельзя задать для { $value }. Выберите из списка: { $known }.
error-no-server-here = Это место не относится ни к какому серверу.
error-moderators-only = Это доступно только модераторам.

## What /stats answers

stats-server = Этот сервер
stats-own = Ваши картинки
stats-day = За последние 24 часа:
stats-days = За последние дни ({ $days }):
stats-all = За всё время:
stats-nothing = ничего
stats-pictures = картинок: { NUMBER($pictures, useGrouping: 1) }
stats-failed = не получилось: { NUMBER($failed, useGrouping: 1) }
stats-wait = ожидание: обычно { $median }, в девяти случаях из десяти не больше { $most }
stats-device = рисование: { $time }
stats-cost = стоимость: { $cost } { $currency }, { $each } { $currency } за картинку
stats-hint = Считается стоимость секунд, когда устройство рисовало, а не тех, когда оно ждало.
seconds-exact = { $seconds } с
seconds = { $seconds } с
minutes = { $minutes } мин
hours = { $hours } ч

## What /models adds, and gentle words below a picture

models-hint = Если модель не указана, рисует первая. Выбрать можно так: --model ИМЯ.
advice-guidance = { $model } обычно рисует лучше всего с guidance от { $low } до { $high }; здесь было { $guidance }.
advice-steps = Больше { $limit } шагов редко улучшают картинку { $model }; здесь их было { $steps }.

## What /privacy answers

privacy-kept = О вас хранится: заданий: { $jobs }, картинок: { $pictures }, присланных вами картинок: { $inputs }, настроек: { $settings }.
privacy-since = Самое старое задание: { $when }.
privacy-retention = Срок хранения в днях: { $days }.
privacy-for-ever = Всё хранится, пока вы это не удалите.
privacy-hint =
    О каждом задании хранятся его слова, место и исход. Журнал модераторов хранит, что они меняли, кто на что пожаловался и кому отказано из-за запрещённого слова, без самого запроса.
    /privacy export выдаст всё файлом, /privacy delete удалит.
privacy-nothing = О вас ничего не хранится.
privacy-confirm =
    Будет навсегда удалено всё, что здесь о вас хранится: заданий с картинками: { $jobs }, настроек: { $settings }. То, что ждёт или рисуется, будет остановлено. Отправленное в чат останется там: сначала удалите его командой /delete.
    Если вы этого хотите: /privacy delete { $code }
privacy-deleted = Удалено. Заданий вместе с картинками: { $jobs }. Ваших настроек тоже больше нет. Ещё сутки учитывается только число запрошенных картинок.
privacy-left = Что-то ваше как раз отправляется. Повторите через минуту, чтобы удалить и это.
exported = Вот ваши настройки и задания с { $first } по { $last } из { $total }, с картинками.
export-too-large = Файлы этих заданий слишком велики: { $jobs }. Их покажет /show с номером.
export-goes-on = Остальное не помещается в один файл. Продолжение: /privacy export { $job }
