"""Common words of English and of programs: what may be a word is no name by itself. Reads its list once."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

from streams.privacy.listed import words as listed

FILE = Path(__file__).with_name("words.txt.gz")


# Words that open questions and sentences, or stand anywhere: as part of a name they are weak even when capitalised.
FUNCTION_WORDS = listed(
    "a about after again all also am an and any are as ask at back be because been before being both but by call came "
    "can come could day did do does doing done down each even every few first for from get give go good got had has "
    "have he hello her here hey hi him his how i if in into is it its just know last let like long look made make man "
    "many may me more most much must my need new next no not now of off old on once one only or other our out over "
    "own please put said same say see set shall she should since so some still such take tell than thank thanks that "
    "the their them then there these they thing think this those through time to today too under until up us use very "
    "want was way we well went were what when where which while who why will with work would yes yet you your"
)
# First and last names that are also words, and too rare in what the list is counted over.
ALSO_WORDS = listed(
    "abbot abel alba alder amber amen angel apple april archer art ash aspen aster august autumn bailey baker banks "
    "bar barber barley baron basil bass bay beach bean bear beau bee bell belle berry best beth bill birch bird "
    "bishop black blanc blaze bliss bloom blossom blue blunt bolt bond booker boot bow bowl brand bravo briar bridge "
    "brock bronze brook brooks brown buck bud bull burn bush butcher butler cameo candy cane capital captain "
    "carpenter carter case cash castle cat cedar celeste chance chandler chapel chapman charity charm chase cherry "
    "chip christian church clay clement clerk cliff close cloud clover coal coin cole colt con constable constant "
    "cook cool cooper coral cord cotton couch count court cove coward crane cricket crisp cross crow crown crystal "
    "curry daisy dale dane dash dawn day deacon dean dear destiny diamond dick dike dill dime dire dock doll dollar "
    "dove drake draper drew driver drum duke dusty earl early east easter eden ember emerald english essence ever "
    "fair faith falcon fall farmer fay fence fern ferry field fields finch fish fisher flint flood flora flower "
    "flowers fly foot ford foreman forest forester fountain fox frank free freedom french friend frost gail gale "
    "gamble game garden gardener garland garner gates gay gem genesis gentry giant gill ginger glass glen glory "
    "glover gold golden gore grace grain granger grant grave graves gray green grey grove guard gun gunner guy hail "
    "hale hall ham hammer hank harbor hardy harmony harp harper hart harvest haven hawk hawks hay hazel head heart "
    "heath heather heaven hedge henna herb heron hicks high hill hills hobby hoe holiday holly honey honor hood hook "
    "hope horn horne house hunt hunter hurt hyde ice innocent iris iron ivory ivy jack jade jam jasmine jay jet jewel "
    "jolly journey joy jubilee judge jug june juniper juror just justice karma keen kelp key keys kid king kitchen "
    "knight knot lady lake lamb lamp lance land lane lark lass laurel lavender law lawn lead leaf legend lemon levy "
    "lilac lily lime lion little lock loft london long lord love low loyal luck lucky luna lush lynx lyric mace "
    "magnolia major mallow man manly maple march marina marine mark marks marsh mason mast mat max may mead meadow "
    "meadows melody mercy merit merry miles mill miller mills mint miracle mister misty mite monday monk moon moor "
    "moore morn morning moss mountain mull myrtle mystic nail nevada nick nightingale noble noon norm north nova "
    "novel oak ocean olive opal orchid otter owl pace pagan page pages paige painter palm pan paris parish park "
    "parker parks pat patch patience pax peace peach peacock pear pearl penny pepper pet petal petty phoenix "
    "pick pike pine piper plum plumb plummer poe pole pond pool poole poor pope poppy porter post potter pound powder "
    "power powers pray precious price priest prince princess prior promise proud prudence pure purse queen quick "
    "quill rain ram ran ranger raven ray read reader reason rebel red reed reef reeve reeves regal rein reins remedy "
    "rex rich riddle rider ridge ring rip rising river rivers roach rob robe robin rock rocky rod roman rook rose "
    "rosemary rosy rouse rowan royal ruby rudder rue rush rusty rye sadler sage sailor saint salt sand sandal "
    "sands sandy sapphire savage savanna savannah sawyer scarlet scarlett school scout sea seal season senior serene "
    "serenity shade shadow sharp shell shepherd sherry shield shore short sierra silver simple singer sister "
    "skinner sky slate slaughter sly small smart snow song sonny south sparks sparrow spear spencer spicer "
    "spring spruce squire stack star stark starling steel sterling steward stone storm story stout strange street "
    "strong sue summer summers sun sunday sunny sunshine swan sweet swift sword sylvan tailor talent tanner tate teal "
    "tempest temple thistle thorn thrush thyme tide tiger till timber tinker topaz tower towers town trace tracer "
    "tracy treasure trinity trip trout trucker true truth tuck tulip turner twin unity urban usher vale valentine "
    "valley van vane vat velvet venus verity vet vice victor victory vine violet virtue vista wade wager wagner "
    "walker wall waller walls ward warden ware warner warren watch water waters watt way weaver wednesday weeks well "
    "wells welsh west wheat wheel wheeler whistler white whitehead wild wilder will willow wills winter winters wise "
    "wish wit wolf wolfe wonder wood woodman woods wool word worth wren wright yard york young zeal zion"
)


@cache
def common() -> frozenset[str]:
    """Lower-case words that are no evidence of a person, some 80,000."""
    return frozenset().union(*_blocks())


@cache
def frequent() -> frozenset[str]:
    """Those of them that stand in many texts, some 7,000: two of them side by side are no evidence either."""
    return frozenset().union(*_blocks()[:2])


@cache
def everyday() -> frozenset[str]:
    """Those that every program and every text is full of, some 2,500: with a letter in front still no evidence."""
    return frozenset(_blocks()[0])


def _blocks() -> list[list[str]]:
    blocks = gzip.decompress(FILE.read_bytes()).decode("ascii").split("\n\n")
    return [block.split("\n") for block in blocks]
