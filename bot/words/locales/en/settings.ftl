## What /settings answers

setting-line = { $name }: { $value } ({ $source })
setting-set = { $name } is now { $value } ({ $source }).
setting-taken-back = { $name } is no longer set ({ $source }). It was { $value }.
setting-unset = { $name } was not set ({ $source }).
settings-unset = Not set: { $names }
settings-hint = Change one with /settings NAME, its value, and --scope me, here or server; without a value it is taken back.
settings-hint-moderators = As a moderator you can also set who-COMMAND and who-MODEL: everyone, moderators, or roles.
from-me = yours
from-here = this place
from-server = this server
from-operator = whoever runs the bot
yes = yes
no = no
option-code = What confirms a deletion, or where an export goes on
error-unknown-setting = There is no setting { $value }. Choose from: { $known }.
error-setting-choice = { $name } cannot be { $value }. Choose from: { $known }.
error-setting-switch = { $name } can be yes or no; { $value } is neither.
error-setting-who = { $value } does not say who. Write everyone, moderators, or roles: mentioned or by their ids.
error-setting-channels = { $value } does not name channels. Mention them, give their ids, or write here for this one.
error-setting-people = { $value } does not name people. Mention them, or give their ids.
error-setting-words = Write words or phrases with commas in between: at most { $limit }, each at most { $length } characters long.
error-setting-scope = { $name } cannot be set for { $value }. Choose from: { $known }.
error-no-server-here = This place belongs to no server.
error-moderators-only = That is for moderators.

## What /stats answers

stats-server = This server
stats-own = Your pictures
stats-day = The last 24 hours:
stats-days = The last { $days } days:
stats-all = In all:
stats-nothing = nothing
stats-pictures = pictures: { NUMBER($pictures, useGrouping: 1) }
stats-failed = failed: { NUMBER($failed, useGrouping: 1) }
stats-wait = waiting: { $median } as a rule, { $most } at most for nine in ten
stats-device = drawing: { $time }
stats-cost = cost: { $cost } { $currency }, { $each } { $currency } a picture
stats-hint = The cost is that of the seconds in which the device drew, not of those in which it waited.
seconds-exact = { $seconds } s
seconds = { $seconds } s
minutes = { $minutes } min
hours = { $hours } h

## What /models adds, and gentle words below a picture

models-hint = The first one draws where you name none. Choose with --model NAME.
advice-guidance = { $model } usually draws best with a guidance of { $low } to { $high }; this was { $guidance }.
advice-steps = More than { $limit } steps seldom make { $model } draw better; these were { $steps }.

## What /privacy answers

privacy-kept = Kept about you: requests: { $jobs }, pictures: { $pictures }, pictures you sent: { $inputs }, settings: { $settings }.
privacy-since = The oldest request is of { $when }.
privacy-retention = They are deleted after { $days } days.
privacy-for-ever = They are kept until you delete them.
privacy-hint =
    With each request its words, its place, and how it ended are kept. The moderators' record keeps what moderators changed, who reported what, and who was refused for a blocked word, without the prompt.
    /privacy export gives you all of it as a file, /privacy delete deletes it.
privacy-nothing = Nothing is kept about you.
privacy-confirm =
    This deletes everything that is kept about you here, for ever: requests with their pictures: { $jobs }, settings: { $settings }. What waits or is being drawn is stopped. What was posted in a chat stays there: delete that first, with /delete.
    If that is what you want: /privacy delete { $code }
privacy-deleted = Deleted. Requests that are gone with their pictures: { $jobs }. Your settings are gone too. How many pictures you asked for still counts for a day, and nothing else of them.
privacy-left = Something of yours is just being posted. Ask once more in a minute to delete that too.
exported = Here are your settings and your requests { $first } to { $last } of { $total }, with their pictures.
export-too-large = The files of these are too large for it: { $jobs }. /show and the number gives you those.
export-goes-on = The rest does not fit into one file. It goes on with: /privacy export { $job }
