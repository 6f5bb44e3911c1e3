## Why something may not be asked for

error-person-blocked = Вам нельзя пользоваться этим ботом здесь. Спросите модераторов, почему.
error-not-allowed-here = В этом канале не рисуют. Попросите в одном из этих: { $channels }.
error-command-not-allowed = Вам нельзя использовать здесь /{ $command }.
error-model-not-allowed = Вам нельзя использовать здесь { $model }. Вам доступны: { $allowed }.
error-daily-quota = Это больше, чем разрешено здесь за день: картинок { $limit }. Запрошено сегодня: { $used }, осталось: { $left }. День закончится в полночь по UTC, не позже чем через { $hours } ч.
error-too-many-waiting = Ваших заданий в ожидании: { $waiting }, разрешено не больше { $limit }. Повторите, когда одно будет готово, или остановите лишние: /cancel.
error-too-many-running = Ваших заданий в ожидании и в работе: { $running }, разрешено не больше { $limit }. Повторите, когда одно будет готово, или остановите лишние: /cancel.
error-too-fast = Вы отправляете больше { $limit } сообщений и нажатий в секунду: лишнее пропускается. Подождите немного и отправьте ещё раз то, чего не хватает.
error-uploads-too-fast = От вас только что пришло много картинок: разрешено не больше { $limit } в минуту. Попробуйте снова через { $seconds } с.
error-place-uploads-too-fast = Сюда только что прислали много картинок: разрешено не больше { $limit } в минуту. Попробуйте снова через { $seconds } с.
error-side-limit = { $width }x{ $height } здесь слишком много: сторона не больше { $limit } пикселей.
error-steps-limit = Слишком много шагов для этого места: { $steps }, разрешено не больше { $limit }.
error-prompt-blocked = Здесь это нарисовать нельзя: в тексте есть запрещённые слова.
error-picture-flagged = Картинка нарисована, но показать её здесь нельзя: проверка сочла, что не все захотят её видеть.

## What /report and /audit answer

error-no-moderators-here = Здесь нет модераторов.
reported = Спасибо. Модераторы теперь видят { $job } в своём журнале.
audit-none = Здесь пока ничего не меняли, не удаляли и ни на что не жаловались.
audit-setting = задаёт { $name } для { $where }: { $value }
audit-taken-back = сбрасывает { $name } для { $where }
audit-report = жалуется на { $job } от { $owner }, причина: { $reason }
audit-delete = удаляет { $job } от { $owner }
audit-cancel = останавливает { $job } от { $owner }
audit-blocked-again = получает отказ из-за запрещённых слов, раз: { $times }, команды /{ $command }: { $word }
audit-blocked = получает отказ на /{ $command } из-за запрещённого слова: { $word }
