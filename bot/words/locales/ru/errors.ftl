## What went wrong, by the codes of the engine's errors; their facts are the variables

error-prompt-empty = Промпт пуст. Напишите, что нарисовать, например: /imagine красный круг
error-too-long = Слишком длинное значение { $field }, символов: { NUMBER($length, useGrouping: 1) }; допускается не больше { NUMBER($limit, useGrouping: 1) }.
error-text-too-long = Это слишком длинно, символов: { NUMBER($length, useGrouping: 1) }; всего читается не больше { NUMBER($limit, useGrouping: 1) }.
error-list-too-big = { $file } — слишком большой файл для списка промптов: { $kilobytes } кБ, допускается не больше { $limit } кБ.
error-caption-too-long = Подпись не уместится разборчиво на изображении { $width }x{ $height }; примерный предел в знаках: { $limit }.
error-caption-unwritable = Ни в одном из здешних шрифтов нет этих знаков подписи: { $characters }
error-out-of-range = Значение { $field } должно быть от { NUMBER($low, useGrouping: 1) } до { NUMBER($high, useGrouping: 1) }, а { $value } сюда не входит.
error-not-a-choice = Значение { $field } не может быть { $value }. Выберите из этих: { $known }.
error-bad-value = Значение { $field } не может быть { $value }.
error-bad-size = { $model } не может нарисовать { $width }x{ $height }. Каждая сторона — от { $low } до { $high } пикселей с шагом { $multiple }, всего не больше { NUMBER($max_pixels, useGrouping: 1) } пикселей; ближайший размер — { $near_width }x{ $near_height }.
error-bad-size-words = { $value } — это не размер. Укажите ширину x высоту, например { $native }x{ $native }, или соотношение сторон от 1:{ $limit } до { $limit }:1, например 16:9.
error-unknown-model = Модели { $value } здесь нет. Выберите из этих: { $models }.
error-no-prompts = В файле { $file } нет промптов: напишите по одному в каждой строке.
error-no-output = Укажите, куда записать: -o fox.png, или -o ПАПКА вместе с --file.
error-not-png = Не удаётся записать { $file }: имя файла должно оканчиваться на { $allowed }.
error-unreadable = Не удаётся прочитать { $file }: { $reason }.
error-not-utf8 = { $file } — это не текст в кодировке UTF-8.
error-prompt-and-file = Укажите либо один промпт, либо --file со многими, но не то и другое сразу.
error-unwritable = Не удаётся записать { $file }: { $reason }.
error-store-in-use = С папкой { $folder } уже работает другой kandinsky-bot. Остановите его или укажите в [store] path другую папку.
error-device-missing = Устройства { $device } здесь нет. Укажите в [engine] device значение auto или cpu.
error-unknown-part = В модели нет части { $value }. Её части: { $known }.
error-unknown-option = Параметра --{ $value } нет. Выберите из этих: { $known }.
error-unknown-command = Команды /{ $value } нет. Выберите из этих: { $known }.
error-option-without-value = После --{ $option } нужно значение.
error-bad-switch = Для --{ $option } возможны yes и no, а { $value } — ни то ни другое.
error-mode-not-supported = { $model } не умеет { $mode }. Умеют эти модели: { $able }.
error-missing = Не хватает значения { $field }.
error-wrong-parts = Назовите, что смешать: от { $low } до { $high } слов в кавычках или картинок, например: /mix "кошка":0.6 "тигр":0.4
error-wrong-ends = Переход ведёт от одного к другому, поэтому нужны две вещи, а указано: { $count }. Например: /morph "кошка" "тигр"
error-weights-sum-to-zero = Все веса равны 0, рисовать нечего. Задайте вес хотя бы одной части.
error-bad-ratio = { $value } — это не соотношение сторон от 1:{ $limit } до { $limit }:1, как, например, 16:9.
error-bad-sides = { $value } — это не сторона. Выберите из этих: { $known }; несколько — через запятую.
error-picture-missing = Для /{ $command } нужна картинка: пришлите её вместе с командой или ответьте на сообщение с картинкой.
error-too-many-pictures = { $most ->
    [one] Команда /{ $command } принимает не больше { $most } картинки.
    [few] Команда /{ $command } принимает не больше { $most } картинок.
    [many] Команда /{ $command } принимает не больше { $most } картинок.
   *[other] Команда /{ $command } принимает не больше { $most } картинки.
}
error-no-pictures = /{ $command } рисует только по словам. /img2img перерисовывает картинку, /variations рисует похожие.
error-no-picture-there = В этом сообщении нет картинки.
error-download-failed = Не удалось загрузить картинку { $file }. Пришлите её ещё раз.
error-too-large-to-upscale = Картинка стала бы { $width }x{ $height }; рисуется не больше { $limit } пикселей на сторону.
error-mix-needs-prior = { $model } смешивает только слова, потому что не умеет читать картинки. Картинки смешивают и эти модели: { $able }.
error-mask-missing = Укажите, что перерисовать: пришлите маску, белую в этом месте, или картинку, прозрачную в этом месте.
error-outpaint-size = Картинка вырастет здесь до { $width }x{ $height }: не указывайте размер или укажите именно этот.
error-depth-missing = Модель, которая оценивает глубину, здесь не настроена. Пришлите вместо картинки карту глубины или укажите такую модель в [engine.repositories] depth.
error-spandrel-missing = Для файла апскейлера нужна библиотека spandrel: pip install 'kandinsky-bot[upscaler]'
error-upscaler-unusable = Файл апскейлера { $file } непригоден: { $reason }.
error-queue-full = Очередь заполнена: ожидают { $waiting } из { $limit } возможных. Попробуйте ещё раз, когда часть заданий будет готова.
error-owner-queue-full = { $waiting ->
    [one] У вас в очереди { $waiting } картинка
    [few] У вас в очереди { $waiting } картинки
    [many] У вас в очереди { $waiting } картинок
   *[other] У вас в очереди { $waiting } картинки
}, допускается не больше { $limit }. Попробуйте ещё раз, когда одна будет готова, или остановите часть командой /cancel.
error-no-job = У вас ничего нет ни в очереди, ни в работе.
error-not-your-job = Среди ваших заданий в очереди и в работе нет { $value }.
error-out-of-memory = Эта картинка слишком велика для памяти этого компьютера. Попробуйте меньший размер или меньше картинок.
error-too-large-for-device = Эта картинка слишком велика для памяти этого компьютера. Поместится { $near_width }x{ $near_height }: попробуйте ещё раз с --size { $near_width }x{ $near_height }
error-device-too-small = Для { $model } нужно не меньше { $needed_gib } ГиБ памяти GPU, а свободно { $free_gib } ГиБ. Поместится: { $models }.
error-no-full-size = У { $model } нет полного размера, который можно заполнить случайными весами. Уберите --random-weights.
error-no-stock = Измерить { $model } нельзя: в diffusers нет конвейера для сравнения.
error-no-card = Здесь нет GPU, память которого можно было бы ограничить. Уберите --memory.
error-memory-and-compile = Измеряйте --memory или --compile, по очереди.
error-nothing-tuned = За { $minutes } мин. ничего не удалось измерить до конца. Дайте больше времени: --minutes.
error-quantisation-missing = Хранить веса как { $value } можно только на GPU от NVIDIA с установленной библиотекой bitsandbytes: pip install bitsandbytes
error-worker-lost = На этой картинке движок раз за разом останавливался, поэтому от неё пришлось отказаться. Попробуйте ещё раз, возможно, поменьше.
error-model-missing = Файлов модели в { $repository } нет или они непригодны ({ $reason }). kandinsky-bot doctor подскажет, как их получить.
error-disk-full = Для загрузки нужно ещё { NUMBER($needed_gib, minimumFractionDigits: 1, maximumFractionDigits: 1) } ГиБ, а в { $folder } свободно { NUMBER($free_gib, minimumFractionDigits: 1, maximumFractionDigits: 1) } ГиБ. Освободите место или укажите в HF_HOME папку на диске побольше.
error-disk-filled = Во время загрузки диск с папкой { $folder } заполнился. Освободите место и запустите её снова: загруженные целиком файлы сохранятся.
error-hub-unreachable = Хаб по адресу { $endpoint } недоступен ({ $reason }). Проверьте сеть и запустите загрузку снова: загруженные целиком файлы сохранятся.
error-not-on-hub = Хаб не показывает { $repository } в ревизии { $revision }. Если ему нужен вход: hf auth login
error-no-safetensors = { $repository } в ревизии { $revision } хранит веса в виде pickle-файлов, в которых может быть любая программа. Бот загружает только safetensors.
error-load-failed = Не удалось загрузить модель ({ $kind }). Подробности — в журнале у владельца бота.
error-store-failed = Компьютер сейчас не может пользоваться своим диском. Подробности — в журнале у его владельца.
error-store-unusable = Папку { $folder } нельзя использовать: { $reason }. Исправьте её или укажите в [store] path другую.
error-store-damaged = База данных { $file } повреждена ({ $reason }). Верните на её место резервную копию всей папки; чтобы начать заново, уберите эту папку.
error-store-newer = База данных { $file } записана более новой версией kandinsky-bot. Установите ту версию снова или верните более раннюю резервную копию.
error-store-lost = База данных { $file } пропала или пуста, но её картинки ещё лежат в { $folder }. Верните базу данных из резервной копии; чтобы начать заново, уберите всю папку.
error-picture-damaged = Картинка была нарисована, но её файл пропал с диска компьютера. Попробуйте ещё раз.
error-input-damaged = Картинку, которую вы для этого прислали, больше не прочитать с диска компьютера. Пришлите её ещё раз.
error-picture-too-large = Картинка слишком велика, чтобы отправить её сюда: допускается не больше { NUMBER($limit_bytes, useGrouping: 1) } байт.
error-picture-format = Этот файл — не картинка, которую здесь можно прочитать. Пришлите картинку в одном из этих форматов: { $formats }.
error-picture-unreadable = Картинка повреждена или неполна. Пришлите её ещё раз в одном из этих форматов: { $formats }.
error-picture-too-big-file = Файл слишком большой: { NUMBER($megabytes, minimumFractionDigits: 1, maximumFractionDigits: 1) } МБ, допускается не больше { $limit } МБ.
error-picture-too-many-pixels = В картинке слишком много пикселей: допускается не больше { $limit } Мп.
error-picture-too-small = Картинка слишком мала: { $width }x{ $height } пикселей, а каждая сторона должна быть не меньше { $low }.
error-picture-ratio = Картинка слишком длинная и узкая: { $width }x{ $height } пикселей. Допускается соотношение сторон от 1:{ $limit } до { $limit }:1.
error-mask-size = Размер маски — { $mask_width }x{ $mask_height } пикселей, а картинки — { $width }x{ $height }: они должны совпадать.
error-mask-empty = Маска не отмечает ничего, что надо перерисовать. Закрасьте белым то, что должно измениться, а остальное оставьте чёрным; или сотрите это до прозрачности; или зачеркните заметным цветом.
error-mask-full = Маска отмечает всё, и от картинки ничего не осталось бы. Оставьте часть неотмеченной или возьмите /imagine либо /img2img.
error-segmenter-missing = Здесь не настроена модель, которая находит предметы на картинках. Пришлите маску или закрасьте нужное место на картинке. Владелец бота может задать [engine] segmenter.
error-segment-nothing = На картинке нет ничего похожего на { $value }. Попробуйте другие слова или пришлите маску.
error-input-refused = Проверка сочла, что присланную вами картинку не все захотят видеть, поэтому по ней ничего не нарисовано. Пришлите другую.
error-output-refused = Картинка нарисована, но проверка сочла, что не все захотят её видеть, поэтому она не показана. Попробуйте другие слова или другой сид.
error-unknown-labels = У проверки картинок нет метки { $value }. Метки { $repository }: { $known }. Задайте [safety] labels.
error-scribble-size = У разрисованной картинки другая форма ({ $width }x{ $height } пикселей), чем у исходной ({ $original_width }x{ $original_height }). Рисуйте поверх всей картинки, не обрезая и не поворачивая её.
error-outpaint-nowhere = Укажите, куда картинке расти: left, right, top или bottom, или до соотношения сторон, например 16:9.
error-outpaint-ratio = Картинка стала бы слишком длинной и узкой. Допускается соотношение сторон от 1:{ $limit } до { $limit }:1.
error-outpaint-nothing = Добавлять нечего: у картинки { $width }x{ $height } пикселей уже такое соотношение сторон или ближайшее к нему из тех, что модель может нарисовать.
error-undeliverable = Не удалось отправить картинку: { $reason }.
error-render-failed = При рисовании что-то пошло не так. Подробности — в журнале у владельца бота.
error-engine-error = Что-то пошло не так. Подробности — в журнале у владельца бота.
error-button-unknown = Эта кнопка старого вида. Попробуйте ещё раз командой.
error-job-unknown = Задания { $value } здесь нет. /history покажет ваши.
error-job-without-pictures = У { $value } нет картинок, которые можно показать.
error-job-not-ended = { $value } ещё не завершено. Сначала остановите его командой /cancel.
error-not-yours-to-delete = { $value } могут удалить только владелец и модераторы.
error-not-your-mask = Эта маска — для того, кто о ней попросил.
error-mask-decided = По этой маске решение уже принято.
error-show-what = Укажите, что показать: /show и номер из /history, или пришлите вместе с командой картинку.
error-unknown-style = Стиля { $value } здесь нет. Выберите из этих: { $known }.
error-wrong-prompts = Напишите от { $low } до { $limit } промптов, по одному в строке, или пришлите их текстовым файлом; указано: { $count }.
error-server-queue-full = Картинок с этого сервера в очереди: { $waiting }, допускается не больше { $limit }. Попробуйте позже.
error-queue-too-long = Ожидание в очереди — { $minutes } мин, допускается не больше { $limit } мин. Попробуйте позже.
error-newcomers-full = В очереди уже заданий от новых людей: { NUMBER($waiting, useGrouping: 1) } — больше им вместе нельзя. Попробуйте ещё раз, когда часть будет готова.
error-address-queue-full = Заданий с вашего сетевого адреса в очереди: { $waiting }, допускается не больше { $limit }. Попробуйте ещё раз, когда одно будет готово.
error-too-many-attempts = Слишком много попыток. Попробуйте ещё раз через { $seconds } с.
error-too-many-uploads = Слишком много файлов сразу. Попробуйте ещё раз через { $seconds } с.
