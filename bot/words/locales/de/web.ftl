## The page's own words: sent to the browser in every language, so without variables

web-tab-chat = Chat
web-tab-form = Formular
web-demo-note = Hier malt das kleine eingebaute Modell **demo**. Für Kandinsky selbst setze `model = "kandinsky-2-2"` unter `[engine]` in `config.toml` und starte den Bot neu.
web-message = Nachricht
web-message-placeholder = Ein Prompt oder /help
web-preview = Vorschau

## The form

web-generate = Malen
web-answer = Antwort
web-model = Modell
web-command = Was entstehen soll
web-prompt = Prompt
web-negative = Negativer Prompt
web-canvas = Was neu gemalt wird
web-picture = Bild
web-drop = Bild wählen
web-words = oder Worte
web-weight = Gewicht
web-extend = Weitermalen an
web-share = Anteil
web-ratio = oder bis zu diesem Seitenverhältnis
web-frames = Einzelbilder
web-strength = Stärke
web-size = Größe
web-size-placeholder = wie das Bild; oder 768x512 oder 16:9
web-width = Breite
web-height = Höhe
web-quality = Qualität
web-quality-info = Ein Entwurf geht schnell, das Beste braucht Zeit
web-steps = Schritte
web-guidance = Guidance
web-seed = Seed (-1: irgendeiner)
web-count = Anzahl

## The commands as titles

web-title-imagine = Text zu Bild
web-title-img2img = Bild zu Bild
web-title-inpaint = Retuschieren
web-title-outpaint = Weitermalen
web-title-mix = Mischen
web-title-morph = Morphen
web-title-variations = Variationen
web-title-depth = Tiefe
web-title-upscale = Vergrößern

## The words that a field may be

web-quality-draft = Entwurf
web-quality-normal = Normal
web-quality-best = Das Beste
web-side-left = links
web-side-right = rechts
web-side-top = oben
web-side-bottom = unten
