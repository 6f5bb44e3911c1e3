## What only Discord says; the entries of a message's menu: at most 32 characters

menu-inpaint = Перерисовать часть
menu-mix = Смешать с…
menu-show = Показать параметры
error-files-too-large-here = Эти файлы слишком велики, чтобы прислать их сюда: { NUMBER($megabytes, maximumFractionDigits: 1) } МБ, а можно не больше { $limit } МБ. Кнопка полного размера покажет каждую картинку, при необходимости сжав её сильнее.
error-unanswered = Ответ мог не дойти до вас: Discord его не принял. Спросите ещё раз.
