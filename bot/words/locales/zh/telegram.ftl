## Questions that only Telegram asks

ask-more-parts = 要和什么混合？请回复这条消息，用引号括起文字，或发送图片，例如："一只老虎"
ask-prompts = 要画哪些图？请回复这条消息，每行一个提示词，或发送一个文本文件。
ask-paint = 要重画哪里？请用应用的画笔在图片上涂出来，并作为对这条消息的回复发送；或发送一张那里为白色、其余为黑色的蒙版；或用文字写出要重画什么。
ask-sides = 图片要向哪边扩展？请回复这条消息：left、right、top、bottom，可写多个，或 all，也可写比例，例如 16:9
ask-number = 哪一个？请用编号回复这条消息；/history 会列出你的图片。

## What is said on Telegram only

picture-deleted = 已删除。
error-start-first = 你在这里要的内容只发给你本人，但我还不能给你发消息。请打开 @{ $bot }，按“开始”，然后再说一次。
error-paint-on-one = 那条消息里有多张图片。请在下面为你要的那张按 🖼️，再用涂好的图片回复那一张。
error-too-long-to-ask = 还缺少一些内容，而你的文字太长，我没法追问。请把全部内容放在一条消息里发送。
