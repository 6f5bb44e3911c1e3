## What went wrong, by the codes of the engine's errors; their facts are the variables

error-prompt-empty = Der Prompt ist leer. Sag, was gemalt werden soll, zum Beispiel: /imagine ein roter Kreis
error-too-long = { $field } ist zu lang: { NUMBER($length, useGrouping: 1) } Zeichen, erlaubt sind höchstens { NUMBER($limit, useGrouping: 1) }.
error-caption-too-long = Die Bildunterschrift passt nicht lesbar auf { $width }x{ $height } Pixel: Platz ist für etwa { $limit } Zeichen.
error-caption-unwritable = Diese Zeichen der Bildunterschrift hat hier keine Schrift: { $characters }
error-out-of-range = { $field } muss zwischen { NUMBER($low, useGrouping: 1) } und { NUMBER($high, useGrouping: 1) } liegen; { $value } tut das nicht.
error-not-a-choice = { $field } kann nicht { $value } sein. Zur Wahl stehen: { $known }.
error-bad-value = { $field } kann nicht { $value } sein.
error-bad-size = { $model } kann { $width }x{ $height } nicht malen. Jede Seite geht von { $low } bis { $high } Pixel in Schritten von { $multiple }, zusammen höchstens { NUMBER($max_pixels, useGrouping: 1) } Pixel; am nächsten kommt { $near_width }x{ $near_height }.
error-bad-size-words = { $value } ist keine Größe. Gib Breite x Höhe an, etwa { $native }x{ $native }, oder ein Seitenverhältnis zwischen 1:{ $limit } und { $limit }:1, etwa 16:9.
error-unknown-model = Ein Modell { $value } gibt es hier nicht. Zur Wahl stehen: { $models }.
error-no-prompts = In { $file } steht kein Prompt: Schreib einen in jede Zeile.
error-no-output = Sag, wohin geschrieben werden soll: -o fuchs.png, oder -o ORDNER zusammen mit --file.
error-not-png = { $file } kann nicht geschrieben werden: Der Dateiname muss auf { $allowed } enden.
error-unreadable = { $file } kann nicht gelesen werden: { $reason }.
error-not-utf8 = { $file } ist kein Text in UTF-8.
error-prompt-and-file = Gib entweder einen Prompt an oder --file mit vielen, nicht beides.
error-unwritable = { $file } kann nicht geschrieben werden: { $reason }.
error-store-in-use = Ein anderer kandinsky-bot arbeitet schon mit { $folder }. Beende ihn oder gib bei [store] path einen anderen Ordner an.
error-device-missing = Ein Gerät { $device } gibt es hier nicht. Setze [engine] device auf auto oder cpu.
error-unknown-part = Das Modell hat kein Teil { $value }. Es besteht aus: { $known }.
error-unknown-option = Eine Option --{ $value } gibt es nicht. Zur Wahl stehen: { $known }.
error-unknown-command = Einen Befehl /{ $value } gibt es nicht. Zur Wahl stehen: { $known }.
error-option-without-value = Nach --{ $option } fehlt ein Wert.
error-bad-switch = --{ $option } kann yes oder no sein; { $value } ist keines von beiden.
error-mode-not-supported = { $model } beherrscht { $mode } nicht. Diese Modelle können es: { $able }.
error-missing = { $field } fehlt.
error-wrong-parts = Nenne { $low } bis { $high } Dinge zum Mischen, Worte oder Bilder, etwa so: /mix "eine Katze":0.6 "ein Tiger":0.4
error-wrong-ends = Ein Morph führt von einem zum anderen, dafür braucht es zwei Dinge; angegeben: { $count }. Zum Beispiel: /morph "eine Katze" "ein Tiger"
error-weights-sum-to-zero = Alle Gewichte sind 0, da gibt es nichts zu malen. Gib wenigstens einem Teil ein Gewicht.
error-bad-ratio = { $value } ist kein Seitenverhältnis zwischen 1:{ $limit } und { $limit }:1, wie etwa 16:9.
error-bad-sides = { $value } ist keine Seite. Zur Wahl stehen: { $known }; mehrere mit Komma.
error-picture-missing = /{ $command } braucht ein Bild: Schick eines mit dem Befehl mit oder antworte auf eine Nachricht, die eines hat.
error-too-many-pictures = { $most ->
    [one] /{ $command } nimmt höchstens { $most } Bild.
   *[other] /{ $command } nimmt höchstens { $most } Bilder.
}
error-no-pictures = /{ $command } malt nur nach Worten. /img2img übermalt ein Bild, /variations malt ähnliche.
error-no-picture-there = In dieser Nachricht ist kein Bild.
error-download-failed = Das Bild { $file } ließ sich nicht abrufen. Schick es noch einmal.
error-too-large-to-upscale = Das Bild würde { $width }x{ $height } groß; mehr als { $limit } Pixel je Seite werden nicht gemalt.
error-mix-needs-prior = { $model } mischt nur Worte, denn es kann keine Bilder lesen. Diese Modelle mischen auch Bilder: { $able }.
error-mask-missing = Sag, was neu gemalt werden soll: Schick eine Maske, die dort weiß ist, oder ein Bild, das dort durchsichtig ist.
error-outpaint-size = Das Bild wächst hier auf { $width }x{ $height }: Lass size weg oder gib genau diese Größe an.
error-depth-missing = Hier ist kein Modell eingerichtet, das Tiefe schätzt. Schick eine Tiefenkarte statt eines Bildes oder gib bei [engine.repositories] depth ein solches Modell an.
error-spandrel-missing = Für die Datei des Upscalers fehlt die Bibliothek spandrel: pip install 'kandinsky-bot[upscaler]'
error-upscaler-unusable = Die Datei des Upscalers { $file } ist nicht brauchbar: { $reason }.
error-queue-full = Die Warteschlange ist voll: { $waiting } von höchstens { $limit } warten. Versuch es wieder, wenn einige fertig sind.
error-owner-queue-full = { $waiting ->
    [one] Von dir wartet schon { $waiting } Bild
   *[other] Von dir warten schon { $waiting } Bilder
}, erlaubt sind höchstens { $limit }. Versuch es wieder, wenn eines fertig ist, oder stoppe welche mit /cancel.
error-no-job = Von dir wartet nichts, und es wird auch nichts gemalt.
error-not-your-job = Von dir wartet oder läuft kein Auftrag { $value }.
error-out-of-memory = Das Bild ist zu groß für den Speicher dieses Rechners. Versuch es mit einer kleineren Größe oder weniger Bildern.
error-too-large-for-device = Das Bild ist zu groß für den Speicher dieses Rechners. { $near_width }x{ $near_height } würde passen, also noch einmal mit --size { $near_width }x{ $near_height }
error-device-too-small = { $model } braucht mindestens { $needed_gib } GiB GPU-Speicher, frei sind { $free_gib } GiB. Passen würde: { $models }.
error-no-full-size = { $model } hat keine volle Größe, die sich mit Zufallsgewichten füllen ließe. Lass --random-weights weg.
error-no-stock = { $model } lässt sich nicht messen: diffusers hat keine Pipeline zum Vergleich.
error-quantisation-missing = Gewichte lassen sich nur auf einer NVIDIA-GPU als { $value } halten, und bitsandbytes muss installiert sein: pip install bitsandbytes
error-worker-lost = Die Engine ist bei diesem Bild immer wieder abgestürzt, deshalb wurde es aufgegeben. Versuch es noch einmal, vielleicht kleiner.
error-model-missing = Die Dateien des Modells in { $repository } fehlen oder sind nicht brauchbar ({ $reason }). kandinsky-bot doctor sagt, wie du sie bekommst.
error-disk-full = Der Download braucht noch { NUMBER($needed_gib, minimumFractionDigits: 1, maximumFractionDigits: 1) } GiB, in { $folder } sind { NUMBER($free_gib, minimumFractionDigits: 1, maximumFractionDigits: 1) } GiB frei. Schaff Platz oder setze HF_HOME auf einen Ordner auf einer größeren Platte.
error-disk-filled = Während des Downloads ist die Platte von { $folder } vollgelaufen. Schaff Platz und starte ihn noch einmal: Fertige Dateien bleiben erhalten.
error-hub-unreachable = Der Hub unter { $endpoint } ist nicht erreichbar ({ $reason }). Prüf das Netz und starte noch einmal: Fertige Dateien bleiben erhalten.
error-not-on-hub = Der Hub zeigt { $repository } in der Revision { $revision } nicht. Falls er eine Anmeldung verlangt: hf auth login
error-no-safetensors = { $repository } enthält in der Revision { $revision } seine Gewichte als Pickle-Dateien, in denen jedes beliebige Programm stecken kann. Der Bot lädt nur safetensors.
error-load-failed = Das Modell ließ sich nicht laden ({ $kind }). Wer den Bot betreibt, findet Näheres im Log.
error-store-failed = Der Rechner kann gerade nicht auf seine Platte schreiben. Wer ihn betreibt, findet Näheres im Log.
error-store-unusable = Der Ordner { $folder } ist nicht benutzbar: { $reason }. Bring ihn in Ordnung oder gib bei [store] path einen anderen an.
error-picture-damaged = Das Bild wurde gemalt, aber seine Datei ist von der Platte des Rechners verschwunden. Versuch es noch einmal.
error-picture-too-large = Das Bild ist zu groß, um hier gepostet zu werden: Erlaubt sind { NUMBER($limit_bytes, useGrouping: 1) } Bytes.
error-picture-format = Diese Datei ist kein Bild, das hier gelesen werden kann. Schick eines in einem dieser Formate: { $formats }.
error-picture-unreadable = Das Bild ist beschädigt oder unvollständig. Schick es noch einmal, in einem dieser Formate: { $formats }.
error-picture-too-big-file = Die Datei ist zu groß: { NUMBER($megabytes, minimumFractionDigits: 1, maximumFractionDigits: 1) } MB, erlaubt sind höchstens { $limit } MB.
error-picture-too-many-pixels = Das Bild hat zu viele Pixel: Erlaubt sind höchstens { $limit } Megapixel.
error-picture-too-small = Das Bild ist zu klein: { $width }x{ $height } Pixel, jede Seite braucht mindestens { $low }.
error-picture-ratio = Das Bild ist zu lang und schmal: { $width }x{ $height } Pixel. Erlaubt ist ein Seitenverhältnis zwischen 1:{ $limit } und { $limit }:1.
error-mask-size = Die Maske hat { $mask_width }x{ $mask_height } Pixel, das Bild dazu aber { $width }x{ $height }: Beide müssen gleich groß sein.
error-mask-empty = Die Maske markiert nichts, was neu gemalt werden soll. Mal weiß an, was sich ändern soll, und lass den Rest schwarz; oder radiere es durchsichtig; oder kritzle in einer auffälligen Farbe darüber.
error-mask-full = Die Maske markiert alles, vom Bild bliebe also nichts übrig. Lass einen Teil davon frei oder nimm stattdessen /imagine oder /img2img.
error-segmenter-missing = Hier ist kein Modell eingerichtet, das etwas in Bildern findet. Schick eine Maske oder male über das Bild. Wer den Bot betreibt, kann [engine] segmenter setzen.
error-segment-nothing = Im Bild ist nichts, was nach { $value } aussieht. Versuch es mit anderen Wörtern oder schick eine Maske.
error-input-refused = Die Bildprüfung dieses Bots hält ein Bild von dir für eines, das nicht alle sehen wollen. Deshalb wurde nichts daraus gemalt. Schick ein anderes.
error-output-refused = Das Bild ist gemalt, aber die Prüfung hält es für eines, das nicht alle sehen wollen. Deshalb wird es nicht gezeigt. Versuch es mit anderen Wörtern oder einem anderen Seed.
error-unknown-labels = Die Bildprüfung kennt das Label { $value } nicht. Die Labels von { $repository } sind: { $known }. Setz [safety] labels.
error-scribble-size = Das bemalte Bild hat eine andere Form ({ $width }x{ $height } Pixel) als das Original ({ $original_width }x{ $original_height }). Mal auf das ganze Bild, ohne es zuzuschneiden oder zu drehen.
error-outpaint-nowhere = Sag, wohin das Bild wachsen soll: left, right, top oder bottom, oder auf ein Seitenverhältnis wie 16:9.
error-outpaint-ratio = Das Bild würde zu lang und schmal. Erlaubt ist ein Seitenverhältnis zwischen 1:{ $limit } und { $limit }:1.
error-outpaint-nothing = Es gibt nichts dazuzumalen: Das Bild mit { $width }x{ $height } Pixeln hat dieses Seitenverhältnis schon oder kommt ihm so nahe, wie das Modell malen kann.
error-undeliverable = Das Bild konnte nicht gepostet werden: { $reason }.
error-render-failed = Beim Malen ist etwas schiefgegangen. Wer den Bot betreibt, findet Näheres im Log.
error-engine-error = Hier ist etwas schiefgegangen. Wer den Bot betreibt, findet Näheres im Log.
error-button-unknown = Dieser Knopf ist von einer älteren Art. Frag noch einmal mit einem Befehl.
error-job-unknown = Einen Auftrag { $value } gibt es hier nicht. /history zeigt deine.
error-job-without-pictures = { $value } hat keine Bilder, die sich zeigen ließen.
error-job-not-ended = { $value } ist noch nicht vorbei. Stoppe es erst mit /cancel.
error-not-yours-to-delete = { $value } kann nur löschen, wem es gehört, oder die Moderation.
error-not-your-mask = Über diese Maske entscheidet, wer danach gefragt hat.
error-mask-decided = Über diese Maske ist schon entschieden.
error-show-what = Sag, was du sehen willst: /show und eine Nummer aus /history, oder schick ein Bild mit.
error-unknown-style = Einen Stil { $value } gibt es hier nicht. Zur Wahl stehen: { $known }.
error-wrong-prompts = Schreib { $low } bis { $limit } Prompts, einen pro Zeile, oder schick sie als Textdatei; angegeben: { $count }.
error-server-queue-full = Wartende Bilder dieses Servers: { $waiting }, erlaubt sind höchstens { $limit }. Versuch es später noch einmal.
error-queue-too-long = Die Warteschlange ist { $minutes } min lang, erlaubt sind höchstens { $limit } min. Versuch es später noch einmal.
error-newcomers-full = Von neuen Leuten warten schon { NUMBER($waiting, useGrouping: 1) } Aufträge, mehr dürfen sie zusammen nicht haben. Versuch es wieder, wenn einige fertig sind.
error-address-queue-full = { $waiting ->
    [one] Von deiner Netzadresse wartet schon { $waiting } Auftrag
   *[other] Von deiner Netzadresse warten schon { $waiting } Aufträge
}, erlaubt sind höchstens { $limit }. Versuch es wieder, wenn einer fertig ist.
error-too-many-attempts = Zu viele Versuche. Versuch es in { $seconds } s noch einmal.
error-too-many-uploads = Zu viele Dateien auf einmal. Versuch es in { $seconds } s noch einmal.
