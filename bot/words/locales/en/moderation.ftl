## Why something may not be asked for

error-person-blocked = You cannot use this bot here. Ask the moderators why.
error-not-allowed-here = Pictures are not drawn in this channel. Ask in one of these: { $channels }.
error-command-not-allowed = You may not use /{ $command } here.
error-model-not-allowed = You may not use { $model } here. You may use: { $allowed }.
error-daily-quota = That would be more than the { $limit } pictures a day that are allowed here. Asked for today: { $used }, left: { $left }. The day ends at midnight UTC, within { $hours } h.
error-too-many-waiting = Of your requests { $waiting } wait already; at most { $limit } may. Try again when one is done, or stop some with /cancel.
error-too-many-running = Of your requests { $running } wait or are being drawn already; at most { $limit } may. Try again when one is done, or stop some with /cancel.
error-too-fast = You are sending more than { $limit } things a second: what is too much is left out. Wait a moment, and send again what is missing.
error-uploads-too-fast = You sent many pictures just now: at most { $limit } a minute are allowed. Try again in { $seconds } s.
error-place-uploads-too-fast = Many pictures were sent here just now: at most { $limit } a minute are allowed. Try again in { $seconds } s.
error-side-limit = { $width }x{ $height } is too large here: a side may have at most { $limit } pixels.
error-steps-limit = { $steps } steps are too many here: at most { $limit } are allowed.
error-prompt-blocked = That cannot be drawn here: it has words in it that are not allowed.
error-picture-flagged = The picture was drawn, but it may not be shown here: the check took it for one that not everybody wants to see.

## What /report and /audit answer

error-no-moderators-here = There are no moderators here.
reported = Thank you. The moderators now see { $job } in their record.
audit-none = Nothing was changed, deleted or reported here so far.
audit-setting = set { $name } to { $value } for { $where }
audit-taken-back = took back { $name } for { $where }
audit-report = reported { $job } of { $owner }, reason: { $reason }
audit-delete = deleted { $job } of { $owner }
audit-cancel = stopped { $job } of { $owner }
audit-blocked = was refused /{ $command } for a blocked word: { $word }
audit-blocked-again = was refused { $times } times for blocked words, with /{ $command }: { $word }
