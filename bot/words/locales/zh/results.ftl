## The page's words about several prompts, looks and earlier results: without variables, as those of web.ftl

web-title-batch = 多条提示词
web-prompts = 提示词，每行一条
web-list = 或上传文本文件
web-where = 或用文字说明要重画什么，例如：帽子
web-style = 风格
web-style-default = 按我的设置
web-style-none = 不用风格
web-caption = 写在图上的文字
web-welcome =
    ### 要画什么？
    用 /history 列出以前的图片，用 /show 重新显示其中一张。
