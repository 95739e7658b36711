/* Names of pets, of ordinary words. */
#include "providers/random/random.h"

static const char *const adverbs[] = {
    "ably",    "actually", "again",   "almost",   "always",  "badly",    "barely",    "blandly",  "boldly",   "bravely",
    "briefly", "brightly", "busily",  "calmly",   "cheaply", "clearly",  "closely",   "coolly",   "daily",    "dearly",
    "deeply",  "duly",     "early",   "easily",   "evenly",  "fairly",   "firmly",    "fondly",   "freely",   "fully",
    "gently",  "gladly",   "greatly", "happily",  "hardly",  "highly",   "honestly",  "hugely",   "jointly",  "justly",
    "keenly",  "kindly",   "largely", "lately",   "lightly", "likely",   "loosely",   "loudly",   "mainly",   "mildly",
    "mostly",  "mutually", "namely",  "nearly",   "neatly",  "nicely",   "normally",  "oddly",    "often",    "openly",
    "partly",  "plainly",  "poorly",  "promptly", "proudly", "purely",   "quickly",   "quietly",  "rapidly",  "rarely",
    "readily", "really",   "rightly", "roughly",  "safely",  "secretly", "seriously", "sharply",  "simply",   "slowly",
    "smartly", "smoothly", "solely",  "softly",   "soon",    "strongly", "surely",    "suddenly", "tenderly", "tightly",
    "truly",   "usefully", "vastly",  "visibly",  "warmly",  "weekly",   "wholly",    "widely",   "wisely",   "yearly",
};

static const char *const adjectives[] = {
    "able",    "active",   "agile",   "airy",     "amber",    "ample",    "ancient", "apt",     "awake",    "balanced",
    "big",     "blue",     "bold",    "brave",    "brief",    "bright",   "brisk",   "broad",   "busy",     "calm",
    "careful", "casual",   "cheery",  "chief",    "civil",    "clean",    "clear",   "clever",  "close",    "cool",
    "cosmic",  "crisp",    "curious", "daring",   "dear",     "decent",   "deep",    "direct",  "driven",   "eager",
    "early",   "easy",     "elegant", "eminent",  "endless",  "enormous", "equal",   "even",    "exact",    "fair",
    "famous",  "fancy",    "fast",    "fine",     "firm",     "fit",      "fleet",   "fluent",  "fond",     "frank",
    "free",    "fresh",    "full",    "funny",    "gentle",   "gifted",   "glad",    "golden",  "good",     "grand",
    "grateful", "great",   "green",   "growing",  "happy",    "hardy",    "helpful", "hidden",  "honest",   "humble",
    "ideal",   "immense",  "intent",  "jolly",    "joyful",   "just",     "keen",    "kind",    "known",    "large",
    "lasting", "light",    "lively",  "loyal",    "lucky",    "mellow",   "merry",   "mighty",  "modest",   "moral",
    "moving",  "musical",  "native",  "neat",     "new",      "nimble",   "noble",   "normal",  "novel",    "open",
    "patient", "peaceful", "picked",  "pleasant", "polite",   "popular",  "primary", "prompt",  "proper",   "proud",
    "pure",    "quick",    "quiet",   "rapid",    "rare",     "ready",    "regular", "rested",  "rich",     "robust",
    "safe",    "secure",   "settled", "sharp",    "shiny",    "silent",   "silver",  "simple",  "sincere",  "smart",
    "smooth",  "social",   "solid",   "sound",    "special",  "stable",   "steady",  "strong",  "sunny",    "super",
    "sure",    "tender",   "thankful", "tidy",    "tough",    "trusty",   "upright", "useful",  "valid",    "vast",
    "vital",   "vivid",    "warm",    "welcome",  "whole",    "wise",     "witty",   "worthy",  "young",    "zesty",
};

static const char *const names[] = {
    "adder",   "alpaca",  "anchovy", "ant",      "antelope", "ape",      "badger",  "barnacle", "bass",     "bat",
    "bear",    "beaver",  "bee",     "beetle",   "bird",     "bison",    "boar",    "bobcat",   "buffalo",  "bunny",
    "buzzard", "camel",   "caribou", "carp",     "cat",      "cattle",   "chamois", "cheetah",  "chicken",  "chipmunk",
    "clam",    "cobra",   "cod",     "condor",   "coral",    "cougar",   "cow",     "coyote",   "crab",     "crane",
    "cricket", "crow",    "cub",     "deer",     "dingo",    "dog",      "dolphin", "donkey",   "dove",     "dragonfly",
    "duck",    "eagle",   "eel",     "elephant", "elk",      "emu",      "ewe",     "falcon",   "fawn",     "ferret",
    "finch",   "firefly", "fish",    "flamingo", "flea",     "fox",      "frog",    "gannet",   "gazelle",  "gecko",
    "gibbon",  "giraffe", "gnat",    "goat",     "goose",    "gopher",   "goshawk", "grouse",   "gull",     "haddock",
    "hamster", "hare",    "hawk",    "hedgehog", "hen",      "heron",    "herring", "hippo",    "hornet",   "horse",
    "hound",   "husky",   "ibex",    "ibis",     "iguana",   "impala",   "jackal",  "jaguar",   "jay",      "kangaroo",
    "kestrel", "kitten",  "kiwi",    "koala",    "krill",    "lamb",     "lark",    "lemming",  "lemur",    "leopard",
    "linnet",  "lion",    "lizard",  "llama",    "lobster",  "lynx",     "macaw",   "mackerel", "magpie",   "mallard",
    "mammoth", "marlin",  "marmot",  "marten",   "mole",     "monkey",   "moose",   "moth",     "mouse",    "mule",
    "mussel",  "newt",    "octopus", "orca",     "oryx",     "osprey",   "ostrich", "otter",    "owl",      "ox",
    "oyster",  "panda",   "panther", "parrot",   "pelican",  "penguin",  "perch",   "pheasant", "pigeon",   "pike",
    "polecat", "pony",    "puffin",  "puma",     "quail",    "rabbit",   "raccoon", "ram",      "raven",    "redfish",
    "robin",   "rook",    "salmon",  "sawfish",  "seal",     "shark",    "sheep",   "shrew",    "shrimp",   "skunk",
    "sloth",   "snail",   "snipe",   "sparrow",  "spider",   "squid",    "stag",    "starling", "stork",    "sturgeon",
    "swan",    "swift",   "tapir",   "termite",  "thrush",   "tiger",    "toad",    "tortoise", "toucan",   "trout",
    "tuna",    "turkey",  "turtle",  "viper",    "vulture",  "wallaby",  "walrus",  "wasp",     "weasel",   "whale",
    "whippet", "wildcat", "wolf",    "wombat",   "woodlark", "wren",     "yak",     "zander",   "zebra",    "zebu",
};

#define PICK(source, list) ((list)[random_below((source), IAC_COUNT(list))])

char *random_pet(iacp_call *call, random_source *source, int64_t words, const char *separator)
{
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    for (int64_t left = words; left > 0; left--) {
        iac_buf_cstr(&text, left == 1   ? PICK(source, names)
                            : left == 2 ? PICK(source, adjectives)
                                        : PICK(source, adverbs));
        if (left > 1)
            iac_buf_cstr(&text, separator);
    }
    char *copy = sdk_strndup(call, text.p, text.n);
    iac_buf_clear(&text);
    return copy;
}
