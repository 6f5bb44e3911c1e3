"""Short prompts by language, as people write them to a picture bot; one a line."""

PROMPTS = {
    language: texts.strip().splitlines()
    for language, texts in {
        "en": """
a red fox
a cat
red circle
sunset over mountains, oil painting
portrait of a woman, 4k, highly detailed, artstation
cyberpunk city at night
robot
a green circle on a blue background
Barack Obama
van Gogh style starry night
beautiful landscape, trending on artstation, unreal engine
astronaut riding a horse
cute kitten in a teacup
steampunk airship
dragon
medieval castle
dog in a hat
minimal logo, vector
samurai, ukiyo-e
Mona Lisa
a blue triangle
yellow square, top left
girl with a pearl earring
futuristic car, neon lights
old man reading
a bowl of ramen
mountain lake at dawn
pixel art knight
fox
house
tiger portrait, digital art
an elephant in the jungle
Paris in the rain
tree
spaceship landing on mars
vintage poster
8k, hyperrealistic, octane render
Darth Vader
Gandalf
lion
watercolor painting of a village
snow
a panda eating bamboo
Tokyo street
pizza
""",
        "de": """
ein roter Fuchs
eine Katze
roter Kreis auf blauem Hintergrund
Sonnenuntergang über den Bergen
ein Hund mit Hut
grünes Dreieck
Porträt einer alten Frau, Ölgemälde
ein blaues Dreieck
Haus am See
ein alter Mann liest ein Buch
Schloss im Nebel
gelbes Quadrat auf rotem Grund
Hund
Winterlandschaft mit Bergen
ein kleiner Vogel
""",
        "fr": """
un renard roux
un chat
coucher de soleil sur la mer
un château médiéval dans la brume
portrait d'une femme
une maison au bord du lac
chien
une fleur jaune
ville futuriste la nuit
le petit prince
un vieil homme lit un livre
""",
        "es": """
un zorro rojo
un gato con sombrero
puesta de sol sobre las montañas
una mujer en la playa
una casa junto al lago
perro rojo
un hombre viejo leyendo
ciudad futurista de noche
flor amarilla
""",
        "it": """
una volpe rossa
un gatto nero
tramonto sul mare
una casa sul lago
un cane rosso
città futuristica di notte
""",
        "pt": """
uma raposa vermelha
um gato preto
uma casa à beira do lago
um cachorro vermelho
""",
        "pl": """
czerwony lis
kot w kapeluszu
dom nad jeziorem
czerwony pies
""",
        "tr": """
kırmızı bir tilki
şapkalı bir kedi
göl kenarında bir ev
kırmızı köpek
""",
        "nl": """
een rode vos
een kat met een hoed
een huis aan het meer
een rode hond
""",
        "cs": """
červená liška
dům u jezera
""",
        "sv": """
en röd räv
ett hus vid sjön
""",
        "ro": """
o vulpe roșie
o casă lângă lac
""",
        "vi": """
một con cáo đỏ
một ngôi nhà bên hồ
""",
        "id": """
seekor rubah merah
rumah di tepi danau
""",
        "fi": """
punainen kettu
punainen talo järven rannalla
""",
        "hu": """
egy vörös róka
piros ház a tóparton
""",
        "ru": """
рыжая лиса
кот в шляпе
закат над горами
синий треугольник
дом у озера
собака
портрет старика маслом
красный круг на синем фоне
""",
        "uk": """
рудий лис
кіт у капелюсі, їжак
будинок біля озера
синій трикутник
червоний собака
""",
        "bg": """
червена лисица
къща край езерото
""",
        "zh": """
一只红色的狐狸
猫
紅色的圓形
湖边的房子
蓝色三角形
夕陽
""",
        "ja": """
赤い狐
猫の絵
湖のほとりの家
犬
""",
        "ko": """
빨간 여우
호숫가의 집
""",
        "ar": """
ثعلب أحمر
منزل بجانب البحيرة
""",
        "fa": """
روباه قرمز
خانه‌ای کنار دریاچه
""",
        "he": """
שועל אדום
""",
        "el": """
κόκκινη αλεπού
σπίτι δίπλα στη λίμνη
""",
        "hi": """
लाल लोमड़ी
झील के किनारे घर
""",
        "th": """
สุนัขจิ้งจอกสีแดง
""",
        "ka": """
წითელი მელა
""",
        "da": """
et rødt hus ved søen
""",
        "sr": """
кућа поред језера
""",
    }.items()
}
