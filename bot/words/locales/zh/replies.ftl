## What is said of a job

progress-starting = 开始绘制
progress-next = 排队中{ $eta }{ $state }
progress-waiting = 排在第 { $position } 位{ $eta }{ $state }
eta-seconds = ，大约 { $seconds } 秒
eta-minutes = ，大约 { $minutes } 分钟
state-warming-up = （引擎正在预热）
state-restarting = （引擎正在重启）
state-model-missing = （引擎缺少模型文件）
title-pictures = /{ $mode }，{ $count } 张图片
quote = “{ $text }”
caption-without = 不含{ $words }
caption-seed = 种子 { $seeds }
caption-steps = { $steps } 步
caption-guidance = 引导 { $guidance }
album-unconfirmed = Telegram 没有确认相册：如果上方已有，这里是同样的图片。
caption-seconds = { NUMBER($seconds, minimumFractionDigits: 1, maximumFractionDigits: 1) } 秒
cancelled = 已取消。
did-you-mean = { $sentence }你是想用 --{ $close } 吗？

## What /queue and /cancel answer

queue-job = { $job }：{ $standing } { $title }
queue-none = 你没有排队的图片。
queue-nobody = 没有人在等待。{ $state }
queue-waiting = 一共有 { $count } 个任务在等待。{ $state }
standing-starting = 正在开始
standing-next = 下一个
standing-number = 第 { $position } 位{ $eta }
stopped-one = 已停止 { $job }：{ $title }
stopped-many = 已停止 { $count } 张图片。

## What the worker noted about the pictures, by the keys of the job's notes

note-understood = 理解为“{ $understood }”
note-cut = 对模型来说太长，未读取：“{ $cut }”
note-text-mix = 这个模型混合的是文字本身，而不是文字对应的图片。
note-unread = 其中许多词模型都不认识。

## Why a prompt was drawn as it was written

problem-translator-missing = 未翻译：这里没有翻译模型的文件。维护者可以获取它们：kandinsky-bot models download translator
problem-translation-empty = 未翻译：翻译模型没有给出任何文字。

## What is wrong with a model's file

flaw-missing = 缺失
flaw-unreadable = 不完整或已损坏
flaw-changed = 与模型站发来的不一致
flaw-untested = 与测试时所用的文件不同

## Help and questions

start =
    你好！告诉我要画什么：/imagine 蓝色背景上的红色圆形
    /help 会列出可以让我做的一切。
ask-prompt = 要画什么？请用提示词回复这条消息。
ask-picture = 用哪张图片？请用图片回复这条消息，并在下方写上文字。
ask-parts = 用哪些内容？请用引号括起的文字或图片回复这条消息，例如："一只猫" "一只老虎"
prompt-placeholder = 蓝色背景上的红色圆形
no-words = 请写一条命令，例如：/imagine 红色的圆。/help 会列出所有命令。
no-command = 请用命令回复这张图片，例如：/img2img 红色的圆。/help 会列出所有命令。
help-hint = /help 加上命令名，例如 /help imagine，会显示它的选项。
pictures-help = 图片：发送图片时把命令写在说明文字里，或回复一条带图片的消息。
option-bounds = { $help }（{ NUMBER($low, useGrouping: 1) } 到 { NUMBER($high, useGrouping: 1) }）

## What buttons say: at most 30 characters, with a number

button-again = 再画一次
button-edit = 修改提示词
button-variations = 变体
button-upscale = 放大
button-full = 原始尺寸
button-inpaint = 局部重绘
button-outpaint = 扩图
button-mix = 混合…
button-parameters = 参数
button-files = 以文件发送
button-report = 举报
button-delete = 删除
button-cancel = 取消
button-go = 开始
button-invert = 反选
button-grow = 扩大
button-stop = 取消

## Results, and what is said of earlier jobs

mask-question = 着色的部分将被重画。开始吗？
job-number = 编号 { $job }
deleted = 已删除 { $job }。
no-parameters = 这个文件没有说明图片是怎样画成的。
draw-again = 再画一次：{ $line }
history-line = { $job }：{ $status } { $title }
history-none = 你还没有要求画过任何图。
history-hint = /show 加编号可再次显示，/again --of 编号 可再画一次。
status-held = 等你确认
status-queued = 等待中
status-leased = 绘制中
status-rendered = 已画好
status-posting = 发送中
status-posted = 完成
status-failed = 失败
status-cancelled = 已取消
styles-hint = 用 --style 名称 选用一种风格。
styles-none = 这里没有配置风格。
models-line = { $model }：{ $size }，{ $steps } 步；{ $modes }

## What Telegram shows of the bot: in a chat without messages at most 512 characters, in its profile at most 120

telegram-description =
    我用 Kandinsky 画图：根据你的文字，在你的图片上，或把两者混合起来。

    发给我 /imagine 蓝色背景上的红色圆形，或发送 /help 查看其他功能。
telegram-short-description = 用 Kandinsky 根据你的文字和图片画图。
promise-broken = 我在完成之前被中断了。请再发送一次。
