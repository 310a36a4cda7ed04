//! Words that people use for one another: what a question calls "children", a memory calls "kids".
//!
//! A small table of everyday English. It widens a question that has already been looked up as it stands,
//! with less weight, so a wrong kinship costs little.

use std::collections::HashMap;

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
    "car vehicle auto truck suv prius",
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
    "basketball nba",
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
    "relax relaxing unwind destress calm",
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
    "support group lgbtq pride transgender",
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
    "necklace jewelry ring bracelet",
    "tattoo",
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
    "identity gender woman man",
];

/// The table by stem, made once.
pub(crate) struct Related(HashMap<String, Vec<String>>);

impl Related {
    pub(crate) fn new(mill: &Mill) -> Self {
        let mut table: HashMap<String, Vec<String>> = HashMap::new();
        for group in GROUPS {
            let mut stems: Vec<String> = group.split_ascii_whitespace().map(|word| mill.stem(word)).collect();
            stems.sort();
            stems.dedup();
            for stem in &stems {
                let others = stems.iter().filter(|other| *other != stem).cloned();
                table.entry(stem.clone()).or_default().extend(others);
            }
        }
        Self(table)
    }

    /// The stems in a group with this one, itself left out.
    pub(crate) fn to(&self, stem: &str) -> &[String] {
        self.0.get(stem).map_or(&[], Vec::as_slice)
    }
}
