"""Makes SdcsimSans.ttf: a subset of DejaVu Sans 2.37 under a name of its own. Needs fonttools (4.68 was used).

    python3 make.py DejaVuSans.ttf
"""

import sys

from fontTools import subset

CHARACTERS = [
    *range(0x20, 0x7F),  # ASCII
    *range(0xA0, 0x180),  # Latin-1, Latin Extended-A: names of layouts
    *range(0x391, 0x3CA),  # Greek, for µ as U+03BC and symbols
    0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2026,  # dashes, quotes, ellipsis
    0x2070, *range(0x2074, 0x208A),  # superscripts and subscripts
    0x2190, 0x2192, 0x2212, 0x2248, 0x2264, 0x2265,  # arrows, minus, relations
]

options = subset.Options()
options.hinting = False
options.layout_features = []
options.name_IDs = ["*"]
options.notdef_outline = True
options.recalc_timestamp = False
font = subset.load_font(sys.argv[1], options)
subsetter = subset.Subsetter(options)
subsetter.populate(unicodes=CHARACTERS)
subsetter.subset(font)
NAMES = {1: "Sdcsim Sans", 3: "Sdcsim Sans 1.0, a subset of DejaVu Sans 2.37", 4: "Sdcsim Sans", 6: "SdcsimSans"}
for record in font["name"].names:
    if record.nameID in NAMES:
        record.string = NAMES[record.nameID]
font.flavor = None
font.save("SdcsimSans.ttf")
