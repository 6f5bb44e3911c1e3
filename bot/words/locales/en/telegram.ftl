## Questions that only Telegram asks

ask-more-parts = Mix it with what? Answer this message with words in quotation marks, or pictures, such as: "a tiger"
ask-prompts = Which pictures? Answer this message with one prompt on each line, or with a text file.
ask-paint = What shall I repaint? Paint over the picture with the app's drawing tool and send it as an answer to this message; or send a mask that is white there and black elsewhere; or write what to repaint, in words.
ask-sides = Where is the picture to grow? Answer this message with left, right, top, bottom, several of them or all, or with a ratio such as 16:9
ask-number = Which one? Answer this message with its number; /history lists yours.

## What is said on Telegram only

picture-deleted = Deleted.
error-start-first = What you ask for here is for you alone, and I may not write to you yet. Open @{ $bot }, press Start, then ask again.
error-paint-on-one = That message shows several pictures. Press 🖼️ below it for the one that you mean, and answer that one with what you painted.
error-too-long-to-ask = Something is missing there, and your words are too long for me to ask about it. Send everything in one message.
