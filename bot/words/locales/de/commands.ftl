## What each command does: at most 100 characters, as Discord allows

command-imagine = Male ein Bild nach deinen Worten
command-img2img = Übermale ein Bild
command-inpaint = Male einen Teil eines Bildes neu: weiß in der Maske oder durchsichtig
command-outpaint = Male, was um ein Bild herum liegt
command-mix = Mische bis zu vier Bilder und Texte zu einem Bild
command-morph = Male den Weg von einem Bild oder Text zu einem anderen
command-variations = Male Bilder, die einem Bild ähneln
command-depth = Male ein Bild mit der räumlichen Tiefe eines anderen
command-upscale = Male ein Bild in doppelter Größe
command-batch = Male mehrere Prompts, je ein Bild: ein Prompt pro Zeile oder eine Textdatei
command-again = Male ein früheres Bild noch einmal, mit anderem Seed oder was du sonst änderst
command-history = Zeige, was du zuletzt gewünscht hast
command-show = Zeige ein früheres Bild nach seiner Nummer oder wie ein Bild entstanden ist
command-full = Zeige ein Bild in voller Größe
command-files = Schicke die Bilder als Dateien
command-parameters = Zeige, wie ein Bild entstanden ist
command-delete = Lösche ein Bild nach seiner Nummer, hier und wo es gepostet wurde
command-report = Melde ein Bild bei der Moderation
command-settings = Zeige oder ändere, was für dich, diesen Ort oder diesen Server gilt
command-styles = Zeige die Stile
command-models = Zeige die Modelle und was sie können
command-stats = Zeige, wie viel gemalt wurde, wie lange es dauerte und was es kostete
command-privacy = Zeige, exportiere oder lösche, was über dich gespeichert ist
command-audit = Zeige, was die Moderation geändert hat und was gemeldet wurde
command-queue = Zeige, wo deine Bilder stehen
command-cancel = Stoppe dein letztes Bild, eines nach seiner Nummer oder alle
command-help = Zeige, was ich alles kann
command-start = Zeige, wie es losgeht

## What each option takes: at most 75 characters, since its bounds may follow

option-prompt = Was gemalt werden soll
option-negative = Was im Bild nicht vorkommen soll
option-size = Breite x Höhe in Pixeln oder ein Seitenverhältnis wie 16:9
option-steps = Schritte beim Entrauschen: mehr dauert länger und wird feiner
option-guidance = Wie eng sich das Bild an den Prompt hält
option-seed = Gleicher Seed und gleiche Einstellungen, gleiches Bild; -1: irgendeiner
option-count = Wie viele Bilder
option-model = Welches Modell malt
option-image = Das Bild
option-mask = Was neu gemalt wird: weiß auf schwarz, so groß wie das Bild
option-strength = Wie viel neu gemalt wird, nahe 0 nur wenig
option-extend = left, right, top, bottom oder all
option-share = Wie viel an jeder Seite dazukommt, als Anteil am Bild
option-ratio = Breite zu Höhe des ganzen Bildes, etwa 16:9
option-parts = Worte in Anführungszeichen, mit Gewichten: "eine Katze":0.6 image1:0.4
option-image1 = Ein Bild dafür
option-image2 = Ein weiteres Bild
option-image3 = Ein drittes Bild
option-image4 = Ein viertes Bild
option-frames = Wie viele Bilder vom einen zum anderen führen
option-map = Das Bild ist eine Tiefenkarte: weiß ist nah
option-quality = draft geht schnell, best nimmt sich Zeit
option-exact = Allein malen, damit jedes Mal genau dieselben Pixel entstehen
option-of = Ein Bild eines früheren Auftrags nach seiner Nummer, etwa 0123456789.2
option-where = Was neu gemalt werden soll, in Worten, etwa: der Hut
option-style = Ein Stil: /styles zeigt sie; none für keinen
option-caption = Worte, die auf das Bild geschrieben werden
option-enhance = Blasse oder grelle Farben korrigieren
option-prompts = Die Prompts, einer pro Zeile
option-list = Eine Textdatei mit einem Prompt pro Zeile
option-reason = Was damit nicht stimmt
option-name = Welche Einstellung
option-value = Was gelten soll; leer, um es zurückzunehmen
option-scope = Für wen: me (dich), here (diesen Ort) oder server
option-action = show (zeigen), export (exportieren) oder delete (löschen)
option-file = Das Bild als Datei schicken, nicht neu komprimiert
option-job = Die Nummer eines Auftrags oder all
option-command = Der Name eines Befehls, um seine Optionen zu sehen

## The words that an option may be, as Discord offers them: what is typed is the English word, so it is named too

choice-draft = Entwurf (draft)
choice-normal = normal
choice-best = am besten (best)
choice-me = für mich (me)
choice-here = hier (here)
choice-server = ganzer Server (server)
choice-show = zeigen (show)
choice-export = exportieren (export)
choice-delete = löschen (delete)

## The entries of a message's menu: at most 32 characters

menu-img2img = Bild übermalen
menu-variations = Variationen
menu-upscale = Vergrößern
