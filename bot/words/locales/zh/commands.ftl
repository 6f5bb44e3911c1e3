## What each command does: at most 100 characters, as Discord allows

command-imagine = 用文字画一张图
command-img2img = 在一张图片上重新绘制
command-inpaint = 重画图片的一部分：蒙版中的白色处，或图片的透明处
command-outpaint = 画出图片周围的景物
command-mix = 把最多四个图片和文字混合成一张图
command-morph = 画出从一张图片或一段文字到另一个的渐变过程
command-variations = 画出与图片相似的图
command-depth = 按另一张图片的景深画图
command-upscale = 把图片放大到两倍重画
command-batch = 一次画多条提示词，每条一张图：每行一条，或发送文本文件
command-again = 再画一次以前的图，换一个种子或修改其他设置
command-history = 列出你最近要画的内容
command-show = 按编号显示以前的图，或查看一张图是怎样画成的
command-full = 以原始尺寸显示一张图
command-files = 以文件形式发送图片
command-parameters = 查看一张图是怎样画成的
command-delete = 按编号删除图片，包括已发布的地方
command-report = 向管理员举报一张图片
command-settings = 查看或修改对你、此处或此服务器生效的设置
command-styles = 列出所有风格
command-models = 列出所有模型及其功能
command-stats = 查看画了多少、用了多久、花费多少
command-privacy = 查看、导出或删除关于你的数据
command-audit = 列出管理员的改动和收到的举报
command-queue = 查看你的图片排到哪里了
command-cancel = 停止你最近的图片、指定编号的图片或全部图片
command-help = 查看可以让我做什么
command-start = 查看如何开始

## What each option takes: at most 75 characters, since its bounds may follow

option-prompt = 要画什么
option-negative = 图中不要出现什么
option-size = 宽 x 高（像素），或宽高比，例如 16:9
option-steps = 去噪步数：越多越慢，也越精细
option-guidance = 贴合提示词的程度
option-seed = 种子和设置相同，画出的图也相同；-1 表示随机
option-count = 画几张
option-model = 用哪个模型来画
option-image = 图片
option-mask = 要重画的部分：黑底白色，与图片大小相同
option-strength = 重画的程度，接近 0 表示改动很小
option-extend = left、right、top、bottom 或 all
option-share = 每一边增加多少，以占原图的比例表示
option-ratio = 整张图的宽高比，例如 16:9
option-parts = 用引号括起文字，可加权重："一只猫":0.6 image1:0.4
option-image1 = 要用的图片
option-image2 = 另一张图片
option-image3 = 第三张图片
option-image4 = 第四张图片
option-frames = 从一端到另一端一共几张图
option-map = 这张图片是深度图：白色表示近处
option-quality = draft 最快，best 慢工出细活
option-exact = 单独绘制，保证每次的像素完全一致
option-of = 以前任务中的一张图，用编号表示，例如 0123456789.2
option-where = 用文字说明要重画什么，例如：帽子
option-style = 风格：用 /styles 查看；none 表示不用风格
option-caption = 写在图上的文字
option-enhance = 校正过淡或过艳的颜色
option-prompts = 提示词，每行一条
option-list = 每行一条提示词的文本文件
option-reason = 哪里有问题
option-name = 哪一项设置
option-value = 要设成什么；留空则恢复默认
option-scope = 对谁生效：me（你）、here（此处）或 server（服务器）
option-action = show（查看）、export（导出）或 delete（删除）
option-file = 以文件形式发送图片，不再压缩
option-job = 任务编号，或 all
option-command = 命令名称，用来查看它的选项

## The words that an option may be, as Discord offers them: what is typed is the English word, so it is named too

choice-draft = 草稿（draft）
choice-normal = 普通（normal）
choice-best = 最佳（best）
choice-me = 我（me）
choice-here = 此处（here）
choice-server = 整个服务器（server）
choice-show = 查看（show）
choice-export = 导出（export）
choice-delete = 删除（delete）

## The entries of a message's menu: at most 32 characters

menu-img2img = 以此图重绘
menu-variations = 生成变体
menu-upscale = 放大
