## What /settings answers

setting-line = { $name }：{ $value }（{ $source }）
setting-set = { $name } 现在是 { $value }（{ $source }）。
setting-taken-back = { $name } 已取消设置（{ $source }），之前是 { $value }。
setting-unset = { $name } 本来就没有设置（{ $source }）。
settings-unset = 未设置：{ $names }
settings-hint = 用 /settings 加名称、值和 --scope me、here 或 server 来更改；不写值就取消设置。
settings-hint-moderators = 管理员还可以设置 who-命令 和 who-模型：everyone、moderators 或身份组。
from-me = 你自己
from-here = 这里
from-server = 本服务器
from-operator = 机器人的运营者
yes = 是
no = 否
option-code = 确认删除的代码，或导出从哪里继续
error-unknown-setting = 没有 { $value } 这项设置。可选：{ $known }。
error-setting-choice = { $name } 不能是 { $value }。可选：{ $known }。
error-setting-switch = { $name } 只能是“是”或“否”，{ $value } 都不是。
error-setting-who = { $value } 没有说明是谁。请写 everyone、moderators，或提及身份组，或写身份组的 ID。
error-setting-channels = { $value } 不是频道。请提及频道、写频道的 ID，或写 here 表示本频道。
error-setting-people = { $value } 不是用户。请提及用户，或写用户的 ID。
error-setting-words = 请写词或短语，用逗号隔开：最多 { $limit } 个，每个最多 { $length } 个字符。
error-setting-scope = { $name } 不能为 { $value } 设置。可选：{ $known }。
error-no-server-here = 这里不属于任何服务器。
error-moderators-only = 这只有管理员可以用。

## What /stats answers

stats-server = 本服务器
stats-own = 你的图片
stats-day = 最近 24 小时：
stats-days = 最近 { $days } 天：
stats-all = 总计：
stats-nothing = 没有
stats-pictures = 图片：{ NUMBER($pictures, useGrouping: 1) }
stats-failed = 失败：{ NUMBER($failed, useGrouping: 1) }
stats-wait = 等待：一般 { $median }，九成不超过 { $most }
stats-device = 绘制：{ $time }
stats-cost = 费用：{ $cost } { $currency }，每张 { $each } { $currency }
stats-hint = 费用只算设备绘制的时间，不算它空等的时间。
seconds-exact = { $seconds } 秒
seconds = { $seconds } 秒
minutes = { $minutes } 分钟
hours = { $hours } 小时

## What /models adds, and gentle words below a picture

models-hint = 不指定时用第一个模型。用 --model 名称 来选择。
advice-guidance = { $model } 的 guidance 通常在 { $low } 到 { $high } 之间效果最好，这次是 { $guidance }。
advice-steps = 超过 { $limit } 步，{ $model } 的画面很少会更好，这次是 { $steps } 步。

## What /privacy answers

privacy-kept = 关于你保存了：任务 { $jobs } 个，图片 { $pictures } 张，你发来的图片 { $inputs } 张，设置 { $settings } 项。
privacy-since = 最早的任务：{ $when }。
privacy-retention = { $days } 天后会被删除。
privacy-for-ever = 会一直保留，直到你删除。
privacy-hint =
    每个任务都会保存它的文字、地点和结果。管理员的记录里有：管理员改了什么、谁举报了什么、谁因屏蔽词被拒绝，但没有提示词本身。
    /privacy export 把这些全部做成文件给你，/privacy delete 把它们删除。
privacy-nothing = 没有保存任何关于你的内容。
privacy-confirm =
    这会永久删除这里关于你的一切：任务及其图片 { $jobs } 个，设置 { $settings } 项。正在等待或绘制的任务会停止。已经发到聊天里的图片会留在那里：请先用 /delete 删除。
    确定的话，请发送：/privacy delete { $code }
privacy-deleted = 已删除。连同图片一起删除的任务：{ $jobs } 个。你的设置也已删除。你要过多少张图片还会计数一天，其他都没有了。
privacy-left = 你还有内容正在发送。过一分钟再来一次，就能把它也删除。
exported = 这是你的设置和第 { $first } 到第 { $last } 个任务（共 { $total } 个），附图片。
export-too-large = 这些任务的文件太大，放不进去：{ $jobs }。用 /show 加编号可以得到。
export-goes-on = 其余的放不进一个文件。继续请用：/privacy export { $job }
