## What /settings answers

setting-line = { $name }: { $value } ({ $source })
setting-set = { $name } ist jetzt { $value } ({ $source }).
setting-taken-back = { $name } ist nicht mehr gesetzt ({ $source }). Vorher war es { $value }.
setting-unset = { $name } war nicht gesetzt ({ $source }).
settings-unset = Nicht gesetzt: { $names }
settings-hint = Du änderst etwas mit /settings NAME, dem Wert und --scope me, here oder server; ohne Wert nimmst du es zurück.
settings-hint-moderators = Als Moderator kannst du auch who-BEFEHL und who-MODELL setzen: everyone, moderators oder Rollen.
from-me = von dir
from-here = dieser Ort
from-server = dieser Server
from-operator = wer den Bot betreibt
yes = ja
no = nein
option-code = Was eine Löschung bestätigt, oder wo ein Export weitergeht
error-unknown-setting = Eine Einstellung { $value } gibt es nicht. Zur Wahl stehen: { $known }.
error-setting-choice = { $name } kann nicht { $value } sein. Zur Wahl stehen: { $known }.
error-setting-switch = { $name } kann ja oder nein sein; { $value } ist keins von beiden.
error-setting-who = { $value } sagt nicht, wer. Schreib everyone, moderators oder Rollen: erwähnt oder mit ihren IDs.
error-setting-channels = { $value } nennt keine Kanäle. Erwähne sie, gib ihre IDs an, oder schreib here für diesen.
error-setting-people = { $value } nennt niemanden. Erwähne die Leute oder gib ihre IDs an.
error-setting-words = Schreib Wörter oder Wendungen mit Kommas dazwischen: höchstens { $limit }, jede höchstens { $length } Zeichen lang.
error-setting-scope = { $name } lässt sich nicht für { $value } setzen. Zur Wahl stehen: { $known }.
error-no-server-here = Dieser Ort gehört zu keinem Server.
error-moderators-only = Das dürfen nur Moderatoren.

## What /stats answers

stats-server = Dieser Server
stats-own = Deine Bilder
stats-day = Die letzten 24 Stunden:
stats-days = Die letzten { $days } Tage:
stats-all = Insgesamt:
stats-nothing = nichts
stats-pictures = Bilder: { NUMBER($pictures, useGrouping: 1) }
stats-failed = fehlgeschlagen: { NUMBER($failed, useGrouping: 1) }
stats-wait = Wartezeit: meist { $median }, bei neun von zehn höchstens { $most }
stats-device = gemalt: { $time }
stats-cost = Kosten: { $cost } { $currency }, { $each } { $currency } je Bild
stats-hint = Gezählt sind die Kosten der Sekunden, in denen das Gerät gemalt hat, nicht die, in denen es gewartet hat.
seconds-exact = { $seconds } s
seconds = { $seconds } s
minutes = { $minutes } min
hours = { $hours } h

## What /models adds, and gentle words below a picture

models-hint = Das erste malt, wenn du keines nennst. Wähle mit --model NAME.
advice-guidance = { $model } malt meist am besten mit guidance von { $low } bis { $high }; hier waren es { $guidance }.
advice-steps = Mehr als { $limit } Schritte machen ein Bild von { $model } selten besser; hier waren es { $steps }.

## What /privacy answers

privacy-kept = Über dich gespeichert: Aufträge: { $jobs }, Bilder: { $pictures }, von dir geschickte Bilder: { $inputs }, Einstellungen: { $settings }.
privacy-since = Der älteste Auftrag ist vom { $when }.
privacy-retention = Sie werden nach { $days } Tagen gelöscht.
privacy-for-ever = Sie bleiben, bis du sie löschst.
privacy-hint =
    Zu jedem Auftrag werden seine Worte, sein Ort und sein Ausgang gespeichert. Das Protokoll der Moderatoren behält, was sie geändert haben, wer was gemeldet hat und wer wegen eines gesperrten Wortes abgewiesen wurde, ohne den Prompt.
    /privacy export gibt dir alles als Datei, /privacy delete löscht es.
privacy-nothing = Über dich ist nichts gespeichert.
privacy-confirm =
    Das löscht für immer alles, was hier über dich gespeichert ist: Aufträge mit ihren Bildern: { $jobs }, Einstellungen: { $settings }. Was wartet oder gerade gemalt wird, wird gestoppt. Was in einem Chat steht, bleibt dort: Lösch das vorher mit /delete.
    Wenn du das willst: /privacy delete { $code }
privacy-deleted = Gelöscht. Aufträge, die samt Bildern weg sind: { $jobs }. Auch deine Einstellungen sind weg. Wie viele Bilder du dir gewünscht hast, zählt noch einen Tag lang, sonst nichts davon.
privacy-left = Etwas von dir wird gerade verschickt. Frag in einer Minute noch einmal, um auch das zu löschen.
exported = Hier sind deine Einstellungen und deine Aufträge { $first } bis { $last } von { $total }, mit ihren Bildern.
export-too-large = Die Dateien von diesen sind zu groß dafür: { $jobs }. Die bekommst du mit /show und der Nummer.
export-goes-on = Der Rest passt nicht in eine Datei. Weiter geht es mit: /privacy export { $job }
