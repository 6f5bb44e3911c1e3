## Why something may not be asked for

error-person-blocked = Du kannst diesen Bot hier nicht benutzen. Frag die Moderatoren, warum.
error-not-allowed-here = In diesem Kanal wird nicht gemalt. Frag in einem von diesen: { $channels }.
error-command-not-allowed = Du darfst /{ $command } hier nicht benutzen.
error-model-not-allowed = Du darfst { $model } hier nicht benutzen. Dir stehen offen: { $allowed }.
error-daily-quota = Das wären mehr als die { $limit } Bilder am Tag, die hier erlaubt sind. Heute gewünscht: { $used }, übrig: { $left }. Der Tag endet um Mitternacht UTC, in höchstens { $hours } h.
error-too-many-waiting = Von dir warten { $waiting }, erlaubt sind höchstens { $limit }. Versuch es wieder, wenn eins fertig ist, oder stopp welche mit /cancel.
error-too-many-running = Von dir warten oder entstehen gerade { $running }, erlaubt sind höchstens { $limit }. Versuch es wieder, wenn eins fertig ist, oder stopp welche mit /cancel.
error-too-fast = Du schickst mehr als { $limit } Dinge in der Sekunde: Was zu viel ist, bleibt liegen. Warte einen Moment und schick noch einmal, was fehlt.
error-uploads-too-fast = Du hast gerade viele Bilder geschickt: Erlaubt sind höchstens { $limit } in der Minute. Versuch es in { $seconds } s noch einmal.
error-place-uploads-too-fast = Hier wurden gerade viele Bilder geschickt: Erlaubt sind höchstens { $limit } in der Minute. Versuch es in { $seconds } s noch einmal.
error-side-limit = { $width }x{ $height } ist hier zu groß: Eine Seite darf höchstens { $limit } Pixel haben.
error-steps-limit = { $steps } Schritte sind hier zu viele: Erlaubt sind höchstens { $limit }.
error-prompt-blocked = Das kann hier nicht gemalt werden: Es enthält Wörter, die nicht erlaubt sind.
error-picture-flagged = Das Bild ist gemalt, darf aber hier nicht gezeigt werden: Die Prüfung hält es für eines, das nicht alle sehen wollen.

## What /report and /audit answer

error-no-moderators-here = Hier gibt es keine Moderatoren.
reported = Danke. Die Moderatoren sehen { $job } jetzt in ihrem Protokoll.
audit-none = Hier wurde bisher nichts geändert, gelöscht oder gemeldet.
audit-setting = hat { $name } für { $where } auf { $value } gesetzt
audit-taken-back = hat { $name } für { $where } zurückgenommen
audit-report = hat { $job } von { $owner } gemeldet, Grund: { $reason }
audit-delete = hat { $job } von { $owner } gelöscht
audit-cancel = hat { $job } von { $owner } gestoppt
audit-blocked-again = wurde { $times }-mal wegen gesperrter Wörter abgewiesen, bei /{ $command }: { $word }
audit-blocked = wurde bei /{ $command } wegen eines gesperrten Wortes abgewiesen: { $word }
