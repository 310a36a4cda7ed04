//! What belongs to a kind: who asks for a pet hopes for a dog, who asks for a dog not for any pet.
//!
//! Everyday English, one kind a line: its names, and what it is made of. A question is widened by it, with less weight,
//! as by words that mean nearly the same (`related.rs`).

pub(crate) const KINDS: &[&str] = &[
    "animal animals: dog cat bird fish horse cow sheep goat pig rabbit chicken mouse fox deer bear \
        snake turtle duck bee",
    "pet pets: dog puppy cat kitten rabbit hamster parrot budgie goldfish tortoise guinea snake \
        lizard",
    "profession occupation job career: nurse doctor teacher engineer lawyer accountant carpenter baker \
        chef cook driver farmer artist musician writer journalist designer manager programmer developer \
        scientist researcher electrician plumber builder technician salesman cashier waiter waitress \
        barista vet dentist librarian police firefighter soldier pilot therapist consultant",
    "instrument: guitar piano violin cello viola flute clarinet trumpet drums saxophone harp ukulele \
        bass keyboard accordion",
    "music: song band concert choir album sing playlist orchestra guitar piano violin",
    "sport sports: football soccer basketball tennis hockey rugby cricket golf swimming running cycling \
        climbing skiing skating surfing volleyball baseball boxing karate judo badminton rowing",
    "exercise fit fitness: gym running run jog yoga pilates swim cycling bike workout weights walk hike \
        marathon",
    "hobby hobbies pastime: painting drawing knitting gardening fishing chess reading photography \
        pottery sewing baking cooking singing dancing hiking collecting woodworking",
    "vehicle transport: car van truck bike bicycle motorbike motorcycle scooter bus train tram boat \
        ferry plane taxi",
    "travel trip holiday vacation: flight fly hotel hostel airport beach cruise tour abroad train \
        cottage camping",
    "dish meal food: soup pasta pizza curry stew salad rice sandwich sushi taco burger steak \
        noodles roast casserole risotto omelette",
    "dessert sweet: cake pie ice cream cookie biscuit chocolate pudding brownie tart pancake",
    "drink beverage: coffee tea wine beer juice water cocktail whisky milk smoothie soda",
    "fruit: apple pear plum cherry strawberry orange banana grape lemon peach melon berry",
    "vegetable vegetables: carrot potato tomato onion garlic cabbage kale beans peas spinach pumpkin \
        courgette lettuce",
    "flower flowers: rose tulip lily daisy peony sunflower orchid lavender violet daffodil",
    "colour color: red blue green yellow orange purple pink white black brown grey gray gold silver \
        turquoise",
    "family relative relatives: mother father mom mum dad sister brother son daughter aunt uncle cousin \
        grandmother grandfather grandma grandpa niece nephew wife husband",
    "grandfather grandpa: grandad granddad",
    "grandparent grandparents: grandmother grandfather grandma grandpa gran granny grandad",
    "parent parents: mother father mom mum dad",
    "sibling siblings: brother sister twin",
    "spouse partner: husband wife boyfriend girlfriend fiance",
    "injury injured hurt: broke broken twisted sprained fracture ankle knee wrist shoulder bruise cut \
        cast sling stitches",
    "illness disease sick health condition: cold flu fever cancer diabetes asthma infection virus \
        migraine allergy arthritis depression anxiety",
    "symptom symptoms: pain ache headache fever cough rash dizzy nausea tired",
    "emotion emotions feeling feelings feel: happy sad angry afraid scared cry cried crying tears \
        nervous anxious proud jealous lonely excited relieved grateful",
    "subject study studies degree: biology chemistry physics history law medicine psychology \
        engineering economics art literature mathematics philosophy",
    "school education: class course teacher college university exam lesson degree student grade thesis",
    "city town: london paris berlin rome madrid boston chicago seattle tokyo",
    "country: england scotland wales ireland france germany spain italy portugal greece sweden norway \
        denmark poland canada mexico india japan china australia america",
    "neighbourhood neighborhood area district: street corner village",
    "building: house flat apartment office tower church school hospital library museum",
    "room: kitchen bedroom bathroom attic cellar basement garage hall study",
    "furniture: table chair sofa bed desk shelf stool bench cupboard wardrobe lamp",
    "appliance: oven fridge freezer washer dishwasher microwave kettle toaster heater",
    "tool tools: hammer saw drill screwdriver spanner ladder knife",
    "device gadget electronics: phone laptop tablet computer camera watch television headphones",
    "clothes clothing wear: shirt dress shoes jacket coat hat jumper sweater jeans scarf boots socks skirt",
    "jewelry jewellery: ring necklace bracelet earrings brooch",
    "weather: rain rainy snow sun sunny wind windy storm fog cold hot",
    "season: spring summer autumn winter fall",
    "holiday festival: christmas easter halloween thanksgiving diwali hanukkah eid birthday carnival",
    "ceremony event: wedding funeral graduation baptism concert party festival exhibition",
    "cook cooked prepare: bake baked roast fry grill recipe dish dinner",
    "eat ate: dinner lunch breakfast meal food",
    "money earn raise raised collect collected: pounds dollars euros fund donated \
        fundraiser",
    "pay cost price expensive: pounds dollars euros",
    "reward prize award: medal trophy won winner",
    "book read reading: novel author chapter story poem",
    "film movie: cinema documentary actor director scene",
    "show programme program tv television: series episode documentary channel",
    "game games: chess cards poker puzzle board video monopoly",
    "art artwork: painting drawing sculpture gallery exhibition sketch",
    "marry married marriage: wedding wife husband bride groom engaged proposed ring",
    "propose proposed engaged engagement: ring marry",
    "divorce divorced separated: ex split",
    "pregnant expecting: baby due born",
    "baby newborn infant: born birth crib",
    "child children kid kids: son daughter boy girl baby toddler",
    "die died death: funeral lost passed grave",
    "colleague coworker: work office team boss",
    "doctor appointment: clinic hospital surgery nurse",
    "medicine medication: tablets pills drug prescription dose",
    "operation surgery: operated hospital surgeon",
    "sleep asleep insomnia: night bed nap awake tired",
    "morning: breakfast early dawn sunrise",
    "evening: dinner night sunset",
    "beach seaside coast: sea sand shore waves ocean",
    "water: sea lake river pool swim",
    "mountain: hike climb peak summit trail",
    "crime stolen steal: thief police burglar robbed",
    "apologise apologize sorry: forgive",
    "worry worried concern concerned fear: afraid scared nervous anxious",
    "religion faith belief: church mosque temple prayer god",
    "charity volunteer: shelter donate fundraiser food bank homeless",
    "language speak: english spanish french german italian portuguese chinese japanese arabic hindi",
    "phone: call rang ring text",
];
