"""Image instructions: varied encodings, and what their names say of their addresses."""
import re

# Registers of the parts of a ray, and of the result.
RAYS = {"bvh": ("11333", 4), "bvh64": ("21333", 4), "bvh_dual": ("22332", 10), "bvh8": ("22331", 10)}


def forms(gfx):
    """Formats with images, and how many opcodes they have."""
    return {9: [], 10: [("mimg", 256)], 11: [("mimg", 256)], 12: [("mimg", 256), ("vsample", 256)]}[gfx]


def some(rng, places):
    """None, or some, of the bits at `places`."""
    return sum(rng.randrange(2) << place for place in places) if rng.randrange(2) else 0


def words_of(rng, gfx, form, code):
    """One random encoding."""
    dim, dmask = rng.randrange(8), rng.choice([1, 3, 7, 15, rng.randrange(16)])
    resource, sampler = rng.randrange(24), rng.choice([0, rng.randrange(24)])
    data = rng.randrange(200)
    registers = [rng.randrange(200) for _ in range(rng.randrange(14))] + [0] * 16
    if gfx == 12:
        return three_words(rng, form, code, dim | dmask << 22, data | resource << 11, sampler << 2, registers)
    if gfx == 10:
        nsa = rng.choice([0, 0, 1, 2, 3])
        first = 0xF0 << 24 | (code & 0x7F) << 18 | code >> 7 | nsa << 1 | dim << 3 | dmask << 8
        first |= some(rng, (7, 12, 13, 15, 16, 17, 25))
        second = registers[0] | data << 8 | resource << 16 | sampler << 21 | some(rng, (30, 31))
    else:
        nsa = rng.randrange(2)
        first = 0xF0 << 24 | code << 18 | nsa | dim << 2 | dmask << 8 | some(rng, (7, 12, 13, 14, 15, 16, 17))
        second = registers[0] | data << 8 | resource << 16 | sampler << 26 | some(rng, (21, 22))
    if rng.randrange(4) == 0:  # what rays need
        first = first & ~0xFFBC if gfx == 10 else first & ~0x3F9C
        first |= 0x9F00 if gfx == 10 else 0x8F80
    rest = [int.from_bytes(bytes(registers[1 + 4 * i : 5 + 4 * i]), "little") for i in range(nsa)]
    return [first, second, *rest]


def three_words(rng, form, code, first, second, sampler, registers):
    first |= code << 14
    if form == "vsample":
        words = [0xE4 << 24 | first | some(rng, (3, 4, 5, 6, 13)), second | sampler << 23 & 0xFFFFFFFF | some(rng, (8,))]
    else:
        first |= some(rng, (4, 5, 6))
        if rng.randrange(4) == 0:  # what rays need
            first = first & ~(15 << 22 | 0x27) | 1 << 4
        words = [0xD0 << 24 | first, second | registers[4] << 24 | some(rng, (23,))]
    words[1] |= rng.choice([0, rng.randrange(32)]) << 18
    return words + [int.from_bytes(bytes(registers[:4]), "little")]


def flags(name, gfx):
    """What an image instruction's name says."""
    if ray := re.match(r"image_(bvh\w*)_intersect_ray", name):
        return ["image0", "ray" + RAYS[ray[1]][0]]
    kind, *parts = name.removeprefix("image_").split("_")
    found = ["image%d" % sum(part in ("b", "c", "o") for part in parts if kind.startswith(("sample", "gather")))]
    found += ["coord"] * ("resinfo" not in parts) + ["grad"] * bool({"d", "cd"} & set(parts))
    found += ["g16"] * ("g16" in parts) + ["lod"] * bool({"l", "cl", "mip", "resinfo"} & set(parts))
    found += ["samp"] * (kind.startswith(("sample", "gather")) or name == "image_get_lod")
    # RDNA2's load of samples gives the channels that its mask says.
    return found + ["gather"] * (kind.startswith("gather") or kind.startswith("msaa") and gfx > 10)


def slots(name):
    """The result of a ray, whose size nothing encodes."""
    ray = re.match(r"image_(bvh\w*)_intersect_ray", name)
    return [["vdata", "v%d" % RAYS[ray[1]][1], ""]] if ray else []
