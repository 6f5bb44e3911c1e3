## What only Discord says; the entries of a message's menu: at most 32 characters

menu-inpaint = Retuschieren
menu-mix = Mischen mit…
menu-show = Parameter zeigen
error-files-too-large-here = Diese Dateien sind zu groß, um sie hier zu schicken: { NUMBER($megabytes, maximumFractionDigits: 1) } MB, erlaubt sind höchstens { $limit } MB. „Volle Größe“ zeigt jedes Bild, wenn nötig stärker komprimiert.
error-unanswered = Die Antwort hat dich vielleicht nicht erreicht: Discord hat sie nicht angenommen. Frag noch einmal.
