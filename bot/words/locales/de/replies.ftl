## What is said of a job

progress-starting = Das Malen beginnt
progress-next = In der Warteschlange{ $eta }{ $state }
progress-waiting = Nummer { $position } in der Warteschlange{ $eta }{ $state }
eta-seconds = , etwa { $seconds } s
eta-minutes = , etwa { $minutes } min
state-warming-up = { " " }(die Engine läuft warm)
state-restarting = { " " }(die Engine startet neu)
state-model-missing = { " " }(der Engine fehlen die Dateien des Modells)
title-pictures = /{ $mode }, { $count ->
    [one] { $count } Bild
   *[other] { $count } Bilder
}
quote = „{ $text }“
caption-without = ohne { $words }
caption-seed = Seed { $seeds }
caption-steps = { $steps ->
    [one] { $steps } Schritt
   *[other] { $steps } Schritte
}
caption-guidance = Guidance { $guidance }
album-unconfirmed = Telegram hat das Album nicht bestätigt: Steht es schon darüber, sind dies dieselben Bilder.
caption-seconds = { NUMBER($seconds, minimumFractionDigits: 1, maximumFractionDigits: 1) } s
cancelled = Abgebrochen.
did-you-mean = { $sentence } Meintest du --{ $close }?

## What /queue and /cancel answer

queue-job = { $job }: { $standing } { $title }
queue-none = Von dir ist nichts in der Warteschlange.
queue-nobody = Niemand wartet.{ $state }
queue-waiting = { $count ->
    [one] Insgesamt wartet { $count } Auftrag.{ $state }
   *[other] Insgesamt warten { $count } Aufträge.{ $state }
}
standing-starting = beginnt
standing-next = als Nächstes
standing-number = Nummer { $position }{ $eta }
stopped-one = { $job } gestoppt: { $title }
stopped-many = { $count ->
    [one] { $count } Bild gestoppt.
   *[other] { $count } Bilder gestoppt.
}

## What the worker noted about the pictures, by the keys of the job's notes

note-understood = Verstanden als „{ $understood }“
note-cut = Zu lang für das Modell, nicht gelesen: „{ $cut }“
note-text-mix = Dieses Modell hat die Worte selbst gemischt, nicht Bilder davon.
note-unread = Viele dieser Worte kennt das Modell nicht.

## Why a prompt was drawn as it was written

problem-translator-missing = Nicht übersetzt: Die Dateien des Übersetzers fehlen hier. Wer den Bot betreibt, kann sie holen: kandinsky-bot models download translator
problem-translation-empty = Nicht übersetzt: Der Übersetzer fand keine Worte dafür.

## What is wrong with a model's file

flaw-missing = fehlt
flaw-unreadable = abgeschnitten oder beschädigt
flaw-changed = nicht das, was der Hub geschickt hat
flaw-untested = eine andere Datei als die, mit der getestet wurde

## Help and questions

start =
    Hallo! Sag mir, was ich malen soll: /imagine ein roter Kreis auf blauem Hintergrund
    /help zeigt alles, was du dir wünschen kannst.
ask-prompt = Was soll ich malen? Antworte auf diese Nachricht mit deinem Prompt.
ask-picture = Welches Bild? Antworte damit auf diese Nachricht und schreib deine Worte darunter.
ask-parts = Welche Dinge? Antworte auf diese Nachricht mit Worten in Anführungszeichen oder mit Bildern, etwa so: "eine Katze" "ein Tiger"
prompt-placeholder = ein roter Kreis auf blauem Hintergrund
no-words = Schreib einen Befehl, zum Beispiel: /imagine ein roter Kreis. /help zeigt alle.
no-command = Antworte auf das Bild mit einem Befehl, zum Beispiel: /img2img ein roter Kreis. /help zeigt alle.
help-hint = /help mit dem Namen eines Befehls, etwa /help imagine, zeigt seine Optionen.
pictures-help = Bilder: Schick sie mit dem Befehl als Bildunterschrift oder antworte auf eine Nachricht, die eines hat.
option-bounds = { $help } ({ NUMBER($low, useGrouping: 1) } bis { NUMBER($high, useGrouping: 1) })

## What buttons say: at most 30 characters, with a number

button-again = Neu würfeln
button-edit = Prompt ändern
button-variations = Variationen
button-upscale = Vergrößern
button-full = Volle Größe
button-inpaint = Retuschieren
button-outpaint = Weitermalen
button-mix = Mischen mit…
button-parameters = Parameter
button-files = Als Datei
button-report = Melden
button-delete = Löschen
button-cancel = Abbrechen
button-go = Los
button-invert = Umkehren
button-grow = Ausweiten
button-stop = Abbrechen

## Results, and what is said of earlier jobs

mask-question = Der eingefärbte Teil wird neu gemalt. Soll ich anfangen?
job-number = Nummer { $job }
deleted = { $job } gelöscht.
no-parameters = In dieser Datei steht nicht, wie das Bild entstanden ist.
draw-again = Noch einmal malen: { $line }
history-line = { $job }: { $status } { $title }
history-none = Du hast dir noch nichts gewünscht.
history-hint = /show mit einer Nummer zeigt es wieder, /again --of NUMMER malt es noch einmal.
status-held = wartet auf deine Antwort
status-queued = wartet
status-leased = wird gemalt
status-rendered = gemalt
status-posting = wird gepostet
status-posted = fertig
status-failed = gescheitert
status-cancelled = abgebrochen
styles-hint = Nimm einen mit --style NAME.
styles-none = Hier sind keine Stile eingerichtet.
models-line = { $model }: { $size }, { $steps } Schritte; { $modes }

## What Telegram shows of the bot: in a chat without messages at most 512 characters, in its profile at most 120

telegram-description =
    Ich male Bilder mit Kandinsky: nach deinen Worten, über deine Bilder oder aus beidem gemischt.

    Schreib mir /imagine ein roter Kreis auf blauem Hintergrund oder /help für alles Weitere.
telegram-short-description = Malt mit Kandinsky Bilder aus deinen Worten und deinen Bildern.
promise-broken = Ich wurde unterbrochen, bevor ich das tun konnte. Schick es noch einmal.
