"""The words that the demo model knows, and its tokenizer.

A number is its digits, one token each. Spaces around operators and after ``,``, ``:`` and ``?`` are
taken away before encoding, so that the answer to ``12 + 30 =`` is the tokens ``4`` ``2`` and nothing
else; decoding puts the ones after ``,``, ``:`` and ``?`` back. Printable ASCII outside the known
words is spelled letter by letter; anything else is ``<unk>``.
"""

from tokenizers import Tokenizer, decoders, normalizers, processors
from tokenizers.models import Unigram

UNK, BOS, EOS = 0, 1, 2
SPECIAL = ["<unk>", "<s>", "</s>"]

NOUNS = (
    "cat dog bird horse cow fish mouse fox ball book car boat hat cup box chair table lamp pen bag key "
    "coin ring bell drum"
).split()
COLORS = "black white red green blue yellow brown gray orange pink".split()
PLACES = "garden house kitchen park school shop street river".split()
NAMES = "Anna Tom Mary Ben Lucy Max Emma Paul Nora Sam".split()

# Words that stand inside a sentence carry the space before them; the others start a sentence or an
# answer.
INSIDE = "The the is in of to a has from color belongs What Where Who".split()
FIRST = "The What Where Who Count count in".split()

SPACE = "▁"
GLUED = "+-="
SPACED_AFTER = ",:?"


def pieces() -> list[str]:
    """Every token, in the order of its number."""
    characters = [SPACE] + [chr(code) for code in range(ord("!"), ord("~") + 1)]
    first = FIRST + COLORS + NAMES
    inside = [SPACE + word for word in INSIDE + NOUNS + COLORS + PLACES + NAMES]
    return SPECIAL + characters + first + inside


def normalizer() -> normalizers.Normalizer:
    rules = [("\n", " "), ("−", "-")]
    rules += [rule for sign in GLUED for rule in ((sign + " ", sign), (" " + sign, sign))]
    rules += [(mark + " ", mark) for mark in SPACED_AFTER]
    rules += [(" ", SPACE)]
    replace = [normalizers.Replace(old, new) for old, new in rules]
    return normalizers.Sequence([normalizers.Strip(), *replace])


def decoder() -> decoders.Decoder:
    marks = [decoders.Replace(mark, mark + " ") for mark in SPACED_AFTER]
    return decoders.Sequence([decoders.Replace(SPACE, " "), *marks])


def build_tokenizer() -> Tokenizer:
    # One word costs less than its letters, so the longest known word wins.
    def score(piece: str) -> float:
        return -10.0 if len(piece) == 1 else -1.0

    vocabulary = [(piece, 0.0 if piece in SPECIAL else score(piece)) for piece in pieces()]
    tokenizer = Tokenizer(Unigram(vocabulary, unk_id=UNK, byte_fallback=False))
    tokenizer.normalizer = normalizer()
    tokenizer.decoder = decoder()
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", BOS)]
    )
    return tokenizer
