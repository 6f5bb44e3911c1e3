"""Chinese sentences."""

from random import Random

from tools.train_demo_model.scenes import Figure, Scene

from .mentions import Mentions

LEADS = ("", "", "", "", "画", "请画", "给我画", "画一张图：", "我想要", "帮我画")
COLOURS = {
    "red": ("红",),
    "green": ("绿",),
    "blue": ("蓝",),
    "yellow": ("黄",),
    "orange": ("橙", "橘"),
    "purple": ("紫",),
    "pink": ("粉", "粉红"),
    "brown": ("棕", "褐"),
    "white": ("白",),
    "black": ("黑",),
}
SHAPES = {
    "circle": ("圆形", "圆", "圆圈"),
    "square": ("正方形", "方块"),
    "triangle": ("三角形",),
    "star": ("星星", "五角星"),
    "ring": ("圆环", "环"),
    "cross": ("十字", "十字形"),
    "diamond": ("菱形",),
    "heart": ("心形", "爱心"),
}
SIZES = {"small": ("小", "小小的", "小的"), "big": ("大", "大大的", "大的")}
PLACES = {
    "centre": ("中间", "中央", "正中"),
    "left": ("左边", "左侧"),
    "right": ("右边", "右侧"),
    "top": ("上面", "上方"),
    "bottom": ("下面", "下方"),
}
TEXTURES = {"plain": "", "stripes": "条纹", "dots": "圆点", "checks": "格子"}
RELATIONS = {
    "left of": ("左边", "左侧"),
    "right of": ("右边", "右侧"),
    "above": ("上面", "上方"),
    "below": ("下面", "下方"),
}
SIDES = {
    "left of": ("左边", "右边"),
    "right of": ("右边", "左边"),
    "above": ("上面", "下面"),
    "below": ("下面", "上面"),
}


def phrase(scene: Scene, rng: Random, mentions: Mentions) -> str:
    """Describe a scene."""
    lead = rng.choice(LEADS)
    background = _background(scene, rng) if mentions.background else ""
    if len(scene.figures) > 1:
        return lead + _on_background(_pair(scene, rng, mentions), background, rng)
    figure = scene.figures[0]
    subject = _figure(figure, rng, mentions)
    if not mentions.place:
        return lead + _on_background(subject, background, rng)
    return lead + _placed(subject, rng.choice(PLACES[figure.place]), background, rng)


def _placed(subject: str, place: str, background: str, rng: Random) -> str:
    if not background:
        return rng.choice((f"{place}有{subject}", f"{subject}在{place}", f"{place}的{subject}", f"{subject}，{place}"))
    return rng.choice(
        (
            f"{background}上{place}有{subject}",
            f"{background}{place}的{subject}",
            f"{background}上的{subject}，在{place}",
            f"{subject}在{background}的{place}",
            f"{subject}，{place}，{background}",
            f"{place}有{subject}，{background}",
        )
    )


def _on_background(subject: str, background: str, rng: Random) -> str:
    if not background:
        return subject
    return rng.choice((f"{background}上的{subject}", f"{subject}，{background}", f"{background}，{subject}"))


def _figure(figure: Figure, rng: Random, mentions: Mentions) -> str:
    count = rng.choice(("", "一个", "一个"))
    size = rng.choice(SIZES[figure.size]) if mentions.size and figure.size else ""
    colour = rng.choice(COLOURS[figure.colour]) + rng.choice(("色", "色", "色的"))
    return count + size + colour + rng.choice(SHAPES[figure.shape])


def _pair(scene: Scene, rng: Random, mentions: Mentions) -> str:
    first, second = (_figure(figure, rng, mentions) for figure in scene.figures)
    if not mentions.relation:
        return first + rng.choice(("和", "与")) + second
    near, far = SIDES[scene.relation]
    place = rng.choice(RELATIONS[scene.relation])
    return rng.choice((f"{first}在{second}的{place}", f"{second}{place}的{first}", f"{near}{first}，{far}{second}"))


def _background(scene: Scene, rng: Random) -> str:
    colour = rng.choice(COLOURS[scene.background]) + rng.choice(("色", "色", "色的"))
    return colour + TEXTURES[scene.texture] + "背景"
