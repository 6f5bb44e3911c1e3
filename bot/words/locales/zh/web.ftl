## The page's own words: sent to the browser in every language, so without variables

web-tab-chat = 聊天
web-tab-form = 表单
web-demo-note = 这里由内置的小模型 **demo** 绘制。要使用真正的 Kandinsky，请在 `config.toml` 的 `[engine]` 下设置 `model = "kandinsky-2-2"`，然后重新启动机器人。
web-message = 消息
web-message-placeholder = 提示词，或 /help
web-preview = 预览

## The form

web-generate = 生成
web-answer = 回答
web-model = 模型
web-command = 要做什么
web-prompt = 提示词
web-negative = 反向提示词
web-canvas = 涂抹要重画的部分
web-picture = 图片
web-drop = 点击或拖放
web-words = 或文字
web-weight = 权重
web-extend = 向哪边扩展
web-share = 比例
web-ratio = 或扩展到此宽高比
web-frames = 帧数
web-strength = 重绘强度
web-size = 尺寸
web-size-placeholder = 与图片相同；或 768x512，或 16:9
web-width = 宽度
web-height = 高度
web-quality = 质量
web-quality-info = 草稿最快，最佳则慢工出细活
web-steps = 步数
web-guidance = 引导强度
web-seed = 种子（-1 表示随机）
web-count = 数量

## The commands as titles

web-title-imagine = 文生图
web-title-img2img = 图生图
web-title-inpaint = 局部重绘
web-title-outpaint = 扩图
web-title-mix = 混合
web-title-morph = 渐变
web-title-variations = 变体
web-title-depth = 景深
web-title-upscale = 放大

## The words that a field may be

web-quality-draft = 草稿
web-quality-normal = 普通
web-quality-best = 最佳
web-side-left = 左
web-side-right = 右
web-side-top = 上
web-side-bottom = 下
