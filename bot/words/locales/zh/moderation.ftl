## Why something may not be asked for

error-person-blocked = 你不能在这里使用这个机器人。原因请问管理员。
error-not-allowed-here = 这个频道不画图。请到这些频道之一：{ $channels }。
error-command-not-allowed = 你不能在这里使用 /{ $command }。
error-model-not-allowed = 你不能在这里使用 { $model }。你可以用：{ $allowed }。
error-daily-quota = 这会超过这里每天允许的 { $limit } 张图片：你今天已经要了 { $used } 张，还剩 { $left } 张。一天在 UTC 午夜结束，最多还有 { $hours } 小时。
error-too-many-waiting = 你有 { $waiting } 个任务在等待，最多允许 { $limit } 个。等一个完成后再试，或用 /cancel 停止一些。
error-too-many-running = 你有 { $running } 个任务在等待或绘制，最多允许 { $limit } 个。等一个完成后再试，或用 /cancel 停止一些。
error-too-fast = 你每秒发送的内容超过了 { $limit } 条：多出的会被略过。请稍等片刻，再把缺少的重新发送。
error-uploads-too-fast = 你刚才发了很多图片：每分钟最多允许 { $limit } 张。请在 { $seconds } 秒后再试。
error-place-uploads-too-fast = 这里刚才收到了很多图片：每分钟最多允许 { $limit } 张。请在 { $seconds } 秒后再试。
error-side-limit = { $width }x{ $height } 在这里太大了：每边最多 { $limit } 像素。
error-steps-limit = { $steps } 步在这里太多了：最多允许 { $limit } 步。
error-prompt-blocked = 这里不能画这个：里面有不允许的词。
error-picture-flagged = 图片画好了，但不能在这里显示：检查认为不是所有人都想看到它。

## What /report and /audit answer

error-no-moderators-here = 这里没有管理员。
reported = 谢谢。管理员现在能在记录里看到 { $job }。
audit-none = 这里还没有任何更改、删除或举报。
audit-setting = 为 { $where } 把 { $name } 设为 { $value }
audit-taken-back = 为 { $where } 取消了 { $name }
audit-report = 举报了 { $owner } 的 { $job }，原因：{ $reason }
audit-delete = 删除了 { $owner } 的 { $job }
audit-cancel = 停止了 { $owner } 的 { $job }
audit-blocked-again = 因屏蔽词被拒绝 { $times } 次，使用的是 /{ $command }：{ $word }
audit-blocked = 使用 /{ $command } 时因屏蔽词被拒绝：{ $word }
