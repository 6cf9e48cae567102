"""The words that tell where a noun phrase begins and ends in a caption of an aerial image."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that stand in no phrase: articles, pronouns, prepositions, conjunctions, counts, adverbs of place and degree.
LINKS = _words(
    """
    a an the this that these those it its they their them there here he she we you i his her our your which who whom
    whose what where when how some any many several few lots lot plenty much more most each every both all other
    others another one two three four five six seven eight nine ten dozen dozens hundred hundreds no not none only
    also just of in on at by to from with without into onto over under above below beside besides between among
    amongst around along alongside across through near nearby next behind before after inside outside within against
    toward towards up down off out about like as than for per via upon beneath opposite past round amid and or but
    nor so yet if while though although because then thus too either neither very quite rather really almost nearly
    well closely densely sparsely thickly neatly orderly tightly evenly regularly randomly mostly mainly partly
    fully completely together apart away far close side sides left right numerous whole entire adjacent such same
    different various enough still even again always often
    """
)

# Verbs that captions use, in the forms they take there; forms in -ed and -ing are known by their ending as well.
VERBS = _words(
    """
    is are was were be been being am has have had having do does did can could may might must shall should will
    would lie lies lay lays stand stands stood sit sits see sees seen saw show shows shown contain contains consist
    consists include includes run runs ran go goes went gone come comes came pass passes cross crosses grow grows
    grew grown surround surrounds cover covers connect connects divide divides separate separates form forms look
    looks make makes made lead leads led built keep keeps kept hold holds held put puts set sets cut cuts spread
    spreads flow flows stretch stretches extend extends turn turns meet meets join joins appear appears exist exists
    find found compose constitute constitutes devide devides flourish flurish throw throws melt melts seem seems
    play plays reflect reflects split splits float floats berth berths shine shines wind winds wave waves beat beats
    lap laps
    """
)

# Words in -ed, -ing or otherwise like verbs that name things or kinds of things in captions.
NOT_VERBS = _words(
    """
    building buildings parking swimming shopping landing landings crossing crossings dwelling dwellings clearing
    clearings housing railing railings playing sailing docking ring spring wing wings string king red bed beds
    seabed riverbed shed sheds weed weeds reed reeds field ceiling opening watershed winding
    """
)

# Of those, the ones that need the thing they are of: "parking lot", but not "parking".
OF_SOMETHING = _words(
    """
    parking swimming shopping playing sailing docking winding landing housing crossing
    """
)

# Words that describe; alone they are no keyword, before a noun they belong to it.
DESCRIBING = _words(
    """
    red green blue white black gray grey brown yellow orange pink purple dark light bright pale khaki turquoise
    golden silver cyan emerald big large small little huge tiny long short wide narrow tall high low deep shallow
    round square rectangular circular oval triangular curved straight irregular regular dense sparse medium thick
    thin lush bare dry wet muddy sandy rocky grassy snowy icy wavy calm turbid clear busy empty crowded quiet modern
    old new beautiful colourful colorful neat flat steep smooth rough broad vast main major double single crisscross
    rural urban commercial industrial residential agricultural mobile public private central north south east west
    free verdant desolate peaceful messy oblong semicircular heptagonal polygonal spiral elliptical arc
    """
)

# Heads that say nothing by themselves: "a piece of meadow", "the middle of the picture".
EMPTY_HEADS = _words(
    """
    piece pieces part parts kind kinds row rows line lines number numbers side sides middle center centre edge edges
    image picture photo view scene size sizes shape shapes color colors colour colours group groups block blocks
    corner corners end ends top bottom place places area areas thing things way ways bit set pair pairs style styles
    distance front back direction directions neighborhood neighbourhood surrounding surroundings rest land object
    objects region regions zone zones order orders series look space spaces bank banks shore
    """
)
