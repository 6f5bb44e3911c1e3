## What only Discord says; the entries of a message's menu: at most 32 characters

menu-inpaint = 局部重绘
menu-mix = 与…混合
menu-show = 查看参数
error-files-too-large-here = 这些文件太大，无法发到这里：{ NUMBER($megabytes, maximumFractionDigits: 1) } MB，最多允许 { $limit } MB。“原始尺寸”会显示每张图片，必要时压缩得更小。
error-unanswered = 回答可能没有送达：Discord 没有接收。请再问一次。
