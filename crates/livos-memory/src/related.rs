//! Words that people use for one another: what a question calls "children", a memory calls "kids".
//!
//! A small table of everyday English. It widens a question that has already been looked up as it stands,
//! with less weight, so a wrong kinship costs little.

use std::collections::HashMap;

use crate::forms::FORMS;
use crate::kinds::KINDS;
use crate::text::Mill;

const GROUPS: &[&str] = &[
    "kid kids child children son daughter baby toddler",
    "mom mother mum mama parent parents",
    "dad father papa parent parents",
    "brother sister sibling siblings",
    "grandma grandmother granny grandpa grandfather grandparents",
    "husband wife spouse partner married marriage wedding",
    "boyfriend girlfriend partner dating relationship single breakup",
    "friend friends buddy buddies pal",
    "job work career profession occupation employer hired position",
    "boss manager supervisor",
    "quit resign resigned leave left",
    "fired laid layoff unemployed lost",
    "company business startup firm shop store",
    "school college university degree class course study studies",
    "teacher professor instructor tutor coach mentor",
    "student pupil classmate",
    "exam test quiz",
    "house home apartment flat place condo",
    "move moved moving relocate relocated",
    "buy bought purchase purchased got",
    "sell sold selling",
    "car vehicle auto truck suv",
    "bike bicycle cycling biking",
    "trip travel vacation holiday journey visit visited",
    "country nation abroad",
    "city town",
    "beach sea ocean coast shore",
    "mountain mountains hike hiking trail",
    "camp camping campground tent campfire",
    "park forest woods nature outdoors",
    "dog puppy pup pet",
    "cat kitten kitty pet",
    "pet pets dog cat animal animals",
    "bird birds",
    "horse horseback riding",
    "book books novel read reading author story",
    "movie film cinema watch watched",
    "show series tv episode",
    "song music tune album band",
    "concert gig festival performance",
    "instrument guitar piano violin drums clarinet",
    "sing singing singer",
    "dance dancing dancer",
    "paint painting painted art artwork drawing draw sketch",
    "pottery clay ceramic bowl pot",
    "photo photos picture pictures photograph photography camera",
    "write writing wrote written blog journal essay",
    "poem poetry poet",
    "cook cooking bake baking recipe",
    "food meal dish cuisine eat dinner lunch breakfast",
    "restaurant cafe diner",
    "dessert cake cookies ice cream sweet",
    "drink coffee tea beverage",
    "sport sports game team match tournament",
    "soccer football",
    "run running race marathon jog jogging",
    "swim swimming pool",
    "gym workout exercise fitness training yoga",
    "game games gaming play video console",
    "hobby hobbies interest interests activity activities pastime enjoy",
    "favorite favourite prefer love best",
    "like love enjoy fond",
    "hate dislike",
    "sick ill illness disease health",
    "doctor hospital clinic medical surgery",
    "hurt injured injury accident",
    "die died death passed loss funeral",
    "born birth birthday",
    "pregnant pregnancy expecting",
    "adopt adoption adopted agency",
    "therapy therapist counseling counselor counselling mental",
    "stress stressed anxious anxiety worried overwhelmed",
    "relax relaxing unwind calm",
    "happy glad joy excited thrilled",
    "sad upset down depressed",
    "afraid scared fear nervous",
    "angry mad frustrated",
    "proud accomplishment achievement accomplished",
    "goal goals plan plans dream dreams aspiration",
    "start started begin began launch launched open opened",
    "finish finished complete completed end ended",
    "win won winner prize award trophy",
    "lose lost",
    "gift present gave given",
    "money cash income salary pay paid",
    "cheap expensive cost price",
    "donate donation charity fundraiser raise",
    "volunteer volunteering shelter community help helped",
    "church faith religion religious spiritual temple",
    "political politics government campaign election",
    "army military veteran soldier",
    "meeting conference event workshop seminar",
    "party celebrate celebration celebrated",
    "meet met encounter",
    "invite invited",
    "phone call called text",
    "computer laptop pc",
    "app software program code programming",
    "garden gardening plant plants flower flowers",
    "clothes clothing outfit dress fashion wear",
    "hair haircut",
    "weather rain snow storm",
    "roadtrip drive drove driving road",
    "flight fly flew plane airport",
    "train bus",
    "live lives living reside resident lived",
    "from hometown origin roots grew",
    "age old years",
    "name named called",
    "reason because why motivated inspired motivation inspiration",
    "learn learned learning lesson",
    "advice suggest suggested recommend recommended recommendation",
    "problem issue trouble challenge difficulty struggle",
    "fix fixed repair repaired",
    "broken broke damaged crashed",
    "server machine nas box",
    "password login credentials",
    "backup backups restore",
    "disk drive storage ssd",
    "update upgrade upgraded updated",
    "error failed failure crash",
    "allergy allergic allergies",
    "diet vegetarian vegan",
    "sleep slept insomnia",
];

/// The tables by stem, made once.
pub(crate) struct Related {
    near: HashMap<String, Vec<String>>,
    forms: HashMap<String, Vec<String>>,
}

impl Related {
    pub(crate) fn new(mill: &Mill) -> Self {
        let stems = |text: &str| -> Vec<String> {
            text.split_ascii_whitespace().map(|word| mill.stem(word)).collect()
        };
        let (mut near, mut forms) = (HashMap::new(), HashMap::new());
        for group in GROUPS {
            let group = stems(group);
            join(&mut near, &group, &group);
        }
        for (names, members) in KINDS.iter().filter_map(|line| line.split_once(':')) {
            let names = stems(names);
            join(&mut near, &names, &stems(members));
            join(&mut near, &names, &names);
        }
        for line in FORMS {
            let line = stems(line);
            join(&mut forms, &line, &line);
        }
        Self { near, forms }
    }

    /// The stems in a group with this one, and those that belong to its kind.
    pub(crate) fn to(&self, stem: &str) -> &[String] {
        self.near.get(stem).map_or(&[], Vec::as_slice)
    }

    /// The stems of its other forms: "taught" of "teach".
    pub(crate) fn forms(&self, stem: &str) -> &[String] {
        self.forms.get(stem).map_or(&[], Vec::as_slice)
    }
}

/// Each of the first leads to all of the others but itself.
fn join(table: &mut HashMap<String, Vec<String>>, from: &[String], to: &[String]) {
    for one in from {
        let known = table.entry(one.clone()).or_default();
        for other in to {
            if other != one && !known.contains(other) {
                known.push(other.clone());
            }
        }
    }
}
