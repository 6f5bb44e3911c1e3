## Questions that only Telegram asks

ask-more-parts = Womit mischen? Antworte auf diese Nachricht mit Worten in Anführungszeichen oder mit Bildern, etwa so: "ein Tiger"
ask-prompts = Welche Bilder? Antworte auf diese Nachricht mit einem Prompt je Zeile oder mit einer Textdatei.
ask-paint = Was soll ich neu malen? Übermale das Bild mit dem Zeichenwerkzeug der App und schick es als Antwort auf diese Nachricht; oder schick eine Maske, die dort weiß und sonst schwarz ist; oder schreib in Worten, was neu werden soll.
ask-sides = Wohin soll das Bild wachsen? Antworte auf diese Nachricht mit left, right, top, bottom, mehreren davon oder all, oder mit einem Verhältnis wie 16:9
ask-number = Welches? Antworte auf diese Nachricht mit seiner Nummer; /history zeigt deine.

## What is said on Telegram only

picture-deleted = Gelöscht.
error-start-first = Was du hier bestellst, ist nur für dich, und ich darf dir noch nicht schreiben. Öffne @{ $bot }, drück auf Start und frag dann noch einmal.
error-paint-on-one = Diese Nachricht zeigt mehrere Bilder. Drück darunter auf 🖼️ für das, das du meinst, und antworte auf jenes mit dem, was du gemalt hast.
error-too-long-to-ask = Da fehlt etwas, und deine Worte sind zu lang, als dass ich danach fragen könnte. Schick alles in einer Nachricht.
