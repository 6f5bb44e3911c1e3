"""Kandinsky 3: a T5 encoder reads the words, and there is no prior."""

from engine.kandinsky.families.kandinsky_3.components import COMPONENTS
from engine.kandinsky.families.kandinsky_3.model import Kandinsky3
from engine.kandinsky.families.kandinsky_3.stock import STOCK
from engine.kandinsky.families.record import FamilyRecord

FAMILY = FamilyRecord(Kandinsky3.load, COMPONENTS, STOCK)
