"""Kandinsky 2.2: its decoder draws from image embeddings alone."""

from engine.kandinsky.families.kandinsky_2_2.components import COMPONENTS
from engine.kandinsky.families.kandinsky_2_2.model import Kandinsky22
from engine.kandinsky.families.kandinsky_2_2.stock import STOCK
from engine.kandinsky.families.record import FamilyRecord

FAMILY = FamilyRecord(Kandinsky22.load, COMPONENTS, STOCK)
