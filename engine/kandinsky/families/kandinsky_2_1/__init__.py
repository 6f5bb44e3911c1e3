"""Kandinsky 2.1: its decoder reads the words once more."""

from engine.kandinsky.families.kandinsky_2_1.components import COMPONENTS
from engine.kandinsky.families.kandinsky_2_1.model import Kandinsky21
from engine.kandinsky.families.kandinsky_2_1.stock import STOCK
from engine.kandinsky.families.record import FamilyRecord

FAMILY = FamilyRecord(Kandinsky21.load, COMPONENTS, STOCK)
